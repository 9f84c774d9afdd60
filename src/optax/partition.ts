/** Different transformations for different parts of a tree. */
import { ArgumentError } from '../core/index.js'
import * as tree from '../pytree/index.js'
import {
  type AnyGradientTransformation,
  type ExtraArgsOf,
  GradientTransformation,
  type StateOf,
  requireTransformation,
} from './base.js'
import { maskedIn, type MaskedOptions, type MaskedState, treeOf } from './masking.js'
import { decodeOptions, flag, optionsOf } from './options.js'

/** Transformations by label. */
export type LabelledTransformations = Readonly<Record<string, AnyGradientTransformation>>

/**
 * A tree of labels, or a function that makes one of the params (in `init`) and of the updates (in `update`). A label in
 * the place of a subtree stands for all its leaves.
 */
export type LabelsOrFn = string | object | ((of: never) => unknown)

/** State of {@link partition}. */
export interface PartitionState<S = Readonly<Record<string, MaskedState>>> {
  /** The state of each transformation, for the leaves of its label. */
  readonly innerStates: S
}

/** The states of transformations by label. */
export type PartitionStates<T extends LabelledTransformations> = { readonly [K in keyof T]: MaskedState<StateOf<T[K]>> }

/** What any of the transformations needs. */
export type PartitionExtraArgs<T extends LabelledTransformations> = {
  [K in keyof T]: (extra: ExtraArgsOf<T[K]>) => void
}[keyof T] extends (extra: infer E) => void
  ? E
  : never

const PartitionOptions = optionsOf('PartitionOptions', { maskCompatibleExtraArgs: flag })

/** The mask of the leaves with a label. */
const maskOf = (labels: unknown, label: string): object | boolean =>
  tree.map((x: unknown) => String(x) === label, labels) as object | boolean

const partitionIn = <const T extends LabelledTransformations>(
  where: string,
  transforms: T,
  paramLabels: LabelsOrFn,
  options: MaskedOptions,
): GradientTransformation<PartitionState<PartitionStates<T>>, PartitionExtraArgs<T>> => {
  const { maskCompatibleExtraArgs = false } = decodeOptions(where, PartitionOptions, options)
  const entries = Object.entries(transforms) as unknown as readonly (readonly [string, GradientTransformation])[]
  const known = entries.map(([label]) => label)
  for (const [, tx] of entries) requireTransformation(where, tx)
  const labelsOf = (of: unknown): unknown => {
    const labels = treeOf(paramLabels, of)
    for (const [path, label] of tree.leavesWithPath<unknown>(labels)) {
      if (!known.includes(String(label))) {
        const at = tree.keystr(path) || 'the root'
        throw new ArgumentError(where, `a label at ${at} of the labels that is one of ${known.map((k) => `'${k}'`).join(', ')}`, `'${String(label)}'; give a transformation for it`) // prettier-ignore
      }
    }
    return labels
  }
  const part = (label: string, tx: GradientTransformation, labels: unknown) =>
    maskedIn(`${where} ('${label}')`, tx, maskOf(labels, label), maskCompatibleExtraArgs)
  return GradientTransformation<PartitionState, PartitionExtraArgs<T>>(
    (params) => {
      const labels = labelsOf(params)
      return { innerStates: Object.fromEntries(entries.map(([k, tx]) => [k, part(k, tx, labels).init(params)])) }
    },
    (updates, { innerStates }, params, extra) => {
      const labels = labelsOf(updates)
      const next: Record<string, MaskedState> = {}
      let current = updates
      for (const [label, tx] of entries) {
        const state = innerStates[label]
        if (state === undefined) {
          throw new ArgumentError(where, `a state with a part '${label}'`, `one with ${Object.keys(innerStates).join(', ') || 'none'}`) // prettier-ignore
        }
        ;[current, next[label]] = part(label, tx, labels).update(current, state, params, extra)
      }
      return [current, { innerStates: next }]
    },
  ) as unknown as GradientTransformation<PartitionState<PartitionStates<T>>, PartitionExtraArgs<T>>
}

/**
 * Each leaf by the transformation of its label.
 *
 * @param transforms - transformations by label; `setToZero` freezes what it is given
 * @param paramLabels - labels in the structure of the params, or a prefix of it
 * @throws ArgumentError if there is no transformation for a label
 * @throws PytreeError if the labels are no prefix of the tree
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.partition
 * @example
 * const tx = optax.partition({ slow: optax.sgd(0.1), fast: optax.sgd(1) }, { b: 'fast', w: 'slow' })
 * const params = { b: np.ones([1]), w: np.ones([1]) }
 * tx.update(params, tx.init(params))[0] // => { b: Array([-1.], dtype=float32), w: Array([-0.1], dtype=float32) }
 */
export const partition = <const T extends LabelledTransformations>(
  transforms: T,
  paramLabels: LabelsOrFn,
  options: MaskedOptions = {},
): GradientTransformation<PartitionState<PartitionStates<T>>, PartitionExtraArgs<T>> =>
  partitionIn('partition', transforms, paramLabels, options)

/**
 * The old name of {@link partition}.
 *
 * @see https://optax.readthedocs.io/en/latest/api/combining_optimizers.html#optax.partition
 * @example
 * const tx = optax.multiTransform({ a: optax.scale(2), b: optax.scale(3) }, ['a', 'b'])
 * const params = [np.ones([1]), np.ones([1])]
 * tx.update(params, tx.init(params))[0] // => [Array([2.], dtype=float32), Array([3.], dtype=float32)]
 */
export const multiTransform = <const T extends LabelledTransformations>(
  transforms: T,
  paramLabels: LabelsOrFn,
  options: MaskedOptions = {},
): GradientTransformation<PartitionState<PartitionStates<T>>, PartitionExtraArgs<T>> =>
  partitionIn('multiTransform', transforms, paramLabels, options)
