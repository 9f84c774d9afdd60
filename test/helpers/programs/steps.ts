/**
 * Steps of random programs: each makes an array of those before it. What it does depends on shapes and on numbers that are drawn, never on
 * elements, so that a step is the same when it is traced.
 */
import { checkpoint, customJvp, jit, lax, type NDArray, np } from '../../../src/index.js'
import { along, binary, broken, brokenAlong, brokenBinary, reductions, unary } from './elementwise.js'
import { axesOf, axisOf, bounded, type Given, numbers, of, positive, type Step } from './given.js'
import { indexing, products, shaping } from './structural.js'

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
  cast: (given) => np.mod(given.int(), 100).astype(of(['int8', 'uint8', 'int16', 'int64', 'uint32'] as const, given)),
  narrowed: (given) => np.clip(given.int(), -5, 7),
}

const reckoning: Readonly<Record<string, (x: NDArray, y: NDArray) => NDArray>> = {
  intAdd: np.add,
  intSubtract: np.subtract,
  intMultiply: np.multiply,
  intDivide: (x, y) => np.floorDivide(x, np.abs(y).add(1)),
  intRest: (x, y) => np.remainder(x, np.abs(y).add(1)),
  intMaximum: np.maximum,
  and: np.bitwiseAnd,
  or: np.bitwiseOr,
  xor: np.bitwiseXor,
  shifted: (x, y) => np.leftShift(x, np.mod(y, 4)),
  intPower: (x, y) => np.power(np.mod(x, 5), np.mod(y, 3)),
  same: (x, y) => np.where(np.equal(x, y), x, y.add(1)),
}

const alongInts: Readonly<Record<string, (x: NDArray, axis: number) => NDArray>> = {
  intSum: (x, axis) => np.sum(x, { axis }),
  intLargest: (x, axis) => np.max(x, { axis, keepdims: true }),
  intProduct: (x, axis) => np.prod(np.mod(x, 3), { axis }),
  intSums: (x, axis) => np.cumsum(x, { axis }),
  intSorted: (x, axis) => np.sort(x, { axis }),
  intFlipped: (x, axis) => np.flip(x, axis),
  intJoined: (x, axis) => np.concatenate([x, x.neg()], { axis }),
  intPicked: (x, axis) => np.take(x, np.array([0, 0], { dtype: 'int32' }), { axis }),
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
  either: (given) => {
    const x = given.bool()
    return np.logicalXor(x, np.any(given.bool()))
  },
  some: (given) => {
    const x = given.bool()
    return np.any(x, { axis: axisOf(x, given) })
  },
  positive: (given) => np.greater(given.int(), 0),
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
  ...steps(reckoning, (f, given) => f(...given.ints())),
  ...steps(alongInts, (f, given) => {
    const x = given.int()
    return f(x, axisOf(x, given))
  }),
  ...steps(broken, (f, { float }) => f(float())),
  ...steps(brokenBinary, withPartner),
  ...steps(brokenAlong, inAxis),
}
