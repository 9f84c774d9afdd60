/** Functions as ONNX files that any ONNX Runtime runs. */
import type { NDArray } from '../core/index.js'
import * as t from 'io-ts'
import {
  ArgumentError,
  closed,
  decodeOptions,
  type DType,
  equalAvals,
  type ShapedArray,
  shaped,
  stage,
  type Staged,
} from '../core/index.js'
import { ConstantTensor, encodeModel, type GraphProto, type ModelProto, tensor } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import { avalOfLeaf, type Fn, lower, type LoweredGraph, outputLeaves, ShapeDtypeStruct } from '../transforms/index.js'
import { sampleSizes, showSize, type Size, sizeOf3, unifyGraphs } from './batchSize.js'
import { bytesOfArray } from './bytes.js'
import { OnnxFileError } from './errors.js'
import { ExternalData } from './externalData.js'
import { namesIn, renameGraph } from './onnxGraph.js'
import { metadataKey, type OnnxPort, sealMark, type Signature, structureToJson } from './onnxSignature.js'
import type { Tensors } from './safetensors.js'
import { noSeal, seal } from './seal.js'
import { namedArrays } from './weights.js'

/** Names of an exported function's values. */
export interface OnnxNames {
  /** One for each argument; the arrays of a tree add their paths: `batch.images`. Default `input`, or `input0`, … */
  readonly inputs?: readonly string[]
  /** One for the result, or one for each item of a list. Default `output`, or `output0`, … */
  readonly outputs?: readonly string[]
  /** A tree whose arrays give weights their names, `nnx.state(model)` for example. Others are `weight0`, … */
  readonly weights?: unknown
}

export interface ExportOnnxOptions {
  readonly names?: OnnxNames
  /** Axes whose size is the batch size, by name of the input: `{ x: 0 }`. They may then have any size. */
  readonly batch?: Readonly<Record<string, number>>
  /** The name of the batch size in the file; default `batch`. */
  readonly batchName?: string
  /**
   * Where the arrays that the function closes over are: in the file (`initializers`, the default), in a file beside it
   * (`external`: {@link writeOnnx} writes both), or given at every run (`inputs`).
   */
  readonly weights?: 'initializers' | 'external' | 'inputs'
  /** The name of the file beside it; default `weights.bin`. */
  readonly location?: string
}

const exportOptions = closed(
  t.partial({
    names: closed(
      t.partial({ inputs: t.readonlyArray(t.string), outputs: t.readonlyArray(t.string), weights: t.unknown }),
    ),
    batch: t.record(t.string, t.number),
    batchName: t.string,
    weights: t.keyof({ initializers: null, external: null, inputs: null }),
    location: t.string,
  }),
)

/** A function as an ONNX model. */
export interface OnnxExport {
  /** What to write into the `.onnx` file. */
  readonly bytes: Uint8Array
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  /** The arrays that the function closes over, by name: with `weights: 'inputs'` they are given at every run. */
  readonly weights: Tensors
  /** What belongs into the file beside it, with `weights: 'external'`; else `null`. */
  readonly external: ExternalData | null
}

/** An argument, or the shapes and dtypes of one. */
export type ExampleOf<T> = T extends NDArray
  ? T | ShapeDtypeStruct
  : T extends readonly unknown[] | Readonly<Record<string, unknown>>
    ? { readonly [K in keyof T]: ExampleOf<T[K]> }
    : T

const where = 'exportOnnx'

interface Traced {
  readonly staged: Staged
  readonly result: tree.TreeDef
  readonly lowered: LoweredGraph
  readonly model: ModelProto
}

const trace = (f: Fn, args: tree.TreeDef, avals: readonly ShapedArray[]): Traced => {
  let result: tree.TreeDef | null = null
  const staged = stage((...tracers) => {
    const [leaves, structure] = outputLeaves(where, f(...(args.unflatten(tracers) as readonly unknown[])))
    result = structure
    return leaves
  }, avals)
  const lowered = lower(staged.jaxpr, 'portable')
  return { staged, result: result!, lowered, model: lowered.graph.toModel() }
}

/** Names of leaves: a prefix for each child of the root, and the path below it. */
const namesOf = (
  structure: tree.TreeDef,
  given: readonly string[] | undefined,
  prefix: string,
  isList: boolean,
): readonly string[] => {
  const count = isList ? structure.children().length : 1
  if (given !== undefined && given.length !== count) {
    throw new ArgumentError(where, `${count} names of ${prefix}s`, `${given.length}`)
  }
  const names = given ?? (count === 1 ? [prefix] : Array.from({ length: count }, (_, i) => `${prefix}${i}`))
  return structure.paths().map((path) => {
    const first = isList ? path[0] : undefined
    const rest = isList ? path.slice(1) : path
    const name = names[first === undefined ? 0 : Number(first.key)]!
    return rest.length === 0 ? name : `${name}.${tree.keystr(rest, { simple: true, separator: '.' })}`
  })
}

const weightNames = (consts: readonly NDArray[], named: unknown): readonly string[] => {
  const known = new Map(named === undefined ? [] : Object.entries(namedArrays(named)).map(([name, x]) => [x, name]))
  return consts.map((x, i) => known.get(x) ?? `weight${i}`)
}

/** Gives values their public names; names of the inside make way. */
const withNames = (graph: GraphProto, names: ReadonlyMap<string, string>): GraphProto => {
  const wanted = new Set(names.values())
  const taken = new Set([...namesIn(graph), ...wanted])
  const moved = new Map<string, string>()
  return renameGraph(graph, (name) => {
    const chosen = names.get(name) ?? moved.get(name)
    if (chosen !== undefined) return chosen
    if (!wanted.has(name)) return name
    let free = `${name}_`
    while (taken.has(free)) free += '_'
    taken.add(free)
    moved.set(name, free)
    return free
  })
}

const requireUnique = (names: readonly string[]): void => {
  const seen = new Set<string>()
  for (const name of names) {
    if (name === '' || seen.has(name))
      throw new ArgumentError(where, 'different names for all values', `'${name}' twice`)
    seen.add(name)
  }
}

/** Weights may be made anew in each trace, but must be the same ones. */
const requireSameWeights = (traces: readonly Traced[]): void => {
  const [first, ...others] = traces.map(({ staged }) => staged.consts)
  for (const consts of others) {
    const same =
      consts.length === first!.length &&
      consts.every((x, i) => {
        const y = first![i]!
        return x === y || (equalAvals(x.aval, y.aval) && Buffer.compare(bytesOfArray(x), bytesOfArray(y)) === 0)
      })
    if (!same) {
      throw new OnnxFileError(where, 'weights that do not depend on the batch size', 'others; leave out { batch }')
    }
  }
}

/**
 * A function as an ONNX model: a forward pass, a gradient or a whole training step. Plain ONNX Runtime runs the file,
 * and {@link importOnnx} makes a function of it again.
 *
 * @param examples - arguments, or `ShapeDtypeStruct`s in the place of arrays
 * @throws OnnxFileError if `batch` is given and a size is not linear in the batch size
 * @throws LoweringError if ONNX lacks an operation
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * const exported = io.exportOnnx((x: NDArray) => model(x), [np.ones([1, 2])], {
 *   names: { inputs: ['x'], outputs: ['y'], weights: nnx.state(model) },
 *   batch: { x: 0 },
 * })
 * exported.inputs[0]!.name // => 'x'
 * Object.keys(exported.weights) // => ['kernel', 'bias']
 * const f = io.importOnnx<[NDArray], NDArray>(exported.bytes)
 * f(np.ones([4, 2])).shape // => [4, 3]
 */
export const exportOnnx = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  examples: { readonly [K in keyof A]: ExampleOf<A[K]> },
  options: ExportOnnxOptions = {},
): OnnxExport => {
  decodeOptions('io.exportOnnx', exportOptions, options)
  const { names = {}, batch, batchName = 'batch', weights = 'initializers', location = 'weights.bin' } = options
  const [leaves, args] = tree.flatten(examples)
  const avals = (leaves as readonly unknown[]).map((x, i) =>
    x instanceof ShapeDtypeStruct ? shaped(x.shape, x.dtype) : avalOfLeaf(where, x, i),
  )
  const inputNames = namesOf(args, names.inputs, 'input', true)
  const axes = inputNames.map((name) => (batch !== undefined && Object.hasOwn(batch, name) ? batch[name]! : null))
  requireBatch(batch, inputNames, avals)
  const avalsFor = (size: number): readonly ShapedArray[] =>
    avals.map(({ shape, dtype, weakType }, i) =>
      shaped(axes[i] === null ? shape : shape.with(axes[i]!, size), dtype, weakType),
    )
  const traces = (batch === undefined ? [null] : sampleSizes).map((size) =>
    trace(f as unknown as Fn, args, size === null ? avals : avalsFor(size)),
  )
  const { staged, lowered, result, model } = traces[0]!
  const isList = result.children().length > 0 && result.paths().every(([first]) => first?.kind === 'index')
  const outputNames = namesOf(result, names.outputs, 'output', isList)
  const constNames = weightNames(staged.consts, names.weights)
  requireUnique([...inputNames, ...outputNames, ...constNames])

  const count = staged.consts.length
  const publicNames = new Map<string, string>()
  lowered.inputs.forEach((position, i) => {
    const name = position < count ? constNames[position]! : inputNames[position - count]!
    publicNames.set(lowered.inputNames[i]!, name)
  })
  lowered.outputNames.forEach((name, i) => publicNames.set(name, outputNames[i]!))

  const sizes = (rows: readonly (readonly ShapedArray[])[], i: number): readonly Size[] =>
    rows[0]![i]!.shape.map((size, axis) =>
      rows.length === 1
        ? size
        : sizeOf3(rows.map((row) => row[i]!.shape[axis]!) as unknown as [number, number, number]),
    )
  const ports = (portNames: readonly string[], rows: readonly (readonly ShapedArray[])[]): readonly OnnxPort[] =>
    portNames.map((name, i) => ({ name, dtype: rows[0]![i]!.dtype, shape: sizes(rows, i) }))
  const inputs = ports(
    inputNames,
    traces.map(({ staged: { jaxpr } }) => jaxpr.avalsIn.slice(count)),
  )
  const outputs = ports(
    outputNames,
    traces.map(({ staged: { jaxpr } }) => jaxpr.avalsOut),
  )
  const weightPorts = ports(constNames, [staged.consts.map((x) => x.aval)])

  let graph = withNames(model.graph, publicNames)
  if (batch !== undefined) {
    requireSameWeights(traces)
    const axis = axes.findIndex((a) => a !== null)
    const three = traces.map((each) => withNames(each.model.graph, publicNames))
    graph = unifyGraphs(
      three as unknown as [GraphProto, GraphProto, GraphProto],
      inputNames[axis]!,
      axes[axis]!,
      batchName,
    )
  }
  const used = new Set((graph.input ?? []).map(({ name }) => name))
  const stored = staged.consts.flatMap((x, i) =>
    weights !== 'inputs' && used.has(constNames[i]!) ? [[constNames[i]!, x] as const] : [],
  )
  const external = weights === 'external' ? new ExternalData(location, Object.fromEntries(stored)) : null
  const signature: Signature = {
    sha256: noSeal,
    version: 1,
    name: f.name,
    args: structureToJson(args),
    result: structureToJson(result),
    weights: weights === 'inputs' ? weightPorts.map(toJson) : [],
    inputs: inputs.map(toJson),
    outputs: outputs.map(toJson),
    external: external?.checksums() ?? {},
  }
  const initializers = stored.map(
    ([name, x]) => external?.proto(name) ?? new ConstantTensor(x.dtype, x.shape, bytesOfArray(x)).toProto(name),
  )
  // Every argument is an input, used or not: the function takes it.
  const declared = [...(weights === 'inputs' ? weightPorts : []), ...inputs]
  const bytes = encodeModel({
    ...model,
    graph: {
      ...graph,
      name: f.name === '' ? 'main' : f.name,
      initializer: [...(graph.initializer ?? []), ...initializers],
      input: declared.map((port) => portProto(port, batchName)),
    },
    metadataProps: [{ key: metadataKey, value: JSON.stringify(signature) }],
  })
  seal([bytes], Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(sealMark) + sealMark.length)
  const named = Object.fromEntries(constNames.map((name, i) => [name, staged.consts[i]!]))
  return { bytes, inputs, outputs, weights: named, external }
}

const toJson = ({ name, dtype, shape }: OnnxPort): Signature['inputs'][number] => ({
  name,
  dtype,
  shape: shape.map((size) => (typeof size === 'number' ? size : [size[0], size[1]])),
})

const codeOf = (dtype: DType): number => tensor(dtype, [0], []).toProto().dataType

const portProto = ({ name, dtype, shape }: OnnxPort, batch: string) => {
  const dim = shape.map((size) => {
    const shown = showSize(size, batch)
    return typeof shown === 'number' ? { dimValue: shown } : { dimParam: shown }
  })
  return { name, type: { tensorType: { elemType: codeOf(dtype), shape: { dim } } } }
}

/** @throws ArgumentError */
const requireBatch = (
  batch: Readonly<Record<string, number>> | undefined,
  names: readonly string[],
  avals: readonly ShapedArray[],
): void => {
  if (batch === undefined) return
  if (Object.keys(batch).length === 0) throw new ArgumentError(where, 'at least one input in { batch }', 'none')
  for (const [name, axis] of Object.entries(batch)) {
    const i = names.indexOf(name)
    if (i < 0) throw new ArgumentError(where, `names of inputs in { batch }, of ${names.join(', ')}`, name)
    const { length } = avals[i]!.shape
    if (!Number.isInteger(axis) || axis < 0 || axis >= length) {
      throw new ArgumentError(where, `an axis of ${name} in [0, ${length})`, `${axis}`)
    }
  }
}
