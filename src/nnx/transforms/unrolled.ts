/** Scans whose program has several steps for each turn of the loop. */
import { ArgumentError, NDArray } from '../../core/index.js'
import * as control from '../../control/index.js'
import { concatenate, expandDims, range, reshape, sliceInDim, squeeze } from '../../lax/index.js'
import * as tree from '../../pytree/index.js'

/** @internal */
export interface UnrolledOptions {
  readonly length: number
  readonly reverse?: boolean
  /** Steps of one turn; `true`: all. */
  readonly unroll?: number | boolean
}

const mapped = (f: (x: NDArray) => NDArray, xs: unknown): unknown =>
  tree.map((x: unknown) => (x instanceof NDArray ? f(x) : x), xs)

const joined = (parts: readonly unknown[]): unknown => {
  const flat = parts.map((part) => tree.leaves(part) as readonly NDArray[])
  return tree.structure(parts[0]).unflatten(flat[0]!.map((_, i) => concatenate(flat.map((xs) => xs[i]!), 0))) // prettier-ignore
}

/**
 * @internal A scan as `lax.scan`, over trees of arrays, with `unroll` steps for each turn of the loop.
 *
 * @throws ArgumentError if `unroll` isn't a whole number of at least 1
 */
export const unrolledScan = <C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  { length, reverse = false, unroll = 1 }: UnrolledOptions,
): readonly [carry: C, ys: Y] => {
  const steps = unroll === true ? Math.max(length, 1) : Number(unroll)
  if (!Number.isInteger(steps) || steps < (unroll === false ? 0 : 1)) {
    throw new ArgumentError('scan', 'unroll of at least 1', `${unroll}`)
  }
  if (steps <= 1 || length === 0) return control.scan(f, init, xs, { length, reverse })
  /** Steps in a row over the first axis of a part. */
  const inRow = (carry: C, part: X, count: number): readonly [C, Y] => {
    const ys: unknown[] = []
    let next = carry
    for (const k of range(count)) {
      const i = reverse ? count - 1 - k : k
      const [c, y] = f(next, mapped((x) => squeeze(sliceInDim(x, i, i + 1, 1, 0), [0]), part) as X)
      next = c
      ys[i] = mapped((z) => expandDims(z, [0]), y)
    }
    return [next, joined(ys) as Y]
  }
  if (steps >= length) return inRow(init, xs, length)
  const turns = Math.floor(length / steps)
  const rest = length - turns * steps
  const part = (from: number, to: number): X => mapped((x) => sliceInDim(x, from, to, 1, 0), xs) as X
  // What is left over comes last, at the other end.
  const [start, end] = reverse ? [rest, length] : [0, turns * steps]
  const main = mapped((x) => reshape(x, [turns, steps, ...x.shape.slice(1)]), part(start, end)) as X
  const [carry, ys] = control.scan((c: C, x: X) => inRow(c, x, steps), init, main, { length: turns, reverse })
  const flat = mapped((y) => reshape(y, [turns * steps, ...y.shape.slice(2)]), ys) as Y
  if (rest === 0) return [carry, flat]
  const [last, tail] = inRow(carry, reverse ? part(0, rest) : part(length - rest, length), rest)
  return [last, joined(reverse ? [tail, flat] : [flat, tail]) as Y]
}
