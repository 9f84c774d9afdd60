/** Laws of the transformations of Optax, and that none is forgotten. */
import test from 'ava'
import { optax } from '../../src/index.js'
import { holdFor } from './laws.js'
import { contrib, core, others } from './table/index.js'

holdFor(core)

/** Schedules and losses have tables of their own; but for what wraps transformations. */
const elsewhere = new Set<unknown>([...Object.values(optax.losses), ...Object.values(optax.schedules)])
elsewhere.delete(optax.injectHyperparams)

/** Functions by name; those of `transforms` that stand elsewhere, too, go by that name. */
const exported = (): ReadonlyMap<string, unknown> => {
  const functions = new Map<string, unknown>()
  const isNew = (f: unknown): boolean => typeof f === 'function' && !elsewhere.has(f)
  for (const [name, f] of Object.entries(optax)) if (isNew(f)) functions.set(name, f)
  const known = new Set(functions.values())
  const { contrib, transforms, experimental } = optax
  for (const [space, members] of Object.entries({ contrib, transforms, aggregating: experimental.aggregating }))
    for (const [name, f] of Object.entries(members))
      if (isNew(f) && (space !== 'transforms' || !known.has(f))) functions.set(`${space}.${name}`, f)
  return functions
}

test('each transformation has a row, and each row is exported', (t) => {
  const names = [...exported().keys()]
  const rows = [...core, ...contrib].map(({ name }) => name)
  t.is(new Set(rows).size, rows.length)
  const covered = new Set(rows.map((name) => name.split(', ')[0]!))
  const excepted = Object.values(others).flat()
  t.is(new Set(excepted).size, excepted.length)
  // The same function may stand in several places.
  const aliases = new Map<unknown, readonly string[]>()
  for (const [name, f] of exported()) aliases.set(f, [...(aliases.get(f) ?? []), name])
  const has = (name: string): boolean => aliases.get(exported().get(name))!.some((alias) => covered.has(alias))
  t.deepEqual(names.filter((name) => !has(name) && !excepted.includes(name)), [], 'without a row in table/, or a reason in table/others.ts') // prettier-ignore
  t.deepEqual(excepted.filter((name) => !names.includes(name) || has(name)), [], 'excepted for nothing') // prettier-ignore
  t.deepEqual([...covered].filter((name) => !names.includes(name)), [], 'rows of nothing') // prettier-ignore
})
