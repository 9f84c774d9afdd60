/** Printing of Variables, states and modules, as Flax prints them. */
import { NDArray } from '../core/index.js'
import { addSizes, type Size, sizeOfValues, sizeText } from './sizes.js'

/** @internal The method by which a class says how it prints. */
export const describe: unique symbol = Symbol('onnax.nnx.describe')

/** @internal A name, and fields in brackets. */
export interface Description {
  readonly name: string
  readonly fields: readonly (readonly [name: string, value: unknown])[]
  /** Default parentheses. */
  readonly brackets?: readonly [open: string, close: string]
  /** Between the name of a field and its value; default `=`. */
  readonly separator?: string
  /** Of a Variable: its kind and value, of which the size is told. */
  readonly holds?: readonly [kind: string, value: unknown]
  /** Of a module: sizes of the Variables in it are told, by kind; arrays in it are told by shape. */
  readonly isModule?: boolean
}

/** Sizes of the Variables in a value, by kind; each Variable once. */
const addKinds = (value: unknown, kinds: Map<string, Size>, seen: Set<unknown>): void => {
  const description = descriptionOf(value)
  if (description === null || seen.has(value)) return
  seen.add(value)
  const { holds, fields } = description
  // In the order of states.
  if (holds === undefined)
    for (const [, item] of fields.toSorted(([a], [b]) => (a < b ? -1 : 1))) addKinds(item, kinds, seen) // prettier-ignore
  else kinds.set(holds[0], addSizes(kinds.get(holds[0]) ?? [0, 0], sizeOfValues([holds[1]])))
}

/** @internal What is said of sizes: `3 (12 B)`, or by kind `Param: 9 (36 B), BatchStat: 6 (24 B), Total: 15 (60 B)`. */
export const sizesOf = (value: unknown, { holds, isModule = false }: Description): string => {
  if (holds !== undefined) {
    const size = sizeOfValues([holds[1]])
    return size[0] === 0 ? '' : sizeText(size)
  }
  if (!isModule) return ''
  const kinds = new Map<string, Size>()
  addKinds(value, kinds, new Set())
  const texts = [...kinds].filter(([, [elements]]) => elements > 0).map(([kind, size]) => `${kind}: ${sizeText(size)}`)
  if (texts.length > 1) texts.push(`Total: ${sizeText([...kinds.values()].reduce(addSizes))}`)
  return texts.join(', ')
}

/** @internal The name of an object's class. */
export const classNameOf = (value: object): string => {
  const { name } = value.constructor as { readonly name?: unknown }
  return typeof name === 'string' && name !== '' ? name : 'Object'
}

/** @internal How a value is taken apart; `null` for leaves. */
export const descriptionOf = (value: unknown): Description | null => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return null
  const own = (value as { readonly [describe]?: () => Description })[describe]
  if (own !== undefined) return own.call(value)
  if (Array.isArray(value)) return { name: '', fields: value.map((v: unknown) => ['', v]), brackets: ['[', ']'] }
  if (value instanceof Map) {
    const fields = [...(value as ReadonlyMap<unknown, unknown>)].map(([k, v]) => [leafText(k), v] as const)
    return { name: 'Map', fields, brackets: ['({', '})'], separator: ': ' }
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof value === 'function' || (prototype !== Object.prototype && prototype !== null)) return null
  return { name: '', fields: Object.entries(value), brackets: ['{', '}'], separator: ': ' }
}

/** @internal */
export const leafText = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return value.name === '' ? 'function' : value.name
  return String(value)
}

/** An array as it stands in a module: scalars by value, others by shape. */
const briefText = (x: NDArray): string =>
  x.ndim === 0 ? String(x) : `Array(shape=[${x.shape.join(', ')}], dtype=${x.dtype})`

const print = (value: unknown, above: readonly unknown[], isBrief: boolean): string => {
  const description = descriptionOf(value)
  if (description === null) return isBrief && value instanceof NDArray ? briefText(value) : leafText(value)
  const { name, fields, brackets: [open, close] = ['(', ')'], separator = '=', isModule = false } = description
  if (above.includes(value)) return `${name}${open}...${close}`
  const texts = fields.map(
    ([key, item]) => `${key === '' ? '' : key + separator}${print(item, [...above, value], isBrief || isModule)}`,
  )
  // Lists of numbers and small options stay on a line.
  if (name === '' && !texts.some((text) => text.includes('\n')) && texts.join(', ').length < 72) {
    return `${open}${texts.join(', ')}${close}`
  }
  if (texts.length === 0) return `${name}${open}${close}`
  const sizes = sizesOf(value, description)
  const comment = sizes === '' ? '' : ` # ${sizes}`
  return `${name}${open}${comment}\n  ${texts.map((text) => text.replaceAll('\n', '\n  ')).join(',\n  ')}\n${close}`
}

/** @internal A value as text. */
export const printValue = (value: unknown): string => print(value, [], false)
