/** Which nodes of a graph have a CUDA kernel: from the types of its values and the table of kernels. */
import {
  type AttributeProto,
  elementTypeOfCode,
  type ElementType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../../onnx/index.js'
import { cudaKernels, type KernelRow } from './cudaKernels.js'
import type { UnsupportedNode } from './errors.js'

/** The opset that the table is made for. */
const tableOpset = 18

const letters: Readonly<Record<string, ElementType>> = {
  F: 'float32',
  D: 'float64',
  H: 'float16',
  B: 'bfloat16',
  b: 'bool',
}

const typeOfLetter = (letter: string): ElementType =>
  letters[letter] ?? (`${letter.startsWith('u') ? 'uint' : 'int'}${letter.slice(1)}` as ElementType)

interface Kernels {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** What each type may be, one for each kernel. */
  readonly alternatives: readonly ReadonlyMap<string, ReadonlySet<ElementType>>[]
}

const parsed = new Map<string, Kernels>()

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '')

const kernelsOf = (operator: string): Kernels | null => {
  const known = parsed.get(operator)
  if (known !== undefined) return known
  const row: KernelRow | undefined = cudaKernels[operator]
  if (row === undefined) return null
  const [inputs, outputs, ...kernels] = row
  const alternatives = kernels.map(
    (text) =>
      new Map(
        text.split('; ').map((part) => {
          const [name, ...types] = words(part)
          return [name!, new Set(types.map(typeOfLetter))] as const
        }),
      ),
  )
  const made = { inputs: words(inputs), outputs: words(outputs), alternatives }
  parsed.set(operator, made)
  return made
}

type Types = Map<string, ElementType>

const attribute = (node: NodeProto, name: string): AttributeProto | undefined =>
  node.attribute?.find((a) => a.name === name)

/** The formal type at a position: the last repeats if it may. `null` for values of any type. */
const formalAt = (formals: readonly string[], index: number): string | null => {
  const formal = formals[Math.min(index, formals.length - 1)]
  if (formal === undefined || formal.endsWith('**')) return null
  return formal.endsWith('*') ? formal.slice(0, -1) : formal
}

const fixed = (formal: string): ElementType | null => {
  const name = /^tensor\((\w+)\)$/.exec(formal)?.[1]
  if (name === undefined) return null
  return name === 'float' ? 'float32' : name === 'double' ? 'float64' : (name as ElementType)
}

const portType = (port: { readonly type?: { readonly tensorType?: { readonly elemType: number } } }): ElementType =>
  elementTypeOfCode(port.type?.tensorType?.elemType ?? 0) ?? 'float32'

class Check {
  readonly #found = new Map<string, { -readonly [K in keyof UnsupportedNode]: UnsupportedNode[K] }>()

  constructor(private readonly opset: number) {}

  get found(): readonly UnsupportedNode[] {
    return [...this.#found.values()]
  }

  graph(graph: GraphProto, outer: Types): readonly ElementType[] {
    const types: Types = new Map(outer)
    for (const { name, dataType } of graph.initializer ?? []) {
      types.set(name ?? '', elementTypeOfCode(dataType) ?? 'float32')
    }
    for (const port of graph.input ?? []) types.set(port.name, portType(port))
    for (const node of graph.node) this.#node(node, types)
    return (graph.output ?? []).map(portType)
  }

  #node(node: NodeProto, types: Types): void {
    const operator = node.domain ? `${node.domain}.${node.opType}` : node.opType
    const inputs = (node.input ?? []).map((name) => (name === '' ? null : (types.get(name) ?? null)))
    const kernels = kernelsOf(operator)
    const results = this.#bodies(node, types)
    const bound = new Map<string, ElementType>()
    if (kernels !== null) {
      inputs.forEach((type, i) => {
        const formal = formalAt(kernels.inputs, i)
        if (type !== null && formal !== null && !bound.has(formal)) bound.set(formal, type)
      })
    }
    node.output.forEach((name, i) => {
      const type = results?.[i] ?? this.#outputType(node, i, inputs, kernels, bound)
      const formal = kernels === null ? null : formalAt(kernels.outputs, i)
      if (formal !== null && name !== '' && !bound.has(formal)) bound.set(formal, type)
      types.set(name, type)
    })
    this.#judge(operator, inputs, kernels, bound, refusal(node))
  }

  /** Results of the subgraphs of a node, if it has any. */
  #bodies(node: NodeProto, types: Types): readonly ElementType[] | null {
    let results: readonly ElementType[] | null = null
    for (const { g } of node.attribute ?? []) if (g !== undefined) results = this.graph(g, types)
    // The condition of a loop stays inside.
    return node.opType === 'Loop' ? (results?.slice(1) ?? null) : results
  }

  #outputType(
    node: NodeProto,
    index: number,
    inputs: readonly (ElementType | null)[],
    kernels: Kernels | null,
    bound: ReadonlyMap<string, ElementType>,
  ): ElementType {
    const to = attribute(node, 'to') ?? attribute(node, 'dtype')
    if (to?.i !== undefined) return elementTypeOfCode(Number(to.i)) ?? 'float32'
    if (node.opType === 'ConstantOfShape' || node.opType === 'Constant') {
      return elementTypeOfCode(attribute(node, 'value')?.t?.dataType ?? 1) ?? 'float32'
    }
    const formal = kernels === null ? null : formalAt(kernels.outputs, index)
    if (formal === null) return inputs[0] ?? 'float32'
    const certain = fixed(formal) ?? bound.get(formal)
    if (certain !== undefined) return certain
    // A type that no input has: what the kernels allow, which is bool or indices.
    const [only] = kernels!.alternatives[0]?.get(formal) ?? []
    return only ?? inputs[0] ?? 'float32'
  }

  #judge(
    operator: string,
    inputs: readonly (ElementType | null)[],
    kernels: Kernels | null,
    bound: ReadonlyMap<string, ElementType>,
    refused: string | null,
  ): void {
    const reason =
      refused ??
      (kernels === null
        ? 'there is no CUDA kernel'
        : this.opset !== tableOpset && !operator.includes('.') && !stable.has(operator)
          ? `CUDA kernels at opset ${this.opset} are not those of opset ${tableOpset}`
          : kernels.alternatives.some((kernel) => [...kernel].every(([name, may]) => fits(bound.get(name), may)))
            ? null
            : 'there is no CUDA kernel for these types')
    if (reason === null) return
    const types = inputs.map((type) => type ?? 'none')
    const key = `${operator}(${types.join()})`
    const known = this.#found.get(key)
    if (known === undefined) this.#found.set(key, { operator, types, reason, count: 1 })
    else known.count++
  }
}

const fits = (type: ElementType | undefined, may: ReadonlySet<ElementType>): boolean =>
  type === undefined || may.size === 0 || may.has(type)

/** Why the provider leaves a node to the CPU though it has a kernel for it. */
const refusal = (node: NodeProto): string | null => {
  if (node.opType !== 'ConvTranspose') return null
  const pads = attribute(node, 'pads')?.ints ?? []
  const isSymmetric = pads.every((n, i) => Number(n) === Number(pads[(i + pads.length / 2) % pads.length]))
  return isSymmetric ? null : 'the CUDA kernel takes the same pads on both sides only'
}

/** Operators whose schema is the same from opset 18 on, so that their kernels are, too. */
const stable = new Set(['Add', 'Sub', 'Mul', 'Div', 'And', 'Or', 'Not', 'Where', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', 'Concat', 'Gather', 'GatherElements', 'Expand', 'Slice', 'MatMul']) // prettier-ignore

/** The nodes without a CUDA kernel, of all graphs of a model. */
export const nodesWithoutCudaKernel = (model: ModelProto): readonly UnsupportedNode[] => {
  const opset = model.opsetImport.find(({ domain = '' }) => domain === '')?.version ?? tableOpset
  const check = new Check(opset)
  check.graph(model.graph, new Map())
  return check.found
}

const controlOperators = ['If', 'Loop', 'Scan']

/** The nodes that decide on the host which kernels run. */
export const controlFlow = ({ graph }: ModelProto): readonly UnsupportedNode[] =>
  controlOperators.flatMap((operator) => {
    const count = graph.node.filter((node) => node.opType === operator && !node.domain).length
    return count === 0 ? [] : [{ operator, types: [], reason: 'the host decides what it runs', count }]
  })
