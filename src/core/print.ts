/** Printing of arrays as NumPy and JAX do. */
import type { TypedArray } from './array.js'
import { type ShapedArray, sizeOf } from './aval.js'
import { isFloat } from './dtype.js'

const threshold = 1000
const edgeItems = 3
const lineWidth = 75
const precision = 8

/** Shortest decimal text that reads back as the same element. */
const shortest = (x: number, dtype: ShapedArray['dtype']): string => {
  if (dtype === 'float64') return String(x)
  const round: (v: number) => number = dtype === 'float32' ? Math.fround : (v) => v
  const digits = dtype === 'float32' ? 9 : dtype === 'float16' ? 5 : 4
  for (let p = 1; p < digits; p++) {
    const text = x.toPrecision(p)
    if (
      dtype === 'float32'
        ? round(Number(text)) === x
        : Math.abs(Number(text) - x) < Math.abs(x) * 2 ** (dtype === 'float16' ? -12 : -9)
    )
      return text
  }
  return x.toPrecision(digits)
}

const special = (x: number): string | null =>
  Number.isNaN(x) ? 'nan' : x === Infinity ? 'inf' : x === -Infinity ? '-inf' : null

/** Sign, digits before and after the point of the shortest text, without an exponent. */
const positional = (x: number, dtype: ShapedArray['dtype']): readonly [string, string] => {
  const exact = Number(shortest(x, dtype))
  const fixed = Math.abs(exact) >= 1e21 ? BigInt(exact).toString() : expand(exact)
  const [whole = '0', fraction = ''] = fixed.split('.')
  if (fraction.length <= precision) return [Object.is(x, -0) ? '-0' : whole, fraction]
  const [w = '0', f = ''] = exact.toFixed(precision).split('.')
  return [w, f.replace(/0+$/, '')]
}

const expand = (x: number): string => {
  const text = String(x)
  const match = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = '', head = '', tail = '', exponent = '0'] = match
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${head}${tail}`
}

const scientific = (x: number, dtype: ShapedArray['dtype']): readonly [string, string, string] => {
  const [mantissa = '0', exponent = '+0'] = Number(shortest(x, dtype)).toExponential().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const kept =
    fraction.length <= precision ? fraction : Number(mantissa).toFixed(precision).split('.')[1]!.replace(/0+$/, '')
  const power = Number(exponent)
  return [whole, kept, `e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`]
}

const floatTexts = (values: readonly number[], dtype: ShapedArray['dtype']): readonly string[] => {
  const finite = values.filter((x) => Number.isFinite(x))
  const sizes = finite.filter((x) => x !== 0).map(Math.abs)
  const largest = Math.max(...sizes, 0)
  const least = Math.min(...sizes, Infinity)
  const exponential = sizes.length > 0 && (largest >= 1e8 || least < 1e-4 || largest / least > 1000)
  if (exponential) {
    const parts = new Map(finite.map((x) => [x, scientific(x, dtype)]))
    const digits = Math.max(0, ...[...parts.values()].map(([, f]) => f.length))
    const texts = values.map((x) => {
      const part = parts.get(x)
      return part === undefined ? special(x)! : `${part[0]}.${part[1].padEnd(digits, '0')}${part[2]}`
    })
    const width = Math.max(...texts.map((s) => s.length))
    return texts.map((s) => s.padStart(width))
  }
  const parts = values.map((x) => (Number.isFinite(x) ? positional(x, dtype) : null))
  const left = Math.max(0, ...parts.map((p) => p?.[0].length ?? 0))
  const right = Math.max(0, ...parts.map((p) => p?.[1].length ?? 0))
  const width = left + 1 + right
  const texts = parts.map((p, i) =>
    p === null ? special(values[i]!)! : `${p[0].padStart(left)}.${p[1].padEnd(right, ' ')}`,
  )
  const widest = Math.max(width, ...texts.map((s) => s.length))
  return texts.map((s) => s.padStart(widest))
}

/** Indices along one axis: all, or the edges with `null` for the gap. */
const shown = (n: number, summarize: boolean): readonly (number | null)[] =>
  summarize && n > 2 * edgeItems ? [0, 1, 2, null, n - 3, n - 2, n - 1] : Array.from({ length: n }, (_, i) => i)

/** `Array([1., 2.], dtype=float32)`. */
export const printArray = (aval: ShapedArray, data: TypedArray): string => {
  const { shape, dtype } = aval
  const suffix = `, dtype=${dtype}${aval.weakType ? ', weak_type=True' : ''})`
  const summarize = sizeOf(shape) > threshold
  const offsets: number[] = []
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) offsets.push(offset)
    else for (const i of shown(shape[axis]!, summarize)) if (i !== null) collect(axis + 1, offset * shape[axis]! + i)
  }
  collect(0, 0)
  const raw = offsets.map((i) => data[i]!)
  const texts = isFloat(dtype)
    ? shape.length === 0
      ? floatTexts(raw.map(Number), dtype).map((s) => s.trim())
      : floatTexts(raw.map(Number), dtype)
    : padded(raw.map((x) => (dtype === 'bool' ? (x === 0 ? 'False' : 'True') : String(x))))
  if (shape.length === 0) return `Array(${texts[0]!}${suffix}`
  if (sizeOf(shape) === 0) return `Array([], shape=(${shape.join(', ')}${shape.length === 1 ? ',' : ''})${suffix}`
  let next = 0
  const body = (axis: number, prefix: number): string => {
    const items = shown(shape[axis]!, summarize)
    if (axis === shape.length - 1) {
      const words = items.map((i) => (i === null ? '...' : texts[next++]!))
      const lines: string[] = []
      let line = ''
      for (const word of words) {
        const longer = line === '' ? word : `${line}, ${word}`
        if (line !== '' && prefix + 1 + longer.length > lineWidth) {
          lines.push(`${line},`)
          line = word
        } else line = longer
      }
      return `[${[...lines, line].join(`\n${' '.repeat(prefix + 1)}`)}]`
    }
    const rows = items.map((i) => (i === null ? '...' : body(axis + 1, prefix + 1)))
    return `[${rows.join(`,${'\n'.repeat(shape.length - axis - 1)}${' '.repeat(prefix + 1)}`)}]`
  }
  const printed = body(0, 'Array('.length)
  const last = printed.slice(printed.lastIndexOf('\n') + 1)
  return last.length + suffix.length > lineWidth + 5 && printed.includes('\n')
    ? `Array(${printed},\n      ${suffix.slice(2)}`
    : `Array(${printed}${suffix}`
}

const padded = (texts: readonly string[]): readonly string[] => {
  const width = Math.max(0, ...texts.map((s) => s.length))
  return texts.map((s) => s.padStart(width))
}
