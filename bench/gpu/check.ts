/**
 * Every primitive with every dtype on a device against the CPU: `node check.js <device> [<calls>]`. One process, strict,
 * each program called so often, as recorded ones differ from call to call; results as JSON on the last line.
 */
import * as onnax from 'onnax'
import { primitiveCases } from './primitives.js'

const { defaultDevice, deviceGet, devicePut, NDArray } = onnax
type NDArray = onnax.NDArray

/** What one case gave. */
export interface Checked {
  readonly name: string
  readonly dtype: onnax.DType
  /** The largest difference, of elements as a share of 1 + |expected|; `null` where it did not run. */
  readonly difference: number | null
  readonly tolerance: number
  readonly error: string | null
}

const [device = 'cpu', calls = '1'] = process.argv.slice(2)

/** By dtype; kernels of GPUs round in other ways, and products sum in another order. */
const tolerances: Readonly<Partial<Record<onnax.DType, number>>> = {
  float64: 1e-9,
  float32: 2e-5,
  float16: 5e-3,
  bfloat16: 4e-2,
}

const flat = (y: NDArray | readonly NDArray[]): readonly NDArray[] => (y instanceof NDArray ? [y] : y)
const numbers = (y: NDArray): readonly number[] => Array.from(y.data() as Iterable<number | bigint>, Number)

const difference = (expected: readonly NDArray[], got: readonly NDArray[]): number => {
  let largest = 0
  expected.forEach((y, k) => {
    const [a, b] = [numbers(y), numbers(got[k]!)]
    a.forEach((x, i) => {
      const other = b[i]!
      if (Object.is(x, other) || x === other) return
      const gap = Math.abs(x - other) / (1 + Math.abs(x))
      largest = Math.max(largest, Number.isNaN(gap) ? Infinity : gap)
    })
  })
  return largest
}

const results: Checked[] = []
for (const { name, dtypes, args, f } of primitiveCases(onnax)) {
  for (const dtype of dtypes) {
    const tolerance = tolerances[dtype] ?? (/uniform|normal/.test(name) ? 2e-5 : 0)
    try {
      const given = defaultDevice('cpu', () => args(dtype))
      const expected = defaultDevice('cpu', () => flat(onnax.jit(f as (...xs: NDArray[]) => NDArray)(...given)))
      const put = devicePut(given, device)
      const run = onnax.jit(f as (...xs: NDArray[]) => NDArray)
      const all = Array.from({ length: Number(calls) }, () =>
        flat(defaultDevice(device, () => run(...(put as NDArray[])))),
      )
      const largest = Math.max(...all.map((got) => difference(expected, deviceGet(got))))
      results.push({ name, dtype, difference: largest, tolerance, error: null })
    } catch (error) {
      results.push({ name, dtype, difference: null, tolerance, error: String(error).slice(0, 300) })
    }
  }
}
console.log(JSON.stringify(results))
