/** The public names are those of docs/compatibility.md, and the document is current. `npm run docs:compat` writes it. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { importSource } from './helpers/importSource.js'
import { compare, index, output, render, type Surface, surfaceOf } from '../tools/compatibility.js'
import { guards, programOf } from '../tools/guards.js'

let read: Surface | undefined
const program = programOf([index])
const surface = (): Surface => (read ??= surfaceOf(program))

/** The cells `[JAX name, onnax name, status, notes]` of every table. */
const rows = (): readonly (readonly string[])[] =>
  readFileSync(output, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (section|all|JAX name|---)/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .filter((cells) => cells.length === 4)
    .map((cells) => cells.map((cell) => cell.trim().replace(/^`|`$/g, '')))

const namespaces = ['np', 'lax', 'random', 'nn', 'tree', 'scipy', 'optax', 'nnx', 'io']

/** Public values at run time, by path. */
const exportedValues = async (): Promise<ReadonlyMap<string, unknown>> => {
  const onnax = await importSource(index)
  const values = new Map<string, unknown>()
  for (const [name, value] of Object.entries(onnax))
    if (namespaces.includes(name))
      for (const [inner, member] of Object.entries(value as object)) values.set(`${name}.${inner}`, member)
    else values.set(name, value)
  return values
}

const isModule = (value: unknown): value is Readonly<Record<string, unknown>> =>
  (value as { readonly [Symbol.toStringTag]?: string } | null)?.[Symbol.toStringTag] === 'Module'

/** The values, and those of the namespaces among them. */
const withNested = (values: ReadonlyMap<string, unknown>): readonly (readonly [string, unknown])[] =>
  [...values].flatMap(([name, value]) => [
    [name, value] as const,
    ...(isModule(value) ? Object.entries(value).map(([inner, v]) => [`${name}.${inner}`, v] as const) : []),
  ])

test('docs/compatibility.md is current', (t) => {
  const comparison = compare(surface())
  t.deepEqual(comparison.stale, [])
  const written = new Set(readFileSync(output, 'utf8').split('\n'))
  const current = new Set(render(comparison).split('\n'))
  const outdated = [...written].filter((line) => !current.has(line))
  const unwritten = [...current].filter((line) => !written.has(line))
  const message = 'run `npm run docs:compat`'
  t.deepEqual(
    { outdated: outdated.slice(0, 5), unwritten: unwritten.slice(0, 5) },
    { outdated: [], unwritten: [] },
    message,
  )
})

test('each exported value stands in docs/compatibility.md', async (t) => {
  const values = await exportedValues()
  const listed = new Set(rows().flatMap(([, onnax]) => onnax!.split(' ')))
  const { symbols } = surface()
  const symbolOf = (name: string) => symbols.get(name) ?? name
  const aliased = new Set(
    withNested(values)
      .filter(([name]) => listed.has(name))
      .map(([name]) => symbolOf(name)),
  )
  const isNamespace = (name: string) => [...listed].some((other) => other.startsWith(`${name}.`))
  const missing = [...values].filter(
    ([name]) => !listed.has(name) && !aliased.has(symbolOf(name)) && !isNamespace(name),
  )
  t.deepEqual(
    missing.map(([name]) => name),
    [],
  )
})

test('what docs/compatibility.md says is there, is exported', (t) => {
  const { symbols } = surface()
  const absent = rows()
    .filter(([, onnax, status]) => onnax !== '' && (status === '✓' || status === 'differs'))
    .flatMap(([, onnax]) => onnax!.split(' ').filter((name) => !symbols.has(name)))
  t.deepEqual(absent, [])
})

test('the types by which functions check their arguments are current', async (t) => {
  const written = [...(await guards(program))].map(([file, text]) => [file, readFileSync(file, 'utf8') === text])
  t.deepEqual(
    written.filter(([, isCurrent]) => isCurrent === false),
    [],
    'run `npm run docs:compat`',
  )
})
