/** Partial evaluation: what depends on unknown values is staged, the rest is computed. */
import {
  evalJaxpr,
  type Jaxpr,
  JaxprTrace,
  JaxprTracer,
  type NDArray,
  type PartialBinder,
  type Primitive,
  type Trace,
  withTrace,
} from '../core/index.js'
import { cached } from './cache.js'

/** Processes operations on known values in `outer`, and stages those that touch a tracer of `staged`. */
export class PartialTrace implements Trace {
  readonly #binder: PartialBinder
  constructor(
    readonly outer: Trace,
    readonly staged: JaxprTrace,
  ) {
    this.#binder = {
      known: (primitive, args, params) => withTrace(outer, () => outer.process(primitive, args, params)),
      staged: (primitive, args, params) => staged.process(primitive, args, params),
    }
  }

  isUnknown(x: NDArray): boolean {
    return x instanceof JaxprTracer && x.owner === this.staged
  }

  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] {
    const unknown = args.map((x) => this.isUnknown(x))
    if (!unknown.includes(true)) return this.#binder.known(primitive, args, params)
    return primitive.partialEval === undefined
      ? this.#binder.staged(primitive, args, params)
      : primitive.partialEval(this.#binder, args, unknown, params)
  }
}

/** A program split in two; results of the known part reach the unknown part as residuals. */
export interface SplitJaxpr {
  /** From the known inputs to the known outputs, then the residuals that are computed. */
  readonly known: Jaxpr
  /** From residuals, then unknown inputs, to the unknown outputs. */
  readonly unknown: Jaxpr
  /** For each output, whether it is unknown. */
  readonly unknownOutputs: readonly boolean[]
  /** Where each residual comes from: a position among the known inputs, or among the residuals that `known` computes. */
  readonly residuals: readonly { readonly input: boolean; readonly index: number }[]
}

/** Split a program by which of its inputs are unknown; outputs at `forced` positions count as unknown, too. */
export const partialEvalJaxpr = cached(
  (jaxpr: Jaxpr, unknownInputs: readonly boolean[], forced: readonly boolean[] = []): SplitJaxpr => {
    const known = new JaxprTrace()
    const staged = new JaxprTrace()
    const inputs = jaxpr.avalsIn.map((aval, i) => (unknownInputs[i]! ? staged : known).input(aval, `argument ${i}`))
    const partial = new PartialTrace(known, staged)
    const outputs = withTrace(partial, () => evalJaxpr(jaxpr, inputs))
    const unknownOutputs = outputs.map((x, i) => forced[i] === true || partial.isUnknown(x))
    const unknown = staged.finish(
      inputs.filter((_, i) => unknownInputs[i]),
      outputs.filter((_, i) => unknownOutputs[i]),
    )
    const knownInputs = inputs.filter((_, i) => !unknownInputs[i])
    const computed = unknown.consts.filter((x) => !knownInputs.includes(x as JaxprTracer))
    return {
      known: known.finish(knownInputs, [...outputs.filter((_, i) => !unknownOutputs[i]), ...computed]).jaxpr,
      unknown: unknown.jaxpr,
      unknownOutputs,
      residuals: unknown.consts.map((x) => {
        const input = knownInputs.indexOf(x as JaxprTracer)
        return input >= 0 ? { input: true, index: input } : { input: false, index: computed.indexOf(x) }
      }),
    }
  },
)
