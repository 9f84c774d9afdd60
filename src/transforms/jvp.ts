/** Forward mode: arrays carry their tangents. */
import { currentTrace, type NDArray, type Tangent, withoutLeaks, withTrace } from '../core/index.js'
import { DualTrace } from './dual.js'

/** Values and tangents of a function of flat arguments. */
export const jvpFlat = (
  f: (...args: readonly NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  what: string | null = null,
): readonly [readonly NDArray[], readonly Tangent[]] =>
  withoutLeaks(what, (announce) => {
    const outer = currentTrace()
    const trace = new DualTrace(outer, outer, 'inside of jvp')
    announce(trace)
    const inputs = primals.map((x, i) => trace.tracer(x, tangents[i]!))
    const outputs = withTrace(trace, () => f(...inputs))
    return [outputs.map((y) => trace.primal(y)), outputs.map((y) => trace.tangent(y))]
  })
