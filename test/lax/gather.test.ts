import test from 'ava'
import fc from 'fast-check'
import {
  ArgumentError,
  DifferentiationError,
  DTypeError,
  type DType,
  grad,
  jit,
  jvp,
  type NDArray,
  np,
  ShapeError,
  vmap,
} from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { checkShaping } from '../helpers/golden.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'
import { arrayOf, type Problem, problem, readReference, writeReference, type Write } from '../helpers/windows.js'

const range = (n: number): number[] => [...Array(n).keys()]
const ints = (values: readonly number[], shape: readonly number[] = [values.length], dtype: DType = 'int32'): NDArray =>
  np
    .array([...values])
    .reshape(shape)
    .astype(dtype)
const row = (x: NDArray, i: number): NDArray => lax.squeeze(lax.sliceInDim(x, i, i + 1), [0])
const allDtypes: readonly DType[] = ['bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float16', 'bfloat16', 'float32', 'float64'] // prettier-ignore

const gatherOf =
  (p: Problem, mode: 'clip' | 'fill') =>
  (x: NDArray, i: NDArray): NDArray =>
    lax.gather(x, i, p.dimensions, p.sizes, { mode, fillValue: -7, wrapNegative: p.wrapNegative })

const scatterDims = ({ dimensions: d }: Problem): lax.ScatterDimensionNumbers => ({
  updateWindowDims: d.offsetDims,
  insertedWindowDims: d.collapsedSliceDims,
  scatterDimsToOperandDims: d.startIndexMap,
  operandBatchingDims: d.operandBatchingDims,
  scatterIndicesBatchingDims: d.startIndicesBatchingDims,
})

const scatters: Readonly<Record<Write, typeof lax.scatter>> = {
  set: lax.scatter,
  add: lax.scatterAdd,
  mul: lax.scatterMul,
  min: lax.scatterMin,
  max: lax.scatterMax,
}

// general windows, against the definition

for (const mode of ['clip', 'fill'] as const) {
  test(`gather is its definition: any windows, mode ${mode}, on both devices' lowerings`, (t) => {
    fc.assert(
      fc.property(problem, (p) => {
        const x = arrayOf(p.operandShape, p.operand)
        const i = arrayOf(p.indicesShape, p.indices).astype(p.indexDtype)
        const [shape, values] = readReference(p, mode, -7)
        const y = gatherOf(p, mode)(x, i)
        t.deepEqual(y.shape, shape)
        t.deepEqual(elements(y), values)
        t.deepEqual(runLoweredFor('cuda', gatherOf(p, mode), [x, i]), values)
      }),
      { numRuns: 150 },
    )
  })
}

for (const write of ['set', 'add', 'mul', 'min', 'max'] as const) {
  test(`scatter ${write} is its definition: any windows, modes clip and drop`, (t) => {
    fc.assert(
      fc.property(problem, fc.constantFrom('clip', 'drop'), fc.boolean(), (p, mode, isInt) => {
        const dtype = isInt ? 'int32' : 'float32'
        const x = arrayOf(p.operandShape, p.operand).astype(dtype)
        const i = arrayOf(p.indicesShape, p.indices).astype(p.indexDtype)
        const size = p.resultShape.reduce((a, b) => a * b, 1)
        const updates = range(size).map((k) => ((k * 5) % 7) - 3)
        const u = arrayOf(p.resultShape, updates).astype(dtype)
        const y = scatters[write](x, i, u, scatterDims(p), { mode, wrapNegative: p.wrapNegative })
        const candidates = writeReference(p, updates, mode, write)
        t.deepEqual(y.shape, p.operandShape)
        elements(y).forEach((v, k) =>
          t.true(candidates[k]!.includes(v + 0), `${v} at ${k}, not ${candidates[k]!.join()}`),
        )
      }),
      { numRuns: 100 },
    )
  })
}

test('gather and scatter-add: derivatives are each other', (t) => {
  fc.assert(
    fc.property(problem, fc.constantFrom('clip', 'fill'), fc.nat(), (p, mode, seed) => {
      const x = sample(p.operandShape, seed)
      const i = arrayOf(p.indicesShape, p.indices).astype(p.indexDtype)
      const u = sample(p.resultShape, seed + 1)
      checkGrads(t, (a) => gatherOf(p, mode)(a, i), [x], { order: 1 })
      const scatterMode = mode === 'fill' ? 'drop' : mode
      const options = { mode: scatterMode, wrapNegative: p.wrapNegative } as const
      checkGrads(t, (a, b) => lax.scatterAdd(a, i, b, scatterDims(p), options), [x, u], { order: 1 })
    }),
    { numRuns: 25 },
  )
})

test('gather and scatters: vmap is a loop, over each subset of the arguments', (t) => {
  fc.assert(
    fc.property(problem, fc.integer({ min: 1, max: 7 }), fc.constantFrom('set', 'add', 'max'), (p, mask, write) => {
      const n = 2
      const mapped = [(mask & 1) > 0, (mask & 2) > 0, (mask & 4) > 0]
      const spread = (shape: readonly number[], values: readonly number[], step: number, isMapped: boolean): NDArray =>
        isMapped ? arrayOf([n, ...shape], [...values, ...values.map((v) => v + step)]) : arrayOf(shape, values)
      const x = spread(p.operandShape, p.operand, 100, mapped[0]!)
      const i = spread(p.indicesShape, p.indices, 1, mapped[1]!).astype(p.indexDtype)
      const size = p.resultShape.reduce((a, b) => a * b, 1)
      // Of windows that overlap any may win a set: their updates are equal.
      const updates = range(size).map((k) => (write === 'set' ? 77 : k))
      const u = spread(p.resultShape, updates, 50, mapped[2]!)
      const inAxes = mapped.map((m) => (m ? 0 : null))
      const at = (a: NDArray, k: number, axis: number | null): NDArray => (axis === null ? a : row(a, k))
      const read = gatherOf(p, 'fill')
      const y = mask === 4 ? null : vmap(read, { inAxes: inAxes.slice(0, 2) })(x, i)
      const put = (a: NDArray, b: NDArray, c: NDArray): NDArray =>
        scatters[write](a, b, c, scatterDims(p), { wrapNegative: p.wrapNegative })
      const z = vmap(put, { inAxes })(x, i, u)
      for (const k of range(n)) {
        const [a, b, c] = [at(x, k, inAxes[0]!), at(i, k, inAxes[1]!), at(u, k, inAxes[2]!)]
        if (y !== null) t.deepEqual(elements(row(y, k)), elements(read(a, b)))
        t.deepEqual(elements(row(z, k)), elements(put(a, b, c)))
      }
    }),
    { numRuns: 60 },
  )
})

// modes and dtypes

const rows: lax.ScatterDimensionNumbers = {
  updateWindowDims: [1],
  insertedWindowDims: [0],
  scatterDimsToOperandDims: [0],
}

const points: lax.GatherDimensionNumbers = { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] }
const pointWrites: lax.ScatterDimensionNumbers = {
  updateWindowDims: [],
  insertedWindowDims: [0],
  scatterDimsToOperandDims: [0],
}

test('what is outside: NaN, the least integer, the greatest unsigned one, true, or a given value', (t) => {
  const expected: Readonly<Record<DType, unknown>> = {
    bool: true,
    int8: -128,
    int16: -32768,
    int32: -(2 ** 31),
    int64: -(2n ** 63n),
    uint8: 255,
    uint16: 65535,
    uint32: 2 ** 32 - 1,
    uint64: 2n ** 64n - 1n,
    float16: NaN,
    bfloat16: NaN,
    float32: NaN,
    float64: NaN,
  }
  for (const dtype of allDtypes) {
    const x = np.zeros([3], { dtype })
    const y = lax.gather(x, ints([3, -1], [2, 1]), points, [1])
    t.deepEqual(y.toArray(), [expected[dtype], expected[dtype]] as never, dtype)
    t.is(y.dtype, dtype)
    const filled = lax.gather(x, ints([3, 2], [2, 1]), points, [1], { fillValue: 1 })
    t.deepEqual(elements(filled), [1, 0])
  }
})

test('indices of any integer dtype; the greatest uint64 is outside', (t) => {
  const x = np.array([10, 20, 30])
  for (const dtype of allDtypes.filter((d) => d.includes('int'))) {
    t.deepEqual(
      elements(lax.gather(x, ints([2, 0, 3], [3, 1], dtype), points, [1], { fillValue: 0 })),
      [30, 10, 0],
      dtype,
    )
    t.deepEqual(
      elements(lax.scatterAdd(x, ints([2, 3], [2, 1], dtype), np.array([1, 1]), pointWrites)),
      [10, 20, 31],
      dtype,
    )
  }
  const far = np.array(new BigUint64Array([(1n << 64n) - 1n])).reshape([1, 1])
  t.deepEqual(elements(lax.gather(x, far, points, [1], { mode: 'clip' })), [30])
  t.deepEqual(elements(lax.gather(x, far, points, [1], { fillValue: 5 })), [5])
})

for (const dtype of allDtypes) {
  test(`${dtype}: scatters`, (t) => {
    const isBool = dtype === 'bool'
    const x = ints([1, 0, 1, 1], [4], dtype)
    const i = ints([1, 1, 3, 9], [4, 1])
    const u = isBool ? ints([1, 1, 0, 1], [4], dtype) : ints([3, 2, 5, 7], [4], dtype)
    const results: readonly (readonly [NDArray, readonly number[]])[] = [
      [lax.scatter(x, ints([1, 9], [2, 1]), ints([1, 0], [2], dtype), pointWrites), [1, 1, 1, 1]],
      [lax.scatterAdd(x, i, u, pointWrites), isBool ? [1, 1, 1, 1] : [1, 5, 1, 6]],
      [lax.scatterMul(x, i, u, pointWrites), isBool ? [1, 0, 1, 0] : [1, 0, 1, 5]],
      [lax.scatterMin(x, i, u, pointWrites), isBool ? [1, 0, 1, 0] : [1, 0, 1, 1]],
      [lax.scatterMax(x, i, u, pointWrites), isBool ? [1, 1, 1, 1] : [1, 3, 1, 5]],
    ]
    results.forEach(([y, expected], k) => {
      t.is(y.dtype, dtype)
      t.deepEqual(elements(y), expected, `result ${k}`)
    })
  })
}

test('64-bit integers scatter in their own order', (t) => {
  const big = (1n << 63n) + 5n
  const x = np.array(new BigUint64Array([big, 3n]))
  const u = np.array(new BigUint64Array([7n, big + 1n]))
  t.deepEqual(lax.scatterMax(x, ints([0, 1], [2, 1]), u, pointWrites).toArray(), [big, big + 1n])
  t.deepEqual(lax.scatterMin(x, ints([0, 1], [2, 1]), u, pointWrites).toArray(), [7n, 3n])
})

test('NaN wins in min and max, whether it was there or comes', (t) => {
  for (const f of [lax.scatterMin, lax.scatterMax]) {
    const y = f(np.array([NaN, 1, 2, 3]), ints([0, 1, 1, 2], [4, 1]), np.array([0, NaN, 5, 2]), pointWrites)
    t.deepEqual(elements(y), [NaN, NaN, 2, 3])
  }
})

// ONNX Runtime's ScatterND writes rows on several threads, which lose updates of one row.
const shared: readonly (readonly [string, rows: number, width: number, count: number, op: string])[] = [
  ['one node', 7, 64, 1500, 'ScatterND'],
  ['chunks', 7, 64, 20011, 'Scan'],
  ['chunks of one row', 3, 120_000, 5, 'Scan'],
  ['elements', 20_000, 64, 3000, 'ScatterElements'],
]
for (const [name, length, width, count, op] of shared) {
  test(`rows that several windows share get all of their updates: ${name}`, (t) => {
    const hits = Math.min(length, 7)
    const i = lax.rem(np.arange(count), hits)
    const updates = lax.broadcastInDim(np.arange(count).astype('float32'), [count, width], [0])
    const zeros = np.zeros([length, width])
    const by =
      (f: typeof lax.scatter) =>
      (x: NDArray, k: NDArray, u: NDArray): NDArray =>
        f(x, lax.reshape(k, [count, 1]), u, rows, { mode: 'promise_in_bounds' })
    t.true(operators(by(lax.scatterAdd), [zeros, i, updates]).includes(op))
    const of = (k: number): number[] => range(count).filter((v) => v % hits === k)
    const expected = (f: (values: readonly number[]) => number): number[] => range(hits).map((k) => f(of(k)))
    const firsts = (y: NDArray): number[] => elements(lax.slice(y, [0, 0], [hits, 1]))
    const lasts = (y: NDArray): number[] => elements(lax.slice(y, [0, width - 1], [hits, width]))
    for (const _ of range(3)) {
      const ones = by(lax.scatterAdd)(zeros, i, np.ones([count, width]))
      t.deepEqual(
        elements(lax.reduceSum(ones, [1])),
        range(length).map((k) => (k < hits ? of(k).length * width : 0)),
      )
    }
    const last = expected((values) => values.at(-1)!)
    for (const y of [by(lax.scatter)(zeros, i, updates), by(lax.scatterMax)(zeros, i, updates)]) {
      t.deepEqual(firsts(y), last)
      t.deepEqual(lasts(y), last)
    }
    const half = by(lax.scatterAdd)(zeros.astype('float16'), i, np.ones([count, width], { dtype: 'float16' }))
    t.is(half.dtype, 'float16')
    t.deepEqual(lasts(half), elements(np.array(expected((values) => values.length)).astype('float16')))
  })
}

test('windows that are promised not to overlap take one node', (t) => {
  const [x, i, u] = [np.zeros([5000, 64]), np.arange(5000).reshape([5000, 1]), np.ones([5000, 64])]
  const f =
    (uniqueIndices: boolean) =>
    (a: NDArray, k: NDArray, b: NDArray): NDArray =>
      lax.scatterAdd(a, k, b, rows, { mode: 'promise_in_bounds', uniqueIndices })
  t.true(operators(f(true), [x, i, u]).includes('ScatterND'))
  t.true(operators(f(false), [x, i, u]).includes('Scan'))
  t.is(
    elements(f(true)(x, i, u)).every((v) => v === 1),
    true,
  )
  // Dropped ones are added, as zeros, to rows of others.
  const dropping = (a: NDArray, k: NDArray, b: NDArray): NDArray =>
    lax.scatterAdd(a, k, b, rows, { uniqueIndices: true })
  t.true(operators(dropping, [x, i, u]).includes('Scan'))
})

test('points in several axes that may be one: linear where one node would race', (t) => {
  const dims = { updateWindowDims: [1], insertedWindowDims: [0, 1], scatterDimsToOperandDims: [0, 1] }
  const count = 2500
  const i = lax.rem(np.arange(2 * count), 2).reshape([count, 2])
  const f = (x: NDArray, k: NDArray, u: NDArray): NDArray => lax.scatterAdd(x, k, u, dims)
  const args = [np.zeros([2, 2, 64]), i, np.ones([count, 64])] as const
  t.true(operators(f, args).includes('Scan'))
  t.deepEqual(elements(lax.reduceSum(f(...args), [2])), [0, count * 64, 0, 0])
})

test('more windows than a constant should list', (t) => {
  const n = 20000
  const x = np.arange(2 * n).reshape([n, 2])
  const along = lax.takeAlongAxis(x, lax.rem(np.arange(n), 2).reshape([n, 1]), 1)
  t.deepEqual(elements(along).slice(-3), [2 * n - 5, 2 * n - 4, 2 * n - 1])
  const dims = {
    offsetDims: [1],
    collapsedSliceDims: [],
    startIndexMap: [1],
    operandBatchingDims: [0],
    startIndicesBatchingDims: [0],
  }
  const windows = lax.gather(x, np.zeros([n, 1], { dtype: 'int32' }), dims, [1, 1])
  t.deepEqual(elements(windows).slice(-2), [2 * n - 4, 2 * n - 2])
})

// derivatives of the other scatters

test('scatter: derivatives with unlike windows, and of the winners where windows overlap', (t) => {
  const [x, u] = [sample([4, 3], 1), sample([3, 3], 2)]
  const square = (a: NDArray): NDArray => a.mul(a)
  for (const options of [{ uniqueIndices: true }, {}]) {
    const f = (a: NDArray, b: NDArray): NDArray =>
      lax.scatter(square(a), ints([2, 7, 0], [3, 1]), square(b), rows, options)
    checkGrads(t, f, [x, u])
  }
  const overlapping = ints([1, 1, 3], [3, 1])
  const f = (a: NDArray, b: NDArray): NDArray => lax.scatter(a, overlapping, b, rows)
  checkGrads(t, f, [x, u])
  const written = elements(f(x, u)).slice(3, 6)
  const winner = range(2).find((k) => elements(row(u, k)).every((v, c) => v === written[c]))
  t.not(winner, undefined)
  const gradient = grad((b: NDArray) => f(x, b).sum())(u)
  t.deepEqual(gradient.toArray(), range(3).map((k) => Array(3).fill(k === 2 || k === winner ? 1 : 0)) as never)
})

test('scatterMul: derivatives by both where windows do not overlap, by the operand always', (t) => {
  const [x, u] = [sample([4, 3], 1), sample([3, 3], 2)]
  checkGrads(t, (a, b) => lax.scatterMul(a, ints([2, 9, 0], [3, 1]), b, rows, { uniqueIndices: true }), [x, u])
  checkGrads(t, (a) => lax.scatterMul(a, ints([1, 1, 0], [3, 1]), u, rows), [x])
  t.throws(() => grad((b: NDArray) => lax.scatterMul(x, ints([1, 1, 0], [3, 1]), b, rows).sum())(u), {
    instanceOf: DifferentiationError,
    message: /uniqueIndices/,
  })
})

test('scatterMin and scatterMax: derivatives, shared by those that tie', (t) => {
  const [x, u] = [sample([4, 3], 1), sample([3, 3], 2)]
  for (const f of [lax.scatterMin, lax.scatterMax]) {
    checkGrads(t, (a, b) => f(a, ints([2, 2, 7], [3, 1]), b, rows), [x, u])
  }
  const [gx, gu] = grad((a: NDArray, b: NDArray) => lax.scatterMax(a, ints([0, 0, 1], [3, 1]), b, pointWrites).sum(), {
    argnums: [0, 1],
  })(np.array([2, 1, 5]), np.array([2, 2, 3]))
  allClose(t, gx, [1 / 3, 0, 1])
  allClose(t, gu, [1 / 3, 1 / 3, 1])
})

// take

test('take: positions of any shape, axis and mode', (t) => {
  const x = np.arange(12).reshape([3, 4]).astype('float32')
  const i = ints([1, -1, 7, -9], [2, 2])
  t.deepEqual(lax.take(x, i, 1).shape, [3, 2, 2])
  t.deepEqual(elements(row(lax.take(x, i, 1), 1)), [5, 7, NaN, NaN])
  t.deepEqual(elements(row(lax.take(x, i, 1, 'clip'), 1)), [5, 4, 7, 4])
  t.deepEqual(elements(row(lax.take(x, i, 1, 'wrap'), 1)), [5, 7, 7, 7])
  t.deepEqual(elements(lax.take(x, np.array(-1, { dtype: 'int32' }), 0)), [8, 9, 10, 11])
  t.deepEqual(elements(lax.take(x, ints([2, 0]), -2, 'promise_in_bounds')), [8, 9, 10, 11, 0, 1, 2, 3])
  t.deepEqual(lax.take(x, ints([], [0]), 0).shape, [0, 4])
  t.deepEqual(lax.take(np.zeros([0, 2]), ints([], [0]), 0).shape, [0, 2])
  t.deepEqual(elements(lax.take(x, ints([3, 250], [2], 'uint8'), 1, 'wrap')), [3, 2, 7, 6, 11, 10])
})

test('takeAlongAxis: the other axes run along, or broadcast', (t) => {
  const x = np.arange(24).reshape([2, 3, 4]).astype('float32')
  const i = lax.rem(np.arange(12).reshape([2, 3, 2]), 4)
  const y = lax.takeAlongAxis(x, i, 2)
  for (const a of range(2)) {
    for (const b of range(3)) {
      t.deepEqual(elements(row(row(y, a), b)), elements(lax.take(row(row(x, a), b), row(row(i, a), b), 0)))
    }
  }
  // Positions that don't vary along an axis, and an array that doesn't.
  const few = ints([0, 3, -1, 8], [2, 1, 2])
  const expected = lax.takeAlongAxis(x, lax.broadcastTo(few, [2, 3, 2]), 2)
  t.deepEqual(lax.takeAlongAxis(x, few, 2).toArray(), expected.toArray())
  const thin = lax.slice(x, [0, 0, 0], [1, 3, 4])
  const wide = lax.takeAlongAxis(lax.broadcastInDim(thin, [2, 3, 4], [0, 1, 2]), i, 2)
  t.deepEqual(lax.takeAlongAxis(thin, i, 2).toArray(), wide.toArray())
  t.deepEqual(
    elements(lax.takeAlongAxis(x, ints([1, 0, 1], [1, 3, 1]), 0)),
    range(3).flatMap((b) => range(4).map((c) => ((b + 1) % 2) * 12 + b * 4 + c)),
  )
  const [positions, values] = [lax.argmax(x, 1), lax.reduceMax(x, [1])]
  t.deepEqual(elements(lax.takeAlongAxis(x, positions.reshape([2, 1, 4]), 1)), elements(values))
})

test('take and takeAlongAxis: derivatives, jit and vmap', (t) => {
  const x = sample([3, 4], 1)
  const i = ints([1, 1, -1, 9], [4])
  const square = (a: NDArray): NDArray => a.mul(a)
  checkGrads(t, (a) => lax.take(square(a), i, 1, 'clip'), [x])
  checkGrads(t, (a) => lax.takeAlongAxis(square(a), ints([0, 3, 1, 1, -2, 9], [3, 2]), 1, 'clip'), [x])
  const gradient = grad((a: NDArray) => lax.take(a, i, 1).sum())(x)
  t.deepEqual(row(gradient, 0).toArray(), [0, 2, 0, 1])
  const f = (a: NDArray, k: NDArray): NDArray => lax.take(a, k, 0)
  t.deepEqual(jit(f)(x, i).toArray(), f(x, i).toArray())
  const mapped = vmap(f, { inAxes: [1, 0] })(x, ints([0, 2, 1, 0, 2, 2, 9, 1], [4, 2]))
  t.deepEqual(mapped.shape, [4, 2])
  t.is(elements(mapped)[1], elements(x)[8])
})

test('embedding rows: the gradient of a take adds up', (t) => {
  const table = sample([5, 3], 1)
  const ids = ints([4, 0, 4, 4], [2, 2])
  const g = grad((w: NDArray) => lax.take(w, ids, 0).sum())(table)
  t.deepEqual(g.toArray(), [1, 0, 0, 0, 3].map((n) => [n, n, n]) as never)
  const [, tangent] = jvp((w: NDArray) => lax.take(w, ids, 0), [table], [table])
  t.deepEqual(tangent.toArray(), lax.take(table, ids, 0).toArray())
})

// as JAX

interface TakeParams {
  readonly axis: number | null
  readonly mode?: lax.TakeMode
}
interface GatherParams {
  readonly offset_dims: number[]
  readonly collapsed_slice_dims: number[]
  readonly start_index_map: number[]
  readonly slice_sizes: number[]
  readonly mode: lax.GatherMode
}

checkShaping({
  take: (p: TakeParams, name) => (x, i) => {
    const positions = name.includes('of ints') ? i.mul(3) : i
    return p.axis === null
      ? lax.take(lax.reshape(x, [x.size]), positions, 0, p.mode)
      : lax.take(x, positions, p.axis, p.mode)
  },
  take_along_axis: (p: TakeParams) => (x, i) =>
    lax.takeAlongAxis(x, i.ndim < x.ndim ? lax.expandDims(i, [0]) : i, p.axis!, p.mode),
  'lax.gather': (p: GatherParams, name) => (x, i) =>
    lax.gather(
      x,
      name.includes('[:,1:]') ? lax.sliceInDim(i, 1, 3, 1, 1) : i,
      { offsetDims: p.offset_dims, collapsedSliceDims: p.collapsed_slice_dims, startIndexMap: p.start_index_map },
      p.slice_sizes,
      { mode: p.mode },
    ),
})

// what it becomes

const has = (ops: readonly string[], op: string): boolean => ops.includes(op)

test('common windows take one cheap operator', (t) => {
  const x = np.ones([6, 5])
  const i = ints([1, 2, 3])
  const quick = 'promise_in_bounds'
  t.deepEqual(
    operators((a, k) => lax.take(a, k, 0, quick), [x, i]).filter((op) => op !== 'Reshape'),
    ['Gather'],
  )
  t.deepEqual(
    operators((a, k) => lax.take(a, k, 1, quick), [x, i]).filter((op) => op !== 'Reshape'),
    ['Gather'],
  )
  t.deepEqual(
    operators((a, k) => lax.take(a, k, 0, 'clip'), [x, i]).filter((op) => op !== 'Reshape'),
    ['Max', 'Min', 'Gather'],
  )
  t.deepEqual(
    operators((a, k) => lax.take(a, k, 0), [x, i]).filter((op) => op !== 'Reshape'),
    ['Max', 'Min', 'Equal', 'Gather', 'Where'],
  )
  const along = operators((a, k) => lax.takeAlongAxis(a, k, 1, quick), [x, ints(range(6), [6, 1])])
  t.deepEqual(
    along.filter((op) => op !== 'Reshape'),
    ['GatherElements'],
  )
  const embedding = operators(
    grad((w: NDArray, k: NDArray) => lax.take(w, k, 0).sum()),
    [x, i],
  )
  t.true(has(embedding, 'ScatterND') && !has(embedding, 'ScatterElements') && !has(embedding, 'Concat'))
  const point: lax.GatherDimensionNumbers = { offsetDims: [], collapsedSliceDims: [0, 1], startIndexMap: [0, 1] }
  const twoAxes = (a: NDArray, k: NDArray): NDArray => lax.gather(a, k, point, [1, 1], { mode: quick })
  t.deepEqual(operators(twoAxes, [x, ints([1, 2, 3, 4], [2, 2])]), ['Cast', 'GatherND'])
  t.false(has(operators(twoAxes, [x, ints([1, 2, 3, 4], [2, 2])], 'cuda'), 'GatherND'))
  const single: lax.GatherDimensionNumbers = { offsetDims: [0, 1], collapsedSliceDims: [], startIndexMap: [0] }
  const window = operators((a, k) => lax.gather(a, k, single, [2, 5], { mode: 'clip' }), [x, ints([3])])
  t.true(has(window, 'Slice') && !has(window, 'Gather'))
})

test('one update at a place of its own needs no slot for those that are dropped', (t) => {
  const x = np.ones([6, 5])
  const put = (a: NDArray, k: NDArray, u: NDArray): NDArray => lax.scatter(a, k, u, rows)
  t.false(has(operators(put, [x, ints([1], [1, 1]), np.ones([1, 5])]), 'Concat'))
  t.true(has(operators(put, [x, ints([1, 2], [2, 1]), np.ones([2, 5])]), 'Concat'))
  const trusted = (a: NDArray, k: NDArray, u: NDArray): NDArray =>
    lax.scatter(a, k, u, rows, { mode: 'promise_in_bounds' })
  t.deepEqual(operators(trusted, [x, ints([1, 2], [2, 1]), np.ones([2, 5])]), ['Cast', 'ScatterND'])
})

// errors

test('dimension numbers, shapes and dtypes that do not fit', (t) => {
  const x = np.ones([4, 3])
  const i = ints([0, 1], [2, 1])
  const dims: lax.GatherDimensionNumbers = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => lax.gather(x, i, dims, [1, 4]), /gather requires window sizes .*, got \[1,4\] for float32\[4,3\] and indices int32\[2,1\]/],
    [() => lax.gather(x, i, dims, [2, 3]), /gather requires windows of size 1 along collapsed/],
    [() => lax.gather(x, i, { ...dims, startIndexMap: [0, 1] }, [1, 3]), /gather requires an operand axis for each of the 1 components/],
    [() => lax.gather(x, i, { ...dims, startIndexMap: [2] }, [1, 3]), /gather requires an operand axis/],
    [() => lax.gather(x, i, { ...dims, offsetDims: [] }, [1, 3]), /gather requires 1 increasing axes for the windows, got \[\]/],
    [() => lax.gather(x, i, { ...dims, offsetDims: [2] }, [1, 3]), /gather requires 1 increasing axes/],
    [() => lax.gather(x, i, { ...dims, collapsedSliceDims: [1, 0] }, [1, 1]), /gather requires different axes/],
    [() => lax.gather(x, i, { ...dims, operandBatchingDims: [1], startIndicesBatchingDims: [0] }, [1, 1]), /batching axes of one size/],
    [() => lax.gather(x, np.array(0, { dtype: 'int32' }), dims, [1, 3]), /gather requires indices of at least one axis/],
    [() => lax.scatterAdd(x, i, np.ones([2, 4]), rows), /scatter_add requires window sizes/],
    [() => lax.scatterAdd(x, i, np.ones([3, 3]), rows), /scatter_add requires updates of shape \[2,3\], got float32\[3,3\]/],
    [() => lax.scatter(x, i, np.ones([2]), rows), /scatter requires axes of the updates/],
    [() => lax.take(np.zeros([0, 2]), i, 0), /take requires an axis that holds elements, got float32\[0,2\]/],
    [() => lax.take(x, i, 2), /take requires an axis in \[-2, 2\)/],
    [() => lax.takeAlongAxis(x, ints([0, 1], [2]), 0), /take_along_axis requires positions of 2 axes/],
    [() => lax.takeAlongAxis(x, ints([0, 1], [2, 1]), 1), /take_along_axis requires positions of 2 axes/],
  ] // prettier-ignore
  for (const [f, message] of cases) t.throws(f, { instanceOf: ShapeError, message })
  const wrong: readonly (() => unknown)[] = [
    () => lax.gather(x, np.ones([2, 1]), dims, [1, 3]),
    () => lax.scatter(x, i, np.ones([2, 3], { dtype: 'int32' }), rows),
    () => lax.take(x, np.ones([2]), 0),
  ]
  for (const f of wrong) t.throws(f, { instanceOf: DTypeError })
  t.throws(() => lax.take(x, ints([0]), 0, 'raise' as never), {
    instanceOf: ArgumentError,
    message: /a mode among fill, clip, wrap/,
  })
  t.throws(() => grad((a: NDArray) => lax.take(x, a, 0).sum(), {})(ints([0])), { message: /grad|int32/ })
})
