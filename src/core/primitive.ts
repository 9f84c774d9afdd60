/** One operation and its rule for every interpreter. */
import type { GraphBuilder, OnnxValue } from '../onnx/index.js'
import type { NDArray } from './array.js'
import type { ShapedArray } from './aval.js'
import type { Jaxpr } from './jaxpr.js'

/** A tangent or cotangent that is zero without being an array. */
export const zero: unique symbol = Symbol('zero')
export type Zero = typeof zero
/** A tangent or cotangent. */
export type Tangent = NDArray | Zero

/** Stands, in transpose rules, for an argument that the operation is linear in. */
export class Linear {
  constructor(readonly aval: ShapedArray) {}
}

/** The axis that `vmap` maps over; `null` if the array isn't mapped. */
export type BatchAxis = number | null

/** What a lowering rule knows beside its inputs. */
export interface LowerContext {
  readonly graph: GraphBuilder
  /** Avals of the inputs and of the outputs. */
  readonly avalsIn: readonly ShapedArray[]
  readonly avalsOut: readonly ShapedArray[]
  /** The device's name, or `portable`: with what every ONNX Runtime has, as in files. */
  readonly device: string
  /** Lower a jaxpr in the graph, or in a subgraph of it. */
  readonly inline: (jaxpr: Jaxpr, inputs: readonly OnnxValue[], graph?: GraphBuilder) => readonly OnnxValue[]
}

/**
 * One operation and its rules. All are required: "not differentiable" is said by a rule that throws.
 *
 * Rules bind other primitives under the trace that is current when they are called.
 */
export interface Primitive<P = unknown> {
  readonly name: string
  /** Avals of the outputs. @throws ShapeError, DTypeError */
  abstractEval(avals: readonly ShapedArray[], params: P): readonly ShapedArray[]
  /** Outputs and their tangents, given at least one tangent that isn't zero. */
  jvp(
    primals: readonly NDArray[],
    tangents: readonly Tangent[],
    params: P,
  ): readonly [readonly NDArray[], readonly Tangent[]]
  /** Cotangents of the {@link Linear} arguments, `zero` or `null` for the others, given at least one cotangent that isn't zero. */
  transpose(cts: readonly Tangent[], args: readonly (NDArray | Linear)[], params: P): readonly (Tangent | null)[]
  /**
   * Outputs and their mapped axes, given at least one mapped argument; `size` is that of the mapped axis, and `name` its
   * name, which operations that hold jaxprs hand on. Without mapped arguments only where a jaxpr uses the name.
   */
  batch(
    args: readonly NDArray[],
    axes: readonly BatchAxis[],
    params: P,
    size: number,
    name: string | null,
  ): readonly [readonly NDArray[], readonly BatchAxis[]]
  /** The ONNX nodes of the operation. */
  lower(context: LowerContext, inputs: readonly OnnxValue[], params: P): readonly OnnxValue[]
  /**
   * Only for operations that hold jaxprs: split into what is computed now and what is staged.
   * `unknown[i]` says which inputs are unknown. The default stages the whole operation.
   */
  partialEval?(
    binder: PartialBinder,
    args: readonly NDArray[],
    unknown: readonly boolean[],
    params: P,
  ): readonly NDArray[]
  /** Only for operations that hold jaxprs: evaluate without compiling the whole. */
  evaluate?(args: readonly NDArray[], params: P): readonly NDArray[]
  /** Only for calls: the program that takes the operation's place in a lowered graph; `undefined` if it stays. */
  inlined?(params: P): Jaxpr | undefined
  /** Only for elementwise operations: true, as operands of unlike shapes broadcast by NumPy's rule. */
  readonly broadcasts?: boolean
  /** Only for operations over a named axis. */
  readonly collective?: Collective<P>
  /**
   * Only for operations that do something on the host: what is done with the values of the arguments. They have no
   * outputs; compiled programs give their arguments, and the host acts when the program has ended.
   */
  effect?(args: readonly NDArray[], params: P): void
  /** Only for operations that hold jaxprs: with further outputs, the values that effects in the jaxprs need. */
  liftEffects?(params: P, lift: (jaxpr: Jaxpr) => Lifted): LiftedOperation<P>
  /** Parameters in jaxprs and cache keys, where plain JSON won't do. */
  showParams?(params: P): string
}

/** A program without effects, whose further outputs are what `run` acts on. */
export interface Lifted {
  readonly jaxpr: Jaxpr
  readonly run: (values: readonly NDArray[]) => void
}

/** An operation whose jaxprs have no effects; `run` takes its further outputs, of the avals given. */
export interface LiftedOperation<P> {
  readonly params: P
  readonly avals: readonly ShapedArray[]
  readonly run: (values: readonly NDArray[]) => void
}

/** What an operation over a named axis is at the `vmap` that gives the name. */
export interface Collective<P> {
  axisName(params: P): string
  /** Outputs and their mapped axes; arguments may all be unmapped. */
  batch(
    args: readonly NDArray[],
    axes: readonly BatchAxis[],
    params: P,
    size: number,
  ): readonly [readonly NDArray[], readonly BatchAxis[]]
}

/** Binds an operation either among the known or among the staged values. */
export interface PartialBinder {
  readonly known: <P>(primitive: Primitive<P>, args: readonly NDArray[], params: P) => readonly NDArray[]
  readonly staged: <P>(primitive: Primitive<P>, args: readonly NDArray[], params: P) => readonly NDArray[]
}
