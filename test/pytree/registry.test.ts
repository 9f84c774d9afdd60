/** Registered classes. */

import test from 'ava'
import {
  flatten,
  getAttrKey,
  keystr,
  leaves,
  leavesWithPath,
  map,
  Partial,
  PytreeError,
  registerDataclass,
  registerNode,
  structure,
} from '../../src/pytree/index.js'
import { Leaf, Pair } from './arbitraries.js'

const box = { flatten: (x: { v: unknown }) => ({ children: [x.v], aux: null }) }

test('subclasses are leaves unless asked for or registered', (t) => {
  class Base {
    constructor(readonly v: unknown) {}
  }
  class Sub extends Base {}
  class SubSub extends Sub {}
  const early = new Sub(1)
  t.deepEqual(leaves(early), [early] as never)
  registerNode(Base, { ...box, unflatten: (_, [v]) => new Base(v) })
  t.deepEqual(leaves(new Base(1)), [1])
  t.deepEqual(leaves(early), [early] as never)
  registerNode(Sub, { ...box, unflatten: (_, [v]) => new Sub(v), subclasses: true })
  t.deepEqual(leaves([early, new SubSub(2)]), [1, 2])
  t.true(map((x: unknown) => x, early) instanceof Sub)
  registerNode(SubSub, { ...box, unflatten: (_, [v]) => new SubSub(v) })
  t.true(structure(new SubSub(1)).unflatten([2]) instanceof SubSub)
  t.false(structure(new SubSub(1)).equals(structure(early)))
})

test('functions whose class is registered are nodes', (t) => {
  class Callable {
    declare v: unknown
    constructor(v: unknown) {
      return Object.setPrototypeOf(
        Object.assign(() => v, { v }),
        Callable.prototype,
      ) as Callable
    }
  }
  registerNode(Callable, { ...box, unflatten: (_, [v]) => new Callable(v) })
  t.deepEqual(leaves([new Callable([1, 2]), Math.sin]), [1, 2, Math.sin] as never)
})

test('children without keys have flat indices', (t) => {
  class Bag {
    readonly items: readonly unknown[]
    constructor(...items: readonly unknown[]) {
      this.items = items
    }
  }
  registerNode(Bag, {
    flatten: ({ items }) => ({ children: items, aux: null }),
    unflatten: (_, items) => new Bag(...items),
  })
  t.deepEqual(
    leavesWithPath(new Bag(1, [2])).map(([path]) => keystr(path)),
    ['[<flat index 0>]', '[<flat index 1>][0]'],
  )
})

test('two classes of one name are two kinds', (t) => {
  const make = (): new (v: unknown) => { v: unknown } =>
    class Twin {
      constructor(readonly v: unknown) {}
    }
  const [A, B] = [make(), make()]
  registerNode(A, { ...box, unflatten: (_, [v]) => new A(v) })
  registerNode(B, { ...box, unflatten: (_, [v]) => new B(v) })
  const [a, b] = [structure(new A(1)), structure(new B(1))]
  t.false(a.equals(b))
  t.not(a.key, b.key)
  t.is(`${b}`, 'PyTreeDef(CustomNode(Twin~2, [*]))')
})

test('a class is registered once', (t) => {
  for (const [type, name] of [
    [Pair, 'Pair'],
    [Array, 'Array'],
    [Object, 'Object'],
    [Map, 'Map'],
    [Function, 'Function'],
  ] as const)
    t.throws(
      () =>
        registerNode<object>(type as typeof Object, {
          flatten: () => ({ children: [], aux: null }),
          unflatten: () => ({}),
        }),
      { instanceOf: PytreeError, message: `registerNode requires a class that is not a node yet, got ${name}` },
    )
})

test('keys must be as many as children', (t) => {
  class Odd {}
  registerNode(Odd, {
    flatten: () => ({ children: [1, 2], keys: [getAttrKey('a')], aux: null }),
    unflatten: () => new Odd(),
  })
  t.throws(() => flatten(new Odd()), {
    instanceOf: PytreeError,
    message: 'registerNode requires one key for each child of Odd, got 1 keys for 2 children',
  })
})

test('a class whose children never end is an error', (t) => {
  class Endless {}
  registerNode(Endless, {
    flatten: () => ({ children: [new Endless()], aux: null }),
    unflatten: () => new Endless(),
  })
  t.throws(() => flatten(new Endless()), { instanceOf: PytreeError, message: /at most 1000 levels/ })
})

test('registerDataclass: data are children, meta is structure', (t) => {
  class Normal {
    constructor(
      readonly mean: unknown,
      readonly scale: unknown,
      readonly kind = 'normal',
    ) {}
    get variance(): number {
      return (this.scale as number) ** 2
    }
  }
  registerDataclass(Normal, { dataFields: ['scale', 'mean'], metaFields: ['kind'] })
  const [ls, treedef] = flatten(new Normal(1, 2))
  t.deepEqual(ls, [2, 1] as never)
  t.deepEqual(
    treedef.paths().map((path) => keystr(path)),
    ['.scale', '.mean'],
  )
  const other = treedef.unflatten([3, 4])
  t.deepEqual(other, new Normal(4, 3))
  t.is(other.variance, 9)
  t.false(treedef.equals(structure(new Normal(1, 2, 'other'))))
})

test('Partial is a function whose bound arguments are leaves', (t) => {
  const f = (a: number, b: { x: number }, c: number): number => a + 10 * b.x + 100 * c
  const bound = new Partial(f, 1, { x: 2 })
  const result: number = bound(3)
  t.is(result, 321)
  t.deepEqual(leaves(bound), [1, 2] as never)
  const doubled = structure(bound).unflatten([2, 4])
  t.is(doubled(3), 342)
  t.true(doubled instanceof Partial)
  t.true(structure(bound).equals(structure(new Partial(f, 5, { x: 6 }))))
  t.false(structure(bound).equals(structure(new Partial((a: number, b: { x: number }) => a + b.x, 5, { x: 6 }))))
  t.deepEqual(
    leavesWithPath([bound]).map(([path]) => keystr(path)),
    ['[0][0]', "[0][1]['x']"],
  )
  t.true(Object.isFrozen(bound.args))
})

test('leaf classes stay leaves after registrations', (t) => {
  const leaf = new Leaf(1)
  class Late {}
  // Twice, so that Late is known to be a leaf class when it is registered.
  for (let i = 0; i < 2; i++) t.is(leaves([leaf, new Late()]).length, 2)
  registerNode(Late, { flatten: () => ({ children: [], aux: null }), unflatten: () => new Late() })
  t.deepEqual(leaves([leaf, new Late()]), [leaf])
})
