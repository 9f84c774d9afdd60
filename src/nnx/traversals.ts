/** Nested objects as lists of paths, and back. */
import { ArgumentError } from '../core/index.js'
import type { PathPart } from './filter.js'
import { isPlain, type Nested, toPart } from './state.js'

/** Stands for an empty object in a flat mapping. */
export const emptyNode: unique symbol = Symbol('nnx.traversals.emptyNode')

type Path = readonly PathPart[]

export interface FlattenOptions {
  /** Whether a nested object is a leaf; default none. */
  readonly isLeaf?: (path: Path, value: Nested) => boolean
}

export interface FlattenMappingOptions extends FlattenOptions {
  /** Whether empty objects are kept, as {@link emptyNode}; default false. */
  readonly keepEmptyNodes?: boolean
}

/** @throws ArgumentError */
const requireMapping = (where: string, value: unknown): Nested => {
  if (isPlain(value)) return value
  throw new ArgumentError(where, 'a plain object', value === null ? 'null' : typeof value)
}

const add = (
  value: unknown,
  path: Path,
  { isLeaf, keepEmptyNodes = false }: FlattenMappingOptions,
  flat: (readonly [Path, unknown])[],
): void => {
  if (!isPlain(value) || isLeaf?.(path, value) === true) {
    flat.push([path, value])
    return
  }
  const names = Object.keys(value)
  if (names.length === 0 && keepEmptyNodes && path.length > 0) flat.push([path, emptyNode])
  for (const name of names)
    add(value[name], [...path, toPart(name)], { ...(isLeaf && { isLeaf }), keepEmptyNodes }, flat)
}

/**
 * The leaves of nested plain objects with their paths. Empty objects are left out.
 *
 * @throws ArgumentError if it isn't a plain object
 * @example
 * nnx.traversals.flattenToSequence({ foo: 1, bar: { a: 2, b: {} } }) // => [[['foo'], 1], [['bar', 'a'], 2]]
 */
export const flattenToSequence = (xs: Nested, options: FlattenOptions = {}): readonly (readonly [Path, unknown])[] => {
  const flat: (readonly [Path, unknown])[] = []
  add(requireMapping('flattenToSequence', xs), [], options, flat)
  return flat
}

/**
 * The leaves of nested plain objects by path: as entries, or with `sep` as an object of names joined by it.
 *
 * @throws ArgumentError if it isn't a plain object
 * @example
 * nnx.traversals.flattenMapping({ foo: 1, bar: { a: 2, b: {} } }, { sep: '/' }) // => { foo: 1, 'bar/a': 2 }
 */
export function flattenMapping(
  xs: Nested,
  options: FlattenMappingOptions & { readonly sep: string },
): Readonly<Record<string, unknown>>
export function flattenMapping(xs: Nested, options?: FlattenMappingOptions): readonly (readonly [Path, unknown])[]
export function flattenMapping(
  xs: Nested,
  { sep, ...options }: FlattenMappingOptions & { readonly sep?: string } = {},
): unknown {
  const flat: (readonly [Path, unknown])[] = []
  add(requireMapping('flattenMapping', xs), [], options, flat)
  return sep === undefined ? flat : Object.fromEntries(flat.map(([path, value]) => [path.join(sep), value]))
}

/**
 * Nested plain objects from leaves by path: the inverse of {@link flattenMapping}.
 *
 * @throws ArgumentError if a path leads through a leaf
 * @example
 * nnx.traversals.unflattenMapping({ foo: 1, 'bar/a': 2 }, { sep: '/' }) // => { foo: 1, bar: { a: 2 } }
 */
export function unflattenMapping(xs: Readonly<Record<string, unknown>>, options: { readonly sep: string }): Nested
export function unflattenMapping(xs: Iterable<readonly [Path, unknown]>): Nested
export function unflattenMapping(
  xs: Readonly<Record<string, unknown>> | Iterable<readonly [Path, unknown]>,
  { sep }: { readonly sep?: string } = {},
): Nested {
  const entries: Iterable<readonly [Path, unknown]> =
    sep === undefined
      ? (xs as Iterable<readonly [Path, unknown]>)
      : Object.entries(xs).map(([name, value]) => [name.split(sep), value])
  const root: Record<PathPart, unknown> = {}
  for (const [path, value] of entries) {
    let level = root
    for (const part of path.slice(0, -1)) {
      const held = (level[part] ??= {})
      if (!isPlain(held)) throw new ArgumentError('unflattenMapping', 'paths none of which leads through another', path.join('/')) // prettier-ignore
      level = held
    }
    level[path.at(-1)!] = value === emptyNode ? {} : value
  }
  return root
}
