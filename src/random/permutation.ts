/** Shuffles and draws from given elements. */
import { ArgumentError, NDArray, type Shape, ShapeError, showAval, sizeOf, checkOptions } from '../core/index.js'
import * as lax from '../lax/index.js'
import { asarray } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedShape } from './arguments.js'
import { randomBits } from './bits.js'
import { checkedSample, uniformIn } from './continuous.js'
import { randint } from './discrete.js'
import { checkedMode, gumbelIn, type GumbelMode } from './gumbel.js'
import { checkedKey, type PRNGKey, split } from './key.js'

/** Sort by random keys, so often that all pairs of elements had unlike keys at least once, almost surely. */
const shuffle = (k: PRNGKey, x: NDArray, axis: number): NDArray => {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1))
  let key = k
  let shuffled = x
  for (let round = 0; round < rounds; round++) {
    const [next, sortKey] = split(key)
    key = next!
    shuffled = lax.sortKeyVal(randomBits(sortKey!, 'uint32', x.shape), shuffled, axis)[1]
  }
  return shuffled
}

const permutedRange = jit(
  function permutation(k: PRNGKey, n: number) {
    return shuffle(k, lax.iota('int32', n), 0)
  },
  { staticArgnums: [1] },
)

const permuted = jit(
  function permutation(k: PRNGKey, x: NDArray, axis: number, independent: boolean) {
    if (independent || x.ndim === 1) return shuffle(k, x, axis)
    return lax.take(x, shuffle(k, lax.iota('int32', x.shape[axis]!), 0), axis, 'promise_in_bounds')
  },
  { staticArgnums: [2, 3] },
)

export interface PermutationOptions {
  /** The axis that is shuffled; default the first. */
  readonly axis?: number
  /** Whether each vector along the axis is shuffled by itself; default false: they are kept together. */
  readonly independent?: boolean
}

/**
 * The elements of an axis in random order; of a number n, the numbers 0, 1, … n - 1.
 *
 * @throws ArgumentError unless n is a whole number
 * @throws ShapeError for a scalar array
 * @example
 * random.permutation(random.key(0), 5) // => Array([1, 0, 4, 3, 2], dtype=int32)
 */
export const permutation = (key: PRNGKey, x: number | NDArray, options: PermutationOptions = {}): NDArray => {
  checkOptions('random.permutation', options, ['axis', 'independent'])
  const { axis = 0, independent = false } = options
  checkedKey('random.permutation', key)
  if (!(x instanceof NDArray)) return permutedRange(key, population('random.permutation', x))
  if (x.ndim === 0) throw new ShapeError('random.permutation', 'a number, or an array with axes', showAval(x.aval))
  return permuted(key, x, lax.canonicalAxis('random.permutation', axis, x.ndim), independent)
}

const population = (where: string, n: number): number => {
  // Positions are int32.
  if (Number.isInteger(n) && n >= 0 && n < 2 ** 31) return n
  throw new ArgumentError(where, 'a whole number of elements below 2³¹, or an array', String(n))
}

/** The number of ascending elements that are less than each of `values`, by halving steps. */
const countLess = (ascending: NDArray, values: NDArray): NDArray => {
  const n = ascending.size
  let count = lax.full(values.shape, 0, 'int32')
  for (let step = 2 ** Math.floor(Math.log2(n)); step >= 1; step /= 2) {
    const next = lax.add(count, step)
    const last = lax.take(ascending, lax.min(lax.sub(next, 1), n - 1), 0, 'promise_in_bounds')
    const isLess = lax.and(lax.le(next, n), lax.lt(last, values))
    count = lax.select(isLess, count, next)
  }
  return count
}

const weightedPositions = jit(
  function choice(k: PRNGKey, p: NDArray, shape: Shape, replace: boolean, mode: GumbelMode) {
    if (replace) {
      const cumulative = lax.cumsum(p, 0)
      const total = lax.sliceInDim(cumulative, p.size - 1, p.size)
      const u = uniformIn(k, shape, p.dtype, 0, 1)
      return countLess(cumulative, lax.mul(lax.reshape(total, []), lax.sub(1, u)))
    }
    const noisy = lax.add(gumbelIn(k, p.shape, p.dtype, mode), lax.log(p))
    return lax.reshape(lax.topK(noisy, sizeOf(shape))[1], shape)
  },
  { staticArgnums: [2, 3, 4] },
)

export interface ChoiceOptions {
  /** Whether an element may be drawn more than once; default true. */
  readonly replace?: boolean
  /** Probabilities of the elements, which need not sum to 1; default all alike. */
  readonly p?: NDArray | readonly number[] | null
  /** The axis whose elements are drawn; default the first. */
  readonly axis?: number
  /** Resolution of the scores that draw with `p` and without replacement; default `low`. */
  readonly mode?: GumbelMode
}

/**
 * Elements drawn from an axis of an array; of a number n, from 0, 1, … n - 1.
 *
 * @param shape - default a single draw
 * @returns the array with the axis replaced by the shape
 * @throws ArgumentError if there is nothing to draw from, or more is drawn without replacement than there is
 * @throws ShapeError unless `p` has one probability for each element
 * @example
 * random.choice(random.key(0), 10, [4], { replace: false }) // => Array([2, 7, 9, 6], dtype=int32)
 */
export const choice = (key: PRNGKey, a: number | NDArray, shape: Shape = [], options: ChoiceOptions = {}): NDArray => {
  const where = 'random.choice'
  checkOptions(where, options, ['replace', 'p', 'axis', 'mode'])
  const { replace = true, p = null, axis = 0 } = options
  const mode = checkedMode(where, options.mode ?? 'low')
  checkedKey(where, key)
  checkedShape(where, shape)
  const x = a instanceof NDArray ? a : null
  const along = x === null ? 0 : lax.canonicalAxis(where, axis, x.ndim)
  const n = a instanceof NDArray ? a.shape[along]! : population(where, a)
  const count = sizeOf(shape)
  const taken = (positions: NDArray): NDArray => (x === null ? positions : lax.take(x, positions, along, 'clip'))
  if (count > 0 && (n === 0 || (!replace && count > n))) {
    const expected = n === 0 ? 'elements to draw from' : `at most ${n} draws without replacement from ${n} elements`
    throw new ArgumentError(where, expected, n === 0 ? 'none' : `${count}`)
  }
  if (count === 0) return taken(lax.full(shape, 0, 'int32'))
  if (p !== null) {
    const weights = asarray(p)
    if (weights.ndim !== 1 || weights.size !== n) {
      throw new ShapeError(where, `${n} probabilities`, showAval(weights.aval))
    }
    checkedSample(where, key, shape, weights.dtype)
    return taken(weightedPositions(key, weights, shape, replace, mode))
  }
  if (replace) return taken(randint(key, shape, 0, n))
  const first = lax.sliceInDim(permutation(key, x ?? n, { axis: along }), 0, count, 1, along)
  return lax.reshape(first, x === null ? shape : x.shape.toSpliced(along, 1, ...shape))
}
