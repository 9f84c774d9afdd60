import test from 'ava'
import { type DType, jit, type NDArray, np, runtimeStats } from '../../src/index.js'
import { Staging } from '../../src/runtime/staging.js'

const handles = (): number => runtimeStats().handlesCreated

test.serial('small results have their own memory: later calls leave them', (t) => {
  const f = jit((x: NDArray) => [x.mul(2), x.add(1)] as const)
  const results = [1, 2, 3].map((value) => f(np.full([4], value)))
  t.deepEqual(
    results.map((pair) => pair.map((x) => x.toArray())),
    [1, 2, 3].map((value) => [Array(4).fill(2 * value), Array(4).fill(value + 1)]),
  )
})

test.serial('small results, used once or twice, need no native handles', (t) => {
  const f = jit((x: NDArray) => x.add(1))
  let x = f(np.zeros([3]))
  const before = handles()
  for (let call = 0; call < 1000; call++) x = f(x)
  t.is(handles(), before)
  t.deepEqual(x.toArray(), [1001, 1001, 1001])
})

test.serial('an argument that comes again gets a handle, once', (t) => {
  const f = jit((x: NDArray) => x.add(1))
  const x = f(np.zeros([3]))
  f(x)
  const before = handles()
  for (let call = 0; call < 10; call++) t.deepEqual(f(x).toArray(), [2, 2, 2])
  t.is(handles(), before + 1)
})

test.serial('every dtype and size, within a chunk and beyond, beside large and empty results', (t) => {
  const dtypes: readonly DType[] = [
    'bool',
    'int8',
    'uint8',
    'int16',
    'float16',
    'bfloat16',
    'int32',
    'float32',
    'float64',
  ]
  const sizes = [0, 1, 3, 5, 31, 64, 65, 200, 257]
  const make = (offset: number): readonly NDArray[] =>
    dtypes.flatMap((dtype) => sizes.map((size) => np.arange(size).add(offset).mod(2).astype(dtype)))
  const copy = jit((xs: readonly NDArray[]) => xs.map((x) => np.flip(x)))
  const [first, second] = [make(0), make(1)]
  const [a, b] = [copy(first), copy(second)]
  const twice = copy(copy(a))
  const expected = (xs: readonly NDArray[]): unknown[] =>
    xs.map((x) => (x.toArray() as readonly unknown[]).toReversed())
  t.deepEqual(
    a.map((x) => x.toArray()),
    expected(first),
  )
  t.deepEqual(
    b.map((x) => x.toArray()),
    expected(second),
  )
  t.deepEqual(
    twice.map((x) => x.toArray()),
    expected(first),
  )
})

test.serial('donated small results are written again in place', (t) => {
  const f = jit((x: NDArray) => x.add(1), { donateArgnums: 0 })
  let x = np.zeros([5])
  for (let call = 0; call < 5; call++) x = f(x)
  const { buffersAllocated, handlesCreated } = runtimeStats()
  for (let call = 0; call < 100; call++) x = f(x)
  t.is(runtimeStats().buffersAllocated, buffersAllocated)
  t.is(runtimeStats().handlesCreated, handlesCreated)
  t.is(x.data()[4], 105)
})

test.serial('asynchronous calls that overlap keep their small results apart', async (t) => {
  const f = jit((x: NDArray) => x.mul(3))
  const start = f(np.ones([2]))
  const results = await Promise.all([1, 2, 3].map((value) => f.async(start.mul(value))))
  t.deepEqual(
    results.map((x) => x.toArray()),
    [
      [9, 9],
      [18, 18],
      [27, 27],
    ],
  )
})

test.serial('release gives the handles back', (t) => {
  const live = runtimeStats().handlesLive
  const staging = new Staging([
    { dtype: 'float32', shape: [2] },
    { dtype: 'float32', shape: [1000] },
    { dtype: 'int64', shape: [] },
  ])
  t.is(runtimeStats().handlesLive, live + 2)
  t.is(staging.slot(1), null)
  staging.release()
  staging.release()
  t.is(runtimeStats().handlesLive, live)
})
