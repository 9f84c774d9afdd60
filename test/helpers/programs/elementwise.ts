/** Steps element by element and along axes; those with corners or jumps apart: of elements close to one, rounding decides. */
import { lax, type NDArray, nn, np, vmap } from '../../../src/index.js'
import { bounded, positive } from './given.js'

export const unary: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  sin: np.sin,
  cos: np.cos,
  tanh: np.tanh,
  erf: lax.erf,
  logistic: lax.logistic,
  softplus: nn.softplus,
  gelu: (x) => nn.gelu(x),
  silu: nn.silu,
  neg: np.negative,
  square: np.square,
  cube: (x) => lax.integerPow(bounded(x), 3),
  inverse: (x) => lax.integerPow(positive(x), -1),
  root: (x) => np.sqrt(positive(x)),
  rsqrt: (x) => lax.rsqrt(positive(x)),
  exp: (x) => np.exp(bounded(x)),
  expm1: (x) => np.expm1(bounded(x)),
  log: (x) => np.log(positive(x)),
  log1p: (x) => np.log1p(np.square(x)),
  atan: np.arctan,
  cbrt: (x) => np.cbrt(positive(x)),
  logSigmoid: nn.logSigmoid,
  sinc: np.sinc,
}

export const broken: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  abs: np.abs,
  relu: nn.relu,
  sign: np.sign,
  floor: np.floor,
  round: (x) => np.round(x),
  leaky: (x) => nn.leakyRelu(x),
  elu: (x) => nn.elu(x),
  clip: (x) => np.clip(x, -0.7, 0.9),
}

export const binary: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
  add: np.add,
  subtract: np.subtract,
  multiply: np.multiply,
  divide: (x, y) => x.div(positive(y)),
  atan2: (x, y) => np.arctan2(x, positive(y)),
  hypot: (x, y) => np.hypot(positive(x), y),
  power: (x, y) => np.power(positive(bounded(x)), bounded(y)),
  logaddexp: (x, y) => np.logaddexp(x, y),
  average: (x, y) => x.add(y).mul(0.5),
}

export const brokenBinary: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
  maximum: np.maximum,
  minimum: np.minimum,
  where: (x, y) => np.where(np.greater(x, y), x.mul(2), y),
}

export const reductions: Readonly<
  Record<string, (x: NDArray, options: { axis: readonly number[]; keepdims: boolean }) => NDArray>
> = {
  sum: np.sum,
  mean: np.mean,
  var: np.var,
  prod: (x, options) => np.prod(np.tanh(x).add(1.1), options),
  logsumexp: (x, { axis, keepdims }) => nn.logsumexp(x, { axis, keepdims }),
}

export const along: Readonly<Record<string, (x: NDArray, axis: number) => NDArray>> = {
  cumsum: (x, axis) => np.cumsum(x, { axis }),
  cumprod: (x, axis) => np.cumprod(np.cos(x), { axis }),
  cumlogsumexp: (x, axis) => lax.cumlogsumexp(x, axis),
  softmax: (x, axis) => nn.softmax(x, { axis }),
  logSoftmax: (x, axis) => nn.logSoftmax(x, { axis }),
  flip: (x, axis) => np.flip(x, axis),
  diff: (x, axis) => np.diff(x, 1, { axis }),
  normalized: (x, axis) => x.div(np.sqrt(np.sum(np.square(x), { axis, keepdims: true }).add(1))),
  standardized: (x, axis) => nn.standardize(x, { axis, epsilon: 0.1 }),
  centred: (x, axis) => x.sub(np.mean(x, { axis, keepdims: true })),
  twice: (x, axis) => np.concatenate([x, x.mul(2)], { axis }),
  stacked: (x, axis) => np.stack([x, np.sin(x)], { axis }),
  expanded: (x, axis) => np.expandDims(x, axis),
  repeated: (x, axis) => np.repeat(x, 2, { axis }),
  mapped: (x, axis) => vmap((row: NDArray) => np.sin(row).mul(np.sum(row)), { inAxes: axis, outAxes: axis })(x),
  scanned: (x, axis) => {
    const rows = np.moveaxis(x, axis, 0)
    return lax.scan((c: NDArray, r: NDArray) => [np.sin(c).add(r), c.mul(r)] as const, rows.slice(0), rows)[1]
  },
  reversed: (x, axis) => {
    const rows = np.moveaxis(x, axis, 0)
    return lax.scan((c: NDArray, r: NDArray) => [np.tanh(c.add(r)), c] as const, rows.slice(0), rows, {
      reverse: true,
    })[0]
  },
}

export const brokenAlong: Readonly<Record<string, (x: NDArray, axis: number) => NDArray>> = {
  max: (x, axis) => np.max(x, { axis }),
  min: (x, axis) => np.min(x, { axis, keepdims: true }),
  pooled: (x, axis) => {
    const rows = np.moveaxis(x, axis, 0)
    return nn.maxPool(rows.reshape([1, rows.shape[0]!, rows.size / rows.shape[0]!]), [2], { padding: 'SAME' })
  },
  convolved: (x, axis) => {
    const images = np.expandDims(np.moveaxis(x, axis, 0).reshape([1, x.shape[axis]!, x.size / x.shape[axis]!]), -1)
    const kernel = np.full([2, 2, 1, 3], 0.3, { dtype: x.dtype })
    const made = lax.convGeneralDilated(images, kernel, [1, 1], 'SAME', { dimensionNumbers: ['NHWC', 'HWIO', 'NHWC'] })
    return nn.relu(made.sub(0.1)).squeeze()
  },
  cummax: (x, axis) => lax.cummax(x, axis),
  sorted: (x, axis) => np.sort(x, { axis }),
  ordered: (x, axis) => np.takeAlongAxis(x, np.argsort(x, { axis }), axis),
}
