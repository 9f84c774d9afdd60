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
  type ShapedArray,
  type Tangent,
  Var,
  withoutLeaks,
  withTrace,
  zero,
} from '../core/index.js'
import { add, instantiate } from '../lax/index.js'
import { DualTrace } from './dual.js'
import { PartialTrace } from './partial.js'
import { dceStaged } from './passes.js'

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
    // Primals are computed, and the linear program of the tangents is written.
    const outer = currentTrace()
    const trace = new DualTrace(outer, new PartialTrace(outer, staged), 'inside of grad or linearize')
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
