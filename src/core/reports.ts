/** What the settings `logCompiles` and `explainCacheMisses` tell on the console. */
import { config } from './config.js'

const seconds = (ms: number): string => `${(ms / 1000).toPrecision(3)} s`

/** What `f` gives; with the setting `logCompiles` the console is told what was done, and in what time. */
export const timed = <T>(what: string, f: () => T): T => {
  if (!config.get('logCompiles')) return f()
  const start = performance.now()
  const result = f()
  console.warn(`onnax: finished ${what} in ${seconds(performance.now() - start)}`)
  return result
}

/** Tell why a function is traced; `reason` is asked for only with the setting `explainCacheMisses`. */
export const explainMiss = (name: string, reason: () => string): void => {
  if (config.get('explainCacheMisses')) console.warn(`onnax: tracing cache miss of ${name}: ${reason()}`)
}
