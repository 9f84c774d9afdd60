/** Derivatives of functions of trees: `grad`, `valueAndGrad`, `jvp`, `vjp`, `linearize`. */
import type { NDArray } from '../core/index.js'
import {
  ArgumentError,
  DTypeError,
  isFloat,
  ShapeError,
  shaped,
  equalShapes,
  literal,
  showAval,
  type Tangent,
  zero,
} from '../core/index.js'
import { convertElementType, instantiate, zerosOf } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, outputLeaves } from './arguments.js'
import { jvpFlat } from './jvp.js'
import { applyLinear, applyTransposed, type Linearized, linearizeFlat } from './linearize.js'

/** What a position among the arguments selects. */
type ArgAt<A extends readonly unknown[], N extends number> = N extends keyof A ? A[N] : A[number]

/** Gradients with respect to one argument, or to several. */
export type GradsOf<A extends readonly unknown[], N> = N extends readonly number[]
  ? { readonly [K in keyof N]: N[K] extends number ? GradOf<ArgAt<A, N[K]>> : never }
  : N extends number
    ? GradOf<ArgAt<A, N>>
    : never

/** A gradient has the structure of what it is a gradient of; that of a number is an array. */
export type GradOf<T> = T extends NDArray ? NDArray : T extends number ? NDArray : T

/** What a differentiated function returns: the loss, or with `hasAux` the loss and auxiliary data. */
export type Loss<Aux extends boolean> = Aux extends true ? readonly [NDArray | number, unknown] : NDArray | number

export interface GradOptions<N, Aux> {
  /** Position, or positions, of the differentiated arguments; default 0. */
  readonly argnums?: N
  /** Whether the function returns `[loss, aux]`; default false. */
  readonly hasAux?: Aux
}

type ValueOf<R> = R extends readonly [infer L, infer X] ? readonly [L, X] : R

/** Leaves that can be differentiated. @throws DTypeError */
export const differentiable = (
  where: string,
  leaves: readonly unknown[],
  paths: () => readonly tree.KeyPath[],
): readonly NDArray[] =>
  leaves.map((leaf, i) => {
    // A whole JS number is meant as a real where a derivative is asked for.
    const x = typeof leaf === 'number' ? literal(leaf, 'float32', true) : arrayLeaf(where, leaf, i)
    if (!isFloat(x.dtype)) {
      throw new DTypeError(
        where,
        'floating point arguments',
        `${showAval(x.aval)} at ${tree.keystr(paths()[i]!) || 'the argument'}; cast it (x.astype('float32')) or leave it out of argnums`,
      )
    }
    return x
  })

/** A scalar floating point loss. @throws ShapeError, DTypeError */
const lossOf = (where: string, loss: unknown): NDArray => {
  const [[value, ...rest]] = outputLeaves(where, loss)
  if (value === undefined || rest.length > 0 || tree.structure(loss).numNodes !== 1) {
    throw new ArgumentError(
      where,
      'a function that returns one scalar (or [scalar, aux] with hasAux)',
      tree.structure(loss).toString(),
    )
  }
  if (value.ndim > 0)
    throw new ShapeError(where, 'a scalar loss', `${showAval(value.aval)}; sum or average it, or use jacrev`)
  if (!isFloat(value.dtype)) throw new DTypeError(where, 'a floating point loss', showAval(value.aval))
  return value
}

/**
 * A function that gives the loss and its gradient.
 *
 * @throws ShapeError if the loss isn't a scalar
 * @throws DTypeError if an argument that is differentiated isn't floating point
 * @example
 * valueAndGrad((x: NDArray) => np.sum(x.mul(x)))(np.array([1, 2])) // => [ Array(5., dtype=float32), Array([2., 4.], dtype=float32) ]
 */
export const valueAndGrad = <
  A extends readonly unknown[],
  R,
  const N extends number | readonly number[] = 0,
  const Aux extends boolean = false,
>(
  f: (...args: A) => R & Loss<Aux>,
  options: GradOptions<N, Aux> = {},
): ((...args: A) => readonly [ValueOf<R>, GradsOf<A, N>]) => {
  const { argnums = 0, hasAux = false } = options as GradOptions<number | readonly number[], boolean>
  const numbers = typeof argnums === 'number' ? [argnums] : argnums
  return (...args) => {
    for (const n of numbers) {
      if (!Number.isInteger(n) || n < 0 || n >= args.length) {
        throw new ArgumentError('grad', `argnums in [0, ${args.length})`, `${n}`)
      }
    }
    const [leaves, treedef] = tree.flatten(numbers.map((n) => args[n]))
    const primals = differentiable('grad', leaves, () => treedef.paths())
    let auxTree: tree.TreeDef | null = null
    const linearized = linearizeFlat((...xs) => {
      const given = treedef.unflatten(xs) as readonly unknown[]
      const result = (f as Fn)(...args.map((x, i) => (numbers.includes(i) ? given[numbers.indexOf(i)] : x)))
      if (!hasAux) return [lossOf('grad', result)]
      if (!Array.isArray(result) || result.length !== 2) {
        throw new ArgumentError('grad with hasAux', 'a function that returns [loss, aux]', typeof result)
      }
      const [aux, structure] = outputLeaves('grad', result[1] ?? null)
      auxTree = structure
      return [lossOf('grad', result[0]), ...aux]
    }, primals)
    const [value, ...aux] = linearized.primals
    const one = literal(1, value!.dtype)
    const cts = applyTransposed(linearized, [one, ...aux.map(() => zero as Tangent)])
    const grads = treedef.unflatten(
      cts.map((ct, i) => instantiate(ct, shaped(primals[i]!.shape, primals[i]!.dtype, primals[i]!.weakType))),
    ) as readonly unknown[]
    const result = hasAux ? [value, (auxTree as unknown as tree.TreeDef).unflatten(aux)] : value
    return [result, typeof argnums === 'number' ? grads[0] : grads] as unknown as readonly [ValueOf<R>, GradsOf<A, N>]
  }
}

/** What {@link grad} returns: the gradients, or with `hasAux` the gradients and the auxiliary data. */
export type GradResult<A extends readonly unknown[], R, N, Aux extends boolean> = Aux extends true
  ? R extends readonly [unknown, infer X]
    ? readonly [GradsOf<A, N>, X]
    : never
  : GradsOf<A, N>

/**
 * A function that gives the gradient of `f`.
 *
 * @throws ShapeError if the loss isn't a scalar
 * @throws DTypeError if an argument that is differentiated isn't floating point
 * @example
 * grad((x: NDArray) => np.sum(x.mul(x)))(np.array([1, 2])) // => Array([2., 4.], dtype=float32)
 */
export const grad = <
  A extends readonly unknown[],
  R,
  const N extends number | readonly number[] = 0,
  const Aux extends boolean = false,
>(
  f: (...args: A) => R & Loss<Aux>,
  options: GradOptions<N, Aux> = {},
): ((...args: A) => GradResult<A, R, N, Aux>) => {
  const both = valueAndGrad<A, R, N, Aux>(f, options)
  return (...args) => {
    const [value, grads] = both(...args)
    return (
      options.hasAux === true ? [grads, (value as unknown as readonly [unknown, unknown])[1]] : grads
    ) as GradResult<A, R, N, Aux>
  }
}

/** Tangents or cotangents beside their primals. @throws ShapeError, PytreeError */
const matching = (
  where: string,
  what: string,
  given: unknown,
  treedef: tree.TreeDef,
  primals: readonly NDArray[],
): readonly NDArray[] => {
  const leaves = treedef.flattenUpTo(given).map((x, i) => arrayLeaf(where, x, i))
  return leaves.map((t, i) => {
    const primal = primals[i]!
    if (!equalShapes(t.shape, primal.shape)) {
      throw new ShapeError(where, `${what} of the primals' shapes (${showAval(primal.aval)})`, showAval(t.aval))
    }
    if (isFloat(primal.dtype) && t.dtype !== primal.dtype) {
      if (t.weakType) return convertElementType(t, primal.dtype, primal.weakType)
      throw new DTypeError(where, `${what} of the primals' dtypes (${showAval(primal.aval)})`, showAval(t.aval))
    }
    return t
  })
}

/**
 * Value of a function and its derivative along a direction.
 *
 * @param primals - the arguments, in an array
 * @param tangents - the direction, in their structure, shapes and dtypes
 * @throws ShapeError, DTypeError if a tangent doesn't match its primal
 * @example
 * jvp((x: NDArray) => np.sin(x), [np.array(0)], [np.array(2)]) // => [ Array(0., dtype=float32), Array(2., dtype=float32) ]
 */
export const jvp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  primals: readonly [...A],
  tangents: readonly unknown[],
): readonly [R, R] => {
  const [leaves, treedef] = tree.flatten(primals)
  const arrays = leaves.map((x, i) => (typeof x === 'number' ? literal(x, 'float32', true) : arrayLeaf('jvp', x, i)))
  const directions = matching('jvp', 'tangents', tangents, treedef, arrays)
  let structure: tree.TreeDef | null = null
  const [ys, dys] = jvpFlat(
    (...xs) => {
      const [outputs, outputTree] = outputLeaves('jvp', (f as unknown as Fn)(...treedef.unflatten(xs)))
      structure = outputTree
      return outputs
    },
    arrays,
    directions.map((t, i): Tangent => (isFloat(arrays[i]!.dtype) ? t : zero)),
  )
  const result = structure!
  return [
    result.unflatten(ys),
    result.unflatten(dys.map((t, i) => instantiate(t, ys[i]!.aval))),
  ] as unknown as readonly [R, R]
}

interface Point {
  readonly linearized: Linearized
  readonly treedef: tree.TreeDef
  readonly arrays: readonly NDArray[]
  readonly structure: tree.TreeDef
}

const linearizeTrees = (where: string, f: Fn, primals: readonly unknown[]): Point => {
  const [leaves, treedef] = tree.flatten(primals)
  const arrays = differentiable(where, leaves, () => treedef.paths())
  let structure: tree.TreeDef | null = null
  const linearized = linearizeFlat((...xs) => {
    const [outputs, outputTree] = outputLeaves(where, f(...treedef.unflatten(xs)))
    structure = outputTree
    return outputs
  }, arrays)
  return { linearized, treedef, arrays, structure: structure! }
}

/**
 * Value of a function and its linear approximation at a point, ready to be applied to many directions.
 *
 * @example
 * const [y, lin] = linearize((x: NDArray) => np.sin(x), np.array(0))
 * lin(np.array(2)) // => Array(2., dtype=float32)
 */
export const linearize = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): readonly [R, (...tangents: A) => R] => {
  const { linearized, treedef, arrays, structure } = linearizeTrees('linearize', f as unknown as Fn, primals)
  return [
    structure.unflatten(linearized.primals) as R,
    (...tangents) =>
      structure.unflatten(applyLinear(linearized, matching('linearize', 'tangents', tangents, treedef, arrays))) as R,
  ]
}

/**
 * Value of a function and its pullback: cotangents of the result to cotangents of the arguments, in an array.
 *
 * @example
 * const [y, pullback] = vjp((x: NDArray) => np.sin(x), np.array(0))
 * pullback(np.array(2)) // => [ Array(2., dtype=float32) ]
 */
export const vjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): readonly [R, (ct: R) => A] => {
  const { linearized, treedef, arrays, structure } = linearizeTrees('vjp', f as unknown as Fn, primals)
  return [
    structure.unflatten(linearized.primals) as R,
    (ct) => {
      const cts = matching('vjp', 'cotangents', ct, structure, linearized.primals)
      const results = applyTransposed(
        linearized,
        cts.map((c, i): Tangent => (isFloat(linearized.primals[i]!.dtype) ? c : zero)),
      )
      return treedef.unflatten(results.map((c, i) => (c === zero ? zerosOf(arrays[i]!.aval) : c))) as A
    },
  ]
}
