/** Numbers of things that lists are made of here, not in the runtime. */
import { ArgumentError } from '../core/index.js'

/** A whole number from 0 to `most`. @throws ArgumentError */
export const checkCount = (where: string, what: string, n: number, most = 2 ** 24): number => {
  if (!Number.isInteger(n) || n < 0 || n > most) throw new ArgumentError(where, `${what} from 0 to ${most}`, String(n))
  return n
}
