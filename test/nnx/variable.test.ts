import { inspect } from 'node:util'
import test from 'ava'
import { ArgumentError, grad, jit, type NDArray, nnx, np, random, TraceLevelError, vmap } from '../../src/index.js'
import { elements } from '../helpers/arrays.js'

test('value, shape and the like', (t) => {
  const v = new nnx.Param(np.ones([2, 3]))
  t.deepEqual([v.shape, v.dtype, v.ndim, v.size], [[2, 3], 'float32', 2, 6])
  v.value = v.value.add(1)
  t.is(v.get().toArray() instanceof Array, true)
  v.set(np.zeros([1]))
  t.deepEqual(elements(v.value), [0])
  t.is(v.type, nnx.Param)
  const key = new nnx.Variable(random.key(0))
  t.deepEqual(key.shape, [])
  const pair = new nnx.Variable({ a: np.ones([]) })
  t.throws(() => pair.shape, {
    instanceOf: ArgumentError,
    message: /Variable.shape requires an array as value, got \{a: /,
  })
})

test('kinds are classes, and know their kin', (t) => {
  t.true(new nnx.LoRAParam(np.ones([])) instanceof nnx.Param)
  t.true(new nnx.Perturbation(np.ones([])) instanceof nnx.Intermediate)
  t.true(new nnx.OptArray(np.ones([])) instanceof nnx.OptState)
  t.true(new nnx.RngCount(np.ones([])) instanceof nnx.RngState)
  t.true(nnx.isVariableClass(nnx.Variable))
  t.true(nnx.isVariableClass(class extends nnx.Cache {}))
  t.false(nnx.isVariableClass(nnx.Linear))
  t.false(nnx.isVariableClass(() => true))
})

test('metadata and hooks', (t) => {
  const seen: string[] = []
  const v = new nnx.Variable(np.array(1), {
    tag: 'x',
    onCreateValue: (_: unknown, x: NDArray) => x.add(1),
    onGetValue: (_: unknown, x: NDArray) => (seen.push('get'), x.mul(10)),
    onSetValue: (_: unknown, x: NDArray) => (seen.push('set'), x.sub(1)),
  })
  t.is(v.rawValue.item(), 2)
  t.is(v.value.item(), 20)
  v.value = np.array(5)
  t.is(v.rawValue.item(), 4)
  t.deepEqual(seen, ['get', 'set'])
  v.setMetadata({ tag: 'y', more: 1 })
  t.is(v.metadata['tag'], 'y')
  t.is(v.metadata['more'], 1)
  t.true(Object.isFrozen(v.metadata))
})

test('copies', (t) => {
  const v = new nnx.Param(np.array([1]), { tag: 'x' })
  const copy = v.copy()
  t.true(copy instanceof nnx.Param)
  t.is(copy.value, v.value)
  copy.value = np.array([2])
  t.deepEqual(elements(v.value), [1])
  t.deepEqual(v.copy(np.array([3]), { other: 1 }).metadata, { tag: 'x', other: 1 })
  v.copyFrom(copy)
  t.deepEqual(elements(v.value), [2])
  t.throws(() => v.copyFrom(new nnx.Cache(np.ones([1]))), { message: /a Variable of the kind Param, got Cache/ })
})

test('values that are none', (t) => {
  t.throws(() => new nnx.Param(undefined), { instanceOf: ArgumentError, message: /got undefined/ })
  const v = new nnx.Param(np.ones([1]))
  t.throws(() => new nnx.Param(v), { instanceOf: ArgumentError, message: /a Param; take its value/ })
  t.throws(() => (v.value = undefined as never), { instanceOf: ArgumentError })
})

for (const [name, transform] of [
  ['jit', (f: (x: NDArray) => NDArray) => jit(f)(np.ones([2]))],
  ['grad', (f: (x: NDArray) => NDArray) => grad((x: NDArray) => np.sum(f(x)))(np.ones([2]))],
  ['vmap', (f: (x: NDArray) => NDArray) => vmap(f)(np.ones([2]))],
] as const) {
  test(`inside of ${name} a Variable from outside is read, not written`, (t) => {
    const v = new nnx.BatchStat(np.array(2))
    transform((x) => x.mul(v.value))
    for (const write of [() => (v.value = np.ones([])), () => v.setMetadata({ a: 1 }), () => v.copyFrom(v.copy())]) {
      t.throws(
        () =>
          transform((x) => {
            write()
            return x
          }),
        { instanceOf: TraceLevelError, message: /Cannot mutate 'BatchStat' from a different trace level/ },
      )
    }
    t.is(v.value.item(), 2)
    transform((x) => {
      const own = new nnx.Variable(x)
      own.value = own.value.add(1)
      return own.value
    })
  })
}

test('printing', (t) => {
  const text = `Param(
  value=Array([1., 2.], dtype=float32),
  tag='x'
)`
  const v = new nnx.Param(np.array([1, 2]), { tag: 'x' })
  t.is(inspect(v), text)
  t.is(v.toString(), text)
})
