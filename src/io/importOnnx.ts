/** ONNX files of `exportOnnx` as functions again. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { NDArray } from '../core/index.js'
import {
  ArgumentError,
  bind,
  closed,
  DecodeError,
  decodeOptions,
  DifferentiationError,
  type Primitive,
  type ShapedArray,
  shaped,
  ShapeError,
  showAval,
  sha256,
} from '../core/index.js'
import { convertElementType } from '../lax/index.js'
import { decodeModel, type GraphProto, type ModelProto, type OnnxValue } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, jit, type Jitted } from '../transforms/index.js'
import type { Size } from './batchSize.js'
import { OnnxFileError } from './errors.js'
import { systemErrorsAs } from './files.js'
import { excessOf, treeLimits } from './json.js'
import { bytesFile, type ExternalFile, externalTensors, FolderFiles, readExternal } from './externalData.js'
import { inlineGraph } from './onnxGraph.js'
import {
  metadataKey,
  type OnnxPort,
  requirePorts,
  sealMark,
  SignatureCodec,
  structureFromJson,
} from './onnxSignature.js'
import type { Tensors } from './safetensors.js'
import { isSealed } from './seal.js'

export interface ImportOnnxOptions {
  /** Values of the weights, where the file has them as inputs: `exported.weights`. */
  readonly weights?: Tensors
  /** The files beside it, by name, where it has weights there; {@link readOnnx} finds them itself. */
  readonly external?: Readonly<Record<string, Uint8Array>>
  /**
   * Whether the file must be the one that `exportOnnx` made, bit for bit: default true. Without that, what a tool made of it
   * is taken, too, as far as it has the same inputs and outputs; then flipped bits in weights go unseen.
   */
  readonly verify?: boolean
  /** Where the bytes come from, for errors. */
  readonly source?: string
}

const readOptions = closed(t.partial({ weights: t.UnknownRecord, verify: t.boolean }))
const importOptions = closed(
  t.partial({ weights: t.UnknownRecord, verify: t.boolean, external: t.UnknownRecord, source: t.string }),
)

/** A function from an ONNX file: a compiled one, which can be called in `jit`. */
export interface OnnxFunction<A extends readonly unknown[], R> extends Jitted<A, R> {
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
}

interface OnnxCall {
  readonly graph: GraphProto
  /** Inputs of the graph, weights first. */
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  readonly source: string
  /** What tells programs apart. */
  readonly hash: string
}

const showPort = ({ name, dtype, shape }: OnnxPort): string =>
  `${name}: ${dtype}[${shape.map((size) => (typeof size === 'number' ? size : `${size[1]}*batch+${size[0]}`)).join()}]`

/** The batch size of a call. @throws ShapeError, ArgumentError */
const batchOf = (avals: readonly ShapedArray[], { inputs, source }: OnnxCall): number => {
  let batch: number | null = null
  const refuse = (port: OnnxPort, aval: ShapedArray): never => {
    throw new ShapeError(source, showPort(port), `${showAval(aval)}${batch === null ? '' : ` in a batch of ${batch}`}`)
  }
  inputs.forEach((port, i) => {
    const aval = avals[i]!
    if (aval.dtype !== port.dtype || aval.shape.length !== port.shape.length) refuse(port, aval)
    port.shape.forEach((size, axis) => {
      const got = aval.shape[axis]!
      if (typeof size === 'number') {
        if (got !== size) refuse(port, aval)
      } else {
        batch ??= (got - size[0]) / size[1]
        if (got !== size[0] + size[1] * batch) refuse(port, aval)
      }
    })
  })
  return batch ?? 0
}

const sizeFor = (size: Size, batch: number): number => (typeof size === 'number' ? size : size[0] + size[1] * batch)

const onnxCallP: Primitive<OnnxCall> = {
  name: 'onnx_call',
  abstractEval(avals, call) {
    const batch = batchOf(avals, call)
    return call.outputs.map(({ dtype, shape }) =>
      shaped(
        shape.map((size) => sizeFor(size, batch)),
        dtype,
      ),
    )
  },
  jvp(_primals, _tangents, { source }) {
    throw new DifferentiationError(source, 'an imported ONNX file has no derivative; export the gradient, too')
  },
  transpose(_cts, _args, { source }) {
    throw new DifferentiationError(source, 'an imported ONNX file has no derivative; export the gradient, too')
  },
  batch(_args, _axes, { source }) {
    throw new ArgumentError(source, 'no vmap around an imported ONNX file', 'one; export it with { batch }')
  },
  lower({ graph }, inputs, call) {
    const env = new Map<string, OnnxValue>(call.inputs.map(({ name }, i) => [name, inputs[i]!]))
    inlineGraph(call.source, call.graph, graph, env)
    return call.outputs.map(({ name }) => env.get(name)!)
  },
  showParams: ({ hash }) => `[model=${hash}]`,
}

/** The default set of operators, and the one of programs that reinterpret bits. */
const opsets: readonly unknown[] = [18, 26]

/** Nothing of altered bytes is parsed. @throws OnnxFileError */
const requireSeal = (bytes: Uint8Array, source: string): void => {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(sealMark)
  if (at < 0) throw new OnnxFileError(source, 'a file that exportOnnx made', 'another one, or a part of one')
  if (isSealed(bytes, at + sealMark.length)) return
  const repair = 'it was altered; read what a tool made of it with { verify: false }'
  throw new OnnxFileError(source, 'the bytes of the checksum in the file', `others: ${repair}`)
}

/** @throws OnnxFileError, DecodeError */
const readCall = (bytes: Uint8Array, source: string, verify: boolean) => {
  if (verify) requireSeal(bytes, source)
  let model: ModelProto
  try {
    model = decodeModel(bytes)
  } catch (error) {
    throw new OnnxFileError(source, 'the bytes of an ONNX model', (error as Error).message)
  }
  const text = (model.metadataProps ?? []).find(({ key }) => key === metadataKey)?.value
  if (text === undefined) throw new OnnxFileError(source, 'a file that exportOnnx made', 'one of another program')
  const version = model.opsetImport.find(({ domain }) => domain === undefined || domain === '')?.version
  if (!opsets.includes(version)) {
    throw new OnnxFileError(source, `operators of version ${opsets.join(' or ')}`, `version ${version}`)
  }
  const excess = excessOf(Buffer.from(text), treeLimits)
  if (excess !== null) throw new OnnxFileError(source, 'metadata of JSON', excess)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new OnnxFileError(source, 'metadata of JSON', 'other text')
  }
  const decoded = SignatureCodec.decode(json)
  if (E.isLeft(decoded)) throw new DecodeError(source, decoded.left)
  const { weights, inputs, outputs, ...signature } = decoded.right
  const defined = new Set([...model.graph.node.flatMap(({ output }) => output), ...weights.map(({ name }) => name)])
  const unknown = outputs.find(({ name }) => !defined.has(name))
  if (unknown !== undefined) throw new OnnxFileError(source, 'outputs that the graph has', unknown.name)
  requirePorts(source, [...weights, ...inputs], model.graph.input ?? [])
  requirePorts(source, outputs, model.graph.output ?? [])
  const external = externalTensors(source, model.graph.initializer ?? [])
  const call: OnnxCall = {
    graph: model.graph,
    inputs: [...weights, ...external, ...inputs],
    outputs,
    source,
    hash: sha256(bytes),
  }
  return {
    call,
    weights,
    external,
    inputs,
    outputs,
    checksums: signature.external,
    name: signature.name,
    args: structureFromJson(source, signature.args, inputs.length),
    result: structureFromJson(source, signature.result, outputs.length),
  }
}

/**
 * The function in a file of {@link exportOnnx}. Its type is the caller's word; arguments are checked against the names,
 * shapes and dtypes in the file at every new kind of call.
 *
 * @throws OnnxFileError if the bytes are not such a file
 * @throws ArgumentError if weights are missing
 * @example
 * const { bytes } = io.exportOnnx((x: NDArray, y: NDArray) => ({ sum: x.add(y) }), [np.ones([2]), np.ones([2])])
 * const f = io.importOnnx<[NDArray, NDArray], { sum: NDArray }>(bytes)
 * f(np.array([1, 2]), np.array([10, 20])).sum // => Array([11., 22.], dtype=float32)
 */
export const importOnnx = <A extends readonly unknown[] = readonly NDArray[], R = unknown>(
  bytes: Uint8Array,
  given: ImportOnnxOptions = {},
): OnnxFunction<A, R> => {
  decodeOptions('io.importOnnx', importOptions, given)
  const { external = {}, ...options } = given
  return makeFunction(bytes, options, (location, where) => {
    const file = Object.hasOwn(external, location) ? external[location] : undefined
    if (file === undefined) throw new ArgumentError(where, `the file ${location} in { external }`, 'none')
    return bytesFile(file)
  })
}

/**
 * The function in a file of {@link exportOnnx}, with its weights from the file beside it if they are there.
 *
 * @throws OnnxFileError if it is no such file, or names files outside of its folder
 * @throws ArgumentError if weights are missing
 * @example
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 *
 * const path = join(mkdtempSync(join(tmpdir(), 'onnax-')), 'model.onnx')
 * const model = new nnx.Linear(30, 40, { rngs: new nnx.Rngs(0) })
 * const exported = io.exportOnnx((x: NDArray) => model(x), [np.ones([1, 30])], { weights: 'external' })
 * exported.external!.byteLength // => 4800
 * io.writeOnnx(path, exported)
 * const f = io.readOnnx<[NDArray], NDArray>(path)
 * f(np.zeros([1, 30])).shape // => [1, 40]
 */
export const readOnnx = <A extends readonly unknown[] = readonly NDArray[], R = unknown>(
  path: string,
  options: Pick<ImportOnnxOptions, 'weights' | 'verify'> = {},
): OnnxFunction<A, R> => {
  decodeOptions('io.readOnnx', readOptions, options)
  const bytes = systemErrorsAs(
    () => readFileSync(path),
    (got, cause) => new OnnxFileError('readOnnx', `the file ${path}`, got, cause),
  )
  const files = new FolderFiles(dirname(path))
  try {
    return makeFunction(bytes, { ...options, source: path }, (location, where) => files.open(where, location)) // prettier-ignore
  } finally {
    files.close()
  }
}

const makeFunction = <A extends readonly unknown[], R>(
  bytes: Uint8Array,
  { weights = {}, source = 'importOnnx', verify = true }: Omit<ImportOnnxOptions, 'external'>,
  open: (location: string, where: string) => ExternalFile,
): OnnxFunction<A, R> => {
  const {
    call,
    weights: ports,
    external,
    inputs,
    outputs,
    name,
    args,
    result,
    checksums,
  } = readCall(bytes, source, verify)
  const given = ports.map((port) => {
    const x = Object.hasOwn(weights, port.name) ? weights[port.name] : undefined
    if (x === undefined) throw new ArgumentError(source, `the weight ${showPort(port)} in { weights }`, 'none')
    return x
  })
  given.push(...readExternal(source, external, verify ? checksums : null, open))
  const run = (...values: A): R => {
    const [leaves, structure] = tree.flatten(values)
    if (!structure.equals(args)) {
      throw new ArgumentError(source, `arguments of the structure ${String(args)}`, String(structure))
    }
    const arrays = (leaves as readonly unknown[]).map((leaf, i) => {
      const x = arrayLeaf(source, leaf, i)
      return x.weakType && x.dtype !== inputs[i]!.dtype ? convertElementType(x, inputs[i]!.dtype) : x
    })
    return result.unflatten(bind(onnxCallP, [...given, ...arrays], call)) as R
  }
  Object.defineProperty(run, 'name', { value: name === '' ? 'onnx' : name })
  return Object.assign(jit(run), { inputs, outputs })
}
