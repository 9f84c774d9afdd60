/** `checkGrads`: derivatives against finite differences. */
import {
  ArgumentError,
  checkOptions,
  type ConcreteArray,
  type NDArray,
  requireFunction,
  requireLists,
  requireArrays,
} from '../core/index.js'
import { add, broadcastedIota, convertElementType, mul, reduceSum, reshape, sin, sub } from '../lax/index.js'
import { range } from '../lax/index.js'
import { jvp, vjp } from './tangents.js'

/** A derivative that finite differences don't agree with. */
export class GradientError extends Error {
  override readonly name = 'GradientError'
}

export interface CheckGradsOptions {
  /** Highest order of derivatives; default 2. */
  readonly order?: number
  /** Modes that are checked; default both. */
  readonly modes?: readonly ('fwd' | 'rev')[]
  /** Step of the finite differences; default 1e-6 for float64, else 1e-2. */
  readonly eps?: number
  /** Absolute tolerance; default that of `rtol`. */
  readonly atol?: number
  /** Relative tolerance; default 1e-5 for float64, else 2e-2. */
  readonly rtol?: number
}

type F = (...xs: readonly NDArray[]) => NDArray

/** Numbers without a pattern, the same in every run. */
const direction = (x: NDArray, seed: number): NDArray => {
  const places = convertElementType(broadcastedIota('int32', [x.size], 0), x.dtype)
  return reshape(sin(add(mul(places, 12.9898), seed * 7.233 + 1)), x.shape)
}

const total = (x: NDArray): number => (reduceSum(x, range(x.ndim)) as ConcreteArray).item()

/**
 * Check forward mode against central differences along a direction, reverse mode against forward mode, and the
 * derivatives' own derivatives in the same way, up to `order`.
 *
 * @param f - of arrays, to one array
 * @param args - floating point, best float64, at a point where the function is smooth
 * @throws GradientError naming the mode and both values
 * @example
 * checkGrads((x: NDArray) => np.sin(x), [np.array(0.5, { dtype: 'float64' })])
 */
export const checkGrads = (f: F, args: readonly NDArray[], options: CheckGradsOptions = {}): void => {
  requireFunction('checkGrads', f)
  requireLists('checkGrads', [args])
  requireArrays('checkGrads', args)
  checkOptions('checkGrads', options, ['order', 'modes', 'eps', 'atol', 'rtol'])
  if (args.length === 0) throw new ArgumentError('checkGrads', 'at least one argument', 'none')
  const isDouble = args.every((x) => x.dtype === 'float64')
  const { order = 2, modes = ['fwd', 'rev'], eps = isDouble ? 1e-6 : 1e-2, rtol = isDouble ? 1e-5 : 2e-2 } = options
  const { atol = rtol } = options
  const compare = (what: string, actual: number, expected: number): void => {
    if (Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)) return
    throw new GradientError(`checkGrads: ${what} gives ${actual}, expected ${expected} (orders left: ${order})`)
  }
  const tangents = args.map((x, i) => direction(x, i))
  const call = (...xs: readonly NDArray[]): NDArray => f(...xs)
  const moved = (h: number): NDArray => call(...args.map((x, i) => add(x, mul(tangents[i]!, h))))
  const [y, dy] = jvp(call, args, tangents)
  const ct = direction(y, 101)
  const along = total(mul(ct, sub(moved(eps), moved(-eps)))) / (2 * eps)
  if (modes.includes('fwd')) compare('forward mode along a direction', total(mul(ct, dy)), along)
  if (modes.includes('rev')) {
    const [, pullback] = vjp(call, ...args)
    const reverse = pullback(ct).reduce((sum, c, i) => sum + total(mul(c, tangents[i]!)), 0)
    compare('reverse mode along a direction', reverse, along)
  }
  if (order <= 1) return
  const next = { ...options, order: order - 1 }
  if (modes.includes('fwd')) checkGrads((...xs) => jvp(call, xs, tangents)[1], args, next)
  if (modes.includes('rev')) args.forEach((_, i) => checkGrads((...xs) => vjp(call, ...xs)[1](ct)[i]!, args, next)) // prettier-ignore
}
