/** Lowering: a program becomes an ONNX graph. The only walk that calls `lower` rules. */
import { type Atom, type Eqn, isEffect, type Jaxpr, Literal, type LowerContext, type Var } from '../core/index.js'
import { GraphBuilder, type OnnxValue } from '../onnx/index.js'
import { optimize } from './passes.js'

/** A graph and which inputs of the program it takes. */
export interface LoweredGraph {
  readonly graph: GraphBuilder
  /** Positions, among the program's inputs, of the graph's inputs. */
  readonly inputs: readonly number[]
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Where each label comes from: `primitive@index` names nodes. */
  readonly sources: readonly string[]
}

/** Names the nodes of each equation after its primitive and its line. */
class Labels {
  readonly sources: string[] = []
  readonly #indices = new Map<string, number>()
  of({ primitive, source = '' }: Eqn): string {
    let index = this.#indices.get(source)
    if (index === undefined) this.#indices.set(source, (index = this.sources.push(source) - 1))
    return `${primitive.name}@${index}`
  }
}

/** Nodes of a program's equations, in `graph`. */
const lowerEqns = (
  jaxpr: Jaxpr,
  inputs: readonly OnnxValue[],
  graph: GraphBuilder,
  device: string,
  labels: Labels | null,
): readonly OnnxValue[] => {
  const env = new Map<Var, OnnxValue>(jaxpr.inputs.map((v, i) => [v, inputs[i]!]))
  const read = (a: Atom): OnnxValue => (a instanceof Literal ? graph.scalar(a.aval.dtype, a.value) : env.get(a)!)
  for (const eqn of jaxpr.eqns) {
    const { primitive, inputs: atoms, params, outputs } = eqn
    // Without elements there is nothing to compute, and ONNX Runtime's optimizer gets such shapes wrong: it drops `Expand` to {0}.
    if (outputs.every((v) => v.aval.shape.includes(0)) && !isEffect(primitive, params)) {
      for (const v of outputs) env.set(v, graph.constant(v.aval.dtype, v.aval.shape, []))
      continue
    }
    const context: LowerContext = {
      graph,
      avalsIn: atoms.map((a) => a.aval),
      avalsOut: outputs.map((v) => v.aval),
      device,
      inline: (inner, values, target = graph) => {
        const results = lowerEqns(optimize(inner), values, target, device, labels)
        if (labels !== null) graph.label(labels.of(eqn))
        return results
      },
    }
    if (labels !== null) graph.label(labels.of(eqn))
    const values = primitive.lower(context, atoms.map(read), params)
    outputs.forEach((v, i) => env.set(v, values[i]!))
  }
  return jaxpr.outputs.map(read)
}

/**
 * The ONNX graph of a program for a device, or with what every ONNX Runtime has (`portable`).
 *
 * @param labelled - whether its nodes say what they come from
 * @throws LoweringError
 */
export const lower = (program: Jaxpr, device: string, labelled = false): LoweredGraph => {
  const labels = labelled ? new Labels() : null
  const jaxpr = optimize(program)
  const used = new Set<Atom>([...jaxpr.outputs, ...jaxpr.eqns.flatMap((eqn) => eqn.inputs)])
  const positions = jaxpr.inputs.flatMap((v, i) => (used.has(v) ? [i] : []))
  const graph = new GraphBuilder()
  const given = new Map(
    positions.map((position, i) => {
      const { dtype, shape } = jaxpr.inputs[position]!.aval
      return [position, graph.input(dtype, shape, `i${i}`)] as const
    }),
  )
  const inputs = jaxpr.inputs.map((_, i) => given.get(i) ?? { name: '' })
  const values = lowerEqns(jaxpr, inputs, graph, device, labels)
  graph.label('')
  const outputNames = values.map((value, i) => {
    const { dtype, shape } = jaxpr.outputs[i]!.aval
    return graph.output(value, dtype, shape, `o${i}`).name
  })
  graph.prune()
  return {
    graph,
    inputs: positions,
    inputNames: positions.map((_, i) => `i${i}`),
    outputNames,
    sources: labels?.sources ?? [],
  }
}
