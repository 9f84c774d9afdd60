/** One function with and without fused loops. */
import { createHash } from 'node:crypto'
import { config, jit, type NDArray } from '../../src/index.js'

export type Arrays = readonly NDArray[]

/** Results of `f` on the same arguments, as loops and as ONNX Runtime's operations. */
export const bothWays = (f: (...xs: Arrays) => Arrays, ...xs: Arrays): readonly [Arrays, Arrays] => {
  const run = (fused: boolean): Arrays => config.using('fusedLoops', fused, () => jit(f)(...xs))
  return [run(true), run(false)]
}

/** A digest of the bits of an array of float32, those of all NaN alike. */
export const bits = (x: NDArray): string => {
  const values = Float32Array.from(x.data() as Float32Array, (v) => (Number.isNaN(v) ? NaN : v))
  return createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')
}

const LEAST_NORMAL = 2 ** -126

/**
 * Where two arrays first differ, as numbers; `null` where they don't. Zeros and denormals are alike: ONNX Runtime's
 * `Where`, which adds, flushes what it selects and loses the sign of zero.
 */
export const difference = (x: NDArray, y: NDArray): readonly [at: number, number, number] | null => {
  const [a, b] = [x, y].map((z) => Array.from(z.data() as Float32Array, (v) => (Math.abs(v) < LEAST_NORMAL ? 0 : v)))
  const at = a!.findIndex((v, i) => !Object.is(v, b![i]))
  return at === -1 ? null : [at, a![at]!, b![at]!]
}
