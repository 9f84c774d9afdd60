/** `nnx.evalShape`: models without values. */
import * as core from '../../transforms/index.js'
import { Builder } from '../build.js'
import { type NodeDef } from '../graphdef.js'
import { flattenGraph } from '../walk.js'
import { Inside, valueOfLeaf } from './boundary.js'

/**
 * What a function would return, with a `ShapeDtypeStruct` in the place of each array: a model too large to make, or one
 * whose values come from a checkpoint. Nothing is computed, and what the function does to its arguments is forgotten.
 *
 * @example
 * const model = nnx.evalShape(() => new nnx.Linear(20000, 50000, { rngs: new nnx.Rngs(0) }))
 * model.kernel.value.shape // => [20000, 50000]
 */
export const evalShape = <A extends readonly unknown[], R>(f: (...args: A) => R, ...args: A): R => {
  const { def, leaves } = flattenGraph(args, false)
  let result: NodeDef | null = null
  const shapes = core.evalShape(
    (...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(def, values)
      const made = flattenGraph(f(...(inside.args as unknown as A)), false)
      result = made.def.root
      return made.leaves.map(valueOfLeaf)
    },
    ...leaves.map(valueOfLeaf),
  ) as readonly unknown[]
  return new Builder(shapes).build(result!) as R
}
