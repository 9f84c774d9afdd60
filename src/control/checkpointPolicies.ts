/** Which values of a forward pass `checkpoint` keeps. */
import { bind1, type Primitive, type ShapedArray, zero } from '../core/index.js'
import { convGeneralDilatedP, type DotDims, dotGeneralP } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf } from '../transforms/index.js'

/** Whether the results of an operation are kept for the backward pass; else they are computed again. */
export type CheckpointPolicy = (operation: {
  /** Its name, as jaxprs print it. */
  readonly primitive: string
  readonly params: unknown
  readonly avals: readonly ShapedArray[]
}) => boolean

interface Named {
  readonly name: string
}

/** The identity, with a name for policies. */
export const nameP: Primitive<Named> = {
  name: 'name',
  abstractEval: ([x]) => [x!],
  jvp: ([x], [t], params) => [[bind1(nameP, [x!], params)], [t === zero ? zero : t!]],
  transpose: ([ct]) => [ct!],
  batch: ([x], [axis], params) => [[bind1(nameP, [x!], params)], [axis!]],
  lower: (_context, inputs) => inputs,
}

/**
 * A tree of arrays with a name, by which policies of {@link checkpoint} tell whether to keep them.
 *
 * @example
 * const f = checkpoint((x: NDArray) => np.sin(checkpointName(np.sin(x), 'inner')), {
 *   policy: checkpointPolicies.saveOnlyTheseNames('inner'),
 * })
 * grad(f)(np.array(0)) // => Array(1., dtype=float32)
 */
export const checkpointName = <T>(x: T, name: string): T =>
  tree.map((leaf: unknown): unknown => bind1(nameP, [arrayLeaf('checkpointName', leaf, 0)], { name }), x) as T

const nameIn = (params: unknown, names: readonly string[]): boolean => names.includes((params as Named).name)

const dotsSaveable: CheckpointPolicy = ({ primitive }) =>
  primitive === dotGeneralP.name || primitive === convGeneralDilatedP.name

const dotsWithNoBatchDimsSaveable: CheckpointPolicy = ({ primitive, params }) =>
  primitive === dotGeneralP.name && (params as DotDims).batch[0].length === 0

/** Policies of `checkpoint`, and makers of them. */
export const checkpointPolicies = {
  /** All values are kept, as if there were no `checkpoint`. */
  everythingSaveable: ((): boolean => true) as CheckpointPolicy,
  /** No values are kept: the default. */
  nothingSaveable: ((): boolean => false) as CheckpointPolicy,
  /** Results of `dotGeneral` and of convolutions are kept. */
  dotsSaveable,
  checkpointDots: dotsSaveable,
  /** Results of `dotGeneral` without batch axes are kept: those of dense layers. */
  dotsWithNoBatchDimsSaveable,
  checkpointDotsWithNoBatchDims: dotsWithNoBatchDimsSaveable,
  /** Values that `checkpointName` gave one of these names are kept. */
  saveOnlyTheseNames:
    (...names: readonly string[]): CheckpointPolicy =>
    ({ primitive, params }) =>
      primitive === nameP.name && nameIn(params, names),
  /** Values that `checkpointName` gave another name are kept. */
  saveAnyNamesButThese:
    (...names: readonly string[]): CheckpointPolicy =>
    ({ primitive, params }) =>
      primitive === nameP.name && !nameIn(params, names),
  /** All values are kept but those that `checkpointName` gave one of these names. */
  saveAnythingExceptTheseNames:
    (...names: readonly string[]): CheckpointPolicy =>
    ({ primitive, params }) =>
      primitive !== nameP.name || !nameIn(params, names),
  /** What one of two policies keeps is kept. */
  saveFromBothPolicies:
    (first: CheckpointPolicy, second: CheckpointPolicy): CheckpointPolicy =>
    (operation) =>
      first(operation) || second(operation),
} as const
