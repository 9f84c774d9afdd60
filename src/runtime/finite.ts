/** Results that the settings `debugNans` and `debugInfs` forbid. */
import { config, type ConcreteArray, FloatingPointError, isFloat } from '../core/index.js'

const forbidden = (x: number): 'NaN' | 'Infinity' | null => {
  if (config.get('debugNans') && Number.isNaN(x)) return 'NaN'
  return config.get('debugInfs') && Math.abs(x) === Infinity ? 'Infinity' : null
}

/** Whether results are looked at. */
export const checksValues = (): boolean => config.get('debugNans') || config.get('debugInfs')

/** Looks at the results of an operation; `blame` may throw a closer error. @throws FloatingPointError */
export const checkValues = (operation: string, results: readonly ConcreteArray[], blame?: () => void): void => {
  for (const result of results) {
    if (!isFloat(result.dtype)) continue
    for (const x of result.data() as Iterable<number>) {
      const value = forbidden(x)
      if (value === null) continue
      blame?.()
      throw new FloatingPointError(operation, value, result.aval)
    }
  }
}
