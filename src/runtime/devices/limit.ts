/** How much memory devices may take. */
import { EnvironmentVariableError } from '../errors.js'

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** A number of bytes, or with K, M, G for powers of 1024, in an environment variable; `null` if it is not set. @throws EnvironmentVariableError */
export const byteSize = (variable: string): number | null => {
  const given = process.env[variable]
  if (given === undefined || given === '') return null
  const match = /^(\d+(?:\.\d+)?)([KMG]?)$/.exec(given)
  if (match === null) throw new EnvironmentVariableError(variable, 'bytes, like 8G or 512M', given)
  return Math.floor(Number(match[1]) * units[match[2]!]!)
}

/** What `ONNAX_MEMORY_LIMIT` says; `null` without a limit. @throws EnvironmentVariableError */
export const memoryLimit = (): number | null => byteSize('ONNAX_MEMORY_LIMIT')
