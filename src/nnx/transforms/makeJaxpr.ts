/** `nnx.makeJaxpr`: programs of functions of modules. */
import type { Jaxpr } from '../../core/index.js'
import * as transforms from '../../transforms/index.js'
import { flattenGraph } from '../walk.js'
import { Inside, valueOfLeaf } from './boundary.js'

export interface MakeJaxprOptions {
  /** Arguments that the program is for, and no inputs of it. */
  readonly staticArgnums?: number | readonly number[]
}

/**
 * The program of a function: from the arrays in its arguments (those of modules in the order of their states) to what it
 * gives new values, then to its result.
 *
 * @example
 * const norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0) })
 * nnx.makeJaxpr((m: nnx.BatchNorm, x: NDArray) => m(x))(norm, np.ones([3, 2])).outputs.length // => 3
 */
export const makeJaxpr =
  <A extends readonly unknown[]>(
    f: (...args: A) => unknown,
    { staticArgnums = [] }: MakeJaxprOptions = {},
  ): ((...args: A) => Jaxpr) =>
  (...args) => {
    const isStatic = (i: number): boolean => [staticArgnums].flat().includes(i)
    const { def, leaves } = flattenGraph(
      args.map((x, i) => (isStatic(i) ? null : x)),
      false,
    )
    return transforms.makeJaxpr((...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(def, values)
      const filled = inside.args.map((x, i) => (isStatic(i) ? args[i] : x))
      return inside.leave('nnx.makeJaxpr', f(...(filled as unknown as A)), false).outputs
    })(...leaves.map(valueOfLeaf))
  }
