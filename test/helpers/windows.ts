/** Gathers and scatters by their definition, and arbitrary problems for them. */
import fc from 'fast-check'
import { type DType, type NDArray, np } from '../../src/index.js'
import type { Dimensions } from '../../src/lax/indexing.js'

const range = (n: number): number[] => [...Array(n).keys()]
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const everyIndex = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap((index) => range(n).map((i) => [...index, i])), [[]])
const offset = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((sum, n, axis) => sum * n + index[axis]!, 0)

/** An operand, indices and dimension numbers that fit. */
export interface Problem {
  readonly operandShape: readonly number[]
  readonly operand: readonly number[]
  readonly indicesShape: readonly number[]
  readonly indices: readonly number[]
  readonly indexDtype: DType
  readonly dimensions: Dimensions
  readonly sizes: readonly number[]
  readonly resultShape: readonly number[]
  readonly wrapNegative: boolean
}

/** A float32 array; no elements where a size is 0. */
export const arrayOf = (shape: readonly number[], values: readonly number[]): NDArray =>
  np.array(Float32Array.from(values)).reshape(shape)

type Role = 'point' | 'unit' | 'window' | 'batching' | 'whole' | 'part' | 'dropped'
const role = fc.constantFrom<Role>('point', 'point', 'unit', 'window', 'batching', 'whole', 'whole', 'part', 'dropped')
const axis = fc.record({
  role,
  n: fc.integer({ min: 1, max: 4 }),
  size: fc.integer({ min: 1, max: 4 }),
  rank: fc.nat(),
})

/** Any gather: points and windows, collapsed or not, indexed or not, batched or not, of up to four axes. */
export const problem: fc.Arbitrary<Problem> = fc
  .record({
    axes: fc.array(axis, { maxLength: 4 }),
    batch: fc.array(fc.record({ n: fc.nat({ max: 3 }), rank: fc.nat() }), { maxLength: 2 }),
    places: fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
    starts: fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 200, maxLength: 200 }),
    wrapNegative: fc.boolean(),
    indexDtype: fc.constantFrom<DType>('int32', 'int64', 'int8'),
  })
  .map(({ axes, batch, places, starts, wrapNegative, indexDtype }) => {
    const having = (...roles: readonly Role[]): number[] =>
      range(axes.length).filter((d) => roles.includes(axes[d]!.role))
    const operandShape = axes.map((a) => a.n)
    const sizes = axes.map((a) =>
      a.role === 'whole' ? a.n : a.role === 'window' || a.role === 'part' ? Math.min(a.size, a.n) : 1,
    )
    const startIndexMap = having('point', 'unit', 'window').sort((a, b) => axes[a]!.rank - axes[b]!.rank)
    const operandBatchingDims = having('batching')
    const batchAxes = [
      ...operandBatchingDims.map((d) => ({ n: axes[d]!.n, rank: axes[d]!.rank, of: d })),
      ...batch.map((b) => ({ ...b, of: -1 })),
    ].sort((a, b) => a.rank - b.rank)
    const batchShape = batchAxes.map((b) => b.n)
    const windowed = having('unit', 'window', 'whole', 'part')
    const ndim = batchShape.length + windowed.length
    const offsetDims = range(ndim)
      .sort((a, b) => places[a]! - places[b]!)
      .slice(0, windowed.length)
      .sort((a, b) => a - b)
    const indicesShape = [...batchShape, startIndexMap.length]
    const rest = batchShape.values()
    return {
      operandShape,
      operand: range(product(operandShape)).map((i) => ((i * 7) % 23) - 5),
      indicesShape,
      indices: range(product(indicesShape)).map((i) => starts[i % starts.length]!),
      indexDtype,
      dimensions: {
        offsetDims,
        collapsedSliceDims: having('point', 'dropped'),
        startIndexMap,
        operandBatchingDims,
        startIndicesBatchingDims: operandBatchingDims.map((d) => batchAxes.findIndex((b) => b.of === d)),
      },
      sizes,
      resultShape: range(ndim).map((d) => {
        const i = offsetDims.indexOf(d)
        return i < 0 ? rest.next().value! : sizes[windowed[i]!]!
      }),
      wrapNegative,
    }
  })

/** The place in the operand of each element of the result; `null` outside. */
const places = (p: Problem, clip: boolean): readonly (number | null)[] => {
  const { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims } = p.dimensions
  const windowed = range(p.operandShape.length).filter(
    (d) => !collapsedSliceDims.includes(d) && !operandBatchingDims.includes(d),
  )
  return everyIndex(p.resultShape).map((index) => {
    const batch = index.filter((_, d) => !offsetDims.includes(d))
    let isInside = true
    const at = p.operandShape.map((n, d) => {
      const batching = operandBatchingDims.indexOf(d)
      if (batching >= 0) return batch[startIndicesBatchingDims[batching]!]!
      const component = startIndexMap.indexOf(d)
      let start = 0
      if (component >= 0) {
        start = p.indices[offset(p.indicesShape, [...batch, component])]!
        if (p.wrapNegative && start < 0) start += n
        const last = n - p.sizes[d]!
        if (start < 0 || start > last) isInside = false
        start = Math.min(Math.max(start, 0), last)
      }
      const window = windowed.indexOf(d)
      return start + (window < 0 ? 0 : index[offsetDims[window]!]!)
    })
    return isInside || clip ? offset(p.operandShape, at) : null
  })
}

/** Shape and elements of a gather. */
export const readReference = (
  p: Problem,
  mode: 'clip' | 'fill',
  fill: number,
): readonly [readonly number[], number[]] => [
  p.resultShape,
  places(p, mode === 'clip').map((at) => (at === null ? fill : p.operand[at]!)),
]

export type Write = 'set' | 'add' | 'mul' | 'min' | 'max'

/** For each element of the operand what a scatter may leave there: of updates that overlap any may win. */
export const writeReference = (
  p: Problem,
  updates: readonly number[],
  mode: 'clip' | 'drop',
  write: Write,
): readonly (readonly number[])[] => {
  const combine: Readonly<Record<Exclude<Write, 'set'>, (a: number, b: number) => number>> = {
    add: (a, b) => a + b,
    mul: (a, b) => a * b,
    min: Math.min,
    max: Math.max,
  }
  const candidates = p.operand.map((v) => ({ there: v, written: [] as number[] }))
  places(p, mode === 'clip').forEach((at, i) => {
    if (at === null) return
    const candidate = candidates[at]!
    if (write === 'set') candidate.written.push(updates[i]!)
    else candidate.there = combine[write](candidate.there, updates[i]!)
  })
  return candidates.map(({ there, written }) => (written.length > 0 ? written : [there]).map((v) => v + 0))
}
