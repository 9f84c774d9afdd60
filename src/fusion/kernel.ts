/** An elementwise ONNX graph as one loop of WebAssembly over blocks of its arrays. */
import { elementCode, type GraphBuilder, type NodeProto, type TensorProto } from '../onnx/index.js'
import { type Hoist, type Kind, literal, operators, type Vector } from './operators.js'
import { assemble, type Code, instruction, type WasmType } from './webAssembly.js'

const VECTOR_BYTES = 16
const ELEMENT_BYTES = 4

/** A loop over arrays of one size, ready to be instantiated. */
export interface Kernel {
  /** Two kernels of one key are one. */
  readonly key: string
  /**
   * The module: imports `env.memory`, exports `run(bytes, …inputs, …outputs, …scalars)`. Inputs and outputs are where arrays
   * begin, `bytes` what is computed of each; the last vector may reach up to 12 bytes beyond.
   */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Elements of a block of which all arrays together fit into {@link SCRATCH_BYTES}. */
  readonly block: number
  readonly inputs: number
  readonly outputs: number
}

/**
 * Bytes of memory in which a thread computes on blocks of arrays that are elsewhere: so few that they stay in the second level cache together with
 * where they came from.
 */
export const SCRATCH_BYTES = 256 * 1024

/** Whether all nodes of a graph have an operator here; `kinds` are those of its inputs in their order. */
export const isFusible = (graph: GraphBuilder, kinds: readonly Kind[]): boolean => vectors(graph, kinds, []) !== null

/**
 * The kernel of a graph: its inputs are `arrays` arrays of float32, then scalars of `scalars`; its outputs arrays.
 * All outputs are stored after all loads, so that an output may be where an input is.
 */
export const kernelOf = (graph: GraphBuilder, arrays: number, scalars: readonly Kind[]): Kernel => {
  const outputs = graph.toProto().output!.length
  const slots = Math.max(arrays, outputs)
  const block = 2 ** Math.floor(Math.log2(SCRATCH_BYTES / ELEMENT_BYTES / slots))
  const firstOutput = 1 + arrays
  const firstScalar = firstOutput + outputs
  const parameters: readonly WasmType[] = [
    ...new Array<WasmType>(firstScalar).fill('i32'),
    ...scalars.map((kind): WasmType => (kind === 'number' ? 'f32' : 'i32')),
  ]
  const offset = parameters.length
  const code: Code[] = []
  const locals: WasmType[] = ['i32']
  /** Keeps a vector in a local. */
  const keep = (push: Code, where: Code[]): Code => {
    const local = parameters.length + locals.push('v128') - 1
    where.push([...push, ...instruction.set(local)])
    return instruction.get(local)
  }
  const prologue: Code[] = []
  const hoisted = new Map<string, Code>()
  const hoist: Hoist = (push) => {
    const key = push.join()
    const known = hoisted.get(key) ?? keep(push, prologue)
    hoisted.set(key, known)
    return known
  }
  const splats = scalars.map((kind, i): Vector => {
    const value = instruction.get(firstScalar + i)
    const push = kind === 'number' ? [...value, ...instruction.splatF32] : [...value, ...instruction.splatI32]
    return { kind, push: hoist(push), isUniform: true }
  })
  const place = (array: number): Code => [...instruction.get(array), ...instruction.get(offset), ...instruction.add]
  const loaded = Array.from({ length: arrays }, (_, i): Vector => ({
    kind: 'number',
    push: keep([...place(1 + i), ...instruction.loadVector(0)], code),
  }))
  const results = vectors(
    graph,
    [...loaded, ...splats].map((x) => x.kind),
    [...loaded, ...splats],
    ({ kind, push }) => ({ kind, push: keep(push, code) }),
    hoist,
  )!
  const stores = results.map((x, i) => [...place(firstOutput + i), ...x.push, ...instruction.storeVector(0)])
  const body = [
    ...prologue.flat(),
    ...instruction.repeat([
      ...code.flat(),
      ...stores.flat(),
      ...instruction.get(offset),
      ...instruction.i32(VECTOR_BYTES),
      ...instruction.add,
      ...instruction.set(offset),
      ...instruction.get(offset),
      ...instruction.get(0),
      ...instruction.lessThan,
    ]),
  ]
  const bytes = assemble(parameters, locals, body)
  return { key: Buffer.from(bytes).toString('latin1'), bytes, block, inputs: arrays, outputs }
}

/** The outputs of a graph as vectors, `null` where a node has no operator; `keep` is given each node's result. */
const vectors = (
  graph: GraphBuilder,
  kinds: readonly Kind[],
  given: readonly Vector[],
  keep: (x: Vector) => Vector = ({ kind }) => ({ kind, push: [] }),
  hoist: Hoist = () => [],
): readonly Vector[] | null => {
  const { node: nodes, initializer = [], input = [], output = [] } = graph.toProto()
  const env = new Map<string, Vector>()
  input.forEach(({ name }, i) => env.set(name, given[i] ?? { kind: kinds[i]!, push: [] }))
  for (const tensor of initializer) {
    const value = literalOf(tensor)
    if (value !== null) env.set(tensor.name!, value)
  }
  for (const node of nodes) {
    const result = apply(node, env, hoist)
    if (result === null) return null
    env.set(node.output[0]!, node.opType === 'Identity' ? result : keep(result))
  }
  return output.map(({ name }) => env.get(name)!)
}

const apply = (node: NodeProto, env: ReadonlyMap<string, Vector>, hoist: Hoist): Vector | null => {
  const operator = (node.domain ?? '') === '' && node.output.length === 1 ? operators[node.opType] : undefined
  const operands = (node.input ?? []).map((name) => env.get(name))
  if (operator === undefined || !operands.every((x) => x !== undefined)) return null
  return operator(operands, new Map((node.attribute ?? []).map(({ name, i }) => [name, i])), hoist)
}

/** The vector of a constant of one number or boolean. */
const literalOf = ({ dims = [], dataType, rawData }: TensorProto): Vector | null => {
  if (rawData === undefined || dims.some((size) => size !== 1)) return null
  const view = new DataView(rawData.buffer, rawData.byteOffset)
  if (dataType === elementCode('float32')) return uniform('number', view.getFloat32(0, true))
  if (dataType !== elementCode('bool')) return null
  return uniform('condition', view.getUint8(0))
}

const uniform = (kind: Kind, value: number): Vector => ({ kind, push: literal(kind, value), isUniform: true })
