/** `nnx.makeJaxpr`: programs of functions of modules. */
import type { Jaxpr } from '../../core/index.js'
import * as transforms from '../../transforms/index.js'
import { flattenGraph } from '../walk.js'
import { Inside, valueOfLeaf } from './boundary.js'

/**
 * The program of a function: from the arrays in its arguments (those of modules in the order of their states) to what it
 * gives new values, then to its result.
 *
 * @example
 * const norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0) })
 * nnx.makeJaxpr((m: nnx.BatchNorm, x: NDArray) => m(x))(norm, np.ones([3, 2])).outputs.length // => 3
 */
export const makeJaxpr =
  <A extends readonly unknown[]>(f: (...args: A) => unknown): ((...args: A) => Jaxpr) =>
  (...args) => {
    const { def, leaves } = flattenGraph(args, false)
    return transforms.makeJaxpr((...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(def, values)
      return inside.leave('nnx.makeJaxpr', f(...(inside.args as unknown as A)), false).outputs
    })(...leaves.map(valueOfLeaf))
  }
