/** Gradients of scalar functions of trees: `grad` and `valueAndGrad`. */
import type { NDArray } from '../core/index.js'
import {
  ArgumentError,
  checkOptions,
  DTypeError,
  isFloat,
  ShapeError,
  literal,
  showAval,
  type Tangent,
  zero,
  requireFunction,
} from '../core/index.js'
import { instantiate } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, outputLeaves } from './arguments.js'
import { applyTransposed, linearizeFlat } from './linearize.js'
import { merge, where, whereNot } from './parts.js'

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
  /** Whether differentiated arguments may hold integers, whose gradients are zeros of their dtype; default false. */
  readonly allowInt?: boolean
}

type ValueOf<R> = R extends readonly [infer L, infer X] ? readonly [L, X] : R

/** Leaves as arrays; a whole JS number is meant as a real where a derivative is asked for. @throws ArgumentError */
export const primalLeaves = (where: string, leaves: readonly unknown[]): readonly NDArray[] =>
  leaves.map((leaf, i) => (typeof leaf === 'number' ? literal(leaf, 'float32', true) : arrayLeaf(where, leaf, i)))

/** Leaves that can be differentiated. @throws DTypeError */
export const differentiable = (
  where: string,
  leaves: readonly unknown[],
  paths: () => readonly tree.KeyPath[],
): readonly NDArray[] => {
  const arrays = primalLeaves(where, leaves)
  const i = arrays.findIndex((x) => !isFloat(x.dtype))
  if (i < 0) return arrays
  throw new DTypeError(
    where,
    'floating point arguments',
    `${showAval(arrays[i]!.aval)} at ${tree.keystr(paths()[i]!) || 'the argument'}; cast it (x.astype('float32')) or leave it out of argnums`,
  )
}

/** Positions of the differentiated arguments. @throws ArgumentError */
export const positionsOf = (
  where: string,
  argnums: number | readonly number[],
  args: readonly unknown[],
): readonly number[] => {
  const numbers: readonly number[] = typeof argnums === 'number' ? [argnums] : argnums
  if (!Array.isArray(argnums) && typeof argnums !== 'number')
    throw new ArgumentError(where, 'argnums: a number or a list of them', String(argnums))
  for (const n of numbers) {
    if (!Number.isInteger(n) || n < 0 || n >= args.length) {
      throw new ArgumentError(where, `argnums in [0, ${args.length})`, `${n}`)
    }
  }
  return numbers
}

/** What a function returns, and what comes beside it. @throws ArgumentError */
export const resultAndAux = (where: string, result: unknown, hasAux: boolean): readonly [unknown, unknown] => {
  if (!hasAux) return [result, null]
  if (Array.isArray(result) && result.length === 2) return [result[0], (result[1] as unknown) ?? null]
  throw new ArgumentError(where, 'a function that returns [result, aux] with hasAux', typeof result)
}

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
  requireFunction('grad', f)
  checkOptions('grad', options, ['argnums', 'hasAux', 'allowInt'])
  const { argnums = 0, hasAux = false, allowInt = false } = options as GradOptions<number | readonly number[], boolean>
  return (...args) => {
    const numbers = positionsOf('grad', argnums, args)
    const [leaves, treedef] = tree.flatten(numbers.map((n) => args[n]))
    const primals = allowInt ? primalLeaves('grad', leaves) : differentiable('grad', leaves, () => treedef.paths())
    const isReal = primals.map((x) => isFloat(x.dtype))
    let auxTree: tree.TreeDef | null = null
    const linearized = linearizeFlat(
      (...xs) => {
        const given = treedef.unflatten(merge(isReal, whereNot(primals, isReal), xs)) as readonly unknown[]
        const result = (f as Fn)(...args.map((x, i) => (numbers.includes(i) ? given[numbers.indexOf(i)] : x)))
        const [loss, beside] = resultAndAux('grad', result, hasAux)
        const [aux, structure] = outputLeaves('grad', beside)
        auxTree = structure
        return [lossOf('grad', loss), ...aux]
      },
      where(primals, isReal),
    )
    const [value, ...aux] = linearized.primals
    const one = literal(1, value!.dtype)
    const cts = applyTransposed(linearized, [one, ...aux.map(() => zero as Tangent)])
    const all = merge<Tangent>(
      isReal,
      whereNot(primals, isReal).map(() => zero),
      cts,
    )
    const grads = treedef.unflatten(all.map((ct, i) => instantiate(ct, primals[i]!.aval))) as readonly unknown[]
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
