/** The structure of a tree: everything but its leaves. */

import { equalAux, keyAux } from './aux.js'
import { build } from './build.js'
import { mismatch, type MismatchLabels } from './difference.js'
import { PytreeError } from './errors.js'
import { match } from './match.js'
import { showKey, type KeyEntry, type KeyPath } from './path.js'
import { printNode, shorten } from './print.js'
import { arrayType, entryOf, nullType, type NodeType, type Step } from './registry.js'

/** What a structure finds out about itself when it is first needed. */
interface Cache {
  key: string | undefined
  /** Keys of an object. */
  names: ReadonlySet<string> | undefined
  /** Whether an object was built before. */
  used: boolean
  /** What built objects are copied from. */
  template: Readonly<Record<string, unknown>> | undefined
}

/**
 * The structure of a tree: kinds of nodes, their keys and static data. Immutable. Made by `structure` and `flatten`.
 * `T` is the type of the tree it was made of.
 *
 * @example
 * ```ts
 * import { structure } from 'onnax/pytree'
 *
 * const treedef = structure({ b: [1, null], a: 2 })
 * String(treedef) // => "PyTreeDef({'a': *, 'b': [*, None]})"
 * treedef.equals(structure({ a: 0, b: [0, null] })) // => true
 * treedef.unflatten([10, 20]) // => { a: 10, b: [20, null] }
 * ```
 */
export class TreeDef<out T = unknown> {
  /** Leaves in the tree. */
  readonly numLeaves: number
  /** Nodes in the tree, leaves included. */
  readonly numNodes: number
  /** @internal `null` is a leaf. */
  readonly type: NodeType | null
  /** @internal Steps to the children; `null` for arrays. */
  readonly steps: readonly Step[] | null
  /** @internal */
  readonly aux: unknown
  /** @internal */
  readonly defs: readonly TreeDef[]
  /** @internal */
  readonly cache: Cache = { key: undefined, names: undefined, used: false, template: undefined }

  /** @internal */
  constructor(type: NodeType | null, steps: readonly Step[] | null, aux: unknown, children: readonly TreeDef[]) {
    let leaves = type === null ? 1 : 0
    let nodes = 1
    for (const child of children) {
      leaves += child.numLeaves
      nodes += child.numNodes
    }
    this.numLeaves = leaves
    this.numNodes = nodes
    this.type = type
    this.steps = steps
    this.aux = aux
    this.defs = children
    Object.freeze(this)
  }

  /** Whether this is the structure of a single leaf. */
  get isLeaf(): boolean {
    return this.type === null
  }

  /** A text that is the same for equal structures and differs for different ones, in this process: for use in a Map. */
  get key(): string {
    return (this.cache.key ??= keyOf(this))
  }

  /** The structures of the children, in order; empty for a leaf. */
  children(): readonly TreeDef[] {
    return this.defs
  }

  /** @internal The step to child `i`. */
  entry(i: number): KeyEntry {
    return entryOf(this.type!, this.steps === null ? i : this.steps[i]!)
  }

  /** Whether two structures are the same: kinds of nodes, keys and static data. */
  equals(other: TreeDef): boolean {
    if (this === (other as unknown)) return true
    if (this.type !== other.type || this.numLeaves !== other.numLeaves || this.numNodes !== other.numNodes) return false
    const [mine, others] = [this.defs, other.defs]
    if (mine.length !== others.length) return false
    if (this.type?.tag === 'class') {
      if (!equalAux(this.type, this.aux, other.aux)) return false
    } else if (this.steps !== null && !this.steps.every((step, i) => step === other.steps![i])) return false
    return mine.every((child, i) => child.equals(others[i]!))
  }

  /** The structure in JAX's notation, on one line: `*` is a leaf. */
  toString(): string {
    return `PyTreeDef(${printDef(this)})`
  }

  /** As {@link toString}, for `console.log`. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  /** The path of each leaf, in order. */
  paths(): KeyPath[] {
    const paths: KeyPath[] = []
    addPaths(this, [], paths)
    return paths
  }

  /** This structure with each leaf replaced by `inner`. */
  compose(inner: TreeDef): TreeDef {
    const children = this.defs.map((child) => child.compose(inner))
    return this.type === null ? inner : new TreeDef(this.type, this.steps, this.aux, children)
  }

  /**
   * Build a tree of this structure. Its type is that of the tree the structure came from: cast it if the leaves differ.
   *
   * @throws PytreeError if there are not `numLeaves` leaves
   */
  unflatten(leaves: readonly unknown[]): T {
    if (leaves.length !== this.numLeaves)
      throw new PytreeError(
        `unflatten requires ${count(this.numLeaves)} for ${shorten(`${this}`)}, got ${leaves.length}`,
        { left: `${this}` },
      )
    return build(this, leaves, 0) as T
  }

  /**
   * The subtrees of `tree` at the leaves of this structure, of which `tree` may be a refinement.
   *
   * @param labels - names for the error
   * @throws PytreeError if this structure is not a prefix of the tree
   */
  flattenUpTo(
    tree: unknown,
    labels: MismatchLabels = { where: 'flattenUpTo', left: 'the treedef', right: 'the tree' },
  ): unknown[] {
    const subtrees: unknown[] = []
    if (!match(this, tree, subtrees, true)) throw mismatch(this, tree, true, labels)
    return subtrees
  }

  /**
   * The leaves of `tree`, which has just this structure.
   *
   * @param labels - names for the error
   * @throws PytreeError if it has another
   */
  leavesOf(tree: unknown, labels: MismatchLabels): unknown[] {
    const leaves: unknown[] = []
    if (!match(this, tree, leaves, false)) throw mismatch(this, tree, false, labels)
    return leaves
  }

  /**
   * Whether `tree` has just this structure; if so, its leaves are pushed to `leaves`, which is otherwise left as it was.
   * Agrees with `structure(tree).equals(this)`, but allocates nothing: the fast path of `jit`.
   */
  matchInto(tree: unknown, leaves: unknown[]): boolean {
    const start = leaves.length
    if (match(this, tree, leaves, false)) return true
    leaves.length = start
    return false
  }
}

/** @internal The structure of a leaf. */
export const leafDef = new TreeDef(null, null, null, [])
/** @internal The structure of `null`. */
export const nullDef = new TreeDef(nullType, null, null, [])

/** The structure of an array of trees, from theirs: that of an argument list, for example. */
export const treedefTuple = (treedefs: readonly TreeDef[]): TreeDef<readonly unknown[]> =>
  new TreeDef(arrayType, null, null, [...treedefs])

const count = (n: number): string => (n === 1 ? '1 leaf' : `${n} leaves`)

const printDef = (def: TreeDef): string => printNode(def.type, def.steps, def.aux, def.defs.map(printDef))

const keyOf = (def: TreeDef): string => {
  const { type, steps } = def
  if (type === null) return '*'
  if (type === nullType) return '-'
  const children = def.defs.map((child) => child.key)
  switch (type.tag) {
    case 'object':
    case 'map': {
      const entries = children.map((child, i) => `${showKey(steps![i] as string | number)}:${child}`)
      return `${type.tag === 'map' ? 'Map' : ''}{${entries.join(',')}}`
    }
    case 'class':
      return `${type.label}<${keyAux(type, def.aux)}>[${children.join(',')}]`
    default:
      return `[${children.join(',')}]`
  }
}

const addPaths = (def: TreeDef, path: KeyPath, paths: KeyPath[]): void => {
  if (def.type === null) paths.push(path)
  else for (const [i, child] of def.defs.entries()) addPaths(child, [...path, def.entry(i)], paths)
}
