/** Calls of functions that have derivatives of their own. */
import { type NDArray, stage, type Staged } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, outputLeaves } from '../transforms/index.js'

/** A staged call, and what its rules need of it. */
export interface CustomCall extends Staged {
  /** Values of the arguments that aren't differentiated. */
  readonly fixed: readonly unknown[]
  /** Leaves of the others, and their structure. */
  readonly arrays: readonly NDArray[]
  readonly treedef: tree.TreeDef<readonly unknown[]>
  /** Structure of the result. */
  readonly outputs: tree.TreeDef
  /** All arguments, with other leaves. */
  readonly filled: (leaves: readonly NDArray[]) => readonly unknown[]
}

/** Stage a call; arguments at `nondiffArgnums` are part of the program. */
export const stageCall = (
  where: string,
  f: Fn,
  args: readonly unknown[],
  nondiffArgnums: readonly number[],
): CustomCall => {
  const isFixed = (i: number): boolean => nondiffArgnums.includes(i)
  const [leaves, treedef] = tree.flatten<readonly unknown[]>(args.filter((_, i) => !isFixed(i)))
  const arrays = leaves.map((x, i) => arrayLeaf(where, x, i))
  const filled = (xs: readonly NDArray[]): readonly unknown[] => {
    const free = treedef.unflatten(xs).values()
    return args.map((x, i) => (isFixed(i) ? x : free.next().value))
  }
  let outputs: tree.TreeDef | null = null
  const staged = stage(
    (...xs) => {
      const [results, structure] = outputLeaves(where, f(...filled(xs)))
      outputs = structure
      return results
    },
    arrays.map((x) => x.aval),
  )
  return { ...staged, fixed: args.filter((_, i) => isFixed(i)), arrays, treedef, outputs: outputs!, filled }
}
