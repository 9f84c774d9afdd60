/** `customRoot`: roots with derivatives by the implicit function theorem. */
import { neg } from '../lax/index.js'
import type { NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { closureConvert, jvp } from '../transforms/index.js'
import { customJvp } from './customJvp.js'

/**
 * A root of `f`, found by `solve`, that is differentiated through what `f` closes over, without differentiating `solve`:
 * of f(x, θ) = 0 the derivative is -(∂f/∂x)⁻¹ ∂f/∂θ.
 *
 * @param f - from a tree to one of the same structure
 * @param solve - from `f` and the guess to the root; need not be differentiable
 * @param tangentSolve - from a linear function and a value to what the function takes to the value; must be linear in
 * the value to be transposed
 * @example
 * const root = (a: NDArray) =>
 *   lax.customRoot(
 *     (x: NDArray) => x.mul(x).sub(a),
 *     np.array(1),
 *     (f, x) => lax.foriLoop(0, 20, (_i, y: NDArray) => y.sub(f(y).div(y.mul(2))), x),
 *     (g, y) => y.div(g(np.array(1))),
 *   )
 * grad(root)(np.array(4)) // => Array(0.25, dtype=float32)
 */
export const customRoot = <X>(
  f: (x: X) => X,
  initialGuess: X,
  solve: (f: (x: X) => X, guess: X) => X,
  tangentSolve: (g: (x: X) => X, y: X) => X,
): X => {
  const [converted, closedOver] = closureConvert(f, initialGuess)
  const rooted = customJvp((guess: X, ...values: readonly NDArray[]): X => solve((x) => converted(x, ...values), guess))
  rooted.defjvp(([guess, ...values]: readonly [X, ...NDArray[]], [, ...directions]: readonly [X, ...NDArray[]]) => {
    const x = rooted(guess, ...values)
    const [, moved] = jvp((...vs: NDArray[]) => converted(x, ...vs), values, directions)
    const g = (v: X): X => jvp((z: X) => converted(z, ...values), [x], [v])[1]
    const tangent = tangentSolve(g, moved)
    return [x, tree.map((t: unknown): unknown => neg(t as NDArray), tangent) as X] as const
  })
  return rooted(initialGuess, ...closedOver)
}
