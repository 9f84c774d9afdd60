/** Arrays are made and given shapes without a session; values as with one. */
import test from 'ava'
import { config, jit, lax, np, runtimeStats } from '../../src/index.js'

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

test.serial('a reshaped array has memory of its own', (t) => {
  const x = np.array([1, 2, 3, 4])
  const y = x.reshape(2, 2)
  const donated = jit((v: typeof y) => v.mul(2), { donateArgnums: 0 })
  t.deepEqual(donated(donated(y)).toArray(), [[4, 8], [12, 16]]) // prettier-ignore
  t.deepEqual(x.toArray(), [1, 2, 3, 4])
  t.throws(() => config.using('debugNans', true, () => np.full([2], NaN)), { message: /nan/i })
})
