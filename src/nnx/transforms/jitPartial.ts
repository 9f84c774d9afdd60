/** `nnx.jitPartial`: compiled functions whose first arguments are given. */
import type { Jitted, JitOptions } from '../../transforms/index.js'
import { jit } from './jit.js'

/** What is left of arguments after the first. */
type Rest<B extends readonly unknown[], P extends readonly unknown[]> = B extends readonly [
  ...{ [K in keyof P]: unknown },
  ...infer A,
]
  ? A
  : never

/**
 * As `nnx.jit`, with the first arguments given: a model and its optimizer, for example. Numbers of arguments in the options
 * count the given ones too.
 *
 * @example
 * const model = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0), momentum: 0 })
 * const forward = nnx.jitPartial((m: nnx.BatchNorm, x: NDArray) => m(x), [model])
 * forward(np.array([[1, 2], [3, 4]])).shape // => [2, 2]
 * model.mean.value // => Array([2., 3.], dtype=float32)
 */
export const jitPartial = <B extends readonly unknown[], P extends readonly unknown[], R>(
  f: (...args: B) => R,
  partialArgs: readonly [...P],
  options: JitOptions = {},
): Jitted<Rest<B, P>, R> => {
  const jitted = jit(f, options)
  const all = (args: readonly unknown[]): B => [...partialArgs, ...args] as unknown as B
  const bound = (...args: Rest<B, P>): R => jitted(...all(args))
  Object.defineProperty(bound, 'name', { value: jitted.name })
  Object.defineProperty(bound, 'traceCount', { get: () => jitted.traceCount })
  const runAsync = (...args: Rest<B, P>): Promise<R> => jitted.async(...all(args))
  return Object.assign(bound, { async: runAsync }) as unknown as Jitted<Rest<B, P>, R>
}
