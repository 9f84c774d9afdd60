/** How much memory arrays may take on a device. */
import { EnvironmentVariableError } from '../errors.js'

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/**
 * `ONNAX_MEMORY_LIMIT`: bytes, or with K, M, G for powers of 1024; `null` if it is not set.
 * @throws EnvironmentVariableError
 */
export const memoryLimit = (): number | null => {
  const given = process.env['ONNAX_MEMORY_LIMIT']
  if (given === undefined || given === '') return null
  const match = /^(\d+(?:\.\d+)?)([KMG]?)$/.exec(given)
  if (match === null) throw new EnvironmentVariableError('ONNAX_MEMORY_LIMIT', 'bytes, like 8G or 512M', given)
  return Math.floor(Number(match[1]) * units[match[2]!]!)
}
