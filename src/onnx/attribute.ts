/** Attributes of a node: how JavaScript values become ONNX's typed attributes. */
import { AttributeType, type AttributeProto, type GraphProto } from './proto.js'
import { ConstantTensor } from './tensor.js'

/** Something that becomes a subgraph attribute: the body of `If`, `Loop`, `Scan`. */
export interface Subgraph {
  /** The values outside of it that it takes. */
  captures(): Iterable<{ readonly name: string }>
  toProto(): GraphProto
  text(indent?: string): string
}

/** A float attribute: ONNX tells 1 from 1.0, JavaScript does not. */
export class FloatAttribute {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** A float list attribute. */
export class FloatsAttribute {
  readonly values: readonly number[]
  constructor(values: readonly number[]) {
    this.values = values
  }
}

/** A string list attribute. */
export class StringsAttribute {
  readonly values: readonly string[]
  constructor(values: readonly string[]) {
    this.values = values
  }
}

/** A value of an attribute: numbers and lists of numbers are integers unless wrapped by {@link float} or {@link floats}. */
export type Attribute =
  | number
  | bigint
  | boolean
  | string
  | readonly (number | bigint)[]
  | FloatAttribute
  | FloatsAttribute
  | StringsAttribute
  | ConstantTensor
  | Subgraph

/** Whether an attribute is a graph. */
export const isSubgraph = (value: Attribute): value is Subgraph =>
  typeof value === 'object' && 'captures' in value && 'toProto' in value

/** Attributes by name; `undefined` leaves one out. */
export type Attributes = Readonly<Record<string, Attribute | undefined>>

/** Marks `value` as a float attribute. */
export function float(value: number): FloatAttribute {
  return new FloatAttribute(value)
}

/** Marks `values` as a float list attribute. */
export function floats(values: readonly number[]): FloatsAttribute {
  return new FloatsAttribute(values)
}

/** Marks `values` as a string list attribute. */
export function strings(values: readonly string[]): StringsAttribute {
  return new StringsAttribute(values)
}

/** A number that is not an integer where an integer attribute is written. */
export class AttributeError extends TypeError {
  override readonly name = 'AttributeError'
  readonly attribute: string
  readonly got: number
  constructor(attribute: string, got: number) {
    super(`attribute ${attribute} requires an integer, got ${got}; for a float write float(${got}) or floats([…]).`)
    this.attribute = attribute
    this.got = got
  }
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8')

function integer(name: string, value: number | bigint): number | bigint {
  if (typeof value === 'number' && !Number.isInteger(value)) throw new AttributeError(name, value)
  return value
}

/**
 * The message of one attribute.
 * @throws AttributeError for a bare number that is not an integer.
 */
export function attributeProto(name: string, value: Attribute): AttributeProto {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return { name, type: AttributeType.int, i: integer(name, value) }
    case 'boolean':
      return { name, type: AttributeType.int, i: value ? 1 : 0 }
    case 'string':
      return { name, type: AttributeType.string, s: utf8(value) }
  }
  if (isIntegers(value)) return { name, type: AttributeType.ints, ints: value.map((item) => integer(name, item)) }
  if (value instanceof FloatAttribute) return { name, type: AttributeType.float, f: value.value }
  if (value instanceof FloatsAttribute) return { name, type: AttributeType.floats, floats: value.values }
  if (value instanceof StringsAttribute) return { name, type: AttributeType.strings, strings: value.values.map(utf8) }
  if (value instanceof ConstantTensor) return { name, type: AttributeType.tensor, t: value.toProto() }
  return { name, type: AttributeType.graph, g: value.toProto() }
}

/** One attribute for people: floats with a point, strings quoted, subgraphs as an indented block. */
export function attributeText(name: string, value: Attribute, indent: string): string {
  if (typeof value === 'string') return `${name}=${JSON.stringify(value)}`
  if (typeof value !== 'object') return `${name}=${String(value)}`
  if (isIntegers(value)) return `${name}=[${value.join(', ')}]`
  if (value instanceof FloatAttribute) return `${name}=${decimal(value.value)}`
  if (value instanceof FloatsAttribute) return `${name}=[${value.values.map(decimal).join(', ')}]`
  if (value instanceof StringsAttribute) return `${name}=${JSON.stringify(value.values)}`
  if (value instanceof ConstantTensor) return `${name}=${value.toString()}`
  return `${name}=${value.text(indent)}`
}

function decimal(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? value.toFixed(1) : String(value)
}

// Array.isArray does not narrow readonly arrays.
function isIntegers(value: Attribute): value is readonly (number | bigint)[] {
  return Array.isArray(value)
}
