/** What an exported file says of the function in it. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type DType, dtypes, type NDArray, numberWhere } from '../core/index.js'
import { elementTypeOfCode, type ValueInfoProto } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import type { Size } from './batchSize.js'
import { OnnxFileError } from './errors.js'
import { type ArrayStore, type Json, TreeFormat } from './treeFormat.js'

/** The key of our entry among a model's metadata. */
export const metadataKey = 'onnax'

/** Before the checksum, in the metadata: its first field. */
export const sealMark = '{"sha256":"'

const DTypeCodec = new t.Type<DType>(
  'DType',
  (u): u is DType => dtypes.includes(u as DType),
  (u, context) => (dtypes.includes(u as DType) ? t.success(u as DType) : t.failure(u, context)),
  t.identity,
)
const whole = numberWhere('a whole number', Number.isSafeInteger)
const SizeCodec = t.union([
  numberWhere('a size', (n) => Number.isSafeInteger(n) && n >= 0),
  t.tuple([whole, numberWhere('a factor', (n) => Number.isSafeInteger(n) && n !== 0)]),
])
const PortCodec = t.type({ name: t.string, dtype: DTypeCodec, shape: t.array(SizeCodec) })

/** Metadata of a file, as JSON. */
export const SignatureCodec = t.type(
  {
    /** Checksum of the file: see {@link sealMark}. */
    sha256: t.string,
    version: t.literal(1),
    name: t.string,
    /** Structure of the arguments: the numbers of the inputs in the place of the arrays. */
    args: t.unknown,
    /** The same of the result. */
    result: t.unknown,
    /** Weights that are inputs; they come before the arguments. */
    weights: t.array(PortCodec),
    inputs: t.array(PortCodec),
    outputs: t.array(PortCodec),
    /** CRC-32 of the weights that are in a file beside it. */
    external: t.record(t.string, t.number),
  },
  'Signature',
)
export type Signature = t.TypeOf<typeof SignatureCodec>

/** A named input or output of an ONNX file. */
export interface OnnxPort {
  readonly name: string
  readonly dtype: DType
  /** Sizes; `[a, k]` for `a + k * batch`. */
  readonly shape: readonly Size[]
}

const format = new TreeFormat()
const numbers: ArrayStore = {
  write: (x) => x as unknown as Json,
  read: (u) => t.success(u as NDArray),
}

/** A structure as JSON. @throws ArgumentError for nodes that can't be written */
export const structureToJson = (structure: tree.TreeDef): Json =>
  format.write(structure.unflatten(Array.from({ length: structure.numLeaves }, (_, i) => i)), numbers)

/** A structure from JSON. @throws OnnxFileError if it isn't one of `count` leaves */
export const structureFromJson = (where: string, u: unknown, count: number): tree.TreeDef => {
  const result = format.read(u, numbers, [])
  if (E.isRight(result)) {
    const [leaves, structure] = tree.flatten(result.right)
    if (leaves.length === count && leaves.every((leaf, i) => leaf === i)) return structure
  }
  throw new OnnxFileError(where, `a structure of ${count} arrays in the metadata`, 'another one')
}

/**
 * The ports of a signature are those of the graph: what is allocated for a run is what the graph says.
 *
 * @throws OnnxFileError
 */
export const requirePorts = (where: string, ports: readonly OnnxPort[], infos: readonly ValueInfoProto[]): void => {
  const byName = new Map(infos.map((info) => [info.name, info.type?.tensorType]))
  for (const { name, dtype, shape } of ports) {
    const type = byName.get(name)
    const dims = type?.shape?.dim ?? []
    const isSame =
      type !== undefined &&
      elementTypeOfCode(type.elemType) === dtype &&
      dims.length === shape.length &&
      shape.every((size, axis) => {
        const { dimValue, dimParam = '' } = dims[axis]!
        return typeof size === 'number' ? dimValue === size : dimParam !== ''
      })
    if (!isSame) throw new OnnxFileError(where, `the graph to have ${name.slice(0, 80)} as in the signature`, 'another')
  }
}
