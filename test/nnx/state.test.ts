import { inspect } from 'node:util'
import test from 'ava'
import { ArgumentError, jit, type NDArray, nnx, np, optax, tree } from '../../src/index.js'
import { elements } from '../helpers/arrays.js'
import { Custom, Model, WithCustom } from './models.js'

const rngs = (): nnx.Rngs => new nnx.Rngs(0)
const paths = (state: nnx.AnyState): readonly nnx.Path[] => nnx.toFlatState(state).map(([path]) => path)

test('names are sorted at each level, indices as numbers', (t) => {
  const leaf = new nnx.VariableState(nnx.Param, np.ones([]))
  const state = new nnx.State({ b: leaf, 10: leaf, 9: { z: leaf, y: leaf }, a: leaf })
  t.deepEqual(paths(state), [[9, 'y'], [9, 'z'], [10], ['a'], ['b']])
  t.true(Object.isFrozen(state))
  t.throws(() => ((state as any).a = 1), { instanceOf: TypeError })
})

test('a state is a pytree of arrays, and map gives a state of the same kinds', (t) => {
  const model = new WithCustom(rngs())
  const state = nnx.state(model)
  const doubled = tree.map((x: NDArray) => x.mul(2), state)
  t.true(nnx.isState(doubled))
  t.is(doubled.scale.type, Custom)
  t.deepEqual(elements(doubled.scale.value), [2, -1, 4])
  t.is(tree.leaves(state).length, 4)
  t.deepEqual(
    tree.leavesWithPath(state).map(([path]) => tree.keystr(path, { simple: true })),
    ['linear/bias/value', 'linear/kernel/value', 'scale/value', 'shift/value'],
  )
  t.true(tree.structure(doubled).equals(tree.structure(state)))
  t.is(tree.structure(doubled).key, tree.structure(state).key)
  t.false(tree.structure(nnx.state(model, Custom)).equals(tree.structure(state)))
})

test('states go through jit and Optax as they are', (t) => {
  const state = nnx.state(new Model(rngs()))
  const f = jit((s: typeof state) => tree.map((x: NDArray) => x.mul(0), s))
  t.deepEqual(elements(f(state).linear1.bias!.value), [0, 0, 0])
  f(state)
  t.is(f.traceCount, 1)
  const tx = optax.adam(0.1)
  const [updates] = tx.update(state, tx.init(state), state)
  t.true(nnx.isState(updates))
  t.deepEqual(updates.linear1.kernel.value.shape, [2, 3])
})

test('flat and back', (t) => {
  const state = nnx.state(new Model(rngs()))
  const flat = nnx.toFlatState(state)
  t.deepEqual(nnx.fromFlatState(flat), state)
  t.deepEqual(nnx.fromFlatState(new Map([...flat].reverse())), state)
  t.throws(
    () =>
      nnx.fromFlatState([
        [['a'], 1],
        [['a', 'b'], 2],
      ]),
    { instanceOf: ArgumentError, message: /a\/b/ },
  )
  t.throws(
    () =>
      nnx.fromFlatState([
        [['a', 'b'], 1],
        [['a'], 2],
      ]),
    { instanceOf: ArgumentError },
  )
})

test('pure objects and back', (t) => {
  const model = new WithCustom(rngs())
  const state = nnx.state(model)
  const pure = nnx.toPureDict(state)
  t.is((pure as any).linear.kernel, model.linear.kernel.value)
  t.deepEqual(Object.keys(pure), ['linear', 'scale', 'shift'])
  const replaced = nnx.replaceByPureDict(state, { scale: np.ones([3]), linear: { bias: np.ones([3]) } })
  t.is(replaced.scale.type, Custom)
  t.deepEqual(elements(replaced.scale.value), [1, 1, 1])
  t.deepEqual(elements(replaced.linear.bias!.value), [1, 1, 1])
  t.is(replaced.shift, state.shift)
  t.throws(() => nnx.replaceByPureDict(state, { linear: { weight: 1 } }), {
    instanceOf: ArgumentError,
    message: /linear\/weight/,
  })
  t.throws(() => nnx.replaceByPureDict(state, { linear: 3 }), {
    instanceOf: ArgumentError,
    message: /an object at linear/,
  })
  t.is(nnx.toPureDict(state, () => 1)['scale'], 1)
})

test('split, filter, merge and map', (t) => {
  const state = nnx.state(new WithCustom(rngs()))
  const [params, rest] = nnx.splitState(state, nnx.Param, true)
  t.deepEqual(paths(params), [
    ['linear', 'bias'],
    ['linear', 'kernel'],
  ])
  t.deepEqual(nnx.mergeState(rest, params), state)
  t.throws(() => nnx.splitState(state, nnx.Param), { message: /Non-exhaustive filters.*scale, shift/ })
  t.deepEqual(paths(nnx.filterState(state, nnx.PathContains('bias'))), [['linear', 'bias']])
  const [a, b] = nnx.filterState(state, nnx.PathContains('bias'), Custom)
  t.deepEqual([...paths(a), ...paths(b)], [['linear', 'bias'], ['scale'], ['shift']])
  const later = new nnx.State({ scale: new nnx.VariableState(Custom, np.zeros([3])) })
  t.deepEqual(elements(nnx.mergeState(state, later).scale.value), [0, 0, 0])
  const named = nnx.mapState((path) => path.join('.'), state)
  t.deepEqual(tree.leaves(named) as unknown, ['linear.bias', 'linear.kernel', 'scale', 'shift'])
})

test('a leaf gives a Variable, and another value', (t) => {
  const leaf = new nnx.VariableState(Custom, np.ones([1]), { tag: 'x' })
  const variable = leaf.toVariable()
  t.true(variable instanceof Custom)
  t.deepEqual(variable.metadata, { tag: 'x' })
  t.is(leaf.replace(3).value, 3)
  t.is(leaf.replace(3).type, Custom)
})

test('printing', (t) => {
  const state = nnx.state({ a: [new nnx.Param(np.array([1, 2]), { tag: 'x' })], b: new Custom(np.array(3)) })
  const text = `State({
  'a': {
    0: VariableState( # 2 (8 B)
      type=Param,
      value=Array([1., 2.], dtype=float32),
      tag='x'
    )
  },
  'b': VariableState( # 1 (4 B)
    type=Custom,
    value=Array(3., dtype=float32)
  )
})`
  t.is(inspect(state), text)
  t.is(String(state as unknown), text)
  t.is(inspect(state, { depth: 0 }), text)
})

test('flat states: parts, joins, a pytree of the leaves', (t) => {
  const state = nnx.state(new WithCustom(rngs()))
  const flat = nnx.toFlatState(state)
  t.deepEqual([flat.length, flat.at(0)?.[0], flat.at(-1)?.[0]], [4, ['linear', 'bias'], ['shift']])
  t.deepEqual(flat.leaves.map((leaf) => leaf.type.name), ['Param', 'Param', 'Custom', 'Custom']) // prettier-ignore
  t.deepEqual(flat.filter(Custom).paths, [['scale'], ['shift']])
  const [biases, kernels] = flat.filter(nnx.PathContains('bias'), nnx.PathContains('kernel'))
  t.deepEqual([biases!.paths, kernels!.paths], [[['linear', 'bias']], [['linear', 'kernel']]])
  const [params, rest] = flat.split(nnx.Param, '...')
  t.throws(() => flat.split(nnx.Param), { message: /Non-exhaustive filters.*scale, shift/ })
  t.deepEqual(nnx.FlatState.merge(rest!, params!).paths, flat.paths)
  t.deepEqual(flat.toNestedState(), state)
  const doubled = tree.map((x: NDArray) => x.mul(2), flat as never) as typeof flat
  t.true(doubled instanceof nnx.FlatState)
  t.deepEqual(elements(doubled.leaves[2]!.value), [2, -1, 4])
  t.regex(String(params), /^FlatState\(\[\n {2}linear\/bias: VariableState\( # 3 \(12 B\)/)
})

test('differences, and filters of equal values', (t) => {
  const state = nnx.state(new WithCustom(rngs()))
  const { diff, createPathFilters } = nnx.statelib
  t.deepEqual(paths(diff(state, nnx.filterState(state, Custom))), [['linear', 'bias'], ['linear', 'kernel']]) // prettier-ignore
  t.deepEqual(paths(diff(state, state)), [])
  const x = np.ones([])
  const filters = createPathFilters(new nnx.State({ a: x, b: { c: x }, d: np.zeros([]) }))
  t.is(filters.size, 2)
  t.true(filters.get(x)!(['b', 'c'], x))
  t.false(filters.get(x)!(['d'], x))
})

test('traversals: flat mappings and back', (t) => {
  const { emptyNode, flattenMapping, flattenToSequence, unflattenMapping } = nnx.traversals
  const nested = { a: { b: 1, 0: { c: [2] } }, d: {}, e: 3 }
  const flat = flattenMapping(nested)
  t.deepEqual(flat, [
    [['a', 0, 'c'], [2]],
    [['a', 'b'], 1],
    [['e'], 3],
  ])
  t.deepEqual(flattenToSequence(nested), flat)
  t.deepEqual(flattenMapping(nested, { keepEmptyNodes: true })[2], [['d'], emptyNode])
  t.deepEqual(unflattenMapping(flattenMapping(nested, { keepEmptyNodes: true })), nested)
  t.deepEqual(flattenMapping(nested, { sep: '.', isLeaf: (path) => path.length === 1 }), {
    a: nested.a,
    d: {},
    e: 3,
  })
  t.deepEqual(unflattenMapping({ 'a.b': 1 }, { sep: '.' }), { a: { b: 1 } })
  t.throws(() => flattenMapping(3 as never), { instanceOf: ArgumentError, message: /requires xs: object, got 3/ })
  t.throws(() => unflattenMapping({ a: 1, 'a/b': 2 }, { sep: '/' }), { instanceOf: ArgumentError, message: /a\/b/ })
})
