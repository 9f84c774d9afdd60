/** The stages of `jit`, one by one: traced, lowered, compiled. */
import {
  ArgumentError,
  backend,
  type ConcreteArray,
  equalAvals,
  type Jaxpr,
  NDArray,
  showAval,
  weakLiteral,
} from '../core/index.js'
import type * as tree from '../pytree/index.js'
import { lower } from './lower.js'
import { ShapeDtypeStruct } from './makeJaxpr.js'

/** What a stage is of. */
export interface StageSource {
  readonly name: string
  /** From the arrays that the function closes over, then the leaves of the arguments. */
  readonly jaxpr: Jaxpr
  readonly consts: readonly NDArray[]
  /** Structures of the arguments, static ones as `null`, and of the result. */
  readonly inputs: tree.TreeDef
  readonly outputs: tree.TreeDef
  readonly dynamic: (args: readonly unknown[]) => readonly unknown[]
  readonly donated: readonly number[]
}

/** A function traced for one kind of arguments, `jit(f).trace(…)`. */
export class Traced<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  constructor(protected readonly source: StageSource) {}
  /** The program; arrays that the function closes over are its first inputs. */
  get jaxpr(): Jaxpr {
    return this.source.jaxpr
  }
  /** Shapes and dtypes of the results, in their structure. */
  get outInfo(): unknown {
    const { jaxpr, outputs } = this.source
    return outputs.unflatten(jaxpr.avalsOut.map((a) => new ShapeDtypeStruct(a.shape, a.dtype)))
  }
  /** The ONNX graph. @throws LoweringError */
  lower(): Lowered<A, R> {
    return new Lowered<A, R>(this.source)
  }
}

/** A function as an ONNX graph, `jit(f).lower(…)`. */
export class Lowered<A extends readonly unknown[] = readonly unknown[], R = unknown> extends Traced<A, R> {
  readonly #text: string
  constructor(source: StageSource) {
    super(source)
    this.#text = lower(source.jaxpr, backend().defaultDevice.platform).graph.text()
  }
  /** The nodes of the graph, one a line. */
  asText(): string {
    return this.#text
  }
  /** A function that runs the graph. */
  compile(): Compiled<A, R> {
    return new Compiled<A, R>(this.source)
  }
}

/** A compiled function, `jit(f).lower(…).compile()`: for the kind of arguments that it was lowered for. */
export class Compiled<A extends readonly unknown[] = readonly unknown[], R = unknown> extends Lowered<A, R> {
  /**
   * Run the program.
   *
   * @throws PytreeError, ArgumentError unless the arguments have the structure, shapes and dtypes it was lowered for
   */
  call(...args: A): R {
    const { name, jaxpr, consts, inputs, outputs, dynamic, donated } = this.source
    const leaves = inputs
      .flattenUpTo(dynamic(args))
      .map((x): NDArray => (x instanceof NDArray ? x : weakLiteral(x as number)))
    leaves.forEach((x, i) => {
      const aval = jaxpr.avalsIn[consts.length + i]!
      if (!equalAvals(x.aval, aval))
        throw new ArgumentError(`compiled ${name}`, showAval(aval), `${showAval(x.aval)} for leaf ${i}`)
    })
    const executable = backend().compile(jaxpr, { name, donated })
    return outputs.unflatten(executable.run([...consts, ...leaves] as unknown as readonly ConcreteArray[])) as R
  }
}
