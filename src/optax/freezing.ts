/** Params that stay as they are. */
import * as tree from '../pytree/index.js'
import type { AnyGradientTransformation, EmptyState, ExtraArgsOf, GradientTransformation, StateOf } from './base.js'
import { setToZero } from './constraining.js'
import { masked, type MaskedState, type MaskOrFn } from './masking.js'
import { partition, type PartitionState } from './partition.js'

/**
 * Zeros in the place of the updates whose mask is true; the others as they are.
 *
 * @throws PytreeError in `init` and `update`, if the mask is no prefix of the tree
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.freeze
 * @example
 * const tx = optax.chain(optax.sgd(1), optax.freeze({ b: true, w: false }))
 * const params = { b: np.ones([1]), w: np.ones([1]) }
 * tx.update(params, tx.init(params))[0] // => { b: Array([0.], dtype=float32), w: Array([-1.], dtype=float32) }
 */
export const freeze = (mask: MaskOrFn): GradientTransformation<MaskedState<EmptyState>> => masked(setToZero(), mask)

/** State of {@link selectiveTransform}. */
export type SelectiveTransformState<S> = PartitionState<{
  readonly train: MaskedState<S>
  readonly freeze: MaskedState<EmptyState>
}>

/**
 * An optimizer for the leaves whose mask is false; the others are frozen: their updates are zeros, and no state is kept for
 * them.
 *
 * @param freezeMask - a tree of booleans, or a prefix of one
 * @throws PytreeError in `init` and `update`, if the mask is no prefix of the tree
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.selective_transform
 * @example
 * const tx = optax.selectiveTransform(optax.sgd(1), { b: true, w: false })
 * const params = { b: np.ones([1]), w: np.ones([1]) }
 * tx.update(params, tx.init(params))[0] // => { b: Array([0.], dtype=float32), w: Array([-1.], dtype=float32) }
 */
export const selectiveTransform = <T extends AnyGradientTransformation>(
  optimizer: T,
  freezeMask: boolean | object,
): GradientTransformation<SelectiveTransformState<StateOf<T>>, ExtraArgsOf<T>> => {
  const labels = tree.map((frozen: boolean) => (frozen ? 'freeze' : 'train'), freezeMask as Readonly<Record<string, boolean>>) // prettier-ignore
  const tx = partition({ train: optimizer, freeze: setToZero() }, labels)
  return tx as unknown as GradientTransformation<SelectiveTransformState<StateOf<T>>, ExtraArgsOf<T>>
}
