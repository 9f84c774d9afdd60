/** Structures: printing, equality, identity, matching. */

import test from 'ava'
import { inspect } from 'node:util'
import {
  flatten,
  PytreeError,
  registerNode,
  registerStatic,
  structure,
  treedefTuple,
  type TreeDef,
} from '../../src/pytree/index.js'
import { Leaf, Pair } from './arbitraries.js'

test('structures print as in JAX', (t) => {
  t.is(`${structure({ b: [1, null], a: 2 })}`, "PyTreeDef({'a': *, 'b': [*, None]})")
  t.is(`${structure([])}`, 'PyTreeDef([])')
  t.is(`${structure({})}`, 'PyTreeDef({})')
  t.is(`${structure(1)}`, 'PyTreeDef(*)')
  t.is(`${structure(null)}`, 'PyTreeDef(None)')
  t.is(`${structure(new Map([[1, { "it's": 1 }]]))}`, String.raw`PyTreeDef(Map({1: {'it\'s': *}}))`)
  t.is(`${structure(new Pair(1, [2], 'x'))}`, "PyTreeDef(CustomNode(Pair[{'tag': 'x'}], [*, [*]]))")
  t.is(inspect(structure([1])), 'PyTreeDef([*])')
})

const different: readonly unknown[] = [
  1,
  null,
  [],
  {},
  new Map(),
  [1],
  [1, 2],
  [[1], 2],
  [1, [2]],
  { a: 1 },
  { b: 1 },
  { a: 1, b: 2 },
  { 1: 1 },
  new Map([['a', 1]]),
  new Map([[1, 1]]),
  new Map([['1', 1]]),
  new Pair(1, 2, 'x'),
  new Pair(1, 2, 'y'),
  new Pair(1, null, 'x'),
  { "a':*,'b": 1 },
  { constructor: 1 },
  { toString: 1 },
]

test('different structures are different in every way', (t) => {
  different.forEach((a, i) => {
    different.forEach((b, j) => {
      const [def, other] = [structure(a), structure(b)]
      const label = `${def} and ${other}`
      t.is(def.equals(other), i === j, label)
      t.is(def.key === other.key, i === j, label)
      t.is(def.matchInto(b, []), i === j, label)
    })
  })
})

test('numNodes counts leaves too', (t) => {
  t.is(structure([1, { a: 2, b: null }]).numNodes, 5)
  t.is(structure([1, { a: 2, b: null }]).numLeaves, 2)
})

test('structures are frozen', (t) => {
  t.throws(() => Object.assign(structure([1]), { numLeaves: 2 }), { instanceOf: TypeError })
})

test('children and treedefTuple are inverse', (t) => {
  const treedef: TreeDef = structure([1, { a: 2 }])
  t.deepEqual(treedef.children().map(String), ['PyTreeDef(*)', "PyTreeDef({'a': *})"])
  t.true(treedefTuple(treedef.children()).equals(treedef))
  t.deepEqual([structure(1).isLeaf, structure(null).isLeaf, structure([]).isLeaf], [true, false, false])
})

test('compose puts a structure at each leaf', (t) => {
  t.is(`${structure([1, null, { a: 2 }]).compose(structure([1, 2]))}`, "PyTreeDef([[*, *], None, {'a': [*, *]}])")
})

test('unflatten requires as many leaves as there are', (t) => {
  const error = t.throws(() => structure([1, { a: 2 }]).unflatten([1]), { instanceOf: PytreeError })
  t.is(error.message, "unflatten requires 2 leaves for PyTreeDef([*, {'a': *}]), got 1")
  t.is(error.left, "PyTreeDef([*, {'a': *}])")
  t.throws(() => structure(1).unflatten([1, 2]), { message: 'unflatten requires 1 leaf for PyTreeDef(*), got 2' })
})

test('matchInto leaves the list as it was when it fails', (t) => {
  const found: unknown[] = ['before']
  t.false(structure([1, 2, [3]]).matchInto([4, 5, 6], found))
  t.deepEqual(found, ['before'])
  t.true(structure([1, 2, [3]]).matchInto([4, 5, [6]], found))
  t.deepEqual(found, ['before', 4, 5, 6])
})

test('matchInto treats undefined as flatten does', (t) => {
  const treedef = structure({ a: 1, c: 2 })
  for (const tree of [
    { a: 1, b: undefined, c: 2 },
    { c: 2, b: undefined, a: 1, d: undefined },
  ]) {
    const found: unknown[] = []
    t.true(treedef.matchInto(tree, found))
    t.deepEqual(found, [1, 2])
  }
  t.false(treedef.matchInto({ a: 1, c: undefined }, []))
  t.false(treedef.matchInto({ c: 1, a: undefined }, []))
  t.false(structure([1]).matchInto([undefined], []))
  t.false(structure(1).matchInto(undefined, []))
})

test('matchInto is not misled by properties that flatten does not see', (t) => {
  const hidden = Object.defineProperty({ z: 1 }, 'a', { value: 1, enumerable: false })
  t.false(structure({ a: 1 }).matchInto(hidden, []))
  t.false(structure({ constructor: 1 }).matchInto({ a: 1 }, []))
  t.false(structure({ constructor: 1 }).matchInto({}, []))
  t.false(structure({ a: 1, b: 2, constructor: 3 }).matchInto({ b: 1, a: 2 }, []))
  t.false(structure({ a: 1 }).matchInto(Object.create({ a: 1 }), []))
  t.false(structure({ a: 1 }).matchInto(new Leaf(1), []))
  t.true(structure({ a: 1 }).matchInto({ a: 1, [Symbol('s')]: 2 }, []))
})

test('an enumerable property of Object.prototype is not a key', (t) => {
  Object.defineProperty(Object.prototype, 'polluted', { value: 1, enumerable: true, configurable: true })
  try {
    t.true(structure({ a: 1, q: 2 }).matchInto({ a: 1, q: 2 }, []))
    t.true(structure({ a: 1, q: 2 }).matchInto({ q: 1, a: 2 }, []))
  } finally {
    delete (Object.prototype as { polluted?: unknown }).polluted
  }
})

class Tagged {
  constructor(
    readonly child: unknown,
    readonly data: unknown,
  ) {}
}
registerNode(Tagged, {
  flatten: ({ child, data }) => ({ children: [child], aux: data }),
  unflatten: (data, [child]) => new Tagged(child, data),
})

test('static data is equal by value where it is plain, by identity where it is not', (t) => {
  const leaf = new Leaf(1)
  const symbol = Symbol('s')
  const equal = (a: unknown, b: unknown): void => {
    const [x, y] = [structure(new Tagged(0, a)), structure(new Tagged(0, b))]
    t.true(x.equals(y) && x.key === y.key && x.matchInto(new Tagged(1, b), []))
  }
  const unequal = (a: unknown, b: unknown): void => {
    const [x, y] = [structure(new Tagged(0, a)), structure(new Tagged(0, b))]
    t.false(x.equals(y) || x.key === y.key || x.matchInto(new Tagged(1, b), []))
  }
  equal({ a: [1, 'x', null], b: new Map([[1, 2]]) }, { b: new Map([[1, 2]]), a: [1, 'x', null] })
  equal(NaN, NaN)
  equal(leaf, leaf)
  equal([leaf, symbol], [leaf, symbol])
  equal(undefined, undefined)
  unequal(leaf, new Leaf(1))
  unequal(symbol, Symbol('s'))
  unequal(0, -0)
  unequal(1, '1')
  unequal(1, 1n)
  unequal(null, undefined)
  unequal([1], [1, 2])
  unequal([1], { 0: 1 })
  unequal({ a: 1 }, { b: 1 })
  unequal({ a: 1 }, { a: 1, b: 2 })
  unequal(new Map([[1, 2]]), new Map([[1, 3]]))
  unequal(Math.sin, Math.cos)
})

test('static data prints by value or by class', (t) => {
  t.is(`${structure(new Tagged(0, null))}`, 'PyTreeDef(CustomNode(Tagged, [*]))')
  t.is(
    `${structure(new Tagged(0, ['a', 1n, -0, new Leaf(1), Math.sin, Symbol('s'), new Map([[1, true]])]))}`,
    "PyTreeDef(CustomNode(Tagged[['a', 1n, -0, <Leaf>, <sin>, <Symbol(s)>, Map({1: true})]], [*]))",
  )
})

class Modulo {
  constructor(readonly n: { readonly value: number } | number) {}
}
const residue = (n: { readonly value: number } | number): number => (typeof n === 'number' ? n : n.value) % 10
registerNode(Modulo, {
  flatten: ({ n }) => ({ children: [], aux: n }),
  unflatten: (n) => new Modulo(n),
  equalAux: (a, b) => residue(a) === residue(b),
  printAux: (n) => `${residue(n)} mod 10`,
})

test('equalAux decides on equality and on the key', (t) => {
  const defs = [{ value: 3 }, 13, { value: 23 }, 3].map((n) => structure(new Modulo(n)))
  const other = structure(new Modulo(4))
  t.true(defs.every((def) => def.equals(defs[0]!) && def.key === defs[0]!.key))
  t.false(defs.some((def) => def.equals(other) || def.key === other.key))
  t.is(`${other}`, 'PyTreeDef(CustomNode(Modulo[4 mod 10], []))')
})

class Named {
  constructor(readonly name: string) {}
}
registerNode(Named, {
  flatten: ({ name }) => ({ children: [], aux: name }),
  unflatten: (name) => new Named(name),
  equalAux: (a, b) => a.toLowerCase() === b.toLowerCase(),
  keyAux: (name) => name.toLowerCase(),
})

test('keyAux gives the key', (t) => {
  const [a, b, c] = ['A', 'a', "'b"].map((name) => structure(new Named(name)))
  t.is(a!.key, "Named<'a'>[]")
  t.is(b!.key, a!.key)
  t.is(c!.key, String.raw`Named<'\'b'>[]`)
})

class Config {
  constructor(readonly size: number) {}
}
registerStatic(Config, (a, b) => a.size === b.size)

test('a static class has no leaves and belongs to the structure', (t) => {
  const [ls, treedef] = flatten([new Config(1), 2])
  t.deepEqual(ls, [2] as never)
  t.true(treedef.equals(structure([new Config(1), 3])))
  t.is(treedef.key, structure([new Config(1), 3]).key)
  t.false(treedef.equals(structure([new Config(2), 2])))
  t.deepEqual(treedef.unflatten([5]), [new Config(1), 5])
})
