import test from 'ava'
import {
  clearCaches,
  config,
  FloatingPointError,
  grad,
  jit,
  type NDArray,
  np,
  sessionCacheStats,
} from '../../src/index.js'

const naming = (operation: string, value: 'NaN' | 'Infinity') => ({
  instanceOf: FloatingPointError,
  message: new RegExp(`^${operation} gave ${value} in a result f(loat)?32`),
})

test.serial('debugNans names the primitive, eager and compiled', async (t) => {
  const f = jit((x: NDArray) => np.log(x.sub(2)).mul(3))
  t.true(Number.isNaN(f(np.array(1)).item()))
  config.update('debugNans', true)
  t.throws(() => np.log(np.array(-1)), naming('log', 'NaN'))
  t.throws(() => f(np.array(1)), naming('log', 'NaN'))
  t.throws(() => jit(grad((x: NDArray) => np.sqrt(x).mul(0)))(np.array(0)), naming('div', 'NaN'))
  await t.throwsAsync(() => f.async(np.array([1, 2])), { instanceOf: FloatingPointError })
  t.is(f(np.array(3)).item(), 0)
  t.is(np.log(np.array(0)).item(), -Infinity)
  config.update('debugNans', false)
  t.true(Number.isNaN(f(np.array(1)).item()))
})

test.serial('debugInfs: the same, and donated arguments are still there', (t) => {
  const f = jit((x: NDArray) => np.exp(x), { donateArgnums: 0 })
  const x = np.array([1, 1000])
  t.throws(() => config.using('debugInfs', true, () => f(x)), naming('exp', 'Infinity'))
  t.is(f(x).max().item(), Infinity)
})

test.serial('clearCaches lets sessions go; functions go on', (t) => {
  const f = jit((x: NDArray) => x.add(1).mul(2))
  const before = f(np.ones([2])).toArray()
  t.true(sessionCacheStats().compiled > 0)
  clearCaches()
  t.like(sessionCacheStats(), { eager: 0, compiled: 0 })
  t.deepEqual(f(np.ones([2])).toArray(), before)
  t.is(f.traceCount, 2)
})
