/** Jacobians and Hessians: all derivatives of all results. */
import { checkOptions, type NDArray, zero, requireFunction } from '../core/index.js'
import { broadcastedIota, convertElementType, eq, instantiate, range, reshape } from '../lax/index.js'
import type { MapLeaves } from '../pytree/index.js'
import * as tree from '../pytree/index.js'
import { type Fn, outputLeaves } from './arguments.js'
import { differentiable, type GradOptions, type GradsOf, positionsOf, resultAndAux } from './grad.js'
import { jvpFlat } from './jvp.js'
import { applyTransposed, linearizeFlat } from './linearize.js'
import { batchAxisAt, vmapFlat } from './vmap.js'

/** For each leaf of the result, a tree like the arguments of arrays `[...result, ...argument]`. */
export type Jacobian<A extends readonly unknown[], R, N> = R extends readonly [infer Y, infer X]
  ? readonly [MapLeaves<Y, NDArray, GradsOf<A, N>>, X]
  : MapLeaves<R, NDArray, GradsOf<A, N>>

/** Options of Jacobians: those of `grad` but for `allowInt`. */
export type JacobianOptions<N, Aux> = Omit<GradOptions<N, Aux>, 'allowInt'>

/** One array for each element of `x`: 1 there, 0 elsewhere, `[size, ...shape]`. */
const basisOf = (x: NDArray): NDArray => {
  const shape = [x.size, x.size]
  const diagonal = eq(broadcastedIota('int32', shape, 0), broadcastedIota('int32', shape, 1))
  return reshape(convertElementType(diagonal, x.dtype), [x.size, ...x.shape])
}

interface Problem {
  readonly leaves: readonly NDArray[]
  readonly treedef: tree.TreeDef
  /** The function of the differentiated leaves; auxiliary results come last. */
  readonly flat: (...xs: readonly NDArray[]) => readonly NDArray[]
  /** Structures of the result and of what comes beside it, known once `flat` ran. */
  readonly structures: { result: tree.TreeDef | null; aux: tree.TreeDef | null }
}

const problem = (
  where: string,
  f: Fn,
  args: readonly unknown[],
  argnums: readonly number[],
  hasAux: boolean,
): Problem => {
  const [given, treedef] = tree.flatten<unknown>(argnums.map((n) => args[n]))
  const leaves = differentiable(where, given, () => treedef.paths())
  const structures: Problem['structures'] = { result: null, aux: null }
  const flat = (...xs: readonly NDArray[]): readonly NDArray[] => {
    const filled = treedef.unflatten(xs) as readonly unknown[]
    const value = f(...args.map((x, i) => (argnums.includes(i) ? filled[argnums.indexOf(i)] : x)))
    const [result, beside] = resultAndAux(where, value, hasAux)
    const [ys, resultTree] = outputLeaves(where, result)
    const [aux, auxTree] = outputLeaves(where, beside)
    structures.result = resultTree
    structures.aux = hasAux ? auxTree : null
    return [...ys, ...aux]
  }
  return { leaves, treedef, flat, structures }
}

/** The trees of one row of arrays for each result. */
const assembled = (
  { treedef, structures }: Problem,
  rows: readonly (readonly NDArray[])[],
  aux: readonly NDArray[],
  single: boolean,
): unknown => {
  const trees = rows.map((row) => {
    const parts = treedef.unflatten(row) as readonly unknown[]
    return single ? parts[0] : parts
  })
  const result = structures.result!.unflatten(trees)
  return structures.aux === null ? result : [result, structures.aux.unflatten(aux)]
}

/** For each leaf of the result its derivatives by each leaf of the arguments; and the auxiliary results. */
type Rows = (p: Problem) => readonly [rows: readonly (readonly NDArray[])[], aux: readonly NDArray[]]

/** A Jacobian from the way its rows are made. */
const jacobianBy =
  (where: string, rowsOf: Rows) =>
  <A extends readonly unknown[], R, const N extends number | readonly number[] = 0, const Aux extends boolean = false>(
    f: (...args: A) => R,
    options: JacobianOptions<N, Aux> = {},
  ): ((...args: A) => Jacobian<A, R, N>) => {
    requireFunction(where, f)
    checkOptions(where, options, ['argnums', 'hasAux'])
    const { argnums = 0, hasAux = false } = options as JacobianOptions<number | readonly number[], boolean>
    return (...args) => {
      const p = problem(where, f as unknown as Fn, args, positionsOf(where, argnums, args), hasAux)
      const [rows, aux] = rowsOf(p)
      return assembled(p, rows, aux, typeof argnums === 'number') as Jacobian<A, R, N>
    }
  }

const forwardRows: Rows = (p) => {
  const columns = p.leaves.map((leaf, i) => {
    let count = 0
    const [results, axes] = vmapFlat(
      (direction) => {
        const [ys, dys] = jvpFlat(
          p.flat,
          p.leaves,
          p.leaves.map((_, j) => (i === j ? direction : zero)),
        )
        count = ys.length
        return [...ys, ...dys.map((t, j) => instantiate(t, ys[j]!.aval))]
      },
      [basisOf(leaf)],
      [0],
      leaf.size,
    )
    const tangents = results.slice(count).map((t, j) => batchAxisAt(t, axes[count + j]!, -1, leaf.size))
    return { ys: results.slice(0, count), tangents }
  })
  const ys = columns[0]?.ys ?? p.flat()
  const resultCount = p.structures.result!.numLeaves
  const rows = range(resultCount).map((j) =>
    columns.map(({ tangents }, i) => {
      const t = tangents[j]!
      return reshape(t, [...t.shape.slice(0, -1), ...p.leaves[i]!.shape])
    }),
  )
  return [rows, ys.slice(resultCount)]
}

/**
 * The Jacobian by forward mode: one direction for each element of the arguments.
 *
 * @returns arrays `[...result, ...argument]`, for each leaf of the result a tree like the arguments
 * @throws DTypeError if a differentiated argument isn't floating point
 * @example
 * jacfwd((x: NDArray) => np.square(x))(np.array([1, 2])) // => Array([[2., 0.], [0., 4.]], dtype=float32)
 */
export const jacfwd = jacobianBy('jacfwd', forwardRows)

const reverseRows: Rows = (p) => {
  const linearized = linearizeFlat(p.flat, p.leaves)
  const { primals } = linearized
  const resultCount = p.structures.result!.numLeaves
  const rows = primals.slice(0, resultCount).map((y, j) => {
    const [cts, axes] = vmapFlat(
      (ct) =>
        applyTransposed(
          linearized,
          primals.map((_, i) => (i === j ? ct : zero)),
        ).map((c, i) => instantiate(c, p.leaves[i]!.aval)),
      [basisOf(y)],
      [0],
      y.size,
    )
    return cts.map((c, i) => {
      const front = batchAxisAt(c, axes[i]!, 0, y.size)
      return reshape(front, [...y.shape, ...p.leaves[i]!.shape])
    })
  })
  return [rows, primals.slice(resultCount)]
}

/**
 * The Jacobian by reverse mode: one cotangent for each element of the result.
 *
 * @returns arrays `[...result, ...argument]`, for each leaf of the result a tree like the arguments
 * @throws DTypeError if a differentiated argument isn't floating point
 * @example
 * jacrev((x: NDArray) => np.square(x))(np.array([1, 2])) // => Array([[2., 0.], [0., 4.]], dtype=float32)
 */
export const jacrev = jacobianBy('jacrev', reverseRows)

/** {@link jacrev}. */
export const jacobian = jacrev

/**
 * Second derivatives: forward mode over reverse mode.
 *
 * @returns arrays `[...result, ...argument, ...argument]`
 * @example
 * hessian((x: NDArray) => np.sum(np.power(x, 3)))(np.array([1, 2])) // => Array([[6., 0.], [0., 12.]], dtype=float32)
 */
export const hessian = <
  A extends readonly unknown[],
  R,
  const N extends number | readonly number[] = 0,
  const Aux extends boolean = false,
>(
  f: (...args: A) => R,
  options: JacobianOptions<N, Aux> = {},
): ((...args: A) => Jacobian<A, Jacobian<A, R, N>, N>) =>
  jacfwd<A, Jacobian<A, R, N>, N, Aux>(jacrev<A, R, N, Aux>(f, options), options)
