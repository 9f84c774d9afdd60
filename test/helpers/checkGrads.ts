/** Derivatives against finite differences, as JAX's `check_grads` has it. */
import type { ExecutionContext } from 'ava'
import { jvp, type NDArray, np, vjp } from '../../src/index.js'
import { elements } from './arrays.js'

type F = (...xs: NDArray[]) => NDArray

export interface CheckGradsOptions {
  /** Highest order of derivatives; default 2. */
  readonly order?: number
  /** Step of the finite differences; default 1e-6 (arguments are float64). */
  readonly eps?: number
  /** Relative tolerance; default 1e-5. */
  readonly tol?: number
}

let seed = 1
/** Numbers in [-1, 1), the same in every run. */
const direction = (x: NDArray): NDArray => {
  const values = Float64Array.from({ length: x.size }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 31 - 1
  })
  return np.array(values, { dtype: 'float64' }).reshape(x.shape)
}

const inner = (x: NDArray, y: NDArray): number => elements(x).reduce((sum, a, i) => sum + a * elements(y)[i]!, 0)

const close = (t: ExecutionContext, a: readonly number[], b: readonly number[], tol: number, what: string): void => {
  const scale = Math.max(1, ...a.map(Math.abs), ...b.map(Math.abs))
  a.forEach((x, i) => {
    if (!(Math.abs(x - b[i]!) <= tol * scale)) t.fail(`${what}: ${x} and ${b[i]!} differ at ${i}`)
  })
  t.is(a.length, b.length)
}

/**
 * Check forward mode against central differences along a random direction, reverse mode against forward mode, and the
 * derivatives' own derivatives up to `order`. Arguments must be float64.
 */
export const checkGrads = (
  t: ExecutionContext,
  f: F,
  xs: readonly NDArray[],
  options: CheckGradsOptions = {},
): void => {
  const { order = 2, eps = 1e-6, tol = 1e-5 } = options
  const v = xs.map(direction)
  const moved = (h: number): NDArray => f(...xs.map((x, i) => x.add(v[i]!.mul(h))))
  const [y, tangent] = jvp((...args: NDArray[]) => f(...args), [...xs], v)
  const difference = moved(eps)
    .sub(moved(-eps))
    .div(2 * eps)
  close(t, elements(tangent), elements(difference), tol, `jvp against finite differences (order left ${order})`)
  const ct = direction(y)
  const [, pullback] = vjp((...args: NDArray[]) => f(...args), ...xs)
  const cts = pullback(ct)
  const reverse = cts.reduce((sum, c, i) => sum + inner(c, v[i]!), 0)
  close(t, [inner(ct, tangent)], [reverse], tol, `<ct, Jv> against <Jt ct, v> (order left ${order})`)
  if (order > 1) {
    checkGrads(t, (...args) => jvp((...zs: NDArray[]) => f(...zs), args, v)[1], xs, { ...options, order: order - 1 })
    xs.forEach((_, i) => {
      checkGrads(t, (...args) => vjp((...zs: NDArray[]) => f(...zs), ...args)[1](ct)[i]!, xs, {
        ...options,
        order: order - 1,
      })
    })
  }
}
