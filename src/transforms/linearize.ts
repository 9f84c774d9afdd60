/** Reverse mode: linearize, then transpose. */
import {
  type Atom,
  bind,
  ConcreteArray,
  currentTrace,
  type Eqn,
  evalJaxpr,
  fromLine,
  type Jaxpr,
  JaxprTrace,
  Linear,
  Literal,
  type NDArray,
  type Primitive,
  type ShapedArray,
  type Tangent,
  type Trace,
  Tracer,
  Var,
  withoutLeaks,
  withTrace,
  zero,
} from '../core/index.js'
import { add, instantiate } from '../lax/index.js'
import { PartialTrace } from './partial.js'
import { dceStaged } from './passes.js'

class LinearizeTracer extends Tracer {
  override readonly origin = 'inside of grad or linearize'
  constructor(
    readonly owner: LinearizeTrace,
    readonly primal: NDArray,
    readonly tangent: NDArray,
  ) {
    super()
  }
  override get aval(): ShapedArray {
    return this.primal.aval
  }
  override get below(): NDArray {
    return this.primal
  }
}

/** Forward mode whose tangents are staged: primals are computed, the linear program of the tangents is written. */
class LinearizeTrace implements Trace {
  readonly #partial: PartialTrace
  constructor(
    readonly outer: Trace,
    staged: JaxprTrace,
  ) {
    this.#partial = new PartialTrace(outer, staged)
  }

  primal(x: NDArray): NDArray {
    return x instanceof LinearizeTracer && x.owner === this ? x.primal : x
  }
  tangent(x: NDArray): Tangent {
    return x instanceof LinearizeTracer && x.owner === this ? x.tangent : zero
  }
  tracer(primal: NDArray, tangent: Tangent): NDArray {
    return tangent === zero ? primal : new LinearizeTracer(this, primal, tangent)
  }

  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] {
    const primals = args.map((x) => this.primal(x))
    const tangents = args.map((x) => this.tangent(x))
    if (tangents.every((t) => t === zero)) {
      return withTrace(this.outer, () => this.outer.process(primitive, primals, params))
    }
    const [ys, dys] = withTrace(this.#partial, () => primitive.jvp(primals, tangents, params))
    return ys.map((y, i) => this.tracer(y, dys[i]!))
  }
}

/** A function at a point: its values, and the linear program from tangents of the inputs to those of the outputs. */
export interface Linearized {
  readonly primals: readonly NDArray[]
  /** Inputs: residuals, then tangents. Outputs: those tangents that aren't zero whatever the inputs. */
  readonly jaxpr: Jaxpr
  readonly residuals: readonly NDArray[]
  /** For each output, whether its tangent is zero. */
  readonly zeros: readonly boolean[]
}

/** Linearize a function of flat arguments at `primals`, all of them differentiated. */
export const linearizeFlat = (
  f: (...args: readonly NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
): Linearized =>
  withoutLeaks('grad or linearize', (announce) => {
    const staged = new JaxprTrace()
    const trace = new LinearizeTrace(currentTrace(), staged)
    announce(trace)
    const inputs = primals.map((x, i) => staged.input(x.aval, `tangent of argument ${i}`))
    const outputs = withTrace(trace, () => f(...primals.map((x, i) => trace.tracer(x, inputs[i]!))))
    const tangents = outputs.map((y) => trace.tangent(y))
    const { jaxpr, consts } = dceStaged(
      staged.finish(
        inputs,
        tangents.filter((t) => t !== zero),
      ),
    )
    return {
      primals: outputs.map((y) => trace.primal(y)),
      jaxpr,
      residuals: consts,
      zeros: tangents.map((t) => t === zero),
    }
  })

/** Tangents of the outputs, which have the avals given, for tangents of the inputs. */
export const applyLinear = (
  { jaxpr, residuals, zeros }: Omit<Linearized, 'primals'>,
  tangents: readonly NDArray[],
  avalsOut: readonly ShapedArray[],
): readonly NDArray[] => {
  const results = evalJaxpr(jaxpr, [...residuals, ...tangents]).values()
  return zeros.map((isZero, i) => (isZero ? instantiate(zero, avalsOut[i]!) : results.next().value!))
}

/** Cotangents of the inputs for cotangents of the outputs. */
export const applyTransposed = (
  { jaxpr, residuals, zeros }: Omit<Linearized, 'primals'>,
  cts: readonly Tangent[],
): readonly Tangent[] => {
  const linear = jaxpr.avalsIn.slice(residuals.length).map((aval) => new Linear(aval))
  return backward(
    jaxpr,
    [...residuals, ...linear],
    cts.filter((_, i) => !zeros[i]),
  )
}

/**
 * Run a linear program backwards.
 *
 * @param args - values of the inputs, {@link Linear} for those that the program is linear in
 * @returns cotangents of the linear inputs, in their order
 */
export const backward = (
  jaxpr: Jaxpr,
  args: readonly (NDArray | Linear)[],
  cts: readonly Tangent[],
): readonly Tangent[] => {
  const values = new Map<Var, NDArray>()
  const cotangents = new Map<Var, NDArray>()
  const linear = new Set<Atom>()
  jaxpr.inputs.forEach((v, i) => {
    const arg = args[i]!
    if (arg instanceof Linear) linear.add(v)
    else values.set(v, arg)
  })
  const read = (a: Atom): NDArray => (a instanceof Literal ? new ConcreteArray(a.aval, null, a.value) : values.get(a)!)
  const pending: Eqn[] = []
  for (const eqn of jaxpr.eqns) {
    if (eqn.inputs.some((a) => linear.has(a))) {
      pending.push(eqn)
      eqn.outputs.forEach((v) => linear.add(v))
    } else {
      const results = fromLine(eqn.source, () => bind(eqn.primitive, eqn.inputs.map(read), eqn.params))
      eqn.outputs.forEach((v, i) => values.set(v, results[i]!))
    }
  }
  const accumulate = (a: Atom, ct: Tangent | null): void => {
    if (ct === null || ct === zero || !(a instanceof Var) || !linear.has(a)) return
    const sum = cotangents.get(a)
    cotangents.set(a, sum === undefined ? ct : add(sum, ct))
  }
  jaxpr.outputs.forEach((a, i) => accumulate(a, cts[i]!))
  for (const eqn of pending.reverse()) {
    const outer = eqn.outputs.map((v): Tangent => cotangents.get(v) ?? zero)
    if (outer.every((ct) => ct === zero)) continue
    const inner = fromLine(eqn.source, () =>
      eqn.primitive.transpose(
        outer,
        eqn.inputs.map((a) => (linear.has(a) ? new Linear(a.aval) : read(a))),
        eqn.params,
      ),
    )
    eqn.inputs.forEach((a, i) => accumulate(a, inner[i] ?? null))
    eqn.outputs.forEach((v) => cotangents.delete(v))
  }
  return jaxpr.inputs.filter((_, i) => args[i] instanceof Linear).map((v) => cotangents.get(v) ?? zero)
}
