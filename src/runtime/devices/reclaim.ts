/**
 * Finds, inside of a synchronous loop too, what the program has dropped.
 *
 * Memory of a device is not the garbage collector's, and finalizers don't run before the loop ends: a training loop
 * without `await` would fill the device. So the collector is run when much has been allocated, and objects are asked
 * for through weak references. Those keep what they were asked for up to the end of a job; ending the microtasks of
 * a context of their own ends that, too.
 */
import { setFlagsFromString } from 'node:v8'
import { createContext, runInNewContext, Script } from 'node:vm'

let collector: (() => void) | null = null

const make = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  const context = createContext({}, { microtaskMode: 'afterEvaluate' })
  const nothing = new Script('0')
  return () => {
    nothing.runInContext(context)
    collect()
  }
}

/** Runs the garbage collector; weak references to what nobody holds are empty afterwards. Some milliseconds. */
export const collectGarbage = (): void => {
  ;(collector ??= make())()
}
