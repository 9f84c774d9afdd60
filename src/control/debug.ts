/** Looks into compiled functions: values are printed, or given to a function, when the call has ended. */
import { ArgumentError, bind, evalTrace, NDArray, withTrace } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf } from '../transforms/index.js'
import { hostCallP } from './hostCall.js'

/**
 * Call a function of the host with trees of arrays; what it returns is not used. At once, or, in a compiled function,
 * when the call has ended: in the order of the program, once for each step of a `scan`, once for each member of a `vmap`.
 *
 * @throws ArgumentError if a leaf is neither array nor number
 * @throws LoweringError in a compiled `whileLoop`, whose number of steps is not known
 * @example
 * const seen: number[] = []
 * const f = jit((x: NDArray) => {
 *   debug.callback((y: NDArray) => seen.push(y.item()), x.mul(2))
 *   return x
 * })
 * f(np.array(3))
 * seen // => [ 6 ]
 */
export const callback = <A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): void => {
  const [leaves, treedef] = tree.flatten<readonly unknown[]>(args)
  const arrays = leaves.map((x, i) => arrayLeaf('debug.callback', x, i))
  bind(hostCallP, arrays, {
    // Whatever trace is current when the program ends, the host computes at once.
    callback: (...values) => withTrace(evalTrace, () => f(...(treedef.unflatten(values) as unknown as A))),
  })
}

/** An array as NumPy's `str` has it: without name and dtype. */
const textOf = (x: unknown): string =>
  x instanceof NDArray ? String(x).replace(/^Array\(/, '').replace(/, (shape=\S+, )?dtype=[^)]*\)$/, '').replaceAll('\n      ', '\n') : String(x) // prettier-ignore

/** One value by a format like `.3f`, `.2e` or `d`. @throws ArgumentError */
const formatted = (value: unknown, format: string): string => {
  if (format === '') return textOf(value)
  const [, digits, kind] = /^(?:\.(\d+))?([dfeg])$/.exec(format) ?? []
  if (kind === undefined || !(value instanceof NDArray) || value.size !== 1) {
    throw new ArgumentError('debug.print', 'a format like .3f, .2e, .4g or d, of a scalar', `{:${format}}`)
  }
  const [x, places] = [value.item(), Number(digits ?? 6)]
  if (kind === 'd') return x.toFixed(0)
  return kind === 'f'
    ? x.toFixed(places)
    : kind === 'e'
      ? x.toExponential(places).replace(/e(.)(\d)$/, 'e$10$2')
      : String(Number(x.toPrecision(places)))
}

const isPlain = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype

/**
 * Print values, of compiled functions when the call has ended.
 *
 * @param format - text with `{}` for the values in their order, `{name}` for those of a last plain object; `{:.3f}`,
 * `{name:.2e}` say how a scalar is written; `{{` is a brace
 * @throws ArgumentError unless there is a value for each place, and a place for each value
 * @example
 * jit((x: NDArray) => {
 *   debug.print('x = {}, y = {y:.2f}', x, { y: x.mul(2) })
 *   return x
 * })(np.array(1.5)) // => Array(1.5, dtype=float32)
 */
export const print = (format: string, ...values: readonly unknown[]): void => {
  const last = values.at(-1)
  const named = isPlain(last) ? last : {}
  const listed = isPlain(last) ? values.slice(0, -1) : values
  let next = 0
  const used = new Set<string>()
  const parts = format.split(/(\{\{|\}\}|\{[^{}]*\})/).map((text) => {
    const [, name, spec = ''] = /^\{(\w*)(?::([^{}]*))?\}$/.exec(text) ?? []
    if (name === undefined) return { text: text === '{{' ? '{' : text === '}}' ? '}' : text }
    const key = name === '' ? String(next++) : name
    used.add(key)
    if (!(/^\d+$/.test(key) ? Number(key) < listed.length : Object.hasOwn(named, key))) {
      throw new ArgumentError('debug.print', `a value for each place of '${format}'`, `none for {${name}}`)
    }
    return { key, spec }
  })
  const unused = [...listed.map((_, i) => String(i)), ...Object.keys(named)].filter((key) => !used.has(key))
  if (unused.length > 0) {
    throw new ArgumentError('debug.print', `a place for each value in '${format}'`, `none for ${unused.join(', ')}`)
  }
  callback(
    (list: readonly unknown[], map: Readonly<Record<string, unknown>>) => {
      const text = parts.map((part) =>
        part.key === undefined
          ? part.text
          : formatted(/^\d+$/.test(part.key) ? list[Number(part.key)] : map[part.key], part.spec),
      )
      console.log(text.join(''))
    },
    listed,
    named,
  )
}

export { check } from './checkify.js'
