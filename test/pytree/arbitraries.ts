/** Arbitrary trees, and the registered classes in them. */

import fc from 'fast-check'
import { getAttrKey, registerNode } from '../../src/pytree/index.js'

/** A node with two children and static data. */
export class Pair {
  constructor(
    readonly first: unknown,
    readonly second: unknown,
    readonly tag: string,
  ) {}
}
registerNode(Pair, {
  flatten: ({ first, second, tag }) => ({
    children: [first, second],
    keys: [getAttrKey('first'), getAttrKey('second')],
    aux: { tag },
  }),
  unflatten: ({ tag }, [first, second]) => new Pair(first, second, tag),
})

/** A class that is not registered: a leaf. */
export class Leaf {
  constructor(readonly value: number) {}
}

const names = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'kernel', 'bias', '0', '2', '10', '') },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', "it's", 'a\\') },
  { weight: 1, arbitrary: fc.string() },
)

/** Anything that is a leaf. */
export const leafArbitrary: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.bigInt(),
  fc.integer().map((n) => new Leaf(n)),
  fc.constantFrom(Math.sin, new Date(0), new Float32Array([1, 2]), /x/, new Set([1]), Symbol.iterator, Leaf),
)

/** An object with just these own properties, in this order, whatever their names are. */
export const objectOf = (entries: readonly (readonly [string, unknown])[], prototype: object | null): object => {
  const object = Object.create(prototype) as object
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
  return object
}

/** Trees with leaves from `leaf`; objects have the prototype of objects, which `unflatten` gives them. */
export const treeOf = (leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.letrec<{ tree: unknown }>((tie) => {
    const entries = (key: fc.Arbitrary<unknown>): fc.Arbitrary<[unknown, unknown][]> =>
      fc.uniqueArray(fc.tuple(key, tie('tree')), { selector: ([k]) => k, maxLength: 4 })
    return {
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        leaf,
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        entries(names).map((list) => objectOf(list as [string, unknown][], Object.prototype)),
        entries(fc.oneof(names, fc.integer({ min: -3, max: 12 }))).map((list) => new Map(list)),
        fc.tuple(tie('tree'), tie('tree'), fc.constantFrom('x', 'y')).map(([a, b, tag]) => new Pair(a, b, tag)),
      ),
    }
  }).tree

export const treeArbitrary = treeOf(leafArbitrary)
