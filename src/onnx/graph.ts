/** Builds ONNX graphs: typed inputs and outputs, nodes, shared constants, subgraphs that capture outer values. */
import {
  attributeProto,
  attributeText,
  isSubgraph,
  type Attribute,
  type Attributes,
  type Subgraph,
} from './attribute.js'
import { elementCode, type ElementType } from './elementType.js'
import { encodeModel, type GraphProto, type ModelProto, type NodeProto, type ValueInfoProto } from './proto.js'
import type { ConstantTensor } from './tensor.js'
import { tensor, type ElementData } from './tensor.js'

/** A value of a graph. Its name is final once the graph is encoded: `output` may still name it. */
export interface OnnxValue {
  readonly name: string
}

/** A shape: sizes, and names for sizes known at run time. */
export type OnnxShape = readonly (number | string)[]

/** The operator sets of an encoded model, and its metadata. */
export interface EncodeOptions {
  /** Version of ai.onnx; by default 18, or the first that has the operators of the graph. */
  readonly opset?: number
  /** Free text pairs stored in the model. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** How one node is made. */
export interface NodeOptions {
  /** Number of outputs; 1 by default. */
  readonly outputs?: number
  /** Operator domain; `''` (ai.onnx) by default. */
  readonly domain?: string
}

/** A name that two values of a model would share. */
export class DuplicateNameError extends Error {
  override readonly name = 'DuplicateNameError'
  readonly value: string
  constructor(value: string) {
    super(`a model requires unique names of values, got '${value}' twice; leave the name out to have one made.`)
    this.value = value
  }
}

class Value implements OnnxValue {
  name: string
  /** Whether `output` may rename it: a node's result that is no output yet. */
  nameable: boolean
  readonly scope: GraphBuilder
  /** Of a constant. */
  readonly tensor: ConstantTensor | undefined
  constructor(name: string, nameable: boolean, scope: GraphBuilder, tensor?: ConstantTensor) {
    this.name = name
    this.nameable = nameable
    this.scope = scope
    this.tensor = tensor
  }
}

interface Node {
  readonly name: string
  readonly opType: string
  readonly domain: string
  readonly inputs: readonly (OnnxValue | null)[]
  readonly outputs: readonly Value[]
  readonly attributes: readonly (readonly [string, Attribute])[]
}

interface Port {
  readonly value: OnnxValue
  readonly type: ElementType
  readonly shape: OnnxShape
}

interface Constant {
  readonly value: Value
  readonly tensor: ConstantTensor
}

/** Operators that the default set does not have yet, and the first set that does. */
const newerOperators: Readonly<Record<string, number>> = { BitCast: 26 }

/** What the graphs of one model share: names, constants, operator domains, the label of new nodes. */
class Model {
  /** The first operator set that has all operators. */
  opset = 18
  label = ''
  readonly names = new Set<string>()
  readonly domains = new Set<string>()
  constants: Constant[] = []
  readonly #buckets = new Map<string, Constant[]>()
  readonly #counters = new Map<string, number>()

  fresh(prefix: string): string {
    for (let count = this.#counters.get(prefix) ?? 0; ; count++) {
      const name = prefix + String(count)
      if (this.names.has(name)) continue
      this.#counters.set(prefix, count + 1)
      this.names.add(name)
      return name
    }
  }

  claim(name: string): string {
    if (name === '' || this.names.has(name)) throw new DuplicateNameError(name)
    this.names.add(name)
    return name
  }

  constant(content: ConstantTensor, root: GraphBuilder): OnnxValue {
    const key = `${content.type}:${content.shape.join()}:${digest(content.bytes)}`
    const bucket = this.#buckets.get(key) ?? []
    const same = bucket.find(({ tensor: { bytes } }) => Buffer.compare(bytes, content.bytes) === 0)
    if (same !== undefined) return same.value
    const added = { value: new Value(this.fresh('c'), false, root, content), tensor: content }
    bucket.push(added)
    this.#buckets.set(key, bucket)
    this.constants.push(added)
    return added.value
  }
}

// FNV-1a; equal digests are compared byte by byte.
function digest(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}

/** A graph under construction; `new GraphBuilder()` is a model's outermost graph. */
export class GraphBuilder implements Subgraph {
  readonly #model: Model
  readonly #root: GraphBuilder
  readonly #inputs: Port[] = []
  readonly #outputs: Port[] = []
  #nodes: Node[] = []
  /** Results of Reshape nodes, and what those take. */
  readonly #reshaped = new Map<OnnxValue, OnnxValue>()
  /** Shapes of the inputs. */
  readonly #shapes = new Map<OnnxValue, OnnxShape>()

  constructor(parent?: GraphBuilder) {
    this.#model = parent === undefined ? new Model() : parent.#model
    this.#root = parent === undefined ? this : parent.#root
  }

  /** Names the nodes that are made from here on, in this graph and the others of its model: `label#n`; '' for none. */
  label(label: string): void {
    this.#model.label = label
  }

  /** Number of nodes of this graph, without those of subgraphs. */
  get nodeCount(): number {
    return this.#nodes.length
  }

  /**
   * Declares an input of the graph.
   * @throws DuplicateNameError where `name` is taken.
   */
  input(type: ElementType, shape: OnnxShape, name?: string): OnnxValue {
    const value = new Value(name === undefined ? this.#model.fresh('x') : this.#model.claim(name), false, this)
    this.#inputs.push({ value, type, shape })
    this.#shapes.set(value, shape)
    return value
  }

  /**
   * Declares `value` an output of the graph; the result names it. A node's result is renamed where it is made; a second
   * output of one value, or one of an input, a constant or an outer value, goes through `Identity`.
   * @throws DuplicateNameError where `name` is taken.
   */
  output(value: OnnxValue, type: ElementType, shape: OnnxShape, name?: string): OnnxValue {
    const port = this.#outputValue(value)
    if (name !== undefined && name !== port.name) {
      this.#model.claim(name)
      this.#model.names.delete(port.name)
      port.name = name
    }
    port.nameable = false
    this.#outputs.push({ value: port, type, shape })
    return port
  }

  #outputValue(value: OnnxValue): Value {
    if (value instanceof Value && value.scope === this && value.nameable) return value
    return this.#node('Identity', [value], {}, 1, '')[0]!
  }

  /** Adds a node with one output; null among `inputs` omits an optional one. */
  op(
    opType: string,
    inputs: readonly (OnnxValue | null)[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): OnnxValue {
    const { outputs = 1, domain = '' } = options
    if (opType === 'Reshape' && domain === '') return this.#reshape(inputs as readonly OnnxValue[], attributes)
    return this.#node(opType, inputs, attributes, outputs, domain)[0]!
  }

  /** Adds a node; the result has as many values as `options.outputs` says. */
  ops(
    opType: string,
    inputs: readonly (OnnxValue | null)[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): readonly OnnxValue[] {
    return this.#node(opType, inputs, attributes, options.outputs ?? 1, options.domain ?? '')
  }

  #node(
    opType: string,
    inputs: readonly (OnnxValue | null)[],
    attributes: Attributes,
    count: number,
    domain: string,
  ): readonly Value[] {
    const outputs = Array.from({ length: count }, () => new Value(this.#model.fresh('v'), true, this))
    const present: (readonly [string, Attribute])[] = []
    for (const key of Object.keys(attributes)) {
      const attribute = attributes[key]
      if (attribute !== undefined) present.push([key, attribute])
    }
    if (domain !== '') this.#model.domains.add(domain)
    else this.#model.opset = Math.max(this.#model.opset, newerOperators[opType] ?? 0)
    const { label } = this.#model
    const name = label === '' ? '' : this.#model.fresh(`${label}#`)
    this.#nodes.push({ name, opType, domain, inputs, outputs, attributes: present })
    return outputs
  }

  /** A Reshape of what the one before it takes; nothing where that has the shape already. A 0 may copy a size: that is left alone. */
  #reshape([value, shape]: readonly OnnxValue[], attributes: Attributes): OnnxValue {
    const sizes = this.contentOf(shape!)?.integers() ?? null
    const isPlain = sizes !== null && (attributes['allowzero'] === 1 || !sizes.includes(0))
    const before = isPlain ? (this.#reshaped.get(value!) ?? value!) : value!
    const known = this.#shapes.get(before) ?? this.contentOf(before)?.shape
    if (isPlain && known?.join() === sizes.join()) return before
    const [result] = this.#node('Reshape', [before, shape!], attributes, 1, '')
    this.#reshaped.set(result!, before)
    return result!
  }

  /**
   * A constant of the outermost graph; equal constants of a model are one.
   * @throws TensorSizeError where `data` does not fit `shape`.
   */
  constant(type: ElementType, shape: readonly number[], data: ElementData): OnnxValue {
    return this.#model.constant(tensor(type, shape, data), this.#root)
  }

  /** A constant of shape `[]`; rounded to `type`. */
  scalar(type: ElementType, value: number | bigint | boolean): OnnxValue {
    return this.constant(type, [], typeof value === 'bigint' ? [value] : [Number(value)])
  }

  /** The elements of a constant; `null` for any other value. */
  contentOf(value: OnnxValue): ConstantTensor | null {
    return value instanceof Value ? (value.tensor ?? null) : null
  }

  /** An int64 constant of one axis: axes, shapes, pads. */
  ints(values: readonly number[]): OnnxValue {
    return this.constant('int64', [values.length], values)
  }

  /** A graph for an attribute of one of this graph's nodes; its nodes may use any value of this one. */
  subgraph(): GraphBuilder {
    return new GraphBuilder(this)
  }

  /** Drops nodes and constants that no output depends on, which ONNX Runtime would run: for finished graphs. */
  prune(): void {
    const used = new Set<OnnxValue>()
    this.#prune(used)
    this.#model.constants = this.#model.constants.filter(({ value }) => used.has(value))
  }

  /** The same for the nodes of this graph and of those in it; `used` gains what they take. */
  #prune(used: Set<OnnxValue>): void {
    for (const { value } of this.#outputs) used.add(value)
    const live = this.#nodes.toReversed().filter((node) => {
      if (!node.outputs.some((value) => used.has(value))) return false
      for (const graph of subgraphsOf(node)) if (graph instanceof GraphBuilder) graph.#prune(used)
      for (const value of valuesOf(node)) used.add(value)
      return true
    })
    this.#nodes = live.reverse()
  }

  captures(): Set<OnnxValue> {
    const taken = new Set<OnnxValue>(this.#outputs.map(({ value }) => value))
    for (const node of this.#nodes) for (const value of valuesOf(node)) taken.add(value)
    return taken
  }

  /** The message of this graph; the outermost one holds the constants of all. */
  toProto(): GraphProto {
    return {
      name: 'main',
      node: this.#nodes.map(nodeProto),
      initializer:
        this === this.#root ? this.#model.constants.map((entry) => entry.tensor.toProto(entry.value.name)) : [],
      input: this.#inputs.map(portProto),
      output: this.#outputs.map(portProto),
    }
  }

  /** The model of this graph: IR version 10, and besides ai.onnx the domains its nodes use, in version 1. */
  toModel({ opset = this.#model.opset, metadata = {} }: EncodeOptions = {}): ModelProto {
    return {
      irVersion: 10,
      producerName: 'onnax',
      graph: this.toProto(),
      opsetImport: [
        { domain: '', version: opset },
        ...Array.from(this.#model.domains, (domain) => ({ domain, version: 1 })),
      ],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }
  }

  /**
   * The bytes of the model of this graph.
   * @throws AttributeError for a bare number that is not an integer among the attributes.
   */
  encode(options: EncodeOptions = {}): Uint8Array {
    return encodeModel(this.toModel(options))
  }

  /** The graph for people and snapshots, one node a line; small constants stand in place. */
  text(indent = ''): string {
    const inner = `${indent}  `
    const literals = new Map<string, string>(
      this.#model.constants
        .map(({ value, tensor: content }): readonly [string, string] => [value.name, content.toString()])
        .filter(([, literal]) => literal.endsWith('}')),
    )
    const use = (value: OnnxValue | null): string => (value === null ? '_' : (literals.get(value.name) ?? value.name))
    const lines = this.#nodes.map(({ opType, domain, inputs, outputs, attributes }) => {
      const call = `${domain === '' ? '' : `${domain}.`}${opType}(${inputs.map(use).join(', ')})`
      const settings = attributes.map(([key, value]) => attributeText(key, value, inner)).join(' ')
      return `${inner}${outputs.map(({ name }) => name).join(', ')} = ${call}${settings && ` {${settings}}`}`
    })
    const large = this === this.#root ? this.#model.constants.filter(({ value }) => !literals.has(value.name)) : []
    return [
      `(${this.#inputs.map(portText).join(', ')}) {`,
      ...large.map(({ value, tensor: content }) => `${inner}${value.name}: ${content.toString()}`),
      ...lines,
      `${inner}return ${this.#outputs.map(portText).join(', ')}`,
      `${indent}}`,
    ].join('\n')
  }
}

const subgraphsOf = ({ attributes }: Node): readonly Subgraph[] =>
  attributes.flatMap(([, value]) => (isSubgraph(value) ? [value] : []))

/** What a node takes, and what its subgraphs take. */
const valuesOf = (node: Node): readonly OnnxValue[] => [
  ...node.inputs.filter((value) => value !== null),
  ...subgraphsOf(node).flatMap((graph) => [...graph.captures()]),
]

function nodeProto({ name, opType, domain, inputs, outputs, attributes }: Node): NodeProto {
  const node = {
    opType,
    input: inputs.map((value) => (value === null ? '' : value.name)),
    output: outputs.map((value) => value.name),
    attribute: attributes.map(([name, value]) => attributeProto(name, value)),
  }
  return { ...node, ...(domain !== '' && { domain }), ...(name !== '' && { name }) }
}

function portProto({ value, type, shape }: Port): ValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name: value.name, type: { tensorType: { elemType: elementCode(type), shape: { dim } } } }
}

function portText({ value, type, shape }: Port): string {
  return `${value.name}: ${type}[${shape.join(',')}]`
}
