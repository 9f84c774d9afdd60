/** Functions with what they close over, or keep, made visible: `closureConvert` and `fwdAndBwd`. */
import { checkOptions, evalJaxpr, type NDArray, stage, Tracer, requireFunction } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, outputLeaves } from './arguments.js'
import { type GradsOf, positionsOf } from './grad.js'
import { jit } from './jit.js'
import { avalsOf } from './makeJaxpr.js'
import { vjp, vjpWithAux } from './tangents.js'

/**
 * A function, and the traced values that it closes over: the new function takes them as further arguments. For rules of
 * custom derivatives, which must not close over values that are differentiated.
 *
 * The function is traced for the shapes and dtypes of the example arguments, and can be called for those only.
 * @returns `[converted, closedOver]`: `converted(...args, ...closedOver)` is `f(...args)`
 * @example
 * grad((scale: NDArray) => {
 *   const [scaled, closedOver] = closureConvert((x: NDArray) => x.mul(scale), np.ones([2]))
 *   return np.sum(scaled(np.ones([2]), ...closedOver))
 * })(np.array(3)) // => Array(2., dtype=float32)
 */
export const closureConvert = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...exampleArgs: A
): readonly [(...args: readonly [...A, ...NDArray[]]) => R, readonly NDArray[]] => {
  const where = 'closureConvert'
  requireFunction(where, f)
  const [leaves, treedef] = tree.flatten<readonly unknown[]>(exampleArgs)
  let structure: tree.TreeDef | null = null
  const { jaxpr, consts } = stage(
    (...xs) => {
      const [results, resultTree] = outputLeaves(where, (f as unknown as Fn)(...treedef.unflatten(xs)))
      structure = resultTree
      return results
    },
    avalsOf(where, leaves),
  )
  const hoisted = consts.filter((x) => x instanceof Tracer)
  const converted = (...all: readonly unknown[]): R => {
    const count = all.length - hoisted.length
    const args = treedef.flattenUpTo(all.slice(0, count)).map((x, i) => arrayLeaf(where, x, i))
    const given = all.slice(count).values()
    const values = consts.map((x) => (x instanceof Tracer ? (given.next().value as NDArray) : x))
    return structure!.unflatten(evalJaxpr(jaxpr, [...values, ...args])) as R
  }
  return [converted, hoisted]
}

export interface FwdAndBwdOptions<N, Aux> {
  /** Position, or positions, of the differentiated arguments; default 0. */
  readonly argnums?: N
  /** Whether the function returns `[result, aux]`; default false. */
  readonly hasAux?: Aux
  /** Whether both functions are compiled; default true. */
  readonly jitted?: boolean
}

/** The gradients' function of the residuals and a cotangent of the result. */
export type Backward<A extends readonly unknown[], N> = (residuals: unknown, ct: unknown) => GradsOf<A, N>

/** The function to its result, residuals and, with `hasAux`, auxiliary data. */
export type Forward<A extends readonly unknown[], R, Aux extends boolean> = (
  ...args: A
) => Aux extends true
  ? R extends readonly [infer Y, infer X]
    ? readonly [Y, unknown, X]
    : never
  : readonly [R, unknown]

/**
 * A function as two: forward to its result and residuals, a tree; backward from residuals and a cotangent of the result
 * to gradients.
 *
 * @example
 * const [forward, backward] = fwdAndBwd((x: NDArray) => np.sin(x))
 * const [y, residuals] = forward(np.array(0))
 * backward(residuals, np.array(2)) // => Array(2., dtype=float32)
 */
export const fwdAndBwd = <
  A extends readonly unknown[],
  R,
  const N extends number | readonly number[] = 0,
  const Aux extends boolean = false,
>(
  f: (...args: A) => R,
  options: FwdAndBwdOptions<N, Aux> = {},
): readonly [Forward<A, R, Aux>, Backward<A, N>] => {
  requireFunction('fwdAndBwd', f)
  checkOptions('fwdAndBwd', options, ['argnums', 'hasAux', 'jitted'])
  const {
    argnums = 0,
    hasAux = false,
    jitted = true,
  } = options as FwdAndBwdOptions<number | readonly number[], boolean>
  const forward = (...args: readonly unknown[]): unknown => {
    const numbers = positionsOf('fwdAndBwd', argnums, args)
    const partial = (...given: readonly unknown[]): unknown =>
      (f as unknown as Fn)(...args.map((x, i) => (numbers.includes(i) ? given[numbers.indexOf(i)] : x)))
    const primals = numbers.map((n) => args[n])
    if (!hasAux) return vjp(partial, ...primals)
    return vjpWithAux(partial as (...given: readonly unknown[]) => readonly [unknown, unknown], ...primals)
  }
  const backward = (residuals: unknown, ct: unknown): unknown => {
    requireFunction('the backward function of fwdAndBwd', residuals)
    const grads = (residuals as (ct: unknown) => readonly unknown[])(ct)
    return typeof argnums === 'number' ? grads[0] : grads
  }
  return (jitted ? [jit(forward), jit(backward)] : [forward, backward]) as unknown as readonly [
    Forward<A, R, Aux>,
    Backward<A, N>,
  ]
}
