/** Convolutions and windows by their definition, element by element. */
import { type DType, type NDArray, np } from '../../src/index.js'
import type { ConvDimensionNumbers } from '../../src/lax/conv.js'

export const range = (n: number): number[] => [...Array(n).keys()]
export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

export const everyIndex = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap((index) => range(n).map((i) => [...index, i])), [[]])

const offset = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((sum, n, axis) => sum * n + index[axis]!, 0)

/** Whole numbers in [-4, 4] whose sums are exact, the same for a seed. */
export const wholeNumbers = (size: number, seed: number): number[] => {
  let state = Math.imul(seed + 1, 2654435761)
  return range(size).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return ((state >>> 16) % 9) - 4
  })
}

export const arrayOf = (shape: readonly number[], values: readonly number[], dtype: DType = 'float32'): NDArray =>
  np.array(Float64Array.from(values)).astype(dtype).reshape(shape)

export interface ConvProblem {
  readonly lhs: readonly number[]
  readonly rhs: readonly number[]
  readonly strides: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly lhsDilation: readonly number[]
  readonly rhsDilation: readonly number[]
  readonly numbers: ConvDimensionNumbers
  readonly featureGroups: number
  readonly batchGroups: number
}

/** The elements that a convolution multiplies, by their places: `visit(result, operand, kernel)`. */
const visitProducts = (p: ConvProblem, visit: (y: number, x: number, k: number) => void): readonly number[] => {
  const at = (shape: readonly number[], spec: readonly number[]): number[] => spec.map((a) => shape[a]!)
  const [batch, , ...sizes] = at(p.lhs, p.numbers.lhsSpec)
  const [outFeatures, inFeatures, ...window] = at(p.rhs, p.numbers.rhsSpec)
  const dilated = (n: number, d: number): number => (n === 0 ? 0 : (n - 1) * d + 1)
  const counts = sizes.map((n, i) => {
    const [low, high] = p.padding[i]!
    const free = dilated(n, p.lhsDilation[i]!) + low + high - dilated(window[i]!, p.rhsDilation[i]!)
    return Math.max(0, Math.floor(free / p.strides[i]!) + 1)
  })
  const canonical = [batch! / p.batchGroups, outFeatures!, ...counts]
  const out = range(canonical.length).map((axis) => canonical[p.numbers.outSpec.indexOf(axis)]!)
  const place = (shape: readonly number[], spec: readonly number[], index: readonly number[]): number =>
    offset(
      shape,
      shape.map((_, axis) => index[spec.indexOf(axis)]!),
    )
  const groups = Math.max(p.featureGroups, p.batchGroups)
  for (const [n, o, ...result] of everyIndex(canonical) as [number, number, ...number[]][]) {
    const group = Math.floor(o / (outFeatures! / groups))
    const example = p.batchGroups > 1 ? group * canonical[0]! + n : n
    for (const inWindow of everyIndex(window)) {
      const from = result.map((r, i) => r * p.strides[i]! + inWindow[i]! * p.rhsDilation[i]! - p.padding[i]![0])
      const isElement = from.every(
        (q, i) => q >= 0 && Number.isInteger(q / p.lhsDilation[i]!) && q / p.lhsDilation[i]! < sizes[i]!,
      )
      if (!isElement) continue
      const element = from.map((q, i) => q / p.lhsDilation[i]!)
      for (const c of range(inFeatures!)) {
        const feature = p.featureGroups > 1 ? group * inFeatures! + c : c
        visit(
          place(out, p.numbers.outSpec, [n, o, ...result]),
          place(p.lhs, p.numbers.lhsSpec, [example, feature, ...element]),
          place(p.rhs, p.numbers.rhsSpec, [o, c, ...inWindow]),
        )
      }
    }
  }
  return out
}

/** Shape of the result of a convolution. */
export const convShape = (p: ConvProblem): readonly number[] => visitProducts(p, () => undefined)

/** The result of a convolution, and the cotangents of operand and kernel for one of the result. */
export const convReference = (
  p: ConvProblem,
  x: readonly number[],
  k: readonly number[],
  ct: readonly number[],
): Readonly<Record<'out' | 'dlhs' | 'drhs', number[]>> => {
  const out = ct.map(() => 0)
  const dlhs = x.map(() => 0)
  const drhs = k.map(() => 0)
  visitProducts(p, (i, j, l) => {
    out[i]! += x[j]! * k[l]!
    dlhs[j]! += ct[i]! * k[l]!
    drhs[l]! += ct[i]! * x[j]!
  })
  return { out, dlhs, drhs }
}

export interface WindowProblem {
  readonly shape: readonly number[]
  readonly window: readonly number[]
  readonly strides: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly baseDilation: readonly number[]
  readonly windowDilation: readonly number[]
}

/** For each window the places of its elements, in row-major order; `null` in padding and between elements. */
export const windowPlaces = (p: WindowProblem): readonly [readonly number[], (number | null)[][]] => {
  const counts = p.shape.map((n, i) => {
    const [low, high] = p.padding[i]!
    const free = (n - 1) * p.baseDilation[i]! + 1 + low + high - (p.window[i]! - 1) * p.windowDilation[i]! - 1
    return Math.max(0, Math.floor(free / p.strides[i]!) + 1)
  })
  const places = everyIndex(counts).map((result) =>
    everyIndex(p.window).map((inWindow) => {
      const from = result.map((r, i) => r * p.strides[i]! + inWindow[i]! * p.windowDilation[i]! - p.padding[i]![0])
      const isElement = from.every(
        (q, i) => q >= 0 && Number.isInteger(q / p.baseDilation[i]!) && q / p.baseDilation[i]! < p.shape[i]!,
      )
      return isElement
        ? offset(
            p.shape,
            from.map((q, i) => q / p.baseDilation[i]!),
          )
        : null
    }),
  )
  return [counts, places]
}
