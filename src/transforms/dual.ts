/** Arrays with tangents: what forward mode and linearization share. */
import {
  type NDArray,
  type Primitive,
  type ShapedArray,
  type Tangent,
  type Trace,
  Tracer,
  withTrace,
  zero,
} from '../core/index.js'

class DualTracer extends Tracer {
  constructor(
    readonly owner: DualTrace,
    readonly primal: NDArray,
    readonly tangent: NDArray,
  ) {
    super()
  }
  override get origin(): string {
    return this.owner.origin
  }
  override get aval(): ShapedArray {
    return this.primal.aval
  }
  override get below(): NDArray {
    return this.primal
  }
}

/** Applies the derivative rules of operations, under the interpreter `rules`; what has no tangent goes to `outer`. */
export class DualTrace implements Trace {
  constructor(
    readonly outer: Trace,
    readonly rules: Trace,
    /** What its arrays are, in errors. */
    readonly origin: string,
  ) {}

  primal(x: NDArray): NDArray {
    return x instanceof DualTracer && x.owner === this ? x.primal : x
  }
  tangent(x: NDArray): Tangent {
    return x instanceof DualTracer && x.owner === this ? x.tangent : zero
  }
  tracer(primal: NDArray, tangent: Tangent): NDArray {
    return tangent === zero ? primal : new DualTracer(this, primal, tangent)
  }

  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] {
    const primals = args.map((x) => this.primal(x))
    const tangents = args.map((x) => this.tangent(x))
    if (tangents.every((t) => t === zero)) {
      return withTrace(this.outer, () => this.outer.process(primitive, primals, params))
    }
    const [ys, dys] = withTrace(this.rules, () => primitive.jvp(primals, tangents, params))
    return ys.map((y, i) => this.tracer(y, dys[i]!))
  }
}
