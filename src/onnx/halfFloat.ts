/** Bits of the 16-bit floats, which have no typed array in the supported versions of Node. */
import { createRequire } from 'node:module'

type Float16Module = typeof import('@petamoriken/float16')

let float16Module: Float16Module | undefined
const cell = new DataView(new ArrayBuffer(2))
const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

// Loaded at first use: the import costs several milliseconds of start-up, and few programs hold float16.
function float16(): Float16Module {
  return (float16Module ??= createRequire(import.meta.url)('@petamoriken/float16') as Float16Module)
}

/** The bits of `value` rounded to float16, nearest, ties to even. */
export function toFloat16Bits(value: number): number {
  float16().setFloat16(cell, 0, value)
  return cell.getUint16(0)
}

/** The number that the float16 `bits` hold. */
export function fromFloat16Bits(bits: number): number {
  cell.setUint16(0, bits)
  return float16().getFloat16(cell, 0)
}

/** The bits of `value` rounded to float32 and then to bfloat16, each nearest, ties to even (as Eigen and ml_dtypes do). */
export function toBfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  single[0] = value
  const bits = singleBits[0]!
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** The number that the bfloat16 `bits` hold. */
export function fromBfloat16Bits(bits: number): number {
  singleBits[0] = bits << 16
  return single[0]!
}
