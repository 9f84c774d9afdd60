/** Staging: run a function on tracers and keep the equations. */
import { ConcreteArray, type NDArray, Tracer } from './array.js'
import type { ShapedArray } from './aval.js'
import { config } from './config.js'
import { checksKeys, type KeyUses, keysUsedIn } from './keyReuse.js'
import { withoutLeaks } from './leaks.js'
import { type Atom, type Eqn, Jaxpr, Literal, Var } from './jaxpr.js'
import type { Primitive } from './primitive.js'
import { sourceLine } from './sourceLine.js'
import { type Trace, withTrace } from './trace.js'

/** An array that stands for a variable of the program that is being written. */
export class JaxprTracer extends Tracer {
  constructor(
    readonly owner: JaxprTrace,
    readonly atom: Var,
    override readonly origin: string,
  ) {
    super()
  }
  override get aval(): ShapedArray {
    return this.atom.aval
  }
}

/** Writes equations instead of evaluating. Arrays from outside become constants, scalars that were numbers literals. */
export class JaxprTrace implements Trace {
  readonly #eqns: Eqn[] = []
  readonly #constVars = new Map<NDArray, Var>()

  /** A tracer for a new input. */
  input(aval: ShapedArray, origin: string): JaxprTracer {
    return new JaxprTracer(this, new Var(aval), origin)
  }

  /** The variable or literal of a value. */
  atom(x: NDArray): Atom {
    if (x instanceof JaxprTracer && x.owner === this) return x.atom
    if (x instanceof ConcreteArray && x.literal !== null) return new Literal(x.literal, x.aval)
    let constVar = this.#constVars.get(x)
    if (constVar === undefined) this.#constVars.set(x, (constVar = new Var(x.aval)))
    return constVar
  }

  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] {
    const avals = args.map((x) => x.aval)
    const outputs = primitive.abstractEval(avals, params).map((aval) => new Var(aval))
    const eqn = { primitive, inputs: args.map((x) => this.atom(x)), params, outputs }
    this.#eqns.push(config.get('sourceLines') ? { ...eqn, source: sourceLine() } : eqn)
    return outputs.map((v) => new JaxprTracer(this, v, `result of ${primitive.name}`))
  }

  /** The program from inputs to outputs, its constants first, and the constants. */
  finish(inputs: readonly JaxprTracer[], outputs: readonly NDArray[]): Staged {
    const atoms = outputs.map((x) => this.atom(x))
    return {
      jaxpr: new Jaxpr([...this.#constVars.values(), ...inputs.map((t) => t.atom)], this.#eqns, atoms),
      consts: [...this.#constVars.keys()],
    }
  }
}

/** A program and the values of its leading inputs. */
export interface Staged {
  readonly jaxpr: Jaxpr
  readonly consts: readonly NDArray[]
  /** What it does with random keys, with the setting `debugKeyReuse`. */
  readonly keyUses?: KeyUses
}

/** Stage a function of flat arguments. `origins` describe the arguments in errors, `what` a user's function, or none. */
export const stage = (
  f: (...args: readonly NDArray[]) => readonly NDArray[],
  avals: readonly ShapedArray[],
  origins?: (index: number) => string,
  what: string | null = null,
): Staged =>
  withoutLeaks(what, (announce) => {
    const trace = new JaxprTrace()
    announce(trace)
    const inputs = avals.map((aval, i) => trace.input(aval, origins?.(i) ?? `argument ${i}`))
    const run = (): readonly NDArray[] => withTrace(trace, () => f(...inputs))
    if (!checksKeys()) return trace.finish(inputs, run())
    const [outputs, uses] = keysUsedIn(run)
    const staged = trace.finish(inputs, outputs)
    const own = [...staged.consts, ...inputs]
    const keyUses = { inputs: own.map((x) => uses.get(x)), outputs: outputs.map((x) => uses.get(x)) }
    return { ...staged, keyUses }
  })
