/** `customGradient`: a function that returns its pullback beside its result. */
import { ArgumentError, evalJaxpr, type NDArray, requireFunction, stage } from '../core/index.js'
import type * as tree from '../pytree/index.js'
import { type Fn, outputLeaves } from '../transforms/index.js'
import { customVjp } from './customVjp.js'

/**
 * A function with a reverse mode of its own, from one that returns `[result, pullback]`: the pullback takes the result's
 * cotangent to that of the argument or, of several arguments, to an array of theirs.
 *
 * @example
 * const clipped = customGradient((x: NDArray) => [x, (ct: NDArray) => np.clip(ct, -1, 1)])
 * grad((x: NDArray) => clipped(x).mul(5))(np.array(2)) // => Array(1., dtype=float32)
 */
export const customGradient = <A extends readonly unknown[], R>(
  f: (...args: A) => readonly [R, (ct: R) => unknown],
): ((...args: A) => R) => {
  requireFunction('customGradient', f)
  const name = f.name === '' ? 'anonymous' : f.name
  const where = `pullback of ${name}`
  const parts = (args: A): readonly [R, (ct: R) => unknown] => {
    const pair: unknown = f(...args)
    if (Array.isArray(pair) && typeof pair[1] === 'function') return pair as unknown as readonly [R, (ct: R) => unknown]
    throw new ArgumentError(`customGradient(${name})`, 'a function that returns [result, pullback]', typeof pair)
  }
  const wrapped = customVjp(Object.defineProperty((...args: A): R => parts(args)[0], 'name', { value: name }))
  let pullback: { readonly run: (values: readonly NDArray[]) => readonly unknown[] } | null = null
  wrapped.defvjp(
    (...args) => {
      const [result, rule] = parts(args)
      const [ys, outputs] = outputLeaves(where, result)
      let structure: tree.TreeDef | null = null
      // What the pullback closes over is a residual.
      const { jaxpr, consts } = stage(
        (...cts) => {
          const given = (rule as Fn)(outputs.unflatten(cts))
          const [leaves, treedef] = outputLeaves(where, args.length === 1 ? [given] : given)
          structure = treedef
          return leaves
        },
        ys.map((y) => y.aval),
      )
      pullback = { run: (values) => structure!.unflatten(evalJaxpr(jaxpr, values)) as readonly unknown[] }
      return [result, consts]
    },
    (residuals, ct) => pullback!.run([...residuals, ...outputLeaves(where, ct)[0]]),
  )
  return wrapped
}
