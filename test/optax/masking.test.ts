/** Masks: trees, prefixes, functions; what is kept for leaves that take no part. */
import test from 'ava'
import { jit, type NDArray, np, optax, PytreeError, tree } from '../../src/index.js'
import { elements } from '../helpers/arrays.js'

const one = (...shape: number[]) => np.ones(shape)
const params = { a: { b: one(2), w: one(2, 2) }, c: [one(1), null] }
const negate = optax.scale(-1)
const signs = (u: unknown) => tree.leaves(u as optax.ArrayTree).map((x) => elements(x)[0])

const masks = {
  'a tree': { a: { b: false, w: true }, c: [true, null] },
  'a prefix': { a: false, c: true },
  'a prefix inside': { a: { b: true, w: false }, c: false },
  'a function': (of: optax.ArrayTree) => tree.map((x: NDArray) => x.ndim > 1, of),
  'a function of prefixes': () => ({ a: true, c: false }),
  'concrete booleans': { a: np.array(true), c: np.array(false) },
  'one boolean': true,
  'none of it': false,
}
const expected: Readonly<Record<keyof typeof masks, readonly number[]>> = {
  'a tree': [1, -1, -1],
  'a prefix': [1, 1, -1],
  'a prefix inside': [-1, 1, 1],
  'a function': [1, -1, 1],
  'a function of prefixes': [-1, -1, 1],
  'concrete booleans': [-1, -1, 1],
  'one boolean': [-1, -1, -1],
  'none of it': [1, 1, 1],
}
for (const [name, mask] of Object.entries(masks) as [keyof typeof masks, optax.MaskOrFn][])
  test(name, (t) => {
    const tx = optax.masked(negate, mask)
    for (const update of [tx.update<typeof params>, jit(tx.update<typeof params>)]) {
      const [u, state] = update(params, tx.init(params), params)
      t.deepEqual(signs(u), [...expected[name]])
      t.deepEqual(state, { innerState: {} })
      t.true(tree.structure(u).equals(tree.structure(params)))
    }
  })

test('no state is kept for masked-out leaves', (t) => {
  const { innerState } = optax.masked(optax.scaleByAdam(), { a: { b: false, w: true }, c: false }).init(params)
  const { mu } = innerState as unknown as { mu: { a: { b: unknown; w: NDArray }; c: unknown } }
  t.true(mu.a.b instanceof optax.MaskedNode)
  t.true(mu.c instanceof optax.MaskedNode)
  t.deepEqual(mu.a.w.shape, [2, 2])
  t.is(tree.leaves(innerState).length, 3)
  t.true(tree.map((x: NDArray) => x, innerState as unknown as optax.ArrayTree) !== null)
})

test('masks inside of masks', (t) => {
  const inner = optax.masked(negate, { a: { b: true, w: false }, c: [true, null] })
  const tx = optax.masked(optax.chain(inner, optax.scale(3)), { a: { b: true, w: true }, c: [false, null] })
  const [u] = tx.update(params, tx.init(params), params)
  t.deepEqual(signs(u), [-3, 3, 1])
})

class Box {
  constructor(readonly items: readonly unknown[]) {}
}
tree.registerNode(Box, {
  flatten: ({ items }) => ({ children: items, aux: null }),
  unflatten: (_, items) => new Box(items),
})

test('registered classes as trees and as masks', (t) => {
  const box = new Box([one(2), one(1, 1)])
  const asFunction = optax.masked(negate, (of) => tree.map((x: NDArray) => x.ndim === 1, of))
  const asTree = optax.masked(negate, new Box([true, false]))
  for (const tx of [asFunction, asTree]) {
    const [u] = tx.update(box, tx.init(box), box)
    t.true(u instanceof Box)
    t.deepEqual(signs(u), [-1, 1])
  }
})

test('a class of functions that is registered is a tree, not a function that makes masks', (t) => {
  class Callable {
    constructor(readonly flag: unknown) {
      return Object.setPrototypeOf(
        Object.assign(() => false, { flag }),
        Callable.prototype,
      ) as Callable
    }
  }
  tree.registerNode(Callable, {
    flatten: ({ flag }) => ({ children: [flag], aux: null }),
    unflatten: (_, [flag]) => new Callable(flag),
  })
  const p = new Callable(one(1))
  t.is(typeof p, 'function')
  const [u] = optax.masked(negate, new Callable(true)).update(p, { innerState: {} }, p)
  t.deepEqual(signs(u), [-1])
})

test('extra arguments in the structure of the updates are masked on demand', (t) => {
  const seen: unknown[] = []
  const spy = optax.GradientTransformation(
    () => ({}),
    (u, s, _p, { tags, value }) => {
      seen.push(tags, value)
      return [u, s]
    },
  )
  const extra = { tags: { a: { b: 'x', w: 'y' }, c: ['z', null] }, value: 3 }
  const mask = { a: true, c: false }
  optax.masked(spy, mask).update(params, { innerState: {} }, params, extra)
  optax.masked(spy, mask, { maskCompatibleExtraArgs: true }).update(params, { innerState: {} }, params, extra)
  t.is(seen[0], extra.tags)
  t.deepEqual(seen[2], { a: { b: 'x', w: 'y' }, c: new optax.MaskedNode() })
  t.deepEqual([seen[1], seen[3]], [3, 3])
})

test('errors name the path and both trees', (t) => {
  const error = t.throws(() => optax.masked(negate, { a: true }).init(params), { instanceOf: PytreeError })
  t.regex(error.message, /^masked requires an object with keys 'a' at the root of the params, as in the mask, got /)
  const later = t.throws(() => optax.masked(negate, { a: { b: [true], w: true }, c: true }).update(params, { innerState: {} })) // prettier-ignore
  t.regex(later.message, /^masked requires an array of 1 at \['a'\]\['b'\] of the updates, as in the mask, got a leaf/)
  t.throws(() => optax.masked(negate, { a: { b: 1, w: true }, c: true }).init(params), {
    name: 'ArgumentError',
    message: "masked requires true or false at ['a']['b'] of the mask, got number",
  })
  t.throws(() => optax.masked(negate, true, { mask: 1 } as object), {
    name: 'OptionsError',
    message: 'masked: unknown option mask; known: maskCompatibleExtraArgs',
  })
})
