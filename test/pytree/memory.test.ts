/** Structures outlive the trees they were made of: they must not keep leaves alive. */

import test from 'ava'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { registerNode, structure, type TreeDef } from '../../src/pytree/index.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Let go of what only finished jobs refer to: a WeakRef holds its target until the end of a job. */
const collect = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}

class Big {
  readonly data = new Float32Array(1000)
}

const build = (treedef: TreeDef): readonly WeakRef<Big>[] =>
  [1, 2, 3].map(() => {
    const leaf = new Big()
    treedef.unflatten([leaf])
    treedef.matchInto({ a: leaf }, [])
    return new WeakRef(leaf)
  })

test('a structure keeps no leaves', async (t) => {
  const treedef = structure({ a: new Big() })
  const built = build(treedef)
  await collect()
  t.deepEqual(
    built.map((leaf) => leaf.deref()),
    [undefined, undefined, undefined],
  )
  t.is(treedef.numLeaves, 1)
})

class Shared {
  constructor(readonly data: { readonly id: number }) {}
}
registerNode(Shared, {
  flatten: ({ data }) => ({ children: [], aux: data }),
  unflatten: (data) => new Shared(data),
  equalAux: (a, b) => a.id === b.id,
})

const keyOf = (id: number): string => structure(new Shared({ id })).key

test('keys of equal static data stay equal when the first of it is gone', async (t) => {
  const first = keyOf(1)
  const second = structure(new Shared({ id: 1 }))
  t.is(second.key, first)
  await collect()
  t.is(keyOf(1), first)
  t.is(second.key, first)
})
