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
  const text = `Param( # 2 (8 B)
  value=Array([1., 2.], dtype=float32),
  tag='x'
)`
  const v = new nnx.Param(np.array([1, 2]), { tag: 'x' })
  t.is(inspect(v), text)
  t.is(v.toString(), text)
})

test('values by index, past the hooks, and as overridden', (t) => {
  const v = new nnx.Variable(np.array([[1, 2], [3, 4]])) // prettier-ignore
  t.deepEqual(elements(v.getValue({ index: 1 })), [3, 4])
  t.deepEqual(elements(v.getValue({ index: [null, 0] })), [1, 2])
  v.setValue(np.array(9), { index: [0, 1] })
  t.deepEqual(elements(v.value), [1, 9, 3, 4])
  const pair = new nnx.Variable<Record<string, NDArray>>({ a: np.ones([]) })
  pair.setValue(np.zeros([]) as never, { index: 'a' })
  t.is((pair.getValue({ index: 'a' }) as unknown as NDArray).item(), 0)
  class Half extends nnx.Param {
    override createValue(value: NDArray) {
      return value.astype('float16')
    }
    override getValue() {
      return super.getValue().astype('float32')
    }
  }
  const half = new Half(np.ones([2]))
  t.deepEqual([half.rawValue.dtype, half.value.dtype], ['float16', 'float32'])
  half.setRawValue(np.zeros([1]))
  t.deepEqual(elements(half.getRawValue()), [0])
})

test('hooks of classes, and lists of hooks', (t) => {
  const log: string[] = []
  class Logged extends nnx.Variable {
    onGetValue(value: NDArray) {
      return value.add(100)
    }
    onAddAxis(index: number, name: string | null) {
      log.push(`add ${index} ${name}`)
    }
  }
  const v = new Logged(np.array(1), { onSetValue: [(_, x) => x.mul(2), (_, x) => x.add(1)] })
  t.is(v.value.item(), 101)
  v.value = np.array(5)
  t.is(v.rawValue.item(), 11)
  v.addAxis(0, 'layers')
  v.removeAxis(0)
  t.deepEqual(log, ['add 0 layers'])
  const other = new nnx.Variable(np.array(1), { onRemoveAxis: (_, index) => log.push(`remove ${index}`) })
  other.removeAxis(1)
  t.is(log.at(-1), 'remove 1')
  // Hooks of the metadata go before those of the class.
  t.is(new Logged(np.array(1), { onGetValue: (_, x) => x }).value.item(), 1)
})

test('metadata by name, and updates from states', (t) => {
  const v = new nnx.Param(np.array(1), { tag: 'x' })
  t.is(v.getMetadata('tag'), 'x')
  t.is(v.getMetadata('other', 3), 3)
  t.deepEqual(v.getMetadata(), { tag: 'x' })
  t.throws(() => v.getMetadata('other'), { instanceOf: ArgumentError, message: /metadata 'other'.*only tag/ })
  v.setMetadata('tag', 'y')
  const state = v.toState()
  t.true(state instanceof nnx.VariableState)
  const w = new nnx.BatchStat(np.zeros([]))
  w.updateFromState(state)
  t.deepEqual([w.value.item(), w.metadata, w.varType], [1, { tag: 'y' }, nnx.BatchStat])
  t.is(v.replace(np.array(7)).value.item(), 7)
  const described = new nnx.VariableMetadata(np.array(2), { axes: ['a'] })
  t.deepEqual(new nnx.Param(described, { more: 1 }).metadata, { axes: ['a'], more: 1 })
})

test('methods of arrays act on the value and give arrays', (t) => {
  const v = new nnx.Param(np.array([[1, 2], [3, 4]]), { onGetValue: (_, x) => x.mul(1) }) // prettier-ignore
  t.deepEqual(elements(v.add(1)), [2, 3, 4, 5])
  t.deepEqual(elements(v.T), [1, 3, 2, 4])
  t.is(v.sum().item(), 10)
  t.deepEqual(elements(v.matmul(np.ones([2]))), [3, 7])
  t.deepEqual(v.gt(2).toArray(), [[false, false], [true, true]]) // prettier-ignore
  t.deepEqual(elements(v.at(0).set(0)), [0, 0, 3, 4])
  t.deepEqual([...v].map(elements), [[1, 2], [3, 4]]) // prettier-ignore
  t.deepEqual(v.toArray(), [[1, 2], [3, 4]]) // prettier-ignore
  t.is(v.device.toString(), 'CpuDevice(id=0)')
  t.throws(() => new nnx.Variable({ a: np.ones([]) }).add(1), {
    instanceOf: ArgumentError,
    message: /an array as value/,
  })
})
