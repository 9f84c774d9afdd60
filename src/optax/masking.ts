/** Transformations of parts of a tree. */
import { ArgumentError, NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgs,
  type ExtraArgsOf,
  GradientTransformation,
  type StateOf,
} from './base.js'
import { decodeOptions, flag, optionsOf } from './options.js'

/**
 * Stands for a masked-out part of a tree: a node without leaves, so that maps over the tree pass it by.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.MaskedNode
 */
export class MaskedNode {}
tree.registerNode(MaskedNode, { flatten: () => ({ children: [], keys: [], aux: null }), unflatten: () => maskedNode })
const maskedNode = new MaskedNode()

/**
 * A tree of booleans, or a function that makes one of the params (in `init`) and of the updates (in `update`). A boolean
 * in the place of a subtree stands for all its leaves. The containers may be others than those of the params, if all names are the
 * same: plain objects for an `nnx.State`, and the other way round.
 */
export type MaskOrFn = boolean | object | MaskFn

/** Makes a tree of booleans of another tree. Beside a type parameter for masks it gives the function's parameter its type. */
export type MaskFn = (of: ArrayTree) => unknown

/** State of {@link masked}. */
export interface MaskedState<S = unknown> {
  /** State of the inner transformation, for the leaves whose mask is true. */
  readonly innerState: S
}

export interface MaskedOptions {
  /** Whether extra arguments in the structure of the updates are masked as well; default false. */
  readonly maskCompatibleExtraArgs?: boolean
}
const MaskedOptions = optionsOf('MaskedOptions', { maskCompatibleExtraArgs: flag })

/** The structure of a mask, and for each of its leaves whether what is there takes part. */
interface Mask {
  /** What errors name. */
  readonly where: string
  readonly treedef: tree.TreeDef
  readonly chosen: readonly boolean[]
}

const chosenAt = (where: string, leaf: unknown, path: () => tree.KeyPath): boolean => {
  if (typeof leaf === 'boolean') return leaf
  if (leaf instanceof NDArray && leaf.dtype === 'bool' && leaf.ndim === 0) return leaf.item() !== 0
  const got = leaf instanceof NDArray ? `${leaf}` : typeof leaf
  throw new ArgumentError(where, `true or false at ${tree.keystr(path()) || 'the root'} of the mask`, got)
}

/** @internal A tree that was given as one, or as a function of another. */
export const treeOf = (given: unknown, of: unknown): unknown =>
  // A registered class may be a function, too: a module that can be called is a tree.
  typeof given === 'function' && !tree.isNode(given) ? (given as (of: unknown) => unknown)(of) : given

const maskFor = (where: string, mask: MaskOrFn, of: unknown): Mask => {
  const given = treeOf(mask, of)
  const [leaves, treedef] = tree.flatten<unknown>(given)
  const chosen = leaves.map((leaf, i) => chosenAt(where, leaf, () => treedef.paths()[i]!))
  return { where, ...((isPrefix(treedef, of) ? null : spreadByName(given, chosen, of)) ?? { treedef, chosen }) }
}

const isPrefix = (treedef: tree.TreeDef, of: unknown): boolean => {
  try {
    treedef.flattenUpTo(of)
    return true
  } catch (error) {
    if (error instanceof tree.PytreeError) return false
    throw error
  }
}

/** The names on the way to each leaf. The only field of a node at the end is none: a Variable of a state is its value. */
const namesOf = (of: unknown): readonly (readonly string[])[] => {
  const paths = tree.leavesWithPath<unknown>(of).map(([path]) => path)
  const parents = paths.map((path) => tree.keystr(path.slice(0, -1)))
  return paths.map((path, i) => {
    const isAlone = path.at(-1)?.kind === 'attr' && parents.filter((parent) => parent === parents[i]).length === 1
    return (isAlone ? path.slice(0, -1) : path).map(({ key }) => String(key))
  })
}

/**
 * A mask of other containers than the tree, for the leaves whose names begin with those of a leaf of the mask: a plain object for
 * the state of a model, say. `null` unless each leaf of the tree has one, and each of the mask is used.
 */
const spreadByName = (
  mask: unknown,
  chosen: readonly boolean[],
  of: unknown,
): Pick<Mask, 'treedef' | 'chosen'> | null => {
  const prefixes = namesOf(mask)
  const places = namesOf(of).map((names) =>
    prefixes.findIndex((prefix) => prefix.every((name, i) => name === names[i])),
  )
  const isWhole = places.every((place) => place >= 0) && prefixes.every((_, i) => places.includes(i))
  return isWhole ? { treedef: tree.structure(of), chosen: places.map((place) => chosen[place]!) } : null
}

const partsOf = ({ where, treedef }: Mask, of: unknown, name: string): readonly unknown[] =>
  treedef.flattenUpTo(of, { where, left: 'the mask', right: name })

const hide = (mask: Mask, of: unknown, name: string): ArrayTree =>
  mask.treedef.unflatten(partsOf(mask, of, name).map((x, i) => (mask.chosen[i] ? x : maskedNode))) as ArrayTree

/**
 * The inner transformation for the leaves whose mask is true; the updates of the others pass as they are, and it keeps no
 * state for them.
 *
 * @throws PytreeError in `init` and `update`, if the mask is no prefix of the tree
 * @throws ArgumentError if a leaf of the mask isn't a boolean
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.masked
 * @example
 * const matrices = (of: unknown) => tree.map((x: NDArray) => x.ndim > 1, of)
 * const tx = optax.masked(optax.scale(-1), matrices)
 * const params = { b: np.ones([1]), w: np.ones([1, 1]) }
 * tx.update(params, tx.init(params))[0] // => { b: Array([1.], dtype=float32), w: Array([[-1.]], dtype=float32) }
 */
export const masked = <T extends AnyGradientTransformation>(
  inner: T,
  mask: MaskOrFn,
  options: MaskedOptions = {},
): GradientTransformation<MaskedState<StateOf<T>>, ExtraArgsOf<T>> => {
  const { maskCompatibleExtraArgs = false } = decodeOptions('masked', MaskedOptions, options)
  return maskedIn('masked', inner, mask, maskCompatibleExtraArgs)
}

/** @internal {@link masked}, as a part of a transformation that errors name. */
export const maskedIn = <T extends AnyGradientTransformation>(
  where: string,
  inner: T,
  mask: MaskOrFn,
  maskCompatibleExtraArgs: boolean,
): GradientTransformation<MaskedState<StateOf<T>>, ExtraArgsOf<T>> => {
  const tx = inner as unknown as GradientTransformation<StateOf<T>>
  return GradientTransformation<MaskedState<StateOf<T>>, ExtraArgsOf<T>>(
    (params) => ({ innerState: tx.init(hide(maskFor(where, mask, params), params, 'the params')) }),
    (updates, { innerState }, params, extra) => {
      const at = maskFor(where, mask, updates)
      const [transformed, state] = tx.update(
        hide(at, updates, 'the updates'),
        innerState,
        params === null ? null : hide(at, params, 'the params'),
        maskCompatibleExtraArgs ? hideExtra(at, updates, extra) : extra,
      )
      const after = partsOf(at, transformed, 'the transformed updates')
      const before = partsOf(at, updates, 'the updates')
      const merged = at.treedef.unflatten(after.map((x, i) => (at.chosen[i] ? x : before[i]))) as ArrayTree
      return [merged, { innerState: state }]
    },
  )
}

const hideExtra = (mask: Mask, updates: ArrayTree, extra: ExtraArgs): ExtraArgs => {
  const structure = tree.structure(updates)
  const hidden = (name: string, x: unknown): unknown =>
    x !== undefined && tree.structure(x).equals(structure) ? hide(mask, x, name) : x
  return Object.fromEntries(Object.entries(extra).map(([name, x]) => [name, hidden(name, x)]))
}
