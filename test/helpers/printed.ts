/** What the examples of documents and TSDoc call in place of their `// =>` comments; see `examples.ts`. */
import { format, inspect } from 'node:util'

/** `expr // => text`: the value, if it prints as the text. */
export const check = <T>(value: T, text: string, where: string): T => {
  const shown = inspect(value, { depth: Infinity, breakLength: Infinity, compact: true, maxArrayLength: null })
  if (!prints(shown, text) && !prints(asString(value), text)) throw new Error(`${where}: prints ${shown}, not ${text}`)
  return value
}

/** `console.log(…) // => text` */
export const checkLog =
  (text: string, where: string) =>
  (...values: readonly unknown[]): void => {
    const shown = format(...values)
    if (!prints(shown, text)) throw new Error(`${where}: prints ${shown}, not ${text}`)
  }

/** `expr // throws SomeError: text`: the text is a part of `Name: message`. */
export const checkThrows = (f: () => unknown, text: string, where: string): void => {
  const error = thrownBy(f)
  if (error === null) throw new Error(`${where}: throws nothing, not ${text}`)
  if (!normal(error).includes(normal(text))) throw new Error(`${where}: throws ${error}, not ${text}`)
}

const thrownBy = (f: () => unknown): string | null => {
  try {
    f()
    return null
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

const asString = (value: unknown): string => {
  try {
    return String(value)
  } catch {
    return '' // an object without a prototype
  }
}

/** Line breaks and spaces inside brackets are free, so that `[2, 4]` stands for inspect's `[ 2, 4 ]`. */
const normal = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/([[{(]) /g, '$1')
    .replace(/ ([\]})])/g, '$1')
    .trim()

const decimal = /-?\d+\.\d+(?:e[+-]?\d+)?/g

/** Equal texts. Decimals of 6 digits or more may differ by 2e-6: their last digit depends on the processor's vector width. */
export const prints = (shown: string, text: string): boolean => {
  const [a, b] = [normal(shown), normal(text)]
  if (a === b) return true
  if (a.replace(decimal, '#') !== b.replace(decimal, '#')) return false
  const [xs, ys] = [a.match(decimal) ?? [], b.match(decimal) ?? []]
  return xs.every((x, i) => x === ys[i] || (isLong(x) && isLong(ys[i]!) && isClose(Number(x), Number(ys[i]))))
}
const isLong = (digits: string): boolean => digits.replace(/e.*$/, '').replace(/\D/g, '').replace(/^0+/, '').length >= 6
const isClose = (x: number, y: number): boolean => Math.abs(x - y) <= 2e-6 * Math.abs(y)
