/** What steps of random programs are given, and what they draw. */
import { type NDArray, np } from '../../../src/index.js'
import { sample } from '../arrays.js'

/** What a step is given. */
export interface Given {
  /** One of the arrays of floats made so far, of those that `fits` takes; of the indices; of the truths. */
  readonly float: (fits?: (x: NDArray) => boolean) => NDArray
  readonly int: () => NDArray
  readonly bool: () => NDArray
  /** Two arrays of integers of one dtype that broadcast. */
  readonly ints: () => readonly [NDArray, NDArray]
  /** Another float with which `x` broadcasts; `x` itself where there is none. */
  readonly partner: (x: NDArray) => NDArray
  /** A natural number below `n`. */
  readonly draw: (n: number) => number
}

export const isMatrix = (x: NDArray): boolean => x.ndim > 1
export const isAxis = (x: NDArray): boolean => x.ndim > 0

/** Thrown where a step does not apply. */
export class NotApplicable extends Error {}

export type Step = (given: Given) => NDArray

export const requireThat = (condition: boolean): void => {
  if (!condition) throw new NotApplicable()
}

export const numbers = [0, 1, -1, 2, 0.5, -0.3, 3, 0.125, -2, 1e-3] as const
export const of = <T>(list: readonly T[], { draw }: Given): T => list[draw(list.length)]!
export const axisOf = (x: NDArray, { draw }: Given): number => {
  requireThat(x.ndim > 0)
  return draw(x.ndim)
}
export const axesOf = (x: NDArray, { draw }: Given): readonly number[] =>
  Array.from({ length: x.ndim }, (_, i) => i).filter(() => draw(2) === 0)
export const like = (shape: readonly number[], x: NDArray, { draw }: Given): NDArray => sample(shape, draw(50), x.dtype)
export const shuffled = (n: number, { draw }: Given): readonly number[] => {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = draw(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
export const divisorsOf = (n: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0)
export const positive = (x: NDArray): NDArray => np.square(x).add(0.5)
export const bounded = (x: NDArray): NDArray => np.clip(x, -3, 3)
