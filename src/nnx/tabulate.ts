/** `nnx.tabulate`: the layers of a model as a table. */
import { ArgumentError, isFloat, NDArray, showAval } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { makeJaxpr, ShapeDtypeStruct, vjp } from '../transforms/index.js'
import { Builder } from './build.js'
import type { Path } from './filter.js'
import { flopsOf } from './flops.js'
import { iterModules } from './module.js'
import { classNameOf } from './print.js'
import { RngState } from './rngs.js'
import { avalOf, grouped, sizeOfValues, sizeText } from './sizes.js'
import { evalShape } from './transforms/evalShape.js'
import { Variable } from './variable.js'
import { flattenGraph } from './walk.js'

/** What of a row can be chosen by. */
export interface TabulateRow {
  readonly path: Path
  /** Name of the class. */
  readonly type: string
  readonly inputs: string
  readonly outputs: string
}

export interface TabulateOptions {
  /** How many levels of modules below the model are listed; default all. */
  readonly depth?: number
  /** What is called; default `call`. */
  readonly method?: string
  /** Whether there is a column of estimated floating point operations; default false. */
  readonly computeFlops?: boolean
  /** Whether there is a column of those of the call together with its gradients by Variables and inputs; default false. */
  readonly computeVjpFlops?: boolean
  /** Which rows are listed; default all. */
  readonly rowFilter?: (row: TabulateRow) => boolean
}

/** One call of a module: where it is, and what went in and out. */
interface Call extends TabulateRow {
  readonly args: readonly unknown[]
  outputs: string
}

type Fields = Record<string, (...args: readonly unknown[]) => unknown>

const show = (value: unknown): string => {
  const aval = avalOf(value)
  if (aval !== null) return showAval(aval)
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${show(item)}`)
      .join(', ')}}`
  }
  if (typeof value === 'object' && value !== null) return classNameOf(value)
  return typeof value === 'function' ? 'function' : String(value)
}

/** A table with lines around its cells, which may have several lines; the first row is the head. */
const render = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.flatMap((row) => row[i]!.split('\n').map((s) => s.length))))
  const rule = ([left, line, between, right]: string): string =>
    `${left}${widths.map((w) => line!.repeat(w + 2)).join(between)}${right}`
  const body = (row: readonly string[], bar: string): readonly string[] => {
    const cells = row.map((cell) => cell.split('\n'))
    const height = Math.max(...cells.map((lines) => lines.length))
    return Array.from(
      { length: height },
      (_, k) => `${bar} ${cells.map((lines, i) => (lines[k] ?? '').padEnd(widths[i]!)).join(` ${bar} `)} ${bar}`,
    )
  }
  const [head, ...rest] = rows as readonly [readonly string[], ...(readonly string[])[]]
  return [
    rule('┏━┳┓'),
    ...body(head, '┃'),
    rule('┡━╇┩'),
    ...rest.flatMap((row, i) => (i === 0 ? body(row, '│') : [rule('├─┼┤'), ...body(row, '│')])),
    rule('└─┴┘'),
  ].join('\n')
}

const moduleAt = (model: unknown, path: Path): unknown => {
  for (const [at, module] of iterModules(model)) if (at.join('/') === path.join('/')) return module
  return undefined
}

/**
 * The layers of a model as a table, one row for each that is called: path, class, inputs, outputs, and the Variables of each
 * kind with their sizes (those of random streams aside). Nothing is computed, and the model stays as it is.
 *
 * @param inputs - arguments of the call: arrays, or `ShapeDtypeStruct`s
 * @throws ArgumentError if the model has no such method
 * @example
 * const table = nnx.tabulate(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }), [np.ones([1, 2])])
 * table.split('\n').at(-1)?.trim() // => 'Total Parameters: 9 (36 B)'
 */
export const tabulate = (model: object, inputs: readonly unknown[] = [], options: TabulateOptions = {}): string => {
  const { depth = Infinity, method = 'call', rowFilter = () => true } = options
  const { computeFlops = false, computeVjpFlops = false } = options
  if (typeof (model as unknown as Partial<Fields> | null)?.[method] !== 'function') {
    throw new ArgumentError('tabulate', 'the name of a method', `'${method}'`)
  }
  const calls: Call[] = []
  const watch = (module: object, path: Path, name: string): void => {
    const original = (module as unknown as Fields)[name]!
    const type = classNameOf(module)
    const value = (...args: readonly unknown[]): unknown => {
      const call: Call = { path, type, inputs: args.map(show).join('\n'), args: args.map(abstract), outputs: '' }
      const first = !calls.some((other) => other.path.join('/') === path.join('/'))
      if (first) calls.push(call)
      const result = original.apply(module, [...args])
      call.outputs = Array.isArray(result) ? result.map(show).join('\n') : show(result)
      return result
    }
    // Not enumerable: no field of the model.
    Object.defineProperty(module, name, { value, configurable: true })
  }
  evalShape(
    (inner: object, ...args: readonly unknown[]) => {
      for (const [path, module] of iterModules(inner)) {
        if (path.length > 0) watch(module, path, 'call')
      }
      watch(inner, [], method)
      return (inner as unknown as Fields)[method]!(...args) ?? null
    },
    model,
    ...inputs,
  )
  const { def, leaves } = flattenGraph(model, true)
  const all = leaves.flatMap((leaf, i) =>
    leaf instanceof Variable && !(leaf instanceof RngState) ? [{ leaf, path: def.paths[i]! }] : [],
  )
  const kinds = [...new Set(all.map(({ leaf }) => leaf.type.name))].sort()
  const modules = [...iterModules(model)].map(([path]) => path)
  const isBelow = (path: Path, holder: Path): boolean => holder.every((part, i) => path[i] === part)
  /** Levels of modules above a path. */
  const levelOf = (path: Path): number => modules.filter((at) => at.length < path.length && isBelow(path, at)).length
  const listed = calls.filter((call) => levelOf(call.path) <= depth && rowFilter(call))
  const cell = (holder: Path, kind: string): string => {
    const mine = all.filter(({ leaf, path }) => leaf.type.name === kind && isBelow(path, holder))
    if (mine.length === 0) return ''
    const own = mine.filter(
      ({ path }) => !modules.some((at) => at.length > holder.length && isBelow(at, holder) && isBelow(path, at)),
    )
    const names = own.map(({ leaf, path }) => `${path.slice(holder.length).join('.')}: ${show(leaf.rawValue)}`)
    const total = sizeText(sizeOfValues(mine.map(({ leaf }) => leaf.rawValue as unknown)))
    return names.length === 0 ? total : [...names, '', total].join('\n')
  }
  const values = leaves.map((leaf) => (leaf instanceof Variable ? (leaf.rawValue as unknown) : leaf))
  const flops = ({ path, args }: Call, differentiated: boolean): string => {
    const [given, structure] = tree.flatten<unknown>(args)
    const isInput = given.map((x) => x instanceof ShapeDtypeStruct)
    const name = path.length === 0 ? method : 'call'
    const forward = (state: readonly unknown[], arrays: readonly unknown[]): readonly NDArray[] => {
      const inner = new Builder(state).build(def.root)
      const rest = arrays.values()
      const filled = structure.unflatten(given.map((x, i) => (isInput[i]! ? rest.next().value : x)))
      const module = (path.length === 0 ? inner : moduleAt(inner, path)) as Fields
      return tree.leaves<unknown>(module[name]!(...(filled as readonly unknown[]))).filter((x) => x instanceof NDArray)
    }
    const program = differentiated ? backAndForth(forward) : forward
    const inputs = given.filter((_, i) => isInput[i])
    return grouped(flopsOf(makeJaxpr(program)(values, inputs)))
  }
  const costs = [...(computeFlops ? ['flops'] : []), ...(computeVjpFlops ? ['vjp_flops'] : [])]
  const head = ['path', 'type', 'inputs', 'outputs', ...costs, ...kinds]
  const rows = listed.map((call) => [
    call.path.join('/'),
    call.type,
    call.inputs,
    call.outputs,
    ...costs.map((cost) => flops(call, cost === 'vjp_flops')),
    ...kinds.map((kind) => cell(call.path, kind)),
  ])
  const sums = kinds.map((kind) =>
    sizeText(
      sizeOfValues(all.filter(({ leaf }) => leaf.type.name === kind).map(({ leaf }) => leaf.rawValue as unknown)),
    ),
  )
  const table = render([head, ...rows, ['', '', '', 'Total', ...costs.map(() => ''), ...sums]])
  const width = table.indexOf('\n')
  const centered = (text: string): string => `${' '.repeat(Math.max(0, Math.floor((width - text.length) / 2)))}${text}`
  const total = sizeText(sizeOfValues(all.map(({ leaf }) => leaf.rawValue as unknown)))
  return [centered(`${classNameOf(model)} Summary`), table, '', centered(`Total Parameters: ${total}`)].join('\n')
}

type StateAndInputs = readonly [state: readonly unknown[], inputs: readonly unknown[]]

/** A function, and its gradients by all floating point arrays among its arguments. */
const backAndForth =
  (f: (...args: StateAndInputs) => readonly NDArray[]) =>
  (...args: StateAndInputs): readonly NDArray[] => {
    const [all, structure] = tree.flatten<unknown>(args)
    const isReal = (x: unknown): x is NDArray => x instanceof NDArray && isFloat(x.dtype)
    const [ys, pullback] = vjp((xs: readonly NDArray[]) => {
      const rest = xs.values()
      const filled = structure.unflatten(all.map((x) => (isReal(x) ? rest.next().value : x)))
      return f(...(filled as StateAndInputs)).filter(isReal)
    }, all.filter(isReal))
    return pullback(ys)[0]
  }

/** Arguments that need no values. */
const abstract = (value: unknown): unknown => {
  if (value instanceof NDArray) return new ShapeDtypeStruct(value.shape, value.dtype)
  if (Array.isArray(value)) return value.map(abstract)
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, abstract(item)]))
  }
  return value
}
