/** Arrays for tests. */
import type { ExecutionContext } from 'ava'
import { type DType, type NDArray, np } from '../../src/index.js'

/** Elements as numbers, row by row. */
export const elements = (x: NDArray): number[] => Array.from(x.data() as Iterable<number | bigint>, Number)

/** Pseudo-random numbers in [-1, 1), the same for a seed: float64 unless said otherwise. */
export const sample = (shape: readonly number[], seed: number, dtype: DType = 'float64'): NDArray => {
  let s = (seed * 2654435761) >>> 0
  const size = shape.reduce((a, b) => a * b, 1)
  const values = Float64Array.from({ length: size }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return s / 2 ** 31 - 1
  })
  return np.array(values).astype(dtype).reshape(shape)
}

/** Numbers that JSON can't hold are strings in golden files. */
export const decodeNumber = (x: number | string | boolean): number =>
  typeof x === 'string' ? ({ nan: NaN, inf: Infinity, '-inf': -Infinity }[x] ?? Number(x)) : Number(x)

/** Compare elements within `atol + rtol |b|`; NaN equals NaN. */
export const allClose = (
  t: ExecutionContext,
  actual: NDArray | readonly number[],
  expected: NDArray | readonly (number | string | boolean)[],
  { rtol = 1e-6, atol = 1e-6 }: { readonly rtol?: number; readonly atol?: number } = {},
  what = '',
): void => {
  const a = Array.isArray(actual) ? (actual as readonly number[]) : elements(actual as NDArray)
  const b = Array.isArray(expected)
    ? (expected as readonly (number | string | boolean)[]).map(decodeNumber)
    : elements(expected as NDArray)
  t.is(a.length, b.length, `${what}: number of elements`)
  a.forEach((x, i) => {
    const y = b[i]!
    const equal =
      Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= atol + rtol * Math.abs(y)
    if (!equal) t.fail(`${what}: element ${i} is ${x}, expected ${y}`)
  })
}
