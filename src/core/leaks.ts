/** Values that outlive the transformation they were traced by: the setting `checkTracerLeaks`. */
import { queryObjects } from 'node:v8'
import { config } from './config.js'
import { LeakedTracerError } from './errors.js'
import type { Trace } from './trace.js'

/** A trace lives as long as one of its tracers, and its mark as long as the trace. */
const marks = new WeakMap<Trace, object>()

/** How many instances of a class are alive. */
const instancesOf = (type: new () => object): number => {
  // Its warning, that the function is experimental, would hold the stack, and with it what is asked for.
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => undefined
  try {
    return queryObjects(type, { format: 'count' })
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * What `f` gives. With the setting `checkTracerLeaks`, and unless it runs no function of a user's (`null`), no tracer of the trace that `f` announces may be alive when it has
 * ended; `f` must not hand the trace, or a tracer of it, out itself.
 *
 * @throws LeakedTracerError
 */
export const withoutLeaks = <T>(what: string | null, f: (announce: (trace: Trace) => void) => T): T => {
  if (what === null || !config.get('checkTracerLeaks')) return f(() => undefined)
  class Mark {}
  const result = f((trace) => marks.set(trace, new Mark()))
  // Collects garbage first, and runs no finalizer: what is left is held by somebody.
  if (instancesOf(Mark) > 0) throw new LeakedTracerError(what)
  return result
}
