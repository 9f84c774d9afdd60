import test from 'ava'
import fc from 'fast-check'
import { ArgumentError, DTypeError, type DType, grad, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { checkShaping } from '../helpers/golden.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'
import { arrayOf, type Problem, problem, readReference, writeReference, type Write } from '../helpers/windows.js'
import { range, ints, row, rows, points, pointWrites, has } from './gathered.js'

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

// derivatives of the other scatters

// take

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
    ['Clip', 'Gather'],
  )
  t.deepEqual(
    operators((a, k) => lax.take(a, k, 0), [x, i]).filter((op) => op !== 'Reshape'),
    ['Clip', 'Equal', 'Gather', 'Where'],
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
