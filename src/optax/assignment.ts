/** Linear assignment: each row one column, at the least cost in all. */
import { scan, whileLoop } from '../control/index.js'
import { type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'

const ints = (n: number, from = 0): NDArray => np.add(lax.iota('int32', n), from)

/** The element at an index that is traced. */
const at = (x: NDArray, index: NDArray): NDArray => {
  const isThere = np.equal(ints(x.size), index)
  return np.astype(np.sum(np.where(isThere, x, 0)), x.dtype)
}
const put = (x: NDArray, index: NDArray | number, value: NDArray | number): NDArray =>
  np.astype(np.where(np.equal(ints(x.size), index), value, x), x.dtype)

interface Potentials {
  /** Of rows, from 1 on. */
  readonly u: NDArray
  /** Of columns, from 1 on. */
  readonly v: NDArray
  /** Row assigned to each column, from 1 on; 0: none. */
  readonly parent: NDArray
}

interface Path {
  readonly u: NDArray
  readonly v: NDArray
  readonly used: NDArray
  /** Least reduced cost with which each column is reached, and the column before it. */
  readonly least: NDArray
  readonly path: NDArray
  readonly column: NDArray
}

/** One more row assigned, along the cheapest augmenting path. */
const assignRow = (costs: NDArray, { u, v, parent: before }: Potentials, row: NDArray): Potentials => {
  const cols = costs.shape[1]!
  const parent = put(before, 0, np.add(row, 1))
  const zero = np.zeros([], { dtype: 'int32' })
  const found = whileLoop<Path>(
    ({ column }) => np.notEqual(at(parent, column), 0),
    (search) => {
      const used = np.logicalOr(search.used, np.equal(ints(cols + 1), search.column))
      const isFree = np.logicalNot(lax.sliceInDim(used, 1, cols + 1))
      const from = at(parent, search.column)
      const reduced = np.subtract(
        np.subtract(np.take(costs, np.subtract(from, 1), { axis: 0 }), at(search.u, from)),
        lax.sliceInDim(search.v, 1, cols + 1),
      )
      const current = np.where(isFree, reduced, Infinity)
      const isBetter = np.less(current, search.least)
      const least = np.where(isBetter, current, search.least)
      const free = np.where(isFree, least, Infinity)
      const delta = np.min(free)
      const isOnPath = np.any(
        np.logicalAnd(
          np.equal(np.expandDims(ints(search.u.size), 1), np.expandDims(parent, 0)),
          np.expandDims(used, 0),
        ),
        { axis: 1 },
      )
      return {
        u: np.where(isOnPath, np.add(search.u, delta), search.u),
        v: np.where(used, np.subtract(search.v, delta), search.v),
        used,
        least: np.where(isFree, np.subtract(least, delta), least),
        path: np.where(isBetter, search.column, search.path),
        column: np.add(np.astype(np.argmin(free), 'int32'), 1),
      }
    },
    {
      u,
      v,
      used: np.zeros([cols + 1], { dtype: 'bool' }),
      least: np.full([cols], Infinity, { dtype: costs.dtype }),
      path: np.zeros([cols], { dtype: 'int32' }),
      column: zero,
    },
  )
  const [assigned] = whileLoop<readonly [NDArray, NDArray]>(
    ([, column]) => np.notEqual(column, 0),
    ([rows, column]) => {
      const previous = at(found.path, np.subtract(column, 1))
      return [put(rows, column, at(rows, previous)), previous]
    },
    [parent, found.column],
  )
  return { u: found.u, v: found.v, parent: assigned }
}

/** Rows and columns of a matrix that isn't higher than wide. */
const solve = (costs: NDArray): readonly [rows: NDArray, columns: NDArray] => {
  const [rows, cols] = costs.shape as readonly [number, number]
  const start: Potentials = {
    u: np.zeros([rows + 2], { dtype: costs.dtype }),
    v: np.zeros([cols + 1], { dtype: costs.dtype }),
    parent: np.zeros([cols + 1], { dtype: 'int32' }),
  }
  const [{ parent }] = scan((state: Potentials, row: NDArray) => [assignRow(costs, state, row), null] as const, start, ints(rows)) // prettier-ignore
  const columns = lax.sliceInDim(parent, 1, cols + 1)
  if (rows === cols) return [np.subtract(columns, 1), ints(rows)]
  const [values, indices] = lax.topK(columns, rows)
  return [np.subtract(values, 1), np.astype(indices, 'int32')]
}

const assign = (where: string, costMatrix: NDArray): readonly [rows: NDArray, columns: NDArray] => {
  if (costMatrix.ndim !== 2) throw new ShapeError(where, 'a matrix of costs', showAval(costMatrix.aval))
  const [rows, cols] = costMatrix.shape as readonly [number, number]
  if (rows === 0 || cols === 0) return [ints(0), ints(0)]
  const costs = costMatrix.dtype === 'float64' ? costMatrix : np.astype(costMatrix, 'float32')
  if (rows <= cols) return solve(costs)
  const [a, b] = solve(np.transpose(costs))
  return [b, a]
}

/**
 * Pairs of rows and columns whose costs have the least sum: each row and each column at most once, as many as there are
 * of the fewer. Works under `jit` and `vmap`.
 *
 * @param costMatrix - `[rows, columns]`
 * @returns indices of rows and of columns, int32, in the order of the columns of a square matrix
 * @throws ShapeError unless it is a matrix
 * @see Kuhn, 1955, https://doi.org/10.1002/nav.3800020109
 * @see Crouse, 2016, https://doi.org/10.1109/TAES.2016.140952
 * @example
 * const [rows, columns] = optax.assignment.hungarianAlgorithm(np.array([[1, 0], [0, 5]]))
 * rows // => Array([1, 0], dtype=int32)
 * columns // => Array([0, 1], dtype=int32)
 */
export const hungarianAlgorithm = (costMatrix: NDArray): readonly [rows: NDArray, columns: NDArray] =>
  assign('hungarianAlgorithm', costMatrix)

/**
 * {@link hungarianAlgorithm} with the pairs in the order of the rows.
 *
 * @throws ShapeError unless it is a matrix
 * @see https://optax.readthedocs.io/en/latest/api/assignment.html#optax.assignment.base_hungarian_algorithm
 * @example
 * optax.assignment.baseHungarianAlgorithm(np.array([[1, 0], [0, 5]]))[1] // => Array([1, 0], dtype=int32)
 */
export const baseHungarianAlgorithm = (costMatrix: NDArray): readonly [rows: NDArray, columns: NDArray] => {
  const [rows, columns] = assign('baseHungarianAlgorithm', costMatrix)
  return rows.size === 0 ? [rows, columns] : lax.sortKeyVal(rows, columns)
}
