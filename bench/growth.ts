/**
 * `npm run bench:growth`: how the time of a step grows with batch and layers, and the processor's time of a first call with the number of equations.
 * Prints tables with the exponent of each, which should be about 1, and writes `bench/results/growth.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { clearCaches, grad, jit, type NDArray, np, optax, valueAndGrad } from 'onnax'
import { uniform } from './data.js'
import { time } from './measure.js'
import { machine, rounded } from './runs.js'

/** A size, and milliseconds. */
export type Point = readonly [size: number, milliseconds: number]
export interface Growth {
  readonly name: string
  /** What the size is. */
  readonly of: string
  readonly points: readonly Point[]
  /** Of the time as a power of the size, over the larger half of the sizes. */
  readonly exponent: number
}

/** Slope of the logarithms by least squares. */
const exponentOf = (points: readonly Point[]): number => {
  const logs = points.slice(Math.floor(points.length / 2) - 1).map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const mean = (i: 0 | 1): number => logs.reduce((sum, p) => sum + p[i], 0) / logs.length
  const [mx, my] = [mean(0), mean(1)]
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
  return covariance / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
}

const growth = (name: string, of: string, sizes: readonly number[], measure: (size: number) => number): Growth => {
  const points = sizes.map((size): Point => [size, measure(size)])
  return { name, of, points, exponent: exponentOf(points) }
}

const matrix = (seed: number, n: number, m: number): NDArray => {
  const limit = Math.sqrt(6 / (n + m))
  return np.array(uniform(seed, n * m, -limit, limit)).reshape(n, m)
}

/** Least milliseconds of a training step of a network of equal layers under Adam. */
const step = (batch: number, layers: number, width: number): number => {
  const tx = optax.adam(1e-3)
  const loss = (ws: readonly NDArray[], x: NDArray): NDArray =>
    np.mean(np.square(ws.reduce((h, w) => np.tanh(np.matmul(h, w)), x)))
  let params: readonly NDArray[] = Array.from({ length: layers }, (_, i) => matrix(i, width, width))
  let state = tx.init(params)
  const update = jit(
    (ws: readonly NDArray[], s: typeof state, x: NDArray) => {
      const [value, grads] = valueAndGrad(loss)(ws, x)
      const [updates, next] = tx.update(grads, s, ws)
      return [optax.applyUpdates(ws, updates), next, value] as const
    },
    { donateArgnums: [0, 1] },
  )
  const x = matrix(99, batch, width)
  const { min } = time(
    () => {
      const [ws, s, value] = update(params, state, x)
      params = ws
      state = s
      value.item()
    },
    { warmup: 5, repeats: 40 },
  )
  return min
}

/** A chain of `n` equations, none of which equals another. */
const chain = (n: number) => (x: NDArray) => {
  let [y, z] = [x, x]
  for (let i = 0; i < n / 2; i++) {
    y = y.mul(z)
    z = z.add(y)
  }
  return z
}

/** Least milliseconds of the processor that `f` takes on new caches, of three times (one where it takes long). */
const fresh = (f: () => void): number => {
  const once = (): number => {
    clearCaches()
    const start = process.cpuUsage()
    f()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
  const first = once()
  return first > 2000 ? first : Math.min(first, once(), once())
}

const x = np.ones([4])
const firstCall = (n: number): number => fresh(() => void jit(chain(n))(x))
const gradient = (n: number) => grad((v: NDArray) => np.sum(chain(n / 3)(v)))

firstCall(1000)
const equations = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
const all: readonly Growth[] = [
  growth('step, batch', 'batch', [32, 64, 128, 256, 512, 1024, 2048], (batch) => step(batch, 4, 256)),
  growth('step, layers', 'layers', [1, 2, 4, 8, 16, 32, 64], (layers) => step(128, layers, 128)),
  growth('tracing', 'equations', equations, (n) => fresh(() => void jit(chain(n)).trace(x))),
  growth('tracing of a gradient', 'equations', equations, (n) => fresh(() => void jit(gradient(n)).trace(x))),
  growth('first call', 'equations', equations, firstCall),
  growth('first call of a gradient', 'equations', equations, (n) => fresh(() => void jit(gradient(n))(x))),
]
for (const { name, of, points, exponent } of all) {
  console.log(`\n${name}: grows as its ${of} to the power of ${exponent.toFixed(2)}`)
  console.table(rounded(points.map(([size, milliseconds]) => ({ [of]: size, milliseconds }))))
}
mkdirSync('bench/results', { recursive: true })
writeFileSync('bench/results/growth.json', `${JSON.stringify({ machine, growth: all }, null, 2)}\n`)
