/** Taking trees apart. */

import { PytreeError, showPath } from './errors.js'
import type { KeyPath } from './path.js'
import { expand, nodeTypeOf, nullType, pathOf, type Step } from './registry.js'
import { leafDef, nullDef, TreeDef } from './treedef.js'
import type { LeafOf } from './types.js'

/** What to stop at. */
export interface FlattenOptions {
  /** Whether a value counts as a leaf, `null` and nodes included. Asked before anything else. Default: never. */
  readonly isLeaf?: (value: unknown) => boolean
}

/** What to stop at, also by its path. */
export interface FlattenWithPathOptions {
  /** Whether a value counts as a leaf, `null` and nodes included. Asked before anything else. Default: never. */
  readonly isLeaf?: (value: unknown, path: KeyPath) => boolean
}

/** Deep enough for any model, and shallow enough for the stack of every walk over a tree. */
const maxDepth = 1000

/** One traversal. `nodes` are the nodes above the current value, `steps` lead from each to the next. */
class Flattener {
  readonly leaves: unknown[] = []
  readonly #nodes: unknown[] = []
  readonly #steps: Step[] = []

  constructor(
    readonly isLeaf: ((value: unknown, path: KeyPath) => boolean) | undefined,
    readonly withPath: boolean,
  ) {}

  visit(value: unknown): TreeDef {
    if (value === undefined)
      throw this.#error('requires leaves other than undefined, got undefined at', '; use null for an empty node')
    if (this.isLeaf?.(value, this.withPath ? this.#path() : [])) return this.#leaf(value)
    const type = nodeTypeOf(value)
    if (type === null) return this.#leaf(value)
    if (type === nullType) return nullDef
    this.#enter(value)
    const { steps, children, aux } = expand(type, value)
    const defs: TreeDef[] = []
    for (let i = 0; i < children.length; i++) {
      const step = steps === null ? i : steps[i]!
      if (typeof step !== 'string' && typeof step !== 'number' && type.tag === 'map')
        throw this.#error('requires Map keys that are strings or numbers, got another key at')
      this.#steps.push(step)
      defs.push(this.visit(children[i]))
      this.#steps.pop()
    }
    this.#nodes.pop()
    return new TreeDef(type, steps, aux, defs)
  }

  #leaf(value: unknown): TreeDef {
    this.leaves.push(value)
    return leafDef
  }

  #enter(value: unknown): void {
    const above = this.#nodes.indexOf(value)
    if (above >= 0) {
      const path = showPath(this.#path().slice(0, above))
      throw this.#error('requires a tree, got a cycle at', `, which is the same object as ${path}`)
    }
    if (this.#nodes.length === maxDepth) throw this.#error(`requires at most ${maxDepth} levels, got more at`)
    this.#nodes.push(value)
  }

  #path(): KeyPath {
    return pathOf(this.#nodes, this.#steps)
  }

  #error(what: string, repair = ''): PytreeError {
    const path = this.#path()
    return new PytreeError(`flatten ${what} ${showPath(path)}${repair}`, { path })
  }
}

/**
 * The leaves of a tree, in order, and its structure. Keys of objects and Maps are sorted.
 *
 * @throws PytreeError for a cycle, for more than 1000 levels, and for `undefined` other than as a property, which is absent
 * @example
 * ```ts
 * import { flatten } from 'onnax/pytree'
 *
 * const [leaves, treedef] = flatten({ b: [1, 2], a: 3 })
 * leaves // => [3, 1, 2]
 * treedef.unflatten([30, 10, 20]) // => { a: 30, b: [10, 20] }
 * ```
 */
export const flatten = <T>(tree: T, { isLeaf }: FlattenOptions = {}): [leaves: LeafOf<T>[], treedef: TreeDef<T>] =>
  run(tree, isLeaf, false)

/** As {@link flatten}, each leaf with its path, which `isLeaf` also gets. */
export const flattenWithPath = <T>(
  tree: T,
  { isLeaf }: FlattenWithPathOptions = {},
): [leaves: (readonly [path: KeyPath, leaf: LeafOf<T>])[], treedef: TreeDef<T>] => {
  const [leaves, treedef] = run(tree, isLeaf, true)
  return [treedef.paths().map((path, i) => [path, leaves[i]!]), treedef]
}

const run = <T>(
  tree: T,
  isLeaf: FlattenWithPathOptions['isLeaf'],
  withPath: boolean,
): [leaves: LeafOf<T>[], treedef: TreeDef<T>] => {
  const flattener = new Flattener(isLeaf, withPath)
  const treedef = flattener.visit(tree)
  return [flattener.leaves as LeafOf<T>[], treedef as TreeDef<T>]
}
