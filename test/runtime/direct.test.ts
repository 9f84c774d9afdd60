/** Arrays are made and given shapes without a session; values as with one. */
import test from 'ava'
import { config, jit, lax, memoryStats, type NDArray, np, runtimeStats } from '../../src/index.js'

const dtypes = ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'uint16', 'int64', 'uint64', 'bool'] as const

test.serial('reshape and full make no session, in any dtype', (t) => {
  const sources = dtypes.map((dtype) => np.array([1, 0, 1, 1, 0, 1]).astype(dtype))
  const { sessionsCreated, runs } = runtimeStats()
  const direct = sources.map((x) => x.reshape(3, 2))
  const filled = dtypes.map((dtype) => np.full([2, 3], 1, { dtype }))
  const others = [
    np.zeros([0, 4]),
    lax.broadcastInDim(np.array([[7]]), [2, 2], [0, 1]),
    np.full([2], -0, { dtype: 'float32' }),
    np.ones([3, 3, 3]),
  ]
  t.deepEqual([runtimeStats().sessionsCreated, runtimeStats().runs], [sessionsCreated, runs])
  const compiled = jit((...xs: typeof sources) => xs.map((x) => x.reshape(3, 2)))(...sources)
  direct.forEach((x, i) => {
    t.is(x.dtype, dtypes[i]!)
    t.deepEqual(x.toArray(), compiled[i]!.toArray(), dtypes[i])
  })
  const one = (dtype: string): unknown => (dtype === 'bool' ? true : dtype.endsWith('int64') ? 1n : 1)
  filled.forEach((x, i) => t.deepEqual([...x.data()].map((v) => (dtypes[i] === 'bool' ? v === 1 : v)), Array(6).fill(one(dtypes[i]!)))) // prettier-ignore
  t.deepEqual(others.map((x) => [...x.data()]), [[], [7, 7, 7, 7], [-0, -0], Array(27).fill(1)]) // prettier-ignore
})

test.serial('zeros are zero where a donated array was', (t) => {
  const tan = jit((x: NDArray) => np.tan(x), { donateArgnums: 0 })
  let x = np.ones([123, 45])
  for (let i = 0; i < 3; i++) x = tan(x)
  const { poolHits } = runtimeStats()
  const zeros = Array.from({ length: 3 }, () => np.zeros([123, 45]))
  t.true(runtimeStats().poolHits > poolHits)
  for (const zero of zeros) t.true(zero.data().every((v) => Object.is(v, 0)))
})

test.serial('a reshaped array shares the memory, and no donation overwrites it', (t) => {
  const x = np.array([1, 2, 3, 4])
  const y = x.reshape(2, 2)
  const { bytesInUse } = memoryStats()
  const z = y.reshape(4, 1)
  t.is(memoryStats().bytesInUse, bytesInUse)
  const double = jit((v: NDArray) => v.mul(2), { donateArgnums: 0 })
  t.deepEqual(double(double(y)).toArray(), [[4, 8], [12, 16]]) // prettier-ignore
  t.deepEqual(double(x).toArray(), [2, 4, 6, 8])
  t.deepEqual(z.toArray(), [[1], [2], [3], [4]])
  t.throws(() => config.using('debugNans', true, () => np.full([2], NaN)), { message: /nan/i })
})

test.serial('updates in place leave alone what was reshaped', (t) => {
  const source = np.arange(0, 1 << 16, 1, { dtype: 'float32' })
  const x = source.reshape(1 << 8, 1 << 8)
  const update = jit((v: NDArray) => v.mul(3).add(1).div(2).sub(5), { donateArgnums: 0 })
  const once = update(x).data()
  t.is(once[3], 0)
  t.is(source.data()[3], 3)
  const there = update(np.arange(0, 1 << 16, 1, { dtype: 'float32' }))
  const row = there.reshape(1, 1 << 16)
  update(there)
  t.is(row.data()[3], 0)
  const scalar = np.array([5])
  const same = scalar.reshape()
  t.is(same.item(), 5)
  np.array([6]).add(1)
  t.is(scalar.item(), 5)
})
