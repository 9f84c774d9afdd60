/** The data of the workloads: the same numbers in every library. */

/** Uniform numbers in [0, 1) of a linear congruential generator. */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** `n` numbers in [lo, hi). */
export const uniform = (seed: number, n: number, lo: number, hi: number): Float32Array => {
  const next = generator(seed)
  const values = new Float32Array(n)
  for (let i = 0; i < n; i++) values[i] = lo + (hi - lo) * next()
  return values
}

/** Glorot's uniform weights of a dense layer, `[fanIn, fanOut]`. */
export const glorot = (seed: number, fanIn: number, fanOut: number, n: number = fanIn * fanOut): Float32Array => {
  const limit = Math.sqrt(6 / (fanIn + fanOut))
  return uniform(seed, n, -limit, limit)
}

export interface Images {
  /** `[count, pixels]` */
  readonly x: Float32Array
  /** `[count]` */
  readonly labels: Int32Array
}

/** Noise with a class-dependent pattern. */
export const images = (seed: number, count: number, pixels = 784, classes = 10): Images => {
  const next = generator(seed)
  const x = new Float32Array(count * pixels)
  const labels = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const label = Math.floor(next() * classes)
    labels[i] = label
    for (let j = 0; j < pixels; j++) x[i * pixels + j] = next() + (j % classes === label ? 0.1 : 0)
  }
  return { x, labels }
}
