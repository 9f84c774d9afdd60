/** Connectionist temporal classification: labels without times for outputs in time. */
import { scan } from '../../control/index.js'
import { type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as nn from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { decodeOptions, optionsOf, scalar, wholeSteps } from '../options.js'
import { floats, integers, sameShapes } from './arguments.js'

export interface CtcLossOptions {
  /** Class of the blank; default 0. */
  readonly blankId?: number
  /** Stands for `log 0`; default -1e5. */
  readonly logEpsilon?: ScalarLike
}
const CtcLossOptions = optionsOf('CtcLossOptions', { blankId: wholeSteps, logEpsilon: scalar })

/** Log probabilities of the labels so far, before a blank and after a label. */
type Forward = readonly [phi: NDArray, emit: NDArray]

/**
 * {@link ctcLoss}, and the log probabilities of the forward pass: `[time, batch, labels + 1]` of having emitted so many
 * labels and a blank, `[time, batch, labels]` of having just emitted a label.
 *
 * @throws ShapeError, DTypeError if the arguments aren't so
 * @throws OptionsError if an option is unknown
 * @see Graves et al., 2006, https://doi.org/10.1145/1143844.1143891
 * @example
 * const labels = np.array([[1]], { dtype: 'int32' })
 * const [, phi, emit] = optax.ctcLossWithForwardProbs(np.zeros([1, 3, 2]), np.zeros([1, 3]), labels, np.zeros([1, 1]))
 * ;[phi.shape, emit.shape] // => [[3, 1, 2], [3, 1, 1]]
 */
export const ctcLossWithForwardProbs = (
  logits: ArrayLike,
  logitPaddings: ArrayLike,
  labels: ArrayLike,
  labelPaddings: ArrayLike,
  options: CtcLossOptions = {},
): readonly [loss: NDArray, logAlphaPhi: NDArray, logAlphaEmit: NDArray] =>
  forward('ctcLossWithForwardProbs', logits, logitPaddings, labels, labelPaddings, options)

const forward = (
  where: string,
  logits: ArrayLike,
  logitPaddings: ArrayLike,
  givenLabels: ArrayLike,
  givenLabelPaddings: ArrayLike,
  options: CtcLossOptions,
): readonly [loss: NDArray, logAlphaPhi: NDArray, logAlphaEmit: NDArray] => {
  const { blankId = 0, logEpsilon = -1e5 } = decodeOptions(where, CtcLossOptions, options)
  const x = floats(where, 'logits', logits)
  const labels = integers(where, 'labels', givenLabels)
  const labelPaddings = np.astype(np.asarray(givenLabelPaddings), x.dtype)
  const paddings = np.astype(np.asarray(logitPaddings), x.dtype)
  if (x.ndim !== 3 || labels.ndim !== 2 || labels.shape[0] !== x.shape[0]) {
    throw new ShapeError(where, 'logits [batch, time, classes] and labels [batch, labels]', `${showAval(x.aval)} and ${showAval(labels.aval)}`) // prettier-ignore
  }
  sameShapes(where, 'labels and their paddings', labels, labelPaddings)
  const [batch, , classes] = x.shape as readonly [number, number, number]
  const n = labels.shape[1]!
  if (paddings.shape.join() !== x.shape.slice(0, 2).join()) {
    throw new ShapeError(where, `paddings of the logits of the shape [${x.shape.slice(0, 2).join()}]`, showAval(paddings.aval)) // prettier-ignore
  }
  const logProbs = np.transpose(nn.logSoftmax(x), [1, 0, 2])
  const blanks = lax.sliceInDim(logProbs, blankId, blankId + 1, 1, 2)
  const oneHot = np.transpose(nn.oneHot(labels, classes, { dtype: x.dtype }), [0, 2, 1])
  // [batch, time, classes] · [batch, classes, labels], then time first.
  const emissions = np.transpose(np.matmul(nn.logSoftmax(x), oneHot), [1, 0, 2])
  const repeat = repeats(labels, x)
  const added = (phi: NDArray, score: NDArray): NDArray =>
    np.concatenate([part(phi, 0, 1), np.logaddexp(part(phi, 1, n + 1), score)], { axis: -1 })
  const body = (
    [phi, emit]: Forward,
    [logEmit, logPhi, pad]: readonly [NDArray, NDArray, NDArray],
  ): readonly [Forward, Forward] => {
    const before = added(phi, np.add(emit, np.multiply(logEpsilon, repeat)))
    const nextEmit = np.logaddexp(np.add(part(before, 0, n), logEmit), np.add(emit, logEmit))
    const score = np.add(np.add(emit, logPhi), np.multiply(logEpsilon, np.subtract(1, repeat)))
    const nextPhi = added(np.add(before, logPhi), score)
    const isPadded = np.expandDims(pad, 1)
    const kept = (old: NDArray, fresh: NDArray): NDArray =>
      np.add(np.multiply(isPadded, old), np.multiply(np.subtract(1, isPadded), fresh))
    const next: Forward = [kept(phi, nextPhi), kept(emit, nextEmit)]
    return [next, next]
  }
  const never = (width: number): NDArray => np.broadcastTo(np.astype(np.asarray(logEpsilon), x.dtype), [batch, width])
  const start: Forward = [np.concatenate([np.zeros([batch, 1], { dtype: x.dtype }), never(n)], { axis: 1 }), never(n)]
  const [[phi, emit], [phis, emits]] = scan(body, start, [emissions, blanks, np.transpose(paddings, [1, 0])] as const)
  const last = added(phi, emit)
  const lengths = np.subtract(n, np.astype(np.sum(labelPaddings, { axis: 1 }), 'int32'))
  const loss = np.negative(np.sum(np.multiply(last, nn.oneHot(lengths, n + 1, { dtype: x.dtype })), { axis: 1 }))
  const times = x.shape[1]!
  const all = times === 0 ? phis : np.concatenate([lax.sliceInDim(phis, 0, times - 1, 1, 0), np.expandDims(last, 0)])
  return [loss, all, emits]
}

const part = (x: NDArray, start: number, stop: number): NDArray => lax.sliceInDim(x, start, stop, 1, 1)

/** 1 where the next label is the same: a blank must be between. */
const repeats = (labels: NDArray, like: NDArray): NDArray => {
  const n = labels.shape[1]!
  const none = np.zeros([labels.shape[0]!, Math.min(n, 1)], { dtype: like.dtype })
  if (n <= 1) return none
  const isSame = np.equal(part(labels, 0, n - 1), part(labels, 1, n))
  return np.concatenate([np.astype(isSame, like.dtype), none], { axis: 1 })
}

/**
 * The negative log probability of a sequence of labels, over all ways in which outputs in time can emit it with blanks
 * between.
 *
 * @param logits - `[batch, time, classes]`, the blank among the classes
 * @param logitPaddings - `[batch, time]`, 1 where there is no output
 * @param labels - `[batch, labels]`, integers
 * @param labelPaddings - `[batch, labels]`, 1 where there is no label
 * @returns `[batch]`
 * @throws ShapeError, DTypeError if the arguments aren't so
 * @throws OptionsError if an option is unknown
 * @see Graves et al., 2006, https://doi.org/10.1145/1143844.1143891
 * @example
 * const labels = np.array([[1]], { dtype: 'int32' })
 * optax.ctcLoss(np.zeros([1, 2, 2]), np.zeros([1, 2]), labels, np.zeros([1, 1])).item().toFixed(4) // => '0.2877'
 */
export const ctcLoss = (
  logits: ArrayLike,
  logitPaddings: ArrayLike,
  labels: ArrayLike,
  labelPaddings: ArrayLike,
  options: CtcLossOptions = {},
): NDArray => forward('ctcLoss', logits, logitPaddings, labels, labelPaddings, options)[0]
