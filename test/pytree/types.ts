/** What the types of trees must say; checked by the compiler. */

import {
  flatten,
  leaf,
  type leaves,
  map,
  mapWith,
  mapWithPath,
  node,
  reduce,
  structure,
  unflatten,
  type Leaf,
  type LeafOf,
  type MapLeaves,
  type Node,
  type Pytree,
  type TreeDef,
} from '../../src/pytree/index.js'

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => undefined

declare class Weight implements Leaf {
  readonly [leaf]: true
  mul(k: number): Weight
}
declare class State implements Node<Weight> {
  readonly [node]: Weight
  readonly hidden: string
}
interface Dense {
  readonly kernel: Weight
  readonly bias?: Weight
  readonly none: null
}
declare const weight: Weight
declare const dense: Dense
declare const state: State
declare const tuple: readonly [Weight, { readonly a: Weight }]
declare const recursive: Pytree<Weight>
declare const zerosLike: (x: Weight | number | readonly number[], options?: { readonly dtype?: string }) => Weight
declare const norm: (x: Weight) => number

export const checks = (): readonly unknown[] => {
  // Leaves.
  same<LeafOf<Dense>, Weight>(true)
  same<LeafOf<readonly [Weight, { readonly a: number }, null]>, Weight | number>(true)
  same<LeafOf<Pytree<Weight>>, Weight>(true)
  same<LeafOf<Map<string, Weight>>, Weight>(true)
  same<LeafOf<State>, Weight>(true)
  same<LeafOf<Float32Array>, Float32Array>(true)
  same<LeafOf<unknown>, unknown>(true)
  same<LeafOf<null>, never>(true)
  // @ts-expect-error the leaves of Dense are not numbers
  same<LeafOf<Dense>, number>(true)

  // Trees keep the user's type.
  const dense2: Dense = map((x) => x.mul(2), dense)
  const dense3: Dense = map((x: Weight, y: Weight) => (norm(y) > 0 ? x : y), dense, dense2)
  const dense4: Dense = map(zerosLike, dense3)
  same<typeof dense2, Dense>(true)
  same<typeof dense4, Dense>(true)
  const state2: State = map((x) => x.mul(2), state)
  const recursive2: Pytree<Weight> = map(zerosLike, recursive)
  const recursive3: Pytree<Weight> = map((x) => x.mul(2), recursive2)
  const pair: readonly [Weight, { readonly a: Weight }] = map((x) => x.mul(2), tuple)
  // @ts-expect-error leaves of Dense have no such method
  map((x) => x.nothing(), dense)

  // Trees of other leaves.
  same<MapLeaves<Dense, Weight, number>, { readonly kernel: number; readonly bias?: number; readonly none: null }>(true)
  const norms = map(norm, tuple)
  same<typeof norms, readonly [number, { readonly a: number }]>(true)
  const norms2: { readonly kernel: number } = map((x) => (x satisfies Weight, 1), dense)
  const norms3: Pytree<number> = map(norm, recursive)
  const texts = mapWithPath((path, x: Weight) => `${path.length} ${norm(x)}`, { a: [weight, weight] })
  same<typeof texts, { a: string[] }>(true)
  const lengths = map((x: string) => x.length, new Map([['a', 'b']]))
  same<typeof lengths, ReadonlyMap<string, number>>(true)
  const strings = mapWith({ isLeaf: (x) => x === null }, (x: number) => `${x}`, [1, 2])
  same<typeof strings, string[]>(true)
  // @ts-expect-error the result has numbers
  const wrong: Dense = map(norm, dense)

  // Structures remember the type.
  const [ls, treedef] = flatten(dense)
  same<typeof ls, Weight[]>(true)
  same<typeof treedef, TreeDef<Dense>>(true)
  const rebuilt: Dense = unflatten(treedef, ls)
  const anyDef: TreeDef = structure(dense)
  // @ts-expect-error a structure of anything is not one of Dense
  const denseDef: TreeDef<Dense> = anyDef
  const total: number = reduce((sum, x) => sum + norm(x), dense, 0)
  const sum: number = reduce((a, b) => a + b, [1, 2])
  same<ReturnType<typeof leaves<number[]>>, number[]>(true)

  return [
    dense4,
    norms,
    texts,
    lengths,
    strings,
    state2,
    recursive3,
    pair,
    norms2,
    norms3,
    wrong,
    rebuilt,
    denseDef,
    total,
    sum,
  ]
}

/** Generic code needs no casts. */
export const generic = <P extends Pytree<Weight>>(params: P): P => {
  const zeros = map(zerosLike, params)
  return map((x: Weight, y: Weight) => (norm(y) > 0 ? x : y), zeros, params)
}
