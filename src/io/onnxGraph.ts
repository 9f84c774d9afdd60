/** ONNX graphs as data: renamed, generalized over a batch size, put into another graph. */
import {
  AttributeType,
  type Attribute,
  type AttributeProto,
  ConstantTensor,
  elementArray,
  elementTypeOfCode,
  float,
  floats,
  type GraphBuilder,
  type GraphProto,
  type OnnxValue,
  strings,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/index.js'
import { OnnxFileError } from './errors.js'

/** A graph whose values have other names, in its subgraphs too. */
export const renameGraph = (graph: GraphProto, rename: (name: string) => string): GraphProto => {
  const optional = (name: string): string => (name === '' ? '' : rename(name))
  const port = (info: ValueInfoProto): ValueInfoProto => ({ ...info, name: rename(info.name) })
  const attribute = (a: AttributeProto): AttributeProto =>
    a.type === AttributeType.graph && a.g !== undefined ? { ...a, g: renameGraph(a.g, rename) } : a
  return {
    ...graph,
    node: graph.node.map((node) => ({
      ...node,
      input: (node.input ?? []).map(optional),
      output: node.output.map(optional),
      attribute: (node.attribute ?? []).map(attribute),
    })),
    initializer: (graph.initializer ?? []).map((tensor) => ({ ...tensor, name: rename(tensor.name ?? '') })),
    input: (graph.input ?? []).map(port),
    output: (graph.output ?? []).map(port),
  }
}

/** Names of all values that a graph defines, those of subgraphs too. */
export const namesIn = (graph: GraphProto): ReadonlySet<string> => {
  const names = new Set<string>()
  renameGraph(graph, (name) => {
    names.add(name)
    return name
  })
  return names
}

/** A constant of a model. @throws OnnxFileError for element types that onnax has not */
export const constantOf = (where: string, proto: TensorProto): ConstantTensor => {
  const type = elementTypeOfCode(proto.dataType)
  const dims = proto.dims ?? []
  if (type === null || proto.rawData === undefined) {
    throw new OnnxFileError(where, 'constants as raw data of a known type', `type ${proto.dataType}`)
  }
  // A copy, which is aligned; `slice` copies nothing of a Buffer.
  const bytes = new Uint8Array(proto.rawData)
  const count = dims.reduce((product, size) => product * size, 1)
  if (bytes.byteLength !== count * elementArray(type).BYTES_PER_ELEMENT) {
    throw new OnnxFileError(where, `the bytes of ${type}[${dims.join()}]`, `${bytes.byteLength} bytes`)
  }
  return new ConstantTensor(type, dims, bytes)
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** Puts the nodes of a graph into another one; what is in `env` is there already. Fills `env` with the values by name. */
export const inlineGraph = (
  where: string,
  graph: GraphProto,
  builder: GraphBuilder,
  env: Map<string, OnnxValue>,
): void => {
  const valueOf = (name: string): OnnxValue => {
    const value = env.get(name)
    if (value === undefined) throw new OnnxFileError(where, 'values that are defined before they are used', name)
    return value
  }
  // Names of an outer graph are final when it is encoded, so subgraphs are renamed then.
  const subgraph = (g: GraphProto): Attribute => ({
    captures: () => [...namesIn(g)].flatMap((name) => env.get(name) ?? []),
    toProto: () => renameGraph(g, (name) => env.get(name)?.name ?? `sub.${name}`),
    text: () => `{ ${g.node.length} nodes }`,
  })
  const attribute = (a: AttributeProto): Attribute => {
    switch (a.type) {
      case AttributeType.float:
        return float(a.f ?? 0)
      case AttributeType.int:
        return a.i ?? 0
      case AttributeType.string:
        return text(a.s ?? new Uint8Array())
      case AttributeType.tensor:
        return constantOf(where, a.t!)
      case AttributeType.graph:
        return subgraph(a.g!)
      case AttributeType.floats:
        return floats(a.floats ?? [])
      case AttributeType.ints:
        return a.ints ?? []
      case AttributeType.strings:
        return strings((a.strings ?? []).map(text))
      default:
        throw new OnnxFileError(where, 'attributes of a known type', `type ${a.type} of ${a.name}`)
    }
  }
  for (const proto of graph.initializer ?? []) {
    const name = proto.name ?? ''
    if (env.has(name)) continue
    const { type, shape, bytes } = constantOf(where, proto)
    env.set(
      name,
      builder.constant(
        type,
        shape,
        new (elementArray(type))(
          bytes.buffer,
          bytes.byteOffset,
          bytes.byteLength / elementArray(type).BYTES_PER_ELEMENT,
        ),
      ),
    )
  }
  for (const node of graph.node) {
    const inputs = (node.input ?? []).map((name) => (name === '' ? null : valueOf(name)))
    const attributes = Object.fromEntries((node.attribute ?? []).map((a) => [a.name, attribute(a)]))
    const options = { outputs: node.output.length, domain: node.domain ?? '' }
    const outputs = builder.ops(node.opType, inputs, attributes, options)
    node.output.forEach((name, i) => {
      if (name !== '') env.set(name, outputs[i]!)
    })
  }
}
