/**
 * The compatibility table: the names of JAX, Optax and Flax NNX (`docs/inventory.json`) joined with what onnax exports,
 * with the notes of `docs/differences.json`. `npm run docs:compat` writes `docs/compatibility.md`, and the types by which public
 * functions check their arguments (`tools/guards.ts`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fold } from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import ts from 'typescript'
import { programOf, writeGuards } from './guards.js'

export const output = 'docs/compatibility.md'
/** What exports everything. */
export const index = 'src/index.ts'

/** `✓` there under its own name, `differs` in name or use, `planned`, `—` not planned. */
const Status = t.keyof({ '✓': null, differs: null, planned: null, '—': null })
type Status = t.TypeOf<typeof Status>

const Row = t.intersection([
  t.strict({ section: t.string, name: t.string, kind: t.string, priority: t.string, description: t.string }),
  t.partial({ signature: t.string }),
])
type Row = t.TypeOf<typeof Row>

/** About one Python name, or all that begin as a key ending in `*` does. `onnax` is the public path here, if it is not the camelCase one. */
const Difference = t.exact(t.partial({ onnax: t.string, status: Status, note: t.string }))
type Difference = t.TypeOf<typeof Difference>

const read = <A>(file: string, codec: t.Type<A>): A => {
  const orThrow = fold<t.Errors, A, A>(
    (errors) => {
      throw new TypeError(`${file}: ${PathReporter.report({ _tag: 'Left', left: errors }).slice(0, 5).join('\n')}`)
    },
    (value) => value,
  )
  return pipe(codec.decode(JSON.parse(readFileSync(file, 'utf8'))), orThrow)
}

/** What is public: for each path (`np.sum`, `nnx.Optimizer.update`) the symbol it stands for. */
export interface Surface {
  readonly symbols: ReadonlyMap<string, ts.Symbol>
  /** The paths that are exported values, not members of classes and not types. */
  readonly values: ReadonlySet<string>
}

export const surfaceOf = (program: ts.Program): Surface => {
  const symbols = new Map<string, ts.Symbol>()
  const values = new Set<string>()
  const checker = program.getTypeChecker()

  const membersOf = (symbol: ts.Symbol): readonly ts.Symbol[] => {
    const types: ts.Type[] = []
    if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))
      types.push(checker.getDeclaredTypeOfSymbol(symbol))
    if (symbol.flags & ts.SymbolFlags.Value) {
      const type = checker.getTypeOfSymbol(symbol)
      types.push(type, ...type.getConstructSignatures().map((signature) => signature.getReturnType()))
    }
    return types
      .filter((type) => type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))
      .flatMap((type) => type.getProperties())
      .filter(({ name }) => /^[a-z]\w*$/i.test(name) && name !== 'prototype')
  }
  const isObject = (symbol: ts.Symbol): boolean => {
    if (!(symbol.flags & (ts.SymbolFlags.Variable | ts.SymbolFlags.Property))) return false
    const type = checker.getTypeOfSymbol(symbol)
    const isPlain = type.getCallSignatures().length === 0 && type.getConstructSignatures().length === 0
    return isPlain && Boolean(type.flags & ts.TypeFlags.Object) && !checker.isArrayLikeType(type)
  }
  /** The module that a value of its type stands for: the guarded namespaces. */
  const moduleOf = (symbol: ts.Symbol): ts.Symbol => {
    const of = symbol.flags & ts.SymbolFlags.Variable ? checker.getTypeOfSymbol(symbol).getSymbol() : undefined
    return of !== undefined && of.flags & ts.SymbolFlags.ValueModule ? of : symbol
  }
  const walk = (path: string, alias: ts.Symbol): void => {
    const symbol = moduleOf(alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias)
    if (symbols.has(path)) return
    symbols.set(path, symbol)
    if (symbol.flags & ts.SymbolFlags.Value) values.add(path)
    if (symbol.flags & ts.SymbolFlags.ValueModule)
      for (const child of checker.getExportsOfModule(symbol)) walk(`${path}.${child.name}`, child)
    else if (isObject(symbol) && path.split('.').length < 4)
      for (const child of membersOf(symbol)) walk(`${path}.${child.name}`, child)
    else for (const member of membersOf(symbol)) symbols.set(`${path}.${member.name}`, member)
  }
  const module = checker.getSymbolAtLocation(program.getSourceFile(resolve(index))!)
  for (const symbol of module === undefined ? [] : checker.getExportsOfModule(module)) walk(symbol.name, symbol)
  return { symbols, values }
}

/** Where the names of a Python module live here, most specific first. A second place is a difference. */
const homes: readonly (readonly [python: string, ...onnax: readonly string[]])[] = [
  ['jax.tree_util.tree_', 'tree.'],
  ['jax.tree_util.', 'tree.', ''],
  ['jax.tree.', 'tree.'],
  ['jax.flatten_util.', 'tree.', ''],
  ['jax.random.', 'random.'],
  ['jax.nn.', 'nn.'],
  ['jax.scipy.', 'scipy.'],
  ['jax.typing.', ''],
  ['jax.ad_checkpoint.', ''],
  ['jax.custom_batching.', ''],
  ['jax.test_util.', '', 'testUtil.'],
  ['jax.experimental.checkify.', 'checkify.', ''],
  ['jax.experimental.', ''],
  ['jax.', ''],
  ['jnp.', 'np.'],
  ['lax.', 'lax.'],
  ['optax.tree_utils.tree_', 'optax.treeUtils.tree_', 'optax.tree.'],
  ['optax.tree_utils.', 'optax.treeUtils.', 'optax.tree.'],
  ['optax.losses.', 'optax.losses.', 'optax.'],
  ['optax.schedules.', 'optax.schedules.', 'optax.'],
  ['optax.transforms.', 'optax.transforms.', 'optax.'],
  ['optax.', 'optax.'],
  ['nnx.', 'nnx.'],
]

const camelCase = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_+([a-z0-9])/gi, (_, c: string) => c.toUpperCase())

/** The paths one Python name may have here. */
const candidates = (name: string): readonly string[] => {
  const [python, ...here] = homes.find(([prefix]) => name.startsWith(prefix)) ?? []
  return python === undefined ? [] : here.map((home) => camelCase(home + name.slice(python.length)))
}

/** `a.b.c / d / e` are three names in `a.b`; a remark in parentheses is none. `null` for a row that tells a behaviour. */
const namesIn = (name: string): readonly string[] | null => {
  const bare = name.replace(/ \(private\)$/, '')
  if (!/^\w+(\.\w+)+( \/ [\w.]+)*$/.test(bare)) return null
  const [first, ...rest] = bare.split(' / ')
  const home = first!.slice(0, first!.lastIndexOf('.') + 1)
  return [first!, ...rest.map((other) => (other.includes('.') ? other : home + other))]
}

export interface Line {
  readonly section: string
  readonly python: string
  readonly onnax: string
  readonly status: Status
  readonly note: string
}

const escape = (text: string): string => text.replaceAll('|', '\\|')
const code = (text: string): string => (text === '' ? '' : `\`${escape(text)}\``)

/** The lines of the table, the public values that stand in none of them, and notes that are out of date. */
export const compare = (surface: Surface) => {
  const inventory = read('docs/inventory.json', t.array(Row))
  const differences = read('docs/differences.json', t.record(t.string, Difference))
  const globs = Object.keys(differences)
    .filter((key) => key.endsWith('*'))
    .sort((a, b) => b.length - a.length)
  const used = new Set<string>()
  const differenceOf = (name: string): Difference => {
    const key = name in differences ? name : globs.find((glob) => name.startsWith(glob.slice(0, -1)))
    if (key === undefined) return {}
    used.add(key)
    return differences[key]!
  }
  const exists = (path: string): boolean => path.split(' ').every((name) => surface.symbols.has(name))

  const found = new Set<ts.Symbol>()
  const stale: string[] = []
  const line = ({ section, name }: Row): Line => {
    const { onnax, status, note = '' } = differenceOf(name)
    const named = namesIn(name)?.map(candidates) ?? []
    const own = named.map(([first]) => first).filter((path) => path !== undefined)
    const here =
      onnax ??
      named
        .map((paths) => paths.find(exists))
        .filter((path) => path !== undefined)
        .join(' ')
    const isThere = here !== '' && exists(here) && (onnax !== undefined || here.split(' ').length === named.length)
    if (isThere) for (const path of here.split(' ')) found.add(surface.symbols.get(path)!)
    if (isThere && (status === 'planned' || status === '—')) stale.push(`${name} is "${status}", but ${here} exists`)
    const isBehaviour = named.length === 0 && onnax === undefined
    const same = status !== 'differs' && here === own.join(' ')
    return {
      section,
      python: name,
      onnax: isThere || onnax !== undefined ? here : '',
      status: isThere
        ? same || status === '✓'
          ? '✓'
          : 'differs'
        : isBehaviour || status === '—'
          ? (status ?? 'planned')
          : 'planned',
      note,
    }
  }
  const lines = inventory.map(line)
  for (const key of Object.keys(differences))
    if (!used.has(key) && !surface.values.has(key)) stale.push(`${key} is no name of the inventory and no export`)

  const isNamespace = (path: string) => [...surface.values].some((other) => other.startsWith(`${path}.`))
  const extra = [...surface.values]
    .filter((path) => !found.has(surface.symbols.get(path)!) && !isNamespace(path))
    .sort()
    .map((path) => ({ path, note: differences[path]?.note ?? '' }))
  return { lines, extra, stale }
}

const statuses: readonly Status[] = ['✓', 'differs', 'planned', '—']

/** The document. */
export const render = ({ lines, extra }: Pick<ReturnType<typeof compare>, 'lines' | 'extra'>): string => {
  const sections = [...new Set(lines.map(({ section }) => section))]
  const counts = (of: readonly Line[]) =>
    statuses.map((s) => of.filter(({ status }) => status === s).length).join(' | ')
  const table = (section: string) => [
    `## ${section}`,
    '',
    '| JAX name | onnax name | status | notes |',
    '| --- | --- | --- | --- |',
    ...lines
      .filter((line) => line.section === section)
      .map(({ python, onnax, status, note }) => `| ${code(python)} | ${code(onnax)} | ${status} | ${escape(note)} |`),
    '',
  ]
  return [
    '# Compatibility with JAX, Optax and Flax NNX',
    '',
    'Every name of the originals that we know of, and what it is here. Written by `npm run docs:compat` from the exports, `docs/inventory.json`',
    'and `docs/differences.json`: do not edit. Names are the camelCase of the Python names; keyword arguments become one trailing options object.',
    '',
    '- `✓`: there, under its own name',
    '- `differs`: there, with another name or use, as the note says',
    '- `planned`: not there yet',
    '- `—`: not planned, for the reason in the note',
    '',
    `| section | ${statuses.join(' | ')} |`,
    '| --- | --: | --: | --: | --: |',
    ...sections.map((section) => `| ${section} | ${counts(lines.filter((line) => line.section === section))} |`),
    `| all | ${counts(lines)} |`,
    '',
    ...sections.flatMap(table),
    '## Only in onnax',
    '',
    '| JAX name | onnax name | status | notes |',
    '| --- | --- | --- | --- |',
    ...extra.map(({ path, note }) => `| | ${code(path)} | ✓ | ${escape(note)} |`),
    '',
  ].join('\n')
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const program = programOf([index])
  await writeGuards(program)
  const comparison = compare(surfaceOf(program))
  for (const problem of comparison.stale) console.error(`docs/differences.json: ${problem}`)
  writeFileSync(output, render(comparison))
}
