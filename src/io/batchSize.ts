/** Graphs for any batch size, from graphs of the same function for three sizes. */
import type { ConstantTensor } from '../onnx/index.js'
import {
  type AttributeProto,
  elementArray,
  type ElementType,
  type GraphProto,
  isBigintType,
  type NodeProto,
  tensor,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/index.js'
import { OnnxFileError } from './errors.js'
import { constantOf } from './onnxGraph.js'

/**
 * Sizes for which a function is traced. A graph depends on the size only through constants: what is `a + kB` or `k/B` for
 * three primes is taken to be so for all sizes.
 */
export const sampleSizes = [59, 61, 67] as const

/** A size that may depend on the batch size `B`: a number, or `[a, k]` for `a + kB`. */
export type Size = number | readonly [offset: number, factor: number]

const where = 'exportOnnx with a symbolic batch size'
const refuse = (got: string): never => {
  throw new OnnxFileError(where, 'a function whose sizes are linear in the batch size', `${got}; leave out { batch }`)
}

type Three<T> = readonly [T, T, T]
const same = <T>([a, b, c]: Three<T>): boolean => a === b && b === c

/** `a + kB` for three values, `null` if it isn't that. */
const linear = ([x, y, z]: Three<number>): readonly [number, number] | null => {
  const [b0, b1, b2] = sampleSizes
  const factor = (y - x) / (b1 - b0)
  const offset = x - factor * b0
  return Number.isInteger(factor) && Number.isInteger(offset) && offset + factor * b2 === z ? [offset, factor] : null
}

/** A size from the three. @throws OnnxFileError if it is not linear in the batch size */
export const sizeOf3 = (sizes: Three<number>): Size => {
  if (same(sizes)) return sizes[0]
  return linear(sizes) ?? refuse(`sizes ${sizes.join(', ')} for batches of ${sampleSizes.join(', ')}`)
}

/** A size as a dimension's name. */
export const showSize = (size: Size, batch: string): number | string => {
  if (typeof size === 'number') return size
  const [offset, factor] = size
  const product = factor === 1 ? batch : `${factor}*${batch}`
  return offset === 0 ? product : `${product}+${offset}`
}

const near = (x: number, y: number): boolean => Math.abs(x - y) <= 4e-7 * Math.abs(y)

/** `k` with `k/B` for three values, `null` if it isn't that. */
const reciprocal = (values: Three<number>): number | null => {
  const k = values[0] * sampleSizes[0]
  const exact = near(k, Math.round(k)) ? Math.round(k) : near(1 / k, Math.round(1 / k)) ? 1 / Math.round(1 / k) : k
  return values.every((value, i) => near(value, exact / sampleSizes[i]!)) ? exact : null
}

/** Makes one graph of three. */
class Unifier {
  readonly nodes: NodeProto[] = []
  readonly initializers: TensorProto[] = []
  readonly #constants: Three<ReadonlyMap<string, TensorProto>>
  readonly #made = new Map<string, string>()
  #count = 0

  constructor(
    graphs: Three<GraphProto>,
    readonly batchInput: string,
    readonly axis: number,
    readonly batchName: string,
  ) {
    this.#constants = graphs.map(
      (graph) => new Map((graph.initializer ?? []).map((proto) => [proto.name ?? '', proto])),
    ) as unknown as Three<ReadonlyMap<string, TensorProto>>
  }

  #fresh(): string {
    return `batch.${this.#count++}`
  }

  #constant(value: ConstantTensor): string {
    const name = this.#fresh()
    this.initializers.push(value.toProto(name))
    return name
  }

  #node(opType: string, input: readonly string[], attribute: readonly AttributeProto[] = []): string {
    const name = this.#fresh()
    this.nodes.push({ opType, input, output: [name], attribute })
    return name
  }

  /** The batch size in a dtype, of shape `[1]`. */
  #batch(type: ElementType): string {
    const key = `batch ${type}`
    let name = this.#made.get(key)
    if (name !== undefined) return name
    if (type === 'int64') {
      const shape = this.#node('Shape', [this.batchInput])
      name = this.#node('Gather', [shape, this.#constant(tensor('int64', [1], [this.axis]))])
    } else {
      const to = tensor(type, [], [0]).toProto().dataType
      name = this.#node('Cast', [this.#batch('int64')], [{ name: 'to', type: 2, i: to }])
    }
    this.#made.set(key, name)
    return name
  }

  /** The name of a constant, or of what is computed in its place. */
  value(names: Three<string>): string {
    const protos = names.map((name, i) => this.#constants[i]!.get(name)) as unknown as Three<TensorProto | undefined>
    if (protos.every((proto) => proto === undefined)) {
      return same(names) ? names[0] : refuse('graphs that differ in their nodes')
    }
    if (protos.some((proto) => proto === undefined)) return refuse('graphs that differ in their constants')
    const key = names.join(' ')
    let name = this.#made.get(key)
    if (name === undefined) this.#made.set(key, (name = this.#derived(protos as Three<TensorProto>)))
    return name
  }

  #derived(protos: Three<TensorProto>): string {
    const [first, ...others] = protos.map((proto) => constantOf(where, proto)) as [ConstantTensor, ...ConstantTensor[]]
    const { type, shape } = first
    if (others.some((other) => other.type !== type || `${other.shape}` !== `${shape}`)) {
      return refuse(`constants of the shapes ${protos.map(({ dims }) => `[${(dims ?? []).join()}]`).join(', ')}`)
    }
    if (others.every((other) => Buffer.compare(other.bytes, first.bytes) === 0)) return this.#constant(first)
    const columns = [first, ...others].map(({ bytes }) => {
      const copy = bytes.slice()
      return Array.from(new (elementArray(type))(copy.buffer) as Iterable<number | bigint>, Number)
    })
    const rows = columns[0]!.map((x, i): Three<number> => [x, columns[1]![i]!, columns[2]![i]!])
    return this.#reshaped(this.#formula(type, rows), shape, rows.length)
  }

  /** Elements as a formula of the batch size, of shape `[n]`. */
  #formula(type: ElementType, rows: readonly Three<number>[]): string {
    const list = (values: readonly number[]): string => {
      const elements = isBigintType(type) ? values.map(BigInt) : values
      return this.#constant(tensor(type, [values.length], elements))
    }
    const sizes = rows.map((row) => (same(row) ? ([row[0], 0] as const) : linear(row)))
    if (type === 'float32' || type === 'float64' || type === 'int64' || type === 'int32') {
      if (sizes.every((size) => size !== null)) {
        const scaled = this.#node('Mul', [this.#batch(type), list(sizes.map(([, factor]) => factor))])
        return this.#node('Add', [scaled, list(sizes.map(([offset]) => offset))])
      }
      const factors = rows.map(reciprocal)
      if (type.startsWith('float') && factors.every((factor) => factor !== null)) {
        return this.#node('Div', [list(factors), this.#batch(type)])
      }
    }
    return refuse(`${type} constants ${rows[sizes.findIndex((size) => size === null)]?.join(', ') ?? ''}`)
  }

  #reshaped(name: string, shape: readonly number[], count: number): string {
    if (shape.length === 1 && shape[0] === count) return name
    return this.#node('Reshape', [name, this.#constant(tensor('int64', [shape.length], shape))])
  }

  port(infos: Three<ValueInfoProto>): ValueInfoProto {
    const types = infos.map((info) => info.type?.tensorType)
    const dims = types.map((type) => (type?.shape?.dim ?? []).map(({ dimValue }) => dimValue ?? 0))
    if (dims.some((dim) => dim.length !== dims[0]!.length)) return refuse('values that differ in their axes')
    const dim = dims[0]!.map((size, i) => {
      const shown = showSize(sizeOf3([size, dims[1]![i]!, dims[2]![i]!]), this.batchName)
      return typeof shown === 'number' ? { dimValue: shown } : { dimParam: shown }
    })
    return { name: infos[0].name, type: { tensorType: { elemType: types[0]!.elemType, shape: { dim } } } }
  }

  graph(graphs: Three<GraphProto>): GraphProto {
    const zip = <T>(rows: Three<readonly T[]>): readonly Three<T>[] =>
      same(rows.map((row) => row.length) as unknown as Three<number>)
        ? rows[0].map((x, i): Three<T> => [x, rows[1][i]!, rows[2][i]!])
        : refuse('graphs that differ in their nodes')
    const each = <T>(f: (graph: GraphProto) => readonly T[] | undefined): readonly Three<T>[] =>
      zip(graphs.map((graph) => f(graph) ?? []) as unknown as Three<readonly T[]>)
    const node = each((graph) => graph.node).map((nodes): NodeProto => {
      const row = <T>(f: (node: NodeProto) => readonly T[] | undefined): readonly Three<T>[] =>
        zip(nodes.map((n) => f(n) ?? []) as unknown as Three<readonly T[]>)
      if (!same(nodes.map(({ opType }) => opType) as unknown as Three<string>))
        return refuse('graphs that differ in their nodes')
      const input = row((n) => n.input).map((names) => this.value(names))
      return { ...nodes[0], input, attribute: row((n) => n.attribute).map((a) => this.#attribute(nodes[0].opType, a)) }
    })
    return {
      name: graphs[0].name,
      node,
      input: each((graph) => graph.input).map((infos) => this.port(infos)),
      output: each((graph) => graph.output).map((infos) => this.port(infos)),
    }
  }

  #attribute(opType: string, three: Three<AttributeProto>): AttributeProto {
    const graphs = three.map(({ g }) => g)
    if (graphs.every((g) => g !== undefined)) {
      return { ...three[0], g: this.graph(graphs as unknown as Three<GraphProto>) }
    }
    const shown = three.map(({ t, s, strings, ...rest }) => {
      const bytes = [t?.rawData, s, ...(strings ?? [])].map((x) =>
        x === undefined ? '' : Buffer.from(x).toString('hex'),
      )
      return JSON.stringify([rest, bytes, t?.dims], (_key, x: unknown) => (typeof x === 'bigint' ? String(x) : x))
    }) as unknown as Three<string>
    return same(shown) ? three[0] : refuse(`${opType} with an attribute ${three[0].name} that depends on it`)
  }
}

/** The graph for any batch size, which is that of an axis of an input. @throws OnnxFileError */
export const unifyGraphs = (graphs: Three<GraphProto>, input: string, axis: number, batchName: string): GraphProto => {
  const unifier = new Unifier(graphs, input, axis, batchName)
  const graph = unifier.graph(graphs)
  return { ...graph, node: [...unifier.nodes, ...graph.node], initializer: unifier.initializers }
}
