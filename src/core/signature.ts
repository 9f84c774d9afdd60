/** What kinds of arguments a public function takes: read from the text of its types, and held against what it is called with. */
import { NDArray } from './array.js'
import { dtypes } from './dtype.js'

/** What `typeof` tells, and arrays, lists and null apart from other objects. */
const kinds = ['array', 'number', 'bigint', 'boolean', 'string', 'function', 'list', 'object', 'null', 'undefined', 'symbol'] as const // prettier-ignore
type Kind = (typeof kinds)[number]

/** The kind of a value. */
export const kindOf = (x: unknown): Kind =>
  x instanceof NDArray ? 'array' : x === null ? 'null' : Array.isArray(x) ? 'list' : typeof x

const bits = Object.fromEntries(kinds.map((kind, i) => [kind, 1 << i])) as Readonly<Record<Kind, number>>
const anything = (1 << kinds.length) - 1
const scalars = bits.number | bits.boolean | bits.bigint
const instance = bits.object | bits.function
const isIterable = (x: object): boolean => Symbol.iterator in x

/** The bit of a value's kind. */
export const bitOf = (x: unknown): number => {
  if (typeof x !== 'object') return bits[typeof x]
  return x instanceof NDArray ? bits.array : x === null ? bits.null : Array.isArray(x) ? bits.list : bits.object
}

/** One type: the kinds of its values, and what they hold. */
export interface Type {
  readonly text: string
  readonly mask: number
  /** Strings that it takes; absent: any. */
  readonly strings?: readonly string[]
  /** What lists hold; absent: anything. */
  readonly items?: readonly Type[]
  /** Whether `items` are those of a list of that length; those at its end that may be `undefined` may be missing. */
  readonly isTuple?: boolean
  /** What objects of the kinds in `fielded` hold; absent: anything. */
  readonly fields?: Readonly<Record<string, Type>>
  readonly fielded?: number
  /** Of which values of the kinds in `classed` must satisfy one; absent: anything. */
  readonly classes?: readonly IsInstance[]
  readonly classed?: number
}

/** What tells the instances of a class from other objects and functions. */
export type IsInstance = (x: object) => boolean

export interface Parameter {
  readonly name: string
  readonly type: Type
  /** Whether a call without it lacks something, be its type anything. */
  readonly isRequired: boolean
  /** Fields are options: there are no others. */
  readonly options: readonly string[] | null
}

export interface Signature {
  readonly parameters: readonly Parameter[]
  /** What all arguments after the parameters are. */
  readonly rest: Parameter | null
  readonly text: string
}

const names: Readonly<Record<string, number>> = {
  ...bits,
  any: anything,
  ArrayLike: bits.array | scalars,
  DType: bits.string,
  Filter: bits.boolean | bits.string | bits.function | bits.list | bits.null,
}

const tokens = /'[^']*'|\w+|\.\.\.|[[\]{}()?:,|;]/g

/** Reads `name: type, name?: type, ...name: type[]; another signature`. */
class Parser {
  #at = 0
  readonly #tokens: readonly string[]
  constructor(
    readonly text: string,
    readonly classes: Readonly<Record<string, IsInstance>>,
  ) {
    this.#tokens = text.match(tokens) ?? []
  }
  #next(): string | undefined {
    return this.#tokens[this.#at]
  }
  #take(token: string): boolean {
    if (this.#next() !== token) return false
    this.#at++
    return true
  }

  #atom(): Type {
    const text = this.#tokens[this.#at++]!
    if (text === '(') {
      const inner = this.type()
      this.#take(')')
      return inner
    }
    if (text === '[') {
      const items: Type[] = []
      const written: string[] = []
      while (!this.#take(']')) {
        const item = this.type()
        const isOptional = this.#take('?')
        items.push(isOptional ? { ...item, mask: item.mask | bits.undefined } : item)
        written.push(isOptional ? `${item.text}?` : item.text)
        this.#take(',')
      }
      return { text: `[${written.join(', ')}]`, mask: bits.list, items, isTuple: true }
    }
    if (text === '{') {
      const fields: Record<string, Type> = {}
      const written: string[] = []
      while (!this.#take('}')) {
        const [name, type] = this.#named()
        fields[name] = type
        written.push(name)
        this.#take(',')
      }
      // What must have fields may be an array or a function that has them; options may not.
      const isOptions = Object.values(fields).every(({ mask }) => (mask & bits.undefined) !== 0)
      const mask = bits.object | (isOptions ? 0 : bits.array | bits.function)
      return { text: `{ ${written.join(', ')} }`, mask, fields, fielded: mask }
    }
    if (text.startsWith("'")) return { text, mask: bits.string, strings: [text.slice(1, -1)] }
    if (text === 'DType') return { text, mask: bits.string, strings: dtypes }
    if (text === 'Iterable') return { text, mask: bits.object, classes: [isIterable], classed: bits.object }
    if (Object.hasOwn(this.classes, text)) return { text, mask: instance, classes: [this.classes[text]!], classed: instance } // prettier-ignore
    // Other names are those of classes.
    return { text, mask: names[text] ?? bits.object }
  }

  /** `name: type` or `name?: type`. */
  #named(): readonly [name: string, type: Type, isOptional: boolean] {
    const name = this.#tokens[this.#at++]!
    const isOptional = this.#take('?')
    this.#take(':')
    const type = this.type()
    return [name, isOptional ? { ...type, mask: type.mask | bits.undefined } : type, isOptional]
  }

  type(): Type {
    const parts: Type[] = []
    do {
      let part = this.#atom()
      while (this.#next() === '[' && this.#tokens[this.#at + 1] === ']') {
        this.#at += 2
        part = { text: `${part.text.includes(' ') ? `(${part.text})` : part.text}[]`, mask: bits.list, items: [part] }
      }
      parts.push(part)
    } while (this.#take('|'))
    return parts.length === 1 ? parts[0]! : unionOf(parts)
  }

  signature(): Signature {
    const start = this.#at
    const parameters: Parameter[] = []
    let rest: Parameter | null = null
    while (this.#next() !== undefined && this.#next() !== ';') {
      const isRest = this.#take('...')
      const [name, type, isOptional] = this.#named()
      const { fields } = type
      const areOptional = isOptional && fields !== undefined && Object.values(fields).every(({ mask }) => (mask & bits.undefined) !== 0) // prettier-ignore
      const isOptions = areOptional || name === 'options'
      const options = isOptions && fields !== undefined ? Object.keys(fields) : null
      const parameter = { name, type, isRequired: !isOptional && !isRest, options }
      if (isRest) rest = { ...parameter, type: type.items?.[0] ?? { text: 'any', mask: anything } }
      else parameters.push(parameter)
      this.#take(',')
    }
    const text = this.#tokens.slice(start, this.#at).join(' ')
    this.#take(';')
    return { parameters, rest, text }
  }

  signatures(): readonly Signature[] {
    const all: Signature[] = []
    do all.push(this.signature())
    while (this.#next() !== undefined)
    return all
  }
}

const unionOf = (parts: readonly Type[]): Type => {
  const mask = parts.reduce((sum, part) => sum | part.mask, 0)
  const strings = parts.filter((part) => (part.mask & bits.string) !== 0)
  const lists = parts.filter((part) => (part.mask & bits.list) !== 0)
  const objects = parts.filter((part) => (part.mask & bits.object) !== 0)
  const classes = parts.flatMap((part) => part.classes ?? [])
  const classless = parts.reduce((sum, part) => sum | (part.mask & ~(part.classed ?? 0)), 0)
  const others = parts.reduce((sum, part) => (part === objects[0] ? sum : sum | part.mask), 0)
  return {
    text: parts.map(({ text }) => text).join(' | '),
    mask,
    ...(strings.every((part) => part.strings !== undefined) && strings.length > 0
      ? { strings: strings.flatMap((part) => part.strings!) }
      : {}),
    ...(lists.length === 1 && lists[0]!.items !== undefined
      ? { items: lists[0]!.items, ...(lists[0]!.isTuple === true ? { isTuple: true } : {}) }
      : {}),
    ...(objects.length === 1 && objects[0]!.fields !== undefined
      ? { fields: objects[0]!.fields, fielded: objects[0]!.fielded! & ~others }
      : {}),
    ...(classes.length > 0 ? { classes, classed: instance & mask & ~classless } : {}),
  }
}

/**
 * The signatures that a text tells, several where the function is overloaded.
 *
 * @param classes - by their names in the text: what tells their instances; other names stand for any object
 */
export const parseSignatures = (
  text: string,
  classes: Readonly<Record<string, IsInstance>> = {},
): readonly Signature[] => new Parser(text, classes).signatures()

/** Whether a value is of a kind and class that a type has; what it holds aside. */
export const takes = (type: Type, value: unknown): boolean => {
  const bit = bitOf(value)
  if ((bit & type.mask) === 0) return false
  return type.classes === undefined || (bit & type.classed!) === 0 || type.classes.some((isInstance) => isInstance(value as object)) // prettier-ignore
}

/** A place in arguments whose value is of another type. */
export interface Mismatch {
  readonly path: string
  readonly type: Type
  readonly value: unknown
}

/** Whether a value lacks a field that its type demands: what `typeof` doesn't tell. */
export const lacksFields = ({ fields, fielded = 0 }: Type, value: unknown): boolean => {
  if (fields === undefined || (bitOf(value) & fielded) === 0) return false
  for (const name in fields) {
    const field = fields[name]!
    const x = (value as Readonly<Record<string, unknown>>)[name]
    if ((bitOf(x) & field.mask) === 0 || (field.classes !== undefined && !takes(field, x))) return true
  }
  return false
}

const isLengthOf = (items: readonly Type[], length: number): boolean =>
  length <= items.length && items.slice(length).every(({ mask }) => (mask & bits.undefined) !== 0)

/**
 * The first place inside of a value that is of another type.
 *
 * @param isOver - whether nothing will walk the value any more: what iterables give is looked at, too
 */
export const mismatchOf = (type: Type, value: unknown, path: string, isOver = false): Mismatch | null => {
  if (!takes(type, value)) return { path, type, value }
  if (typeof value === 'string' && type.strings !== undefined && !type.strings.includes(value)) return { path, type, value } // prettier-ignore
  const isWalked = isOver && type.classes?.includes(isIterable) === true && bitOf(value) === bits.object
  if ((Array.isArray(value) || isWalked) && type.items !== undefined) {
    const { items } = type
    const list = Array.from(value as Iterable<unknown>)
    if (type.isTuple === true && !isLengthOf(items, list.length)) return { path, type, value }
    for (const [i, item] of list.entries()) {
      const found = mismatchOf(items[type.isTuple === true ? i : 0]!, item, `${path}[${i}]`, isOver)
      if (found !== null) return found
    }
  }
  if (type.fields !== undefined && (bitOf(value) & (type.fielded ?? 0)) !== 0) {
    for (const [name, field] of Object.entries(type.fields)) {
      const found = mismatchOf(field, (value as Readonly<Record<string, unknown>>)[name], `${path}.${name}`, isOver)
      if (found !== null) return found
    }
  }
  return null
}
