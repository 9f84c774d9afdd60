/** Printing of Variables, states and modules, as Flax prints them. */

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

const print = (value: unknown, above: readonly unknown[]): string => {
  const description = descriptionOf(value)
  if (description === null) return leafText(value)
  const { name, fields, brackets: [open, close] = ['(', ')'], separator = '=' } = description
  if (above.includes(value)) return `${name}${open}...${close}`
  const texts = fields.map(([key, item]) => `${key === '' ? '' : key + separator}${print(item, [...above, value])}`)
  // Lists of numbers and small options stay on a line.
  if (name === '' && !texts.some((text) => text.includes('\n')) && texts.join(', ').length < 72) {
    return `${open}${texts.join(', ')}${close}`
  }
  if (texts.length === 0) return `${name}${open}${close}`
  return `${name}${open}\n  ${texts.map((text) => text.replaceAll('\n', '\n  ')).join(',\n  ')}\n${close}`
}

/** @internal A value as text. */
export const printValue = (value: unknown): string => print(value, [])
