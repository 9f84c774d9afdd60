/** Forward mode: arrays carry their tangents. */
import {
  currentTrace,
  type NDArray,
  type Primitive,
  type ShapedArray,
  type Tangent,
  type Trace,
  Tracer,
  withoutLeaks,
  withTrace,
  zero,
} from '../core/index.js'

class JvpTracer extends Tracer {
  override readonly origin = 'inside of jvp'
  constructor(
    readonly owner: JvpTrace,
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

class JvpTrace implements Trace {
  constructor(readonly outer: Trace) {}

  primal(x: NDArray): NDArray {
    return x instanceof JvpTracer && x.owner === this ? x.primal : x
  }
  tangent(x: NDArray): Tangent {
    return x instanceof JvpTracer && x.owner === this ? x.tangent : zero
  }
  tracer(primal: NDArray, tangent: Tangent): NDArray {
    return tangent === zero ? primal : new JvpTracer(this, primal, tangent)
  }

  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] {
    const primals = args.map((x) => this.primal(x))
    const tangents = args.map((x) => this.tangent(x))
    return withTrace(this.outer, () => {
      if (tangents.every((t) => t === zero)) return this.outer.process(primitive, primals, params)
      const [ys, dys] = primitive.jvp(primals, tangents, params)
      return ys.map((y, i) => this.tracer(y, dys[i]!))
    })
  }
}

/** Values and tangents of a function of flat arguments. */
export const jvpFlat = (
  f: (...args: readonly NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  what: string | null = null,
): readonly [readonly NDArray[], readonly Tangent[]] =>
  withoutLeaks(what, (announce) => {
    const trace = new JvpTrace(currentTrace())
    announce(trace)
    const inputs = primals.map((x, i) => trace.tracer(x, tangents[i]!))
    const outputs = withTrace(trace, () => f(...inputs))
    return [outputs.map((y) => trace.primal(y)), outputs.map((y) => trace.tangent(y))]
  })
