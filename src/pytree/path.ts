/** Key paths: where in a tree a leaf is. */

/** A step of a path into a plain object or a `Map`; prints as `['name']` or `[3]`. */
export interface DictKey {
  readonly kind: 'key'
  readonly key: string | number
}

/** A step of a path into an array; prints as `[0]`. */
export interface SequenceKey {
  readonly kind: 'index'
  readonly key: number
}

/** A step of a path into a field of a registered class; prints as `.name`. */
export interface GetAttrKey {
  readonly kind: 'attr'
  readonly key: string
}

/** A step of a path into a class registered without keys; prints as `[<flat index 0>]`. */
export interface FlattenedIndexKey {
  readonly kind: 'flat'
  readonly key: number
}

/** One step of a {@link KeyPath}; `kind` tells the four apart, `key` is the name or the index. */
export type KeyEntry = DictKey | SequenceKey | GetAttrKey | FlattenedIndexKey

/** Where a leaf is: the steps from the root; empty for the root itself. */
export type KeyPath = readonly KeyEntry[]

/** The step to `key` of an object or a `Map`. */
export const dictKey = (key: string | number): DictKey => ({ kind: 'key', key })

/** The step to element `key` of an array. */
export const sequenceKey = (key: number): SequenceKey => ({ kind: 'index', key })

/** The step to field `key` of a registered class. */
export const getAttrKey = (key: string): GetAttrKey => ({ kind: 'attr', key })

/** The step to child `key` of a class registered without keys. */
export const flattenedIndexKey = (key: number): FlattenedIndexKey => ({ kind: 'flat', key })

/** How {@link keystr} prints. */
export interface KeystrOptions {
  /** Print the bare names and indices. Default `false`. */
  readonly simple?: boolean
  /** Text between two steps. Default `'/'` for `simple` paths (JAX: none), otherwise none. */
  readonly separator?: string
}

/**
 * A key path as text.
 *
 * @example
 * ```ts
 * import { keystr, leavesWithPath } from 'onnax/pytree'
 *
 * const pairs = leavesWithPath({ params: [{ kernel: 1 }] })
 * pairs.map(([path]) => keystr(path)) // => ["['params'][0]['kernel']"]
 * pairs.map(([path]) => keystr(path, { simple: true })) // => ['params/0/kernel']
 * ```
 */
export const keystr = (path: KeyPath, { simple = false, separator = simple ? '/' : '' }: KeystrOptions = {}): string =>
  path.map(simple ? (entry) => `${entry.key}` : showEntry).join(separator)

const showEntry = ({ kind, key }: KeyEntry): string => {
  switch (kind) {
    case 'attr':
      return `.${key}`
    case 'flat':
      return `[<flat index ${key}>]`
    default:
      return `[${showKey(key)}]`
  }
}

/** A key as it is written in code: `'name'`, with quotes and backslashes escaped, or `3`. */
export const showKey = (key: string | number): string =>
  typeof key === 'number' ? `${key}` : `'${key.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`
