/** ONNX models as plain objects, and their protobuf encoding. */
import { createRequire } from 'node:module'
import type { Type } from 'protobufjs'
import { schema } from './schema.js'
import { encodeMessage } from './writer.js'

/** A whole model: one graph and the operator sets it uses. */
export interface ModelProto {
  readonly irVersion: number
  readonly producerName?: string
  readonly producerVersion?: string
  readonly graph: GraphProto
  readonly opsetImport: readonly OperatorSetIdProto[]
  readonly metadataProps?: readonly StringStringEntryProto[]
}

/** The version of one operator domain; `''` is ai.onnx. */
export interface OperatorSetIdProto {
  readonly domain?: string
  readonly version: number
}

/** One entry of a model's metadata. */
export interface StringStringEntryProto {
  readonly key: string
  readonly value: string
}

/** Nodes in topological order, with the graph's inputs, outputs and constants. */
export interface GraphProto {
  readonly name: string
  readonly node: readonly NodeProto[]
  readonly initializer?: readonly TensorProto[]
  readonly input?: readonly ValueInfoProto[]
  readonly output?: readonly ValueInfoProto[]
}

/** One application of an operator; `''` among the inputs is an omitted one. */
export interface NodeProto {
  readonly opType: string
  readonly domain?: string
  readonly name?: string
  readonly input?: readonly string[]
  readonly output: readonly string[]
  readonly attribute?: readonly AttributeProto[]
}

/** A named attribute: `type` says which of the fields holds the value (see {@link AttributeType}). */
export interface AttributeProto {
  readonly name: string
  readonly type: number
  readonly f?: number
  readonly i?: number | bigint
  readonly s?: Uint8Array
  readonly t?: TensorProto
  readonly g?: GraphProto
  readonly floats?: readonly number[]
  readonly ints?: readonly (number | bigint)[]
  readonly strings?: readonly Uint8Array[]
}

/** The codes of `AttributeProto.type`. */
export const AttributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const

/** A constant. onnax writes `rawData` (little endian); the typed lists occur in models of others. */
export interface TensorProto {
  readonly name?: string
  readonly dims?: readonly number[]
  readonly dataType: number
  readonly rawData?: Uint8Array
  readonly floatData?: readonly number[]
  readonly int32Data?: readonly number[]
  readonly int64Data?: readonly (number | bigint)[]
  readonly doubleData?: readonly number[]
  readonly uint64Data?: readonly (number | bigint)[]
  /** Where the data are in another file: `location`, `offset`, `length`. */
  readonly externalData?: readonly StringStringEntryProto[]
  /** 1 if the data are in another file. */
  readonly dataLocation?: number
}

/** The name and type of a graph's input or output. */
export interface ValueInfoProto {
  readonly name: string
  readonly type?: TypeProto
}

/** The type of a value; onnax uses tensors only. */
export interface TypeProto {
  readonly tensorType?: TypeProtoTensor
}

/** Element type and, where it is known, the shape of a tensor. */
export interface TypeProtoTensor {
  readonly elemType: number
  readonly shape?: TensorShapeProto
}

/** A shape; no dimensions for a scalar. */
export interface TensorShapeProto {
  readonly dim?: readonly Dimension[]
}

/** One dimension: a size, or a name for a size known at run time. */
export interface Dimension {
  readonly dimValue?: number
  readonly dimParam?: string
}

/** Bytes that are not an ONNX model. */
export class ModelDecodeError extends TypeError {
  override readonly name = 'ModelDecodeError'
  readonly byteLength: number
  constructor(byteLength: number, cause: unknown) {
    super(
      `decodeModel requires the bytes of an ONNX model, got ${byteLength} bytes that are none ` +
        `(${cause instanceof Error ? cause.message : String(cause)}); read the whole .onnx file, unaltered.`,
      { cause },
    )
    this.byteLength = byteLength
  }
}

/** The bytes of `model`. */
export function encodeModel(model: ModelProto): Uint8Array {
  return encodeMessage('ModelProto', model)
}

/**
 * The model in `bytes`. Fields that onnax does not know are dropped, absent lists are empty, 64-bit integers become
 * numbers (rounded beyond 2^53).
 * @throws ModelDecodeError where the bytes are not a model.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const type = modelType()
  let model: Readonly<Record<string, unknown>>
  try {
    model = type.toObject(type.decode(bytes), { longs: Number, arrays: true })
  } catch (cause) {
    throw new ModelDecodeError(bytes.byteLength, cause)
  }
  if (!('graph' in model) || !('irVersion' in model)) throw new ModelDecodeError(bytes.byteLength, 'no graph')
  return model as unknown as ModelProto
}

let cachedType: Type | undefined

/**
 * The reflected `ModelProto` type of protobufjs.
 * Loading the library and generating its codecs takes 30 ms, which only programs that read models should pay:
 * hence the late `require`, and the writer of our own.
 */
export function modelType(): Type {
  if (cachedType === undefined) {
    const { Field, Root, Type } = createRequire(import.meta.url)('protobufjs/light.js') as typeof import('protobufjs')
    const root = new Root()
    for (const [message, fields] of Object.entries(schema)) {
      const type = new Type(message)
      for (const [key, { id, type: fieldType, repeated }] of Object.entries(fields)) {
        type.add(
          new Field(key, id, fieldType, repeated === true ? 'repeated' : 'optional', undefined, { packed: true }),
        )
      }
      root.add(type)
    }
    cachedType = root.lookupType('ModelProto')
  }
  return cachedType
}
