/** Steps that move, pick and multiply. */
import { lax, nn, np } from '../../../src/index.js'
import { axisOf, divisorsOf, isAxis, isMatrix, like, of, requireThat, shuffled, type Step } from './given.js'

export const shaping: Readonly<Record<string, Step>> = {
  transpose: (given) => {
    const x = given.float()
    return np.transpose(x, shuffled(x.ndim, given))
  },
  reshape: (given) => {
    const x = given.float()
    const first = of(divisorsOf(x.size), given)
    const second = of(divisorsOf(x.size / first), given)
    return np.reshape(x, of([[x.size], [first, x.size / first], [first, second, x.size / first / second], [1, x.size]], given)) // prettier-ignore
  },
  squeeze: (given) => np.squeeze(given.float()),
  spread: (given) => {
    const x = given.float()
    return np.broadcastTo(x, [1 + given.draw(3), ...x.shape])
  },
  roll: (given) => {
    const x = given.float()
    return np.roll(x, given.draw(5) - 2, axisOf(x, given))
  },
  slice: (given) => {
    const x = given.float()
    const axis = axisOf(x, given)
    const start = given.draw(x.shape[axis]!)
    return lax.sliceInDim(x, start, start + 1 + given.draw(x.shape[axis]! - start), 1 + given.draw(2), axis)
  },
  pad: (given) => {
    const x = given.float()
    const widths = x.shape.map((n): [number, number, number] => [given.draw(3) - (n > 2 ? 1 : 0), given.draw(2), given.draw(2)]) // prettier-ignore
    return lax.pad(x, np.array(of([0, 0, 1.5], given), { dtype: x.dtype }), widths)
  },
  triangle: (given) => {
    const x = given.float(isMatrix)
    return given.draw(2) === 0 ? np.tril(x, given.draw(2)) : np.triu(x)
  },
  tile: (given) => {
    const x = given.float()
    return np.tile(x, x.shape.map(() => 1 + given.draw(2))) // prettier-ignore
  },
  join: (given) => {
    const [x, y] = [given.float(), given.float()]
    const axis = axisOf(x, given)
    requireThat(x.ndim === y.ndim && x.shape.every((n, i) => i === axis || n === y.shape[i]))
    return np.concatenate([x, y], { axis })
  },
  diagonal: (given) => {
    const x = given.float(isMatrix)
    return np.diagonal(x)
  },
}

export const indexing: Readonly<Record<string, Step>> = {
  take: (given) => {
    const x = given.float()
    const axis = axisOf(x, given)
    const indices = Array.from({ length: 1 + given.draw(4) }, () => given.draw(x.shape[axis]!))
    return np.take(x, np.array(indices, { dtype: 'int32' }), { axis })
  },
  gathered: (given) => {
    const x = given.float(isAxis)
    return x.slice(np.mod(given.int(), x.shape[0]!))
  },
  dynamic: (given) => {
    const x = given.float()
    const axis = axisOf(x, given)
    const start = np.sum(given.int()).astype('int32')
    return lax.dynamicSliceInDim(x, start, 1 + given.draw(x.shape[axis]!), axis)
  },
  updated: (given) => {
    const x = given.float()
    const axis = axisOf(x, given)
    const part = lax.sliceInDim(np.sin(x), 0, 1 + given.draw(x.shape[axis]!), 1, axis)
    return lax.dynamicUpdateSliceInDim(x, part, np.max(given.int()).astype('int32'), axis)
  },
  scattered: (given) => {
    const x = given.float(isAxis)
    const rows = np.mod(given.int().ravel(), x.shape[0]!)
    const values = like([rows.size, ...x.shape.slice(1)], x, given).mul(np.mean(x))
    return given.draw(2) === 0 ? x.at(rows).add(values) : x.at(rows).mul(lax.stopGradient(values))
  },
  counted: (given) => {
    const x = given.float(isAxis)
    const indices = np.array(
      Array.from({ length: x.shape[0]! }, () => given.draw(3)),
      { dtype: 'int32' },
    )
    return np
      .zeros([3, ...x.shape.slice(1)], { dtype: x.dtype })
      .at(indices)
      .add(x)
  },
  set: (given) => {
    const x = given.float(isAxis)
    return x.at(given.draw(x.shape[0]!)).set(np.mean(given.float()))
  },
  hot: (given) => {
    const x = given.float()
    return nn.oneHot(np.mod(given.int(), 4), 4, { dtype: x.dtype }).mul(np.mean(x))
  },
  masked: (given) => {
    const [x, mask] = [given.float(), given.bool()]
    requireThat(mask.ndim <= x.ndim && mask.shape.every((n, i) => n === x.shape[x.ndim - mask.ndim + i]))
    return np.where(mask, x, of([0, -1, 2], given))
  },
}

export const products: Readonly<Record<string, Step>> = {
  dense: (given) => {
    const x = given.float(isAxis)
    return np.matmul(x, like([x.shape.at(-1)!, 1 + given.draw(4)], x, given))
  },
  biased: (given) => {
    const x = given.float(isMatrix)
    const n = 1 + given.draw(4)
    return np.tanh(np.matmul(x, like([x.shape.at(-1)!, n], x, given)).add(like([n], x, given)))
  },
  turned: (given) => {
    const x = given.float(isMatrix)
    return np.matmul(like([2, x.shape.at(-2)!], x, given), x)
  },
  gram: (given) => {
    const x = given.float(isMatrix)
    return np.matmul(x, np.swapaxes(x, -1, -2)).div(x.shape.at(-1)!)
  },
  outer: (given) => {
    const [x, y] = [given.float(), given.float()]
    requireThat(x.size * y.size < 100)
    return np.outer(x, y)
  },
  both: (given) => {
    const [x, y] = [given.float(), given.float()]
    requireThat(x.ndim > 0 && y.ndim > 0 && x.shape.at(-1) === y.shape[0])
    return np.tensordot(x, y, 1)
  },
  convolved: (given) => {
    const x = given.float(({ ndim }) => ndim === 3)
    const kernel = like([2, x.shape[2]!, 3], x, given)
    return lax.convGeneralDilated(x, kernel, [1 + given.draw(2)], of(['SAME', 'VALID'] as const, given), { dimensionNumbers: ['NHC', 'HIO', 'NHC'] }) // prettier-ignore
  },
  images: (given) => {
    const x = np.expandDims(
      given.float(({ ndim }) => ndim === 3),
      -1,
    )
    const [wide, narrow] = [like([2, 2, 1, 4], x, given), like([3, 3, 4, 2], x, given)]
    const dimensionNumbers = ['NHWC', 'HWIO', 'NHWC'] as const
    const inner = np.tanh(
      lax.convGeneralDilated(x, wide, [1, 1], 'SAME', { dimensionNumbers }).add(like([4], x, given)),
    )
    const outer = lax.convGeneralDilated(inner, narrow, [1 + given.draw(2), 1], 'SAME', { dimensionNumbers })
    const pooled = given.draw(2) === 0 ? outer : nn.avgPool(outer, [2, 2], { padding: 'SAME' })
    return np.mean(pooled.add(like([2], x, given)), { axis: given.draw(4) })
  },
  smoothed: (given) => {
    const x = given.float(({ ndim }) => ndim === 1)
    return np.convolve(x, like([3], x, given), { mode: of(['same', 'full'] as const, given) })
  },
  pooled: (given) => {
    const x = given.float(({ ndim, shape }) => ndim === 3 && shape[1]! > 1)
    return nn.avgPool(x, [2], { strides: [1 + given.draw(2)], padding: of(['SAME', 'VALID'] as const, given) })
  },
}
