/** Views: models with other modes or attributes that share the Variables of a model. */
import { ArgumentError } from '../core/index.js'
import type { Filter } from './filter.js'
import { iterGraph } from './graph.js'
import { recursiveMap } from './graphMaps.js'
import { type AnyModule, Module, type ModuleFilter, modulePredicate } from './module.js'
import { classNameOf } from './print.js'

export interface ViewOptions {
  /** Which modules: of a class, or by path and module; default all. */
  readonly only?: ModuleFilter
  /** Whether an option that no module has is an error; default true. */
  readonly raiseIfNotFound?: boolean
}

const isModule = (node: unknown): node is AnyModule => node instanceof Module

/** The view options of a module's class, with what they mean. */
const optionsOf = (module: AnyModule): Readonly<Record<string, string>> =>
  (module.constructor as { readonly viewOptions?: Readonly<Record<string, string>> }).viewOptions ?? {}

const requireUsed = (where: string, left: ReadonlySet<string>, raiseIfNotFound: boolean): void => {
  if (left.size === 0 || !raiseIfNotFound) return
  throw new ArgumentError(where, 'names that modules have', [...left].sort().join(', '))
}

/** A model with changed modules: the Variables are shared, the model itself stays. */
const changed = <M>(
  where: string,
  model: M,
  given: Readonly<Record<string, unknown>>,
  { only = true, raiseIfNotFound = true }: ViewOptions,
  change: (module: AnyModule, names: readonly string[]) => readonly string[],
): M => {
  const predicate = modulePredicate(only)
  const left = new Set(Object.keys(given))
  const view = recursiveMap((path, node) => {
    if (isModule(node) && predicate(path, node)) {
      for (const name of change(node, Object.keys(given))) left.delete(name)
    }
    return node
  }, model)
  requireUsed(where, left, raiseIfNotFound)
  return view
}

/**
 * A model in other modes, which shares the Variables of the one given: evaluation beside training, for example. Each
 * module takes the options that its class lists in `viewOptions`, in its method `setView`.
 *
 * @throws ArgumentError if no module has an option of a name
 * @example
 * const model = new nnx.Sequential(new nnx.Dropout(0.5, { rngs: new nnx.Rngs(0) }))
 * const evaluated = nnx.view(model, { deterministic: true })
 * evaluated(np.ones([3])) // => Array([1., 1., 1.], dtype=float32)
 */
export const view = <M>(model: M, given: Readonly<Record<string, unknown>>, options: ViewOptions = {}): M =>
  changed('nnx.view', model, given, options, (module, names) => {
    const known = optionsOf(module)
    const mine = names.filter((name) => Object.hasOwn(known, name))
    if (mine.length > 0) module.setView(Object.fromEntries(mine.map((name) => [name, given[name]])))
    return mine
  })

/**
 * The view options of the modules in a model, as text: by class, sorted.
 *
 * @example
 * nnx.viewInfo(new nnx.Dropout(0.5)).split('\n')[0] // => 'Dropout:'
 */
export const viewInfo = (model: unknown, { only = true }: { readonly only?: ModuleFilter | Filter } = {}): string => {
  const predicate = modulePredicate(only)
  const classes = new Map<string, Readonly<Record<string, string>>>()
  for (const [path, node] of iterGraph(model)) {
    if (!isModule(node) || !predicate(path, node)) continue
    const known = optionsOf(node)
    if (Object.keys(known).length > 0) classes.set(classNameOf(node), known)
  }
  return [...classes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, known]) => [`${name}:`, ...Object.entries(known).map(([option, text]) => `  ${option}: ${text}`)])
    .join('\n')
}

/**
 * A model with other attributes, which shares the Variables of the one given.
 *
 * @throws ArgumentError if no module has an attribute of a name
 * @example
 * const model = new nnx.Dropout(0.5)
 * nnx.withAttributes(model, { rate: 0.1 }).rate // => 0.1
 * model.rate // => 0.5
 */
export const withAttributes = <M>(
  model: M,
  attributes: Readonly<Record<string, unknown>>,
  options: ViewOptions = {},
): M =>
  changed('nnx.withAttributes', model, attributes, options, (module, names) => {
    const mine = names.filter((name) => Object.hasOwn(module, name))
    for (const name of mine) (module as unknown as Record<string, unknown>)[name] = attributes[name]
    return mine
  })
