/** Products of matrices and tensors. */
import { type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, promote } from './convert.js'
import { moveaxis } from './manipulation.js'
import { roll } from './rearranging.js'

/**
 * Matrix product of the last two axes; the others broadcast.
 *
 * @param x - `[...batch, n, k]` or `[k]`
 * @param y - `[...batch, k, m]` or `[k]`
 * @returns `[...batch, n, m]`, without the axes that a vector lacks
 * @throws ShapeError
 */
export const matmul = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (a.ndim === 0 || b.ndim === 0 || a.shape[a.ndim - 1] !== b.shape[b.ndim === 1 ? 0 : b.ndim - 2]) {
    throw new ShapeError(
      'np.matmul',
      'the last axis of the first operand to be of the size of the second-last of the other',
      `${showAval(a.aval)} and ${showAval(b.aval)}`,
    )
  }
  if (a.ndim === 1) return lax.squeeze(matmul(lax.expandDims(a, [0]), b), [b.ndim === 1 ? 0 : b.ndim - 2])
  if (b.ndim === 1) return lax.squeeze(matmul(a, lax.expandDims(b, [1])), [a.ndim - 1])
  const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
  if (leadB.every((n) => n === 1) && leadB.length <= leadA.length) {
    const matrix = lax.reshape(b, b.shape.slice(-2))
    return lax.dotGeneral(a, matrix, { contract: [[a.ndim - 1], [0]], batch: [[], []] })
  }
  const batch = lax.broadcastShapes('np.matmul', [leadA, leadB])
  const axes = lax.range(batch.length)
  const repeated = (z: NDArray): NDArray => lax.broadcastTo(z, [...batch, ...z.shape.slice(-2)])
  return lax.dotGeneral(repeated(a), repeated(b), {
    contract: [[batch.length + 1], [batch.length]],
    batch: [axes, axes],
  })
}

/** Sum of products over the last axis of `x` and the second-last (or only) axis of `y`. */
export const dot = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (a.ndim === 0 || b.ndim === 0) return lax.mul(a, b)
  return lax.dotGeneral(a, b, { contract: [[a.ndim - 1], [b.ndim === 1 ? 0 : b.ndim - 2]], batch: [[], []] })
}

/** Sum of products over axes: the last n of `x` and the first n of `y`, or pairs `[axesOfX, axesOfY]`. */
export const tensordot = (
  x: ArrayLike,
  y: ArrayLike,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (typeof axes === 'number' && !(axes <= Math.min(a.ndim, b.ndim) && Number.isInteger(axes) && axes >= 0)) {
    throw new ShapeError('np.tensordot', `${axes} axes of both`, `${showAval(a.aval)} and ${showAval(b.aval)}`)
  }
  const contract =
    typeof axes === 'number'
      ? ([lax.range(axes).map((i) => a.ndim - axes + i), lax.range(axes)] as const)
      : ([
          axes[0].map((i) => lax.canonicalAxis('np.tensordot', i, a.ndim)),
          axes[1].map((i) => lax.canonicalAxis('np.tensordot', i, b.ndim)),
        ] as const)
  return lax.dotGeneral(a, b, { contract, batch: [[], []] })
}

/** Sum of products of all elements. */
export const vdot = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  return lax.dotGeneral(lax.reshape(a, [a.size]), lax.reshape(b, [b.size]), { contract: [[0], [0]], batch: [[], []] })
}

/** All products of the elements of two arrays. */
export const outer = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  return lax.mul(lax.reshape(a, [a.size, 1]), lax.reshape(b, [1, b.size]))
}

/** Sum of products over the last axes of both. */
export const inner = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (a.ndim === 0 || b.ndim === 0) return lax.mul(a, b)
  return lax.dotGeneral(a, b, { contract: [[a.ndim - 1], [b.ndim - 1]], batch: [[], []] })
}

/** Sum of products over one axis (default the last); the others broadcast. */
export const vecdot = (x: ArrayLike, y: ArrayLike, { axis = -1 }: { readonly axis?: number } = {}): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  const product = lax.mul(moveaxis(a, axis, -1), moveaxis(b, axis, -1))
  return lax.reduceSum(product, [product.ndim - 1])
}

/** Products of matrices `[...batch, n, m]` with vectors `[...batch, m]`. @throws ShapeError */
export const matvec = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (b.ndim === 0) throw new ShapeError('np.matvec', 'vectors', showAval(b.aval))
  return lax.squeeze(matmul(a, lax.expandDims(b, [b.ndim])), [-1])
}
/** Products of vectors `[...batch, n]` with matrices `[...batch, n, m]`. @throws ShapeError */
export const vecmat = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (a.ndim === 0) throw new ShapeError('np.vecmat', 'vectors', showAval(a.aval))
  return lax.squeeze(matmul(lax.expandDims(a, [a.ndim - 1]), b), [-2])
}

/** Kronecker's product: the second array as blocks, one for each element of the first. */
export const kron = (x: ArrayLike, y: ArrayLike): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  const ndim = Math.max(a.ndim, b.ndim)
  const full = (z: NDArray): readonly number[] => [...lax.range(ndim - z.ndim).map(() => 1), ...z.shape]
  const [m, n] = [full(a), full(b)]
  const left = lax.reshape(
    a,
    m.flatMap((size) => [size, 1]),
  )
  const right = lax.reshape(
    b,
    n.flatMap((size) => [1, size]),
  )
  return lax.reshape(
    lax.mul(left, right),
    m.map((size, i) => size * n[i]!),
  )
}

/**
 * Cross products of vectors of three elements along an axis (default the last); of two, whose third is 0.
 *
 * Of two vectors of two elements only the third element of the product is there.
 * @throws ShapeError
 */
export const cross = (x: ArrayLike, y: ArrayLike, { axis = -1 }: { readonly axis?: number } = {}): NDArray => {
  const [a, b] = promote(x, y).map((z) => moveaxis(z, axis, -1)) as [NDArray, NDArray]
  const [n, m] = [a.shape.at(-1)!, b.shape.at(-1)!]
  if (![2, 3].includes(n) || ![2, 3].includes(m)) {
    throw new ShapeError('np.cross', 'axes of 2 or 3 elements', `${showAval(a.aval)} and ${showAval(b.aval)}`)
  }
  const part = (z: NDArray, i: number): NDArray => lax.squeeze(lax.sliceInDim(z, i, i + 1, 1, z.ndim - 1), [z.ndim - 1])
  if (n === 2 && m === 2) return lax.sub(lax.mul(part(a, 0), part(b, 1)), lax.mul(part(a, 1), part(b, 0)))
  const whole = (z: NDArray): NDArray =>
    z.shape.at(-1) === 3 ? z : lax.concatenate([z, lax.full([...z.shape.slice(0, -1), 1], 0, z.dtype)], z.ndim - 1)
  const [u, v] = [whole(a), whole(b)]
  const rotated = (z: NDArray, by: number): NDArray => roll(z, by, -1)
  const product = lax.sub(lax.mul(rotated(u, -1), rotated(v, 1)), lax.mul(rotated(u, 1), rotated(v, -1)))
  return moveaxis(product, -1, axis)
}
