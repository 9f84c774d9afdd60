/** Filters: which Variables of a model are meant. */
import { ArgumentError } from '../core/index.js'
import { isVariableClass, type VariableClass } from './variable.js'

/** One step from an object to what it holds: a field or key, or the index in a list. */
export type PathPart = string | number

/** Where in a model a Variable is. */
export type Path = readonly PathPart[]

/** Whether a Variable, a state's leaf or an array at a path is meant. */
export type Predicate = (path: Path, value: unknown) => boolean

/**
 * Which Variables are meant: those of a class; with a tag in their metadata (a string); that satisfy a predicate; all
 * (`true` or `'...'`); none (`false`, `null`); or that satisfy any of a list of filters.
 */
export type Filter = VariableClass | string | Predicate | boolean | null | readonly Filter[]

const named = (name: string, predicate: Predicate): Predicate =>
  Object.defineProperty(predicate, 'name', { value: name, configurable: true })

/** A class, also that of a state's leaf. */
type AnyClass = abstract new (...args: never) => unknown

const typeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined

/** Values of a class, and leaves of a state that came from Variables of it. */
export function OfType(type: AnyClass): Predicate {
  return named(`OfType(${type.name})`, (_path, value) => {
    if (value instanceof type) return true
    const kind = typeOf(value)
    return typeof kind === 'function' && (kind === type || kind.prototype instanceof type)
  })
}

/** RNG streams of this name, and Variables whose metadata has this `tag`, as their keys and counts have. */
export function WithTag(tag: string): Predicate {
  return named(`WithTag('${tag}')`, (_path, value) => {
    const { metadata, tag: own } = (value ?? {}) as {
      readonly metadata?: { readonly tag?: unknown } | undefined
      readonly tag?: unknown
    }
    return metadata?.tag === tag || own === tag
  })
}

/** Paths that contain a part; with `exact: false`, also as a piece of a name. */
export function PathContains(key: PathPart, { exact = true }: { readonly exact?: boolean } = {}): Predicate {
  const text = `${key}`
  return named(`PathContains(${typeof key === 'string' ? `'${key}'` : key})`, (path) =>
    path.some((part) => part === key || `${part}` === text || (!exact && `${part}`.includes(text))),
  )
}

/** Just these paths. */
export function PathIn(...paths: readonly Path[]): Predicate {
  const known = new Set(paths.map((path) => JSON.stringify(path.map(String))))
  return named(`PathIn(${paths.map((path) => path.join('/')).join(', ')})`, (path) =>
    known.has(JSON.stringify(path.map(String))),
  )
}

/** What satisfies any of the filters. */
export function Any(...filters: readonly Filter[]): Predicate {
  const predicates = filters.map(toPredicate)
  return named(`Any(${filters.map(showFilter).join(', ')})`, (path, value) => predicates.some((p) => p(path, value)))
}

/** What satisfies all of the filters. */
export function All(...filters: readonly Filter[]): Predicate {
  const predicates = filters.map(toPredicate)
  return named(`All(${filters.map(showFilter).join(', ')})`, (path, value) => predicates.every((p) => p(path, value)))
}

/** What doesn't satisfy the filter. */
export function Not(filter: Filter): Predicate {
  const predicate = toPredicate(filter)
  return named(`Not(${showFilter(filter)})`, (path, value) => !predicate(path, value))
}

const everything = named('Everything()', () => true)
const nothing = named('Nothing()', () => false)

/** All. */
export function Everything(): Predicate {
  return everything
}
/** None. */
export function Nothing(): Predicate {
  return nothing
}

/** The predicate that a filter stands for. @throws ArgumentError */
export const toPredicate = (filter: Filter): Predicate => {
  if (filter === true || filter === '...') return everything
  if (filter === false || filter === null) return nothing
  if (typeof filter === 'string') return WithTag(filter)
  if (isVariableClass(filter)) return OfType(filter)
  if (typeof filter === 'function') return filter
  if (Array.isArray(filter)) return Any(...(filter as readonly Filter[]))
  throw new ArgumentError(
    'a filter',
    'a Variable class, a tag, a predicate, a boolean, or a list of them',
    typeof filter,
  )
}

/**
 * The predicates of several filters, of which the first that holds counts.
 *
 * @throws ArgumentError if `'...'` or `true` is not the last
 */
export const filtersToPredicates = (filters: readonly Filter[]): readonly Predicate[] =>
  filters.map((filter, i) => {
    if ((filter === true || filter === '...') && filters.slice(i + 1).some((f) => f !== true && f !== '...')) {
      throw new ArgumentError(
        'filters',
        "'...' or true only as the last filter",
        `${showFilter(filter)} at index ${i} of [${filters.map(showFilter).join(', ')}]`,
      )
    }
    return toPredicate(filter)
  })

/** A filter as text. */
export const showFilter = (filter: Filter): string => {
  if (typeof filter === 'function') return filter.name === '' ? 'predicate' : filter.name
  if (Array.isArray(filter)) return `[${(filter as readonly Filter[]).map(showFilter).join(', ')}]`
  return typeof filter === 'string' ? `'${filter}'` : String(filter)
}
