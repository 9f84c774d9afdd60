/**
 * Steps of random programs: each makes an array of those before it. What it does depends on shapes and on numbers that are drawn, never on
 * elements, so that a step is the same when it is traced.
 */
import { checkpoint, customJvp, jit, lax, type NDArray, nn, np, vmap } from '../../../src/index.js'
import { sample } from '../arrays.js'

/** What a step is given. */
export interface Given {
  /** One of the arrays of floats made so far, of those that `fits` takes; of the indices; of the truths. */
  readonly float: (fits?: (x: NDArray) => boolean) => NDArray
  readonly int: () => NDArray
  readonly bool: () => NDArray
  /** Another float with which `x` broadcasts; `x` itself where there is none. */
  readonly partner: (x: NDArray) => NDArray
  /** A natural number below `n`. */
  readonly draw: (n: number) => number
}

const isMatrix = (x: NDArray): boolean => x.ndim > 1
const isAxis = (x: NDArray): boolean => x.ndim > 0

/** Thrown where a step does not apply. */
export class NotApplicable extends Error {}

export type Step = (given: Given) => NDArray

const requireThat = (condition: boolean): void => {
  if (!condition) throw new NotApplicable()
}

const numbers = [0, 1, -1, 2, 0.5, -0.3, 3, 0.125, -2, 1e-3] as const
const of = <T>(list: readonly T[], { draw }: Given): T => list[draw(list.length)]!
const axisOf = (x: NDArray, { draw }: Given): number => {
  requireThat(x.ndim > 0)
  return draw(x.ndim)
}
const axesOf = (x: NDArray, { draw }: Given): readonly number[] =>
  Array.from({ length: x.ndim }, (_, i) => i).filter(() => draw(2) === 0)
const like = (shape: readonly number[], x: NDArray, { draw }: Given): NDArray => sample(shape, draw(50), x.dtype)
const shuffled = (n: number, { draw }: Given): readonly number[] => {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = draw(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
const divisorsOf = (n: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0)
const positive = (x: NDArray): NDArray => np.square(x).add(0.5)
const bounded = (x: NDArray): NDArray => np.clip(x, -3, 3)

const unary: Readonly<Record<string, (x: NDArray) => NDArray>> = {
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

/** With corners or jumps: of elements close to one, rounding decides. */
const broken: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  abs: np.abs,
  relu: nn.relu,
  sign: np.sign,
  floor: np.floor,
  round: (x) => np.round(x),
  leaky: (x) => nn.leakyRelu(x),
  elu: (x) => nn.elu(x),
  clip: (x) => np.clip(x, -0.7, 0.9),
}

const binary: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
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

const brokenBinary: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
  maximum: np.maximum,
  minimum: np.minimum,
  where: (x, y) => np.where(np.greater(x, y), x.mul(2), y),
}

const reductions: Readonly<
  Record<string, (x: NDArray, options: { axis: readonly number[]; keepdims: boolean }) => NDArray>
> = {
  sum: np.sum,
  mean: np.mean,
  var: np.var,
  prod: (x, options) => np.prod(np.tanh(x).add(1.1), options),
  logsumexp: (x, { axis, keepdims }) => nn.logsumexp(x, { axis, keepdims }),
}

const along: Readonly<Record<string, (x: NDArray, axis: number) => NDArray>> = {
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

const brokenAlong: Readonly<Record<string, (x: NDArray, axis: number) => NDArray>> = {
  max: (x, axis) => np.max(x, { axis }),
  min: (x, axis) => np.min(x, { axis, keepdims: true }),
  cummax: (x, axis) => lax.cummax(x, axis),
  sorted: (x, axis) => np.sort(x, { axis }),
  ordered: (x, axis) => np.takeAlongAxis(x, np.argsort(x, { axis }), axis),
}

const shaping: Readonly<Record<string, Step>> = {
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

const indexing: Readonly<Record<string, Step>> = {
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

const products: Readonly<Record<string, Step>> = {
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
  smoothed: (given) => {
    const x = given.float(({ ndim }) => ndim === 1)
    return np.convolve(x, like([3], x, given), { mode: of(['same', 'full'] as const, given) })
  },
  pooled: (given) => {
    const x = given.float(({ ndim, shape }) => ndim === 3 && shape[1]! > 1)
    return nn.avgPool(x, [2], { strides: [1 + given.draw(2)], padding: of(['SAME', 'VALID'] as const, given) })
  },
}

const square = customJvp((x: NDArray) => np.square(x))
square.defjvp(([x], [dx]) => [np.square(x), x.mul(dx).mul(2)])

const control: Readonly<Record<string, Step>> = {
  cond: (given) => {
    const x = given.float()
    return lax.cond(np.any(given.bool()), (y: NDArray) => np.sin(y).mul(2), (y: NDArray) => y.add(np.mean(y)), x) // prettier-ignore
  },
  switched: (given) => {
    const x = given.float()
    const branches = [(y: NDArray) => np.sin(y), (y: NDArray) => y.mul(np.cos(y)), (y: NDArray) => y]
    return lax.switch(np.max(given.int()).astype('int32'), branches, x)
  },
  loop: (given) => {
    const x = given.float()
    return lax.foriLoop(0, 1 + given.draw(3), (i: NDArray, y: NDArray) => np.sin(y).add(i.mul(0.1)).astype(x.dtype), x)
  },
  jitted: (given) => jit((x: NDArray) => np.tanh(x.mul(2)).add(np.sum(x)).mul(0.5))(given.float()),
  checkpointed: (given) => checkpoint((x: NDArray) => np.sin(np.sin(x)).mul(x))(given.float()),
  custom: (given) => square(bounded(given.float())),
  stopped: (given) => {
    const x = given.float()
    return lax.stopGradient(np.sin(x)).mul(x)
  },
}

const integers: Readonly<Record<string, Step>> = {
  argmax: (given) => {
    const x = given.float()
    return np.argmax(x, { axis: axisOf(x, given) })
  },
  argsort: (given) => {
    const x = given.float()
    return np.argsort(x, { axis: axisOf(x, given) })
  },
  truncated: (given) => np.trunc(given.float()).astype('int32'),
  places: (given) => {
    const x = given.float()
    return lax.broadcastedIota('int32', x.shape, axisOf(x, given))
  },
  reckoned: (given) => {
    const i = given.int()
    return np.mod(i.mul(3).add(1), 5)
  },
  summed: (given) => np.sum(given.int(), { keepdims: given.draw(2) === 0 }),
  counts: (given) => np.countNonzero(given.bool()),
  number: (given) => given.int().astype(given.float().dtype).mul(0.1),
}

const truths: Readonly<Record<string, Step>> = {
  less: (given) => np.less(given.float(), of(numbers, given)),
  compared: (given) => {
    const x = given.float()
    return np.greaterEqual(x, given.partner(x))
  },
  odd: (given) => np.equal(np.mod(given.int(), 2), 1),
  not: (given) => np.logicalNot(given.bool()),
  every: (given) => np.all(given.bool()),
  weights: (given) => given.bool().astype(given.float().dtype),
}

const steps = <F>(
  table: Readonly<Record<string, F>>,
  step: (f: F, given: Given) => NDArray,
): Readonly<Record<string, Step>> =>
  Object.fromEntries(Object.entries(table).map(([name, f]) => [name, (given: Given) => step(f, given)]))

const withPartner = (f: (x: NDArray, y: NDArray) => NDArray, given: Given): NDArray => {
  const x = given.float()
  return given.draw(2) === 0 ? f(x, given.partner(x)) : f(given.partner(x), x)
}
const inAxis = (f: (x: NDArray, axis: number) => NDArray, given: Given): NDArray => {
  const x = given.float()
  return f(x, axisOf(x, given))
}

/** Where rounding cannot make a large difference. */
export const smooth: Readonly<Record<string, Step>> = {
  ...steps(unary, (f, { float }) => f(float())),
  ...steps(binary, withPartner),
  ...steps(reductions, (f, given) => {
    const x = given.float()
    return f(x, { axis: axesOf(x, given), keepdims: given.draw(2) === 0 })
  }),
  ...steps(along, inAxis),
  ...shaping,
  ...indexing,
  ...products,
  ...control,
  timesNumber: (given) => given.float().mul(of(numbers, given)),
  plusNumber: (given) => given.float().add(of(numbers, given)),
  fromNumber: (given) => np.subtract(of(numbers, given), given.float()),
  overNumber: (given) => given.float().div(of(numbers, given) || 4),
  numberOver: (given) => np.divide(of(numbers, given), positive(given.float())),
  number: (given) => np.full(given.float().shape, of(numbers, given), { dtype: given.float().dtype }),
  overMean: (given) => {
    const x = given.float()
    return x.div(np.mean(positive(x)))
  },
  places: integers['places']!,
  reckoned: integers['reckoned']!,
  weights: truths['weights']!,
  odd: truths['odd']!,
}

/** All steps. */
export const all: Readonly<Record<string, Step>> = {
  ...smooth,
  ...integers,
  ...truths,
  ...steps(broken, (f, { float }) => f(float())),
  ...steps(brokenBinary, withPartner),
  ...steps(brokenAlong, inAxis),
}
