/** Recurrent networks: a cell over all steps of sequences. */
import { type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import { All, type Filter } from '../filter.js'
import { merge, split, update } from '../graph.js'
import type { GraphDef } from '../graphdef.js'
import { Module } from '../module.js'
import { Rngs, RngState, RngStream } from '../rngs.js'
import { restoreRngs, splitRngs } from '../splitRngs.js'
import type { AnyState } from '../state.js'
import { Carry, StateAxes } from '../transforms/axes.js'
import { unrolledScan } from '../transforms/unrolled.js'
import { Param } from '../variable.js'
import type { RNNCellBase } from './recurrentCells.js'

export interface FlipOptions {
  /** Lengths of the sequences; what is behind stays behind. Default all of them. */
  readonly seqLengths?: NDArray | null
  /** Axes before (or, if time is the first axis, behind) that of time. */
  readonly numBatchDims: number
  /** Whether time is the first axis. */
  readonly timeMajor: boolean
}

/**
 * Sequences in reverse order.
 *
 * @example
 * const x = np.array([[1, 2, 3]])
 * const seqLengths = np.array([2], { dtype: 'int32' })
 * nnx.flipSequences(x, { seqLengths, numBatchDims: 1, timeMajor: false }) // => Array([[2., 1., 3.]], dtype=float32)
 */
export const flipSequences = (x: NDArray, { seqLengths = null, numBatchDims, timeMajor }: FlipOptions): NDArray => {
  const axis = timeMajor ? 0 : numBatchDims
  if (seqLengths === null) return lax.rev(x, [axis])
  const steps = x.shape[axis]!
  const shape = lax.range(numBatchDims + 1).map((i) => (i === axis ? steps : 1))
  const backwards = lax.sub(steps - 1, lax.broadcastedIota('int32', shape, axis))
  const places = np.remainder(np.add(backwards, lax.expandDims(seqLengths.astype('int32'), [axis])), steps)
  const spread = lax.reshape(places, [...places.shape, ...lax.range(x.ndim - places.ndim).map(() => 1)])
  return lax.takeAlongAxis(x, lax.broadcastTo(spread, x.shape), axis)
}

/** Of stacked carries `[steps, batch, ...]` the last of each sequence. */
const lastCarry = (stacked: NDArray, seqLengths: NDArray): NDArray => {
  const last = np.subtract(seqLengths.astype('int32'), 1)
  const shape = [1, ...stacked.shape.slice(1)]
  return lax.squeeze(lax.takeAlongAxis(stacked, lax.broadcastInDim(last, shape, [1]), 0), [0])
}

/** What a recurrent network gives: its outputs, or its last carry too. */
export type RNNResult<C, R extends boolean> = R extends true ? readonly [carry: C, outputs: NDArray] : NDArray

export interface RNNOptions<R extends boolean = boolean> {
  /** Whether time is the first axis, and not the one before the features; default false. */
  readonly timeMajor?: boolean
  /** Whether the result is `[carry, outputs]`; default false. */
  readonly returnCarry?: R
  /** Whether to go from the last step to the first; default false. */
  readonly reverse?: boolean
  /** Whether outputs in reverse are in the order of the inputs; default false. */
  readonly keepOrder?: boolean
  /** Steps in one turn of the loop, `true`: all, without a loop; default 1. Changes the time that things take, not the result. */
  readonly unroll?: number | boolean
  /**
   * What becomes of the cell's state, by filter: `nnx.Carry` goes from step to step, of an axis each step has its slice, `null`
   * is the same for all steps, which don't change it. Default all from step to step.
   */
  readonly stateAxes?: StateAxes | null
  /** Random streams of the cell that give the same keys at all steps; default none. */
  readonly broadcastRngs?: Filter
  /** Keys of the first carry: true for a stream from the seed 0, false for none; default true. */
  readonly rngs?: Rngs | boolean
}

export interface RNNCallOptions<C> extends Omit<
  RNNOptions,
  'rngs' | 'returnCarry' | 'unroll' | 'stateAxes' | 'broadcastRngs'
> {
  /** Default that of the cell. */
  readonly initialCarry?: C | null
  /** Lengths of the sequences, `[batch]`: the carry returned is that after the last step of each. Default all of them. */
  readonly seqLengths?: NDArray | null
  /** Keys of the first carry; default those of the layer. */
  readonly rngs?: Rngs | RngStream | null
}

/** A stream of keys for the first carry. */
const carryStream = (rngs: Rngs | RngStream | boolean): RngStream | null => {
  if (rngs === true) return new RngStream(0, { tag: 'carry' })
  if (rngs === false) return null
  return rngs instanceof RngStream ? rngs : rngs.carry.fork()
}

/** What becomes of a part of a cell's state: it stays, goes from step to step, or each step has its slice. */
type Fate = 'constant' | 'dropped' | typeof Carry | number

interface CellScan {
  readonly everyCarry: boolean
  readonly stateAxes: StateAxes
  readonly broadcastRngs: Filter
  readonly unroll: number | boolean
}

/**
 * A loop over the first axis of `xs`. So that gradients of parameters need not go from step to step too, carried
 * parameters stay, unless the cell turns out to write some.
 *
 * @returns last carry, outputs, and all carries where asked for
 */
const scanCell = <C>(
  cell: RNNCellBase<C>,
  first: C,
  xs: NDArray,
  { everyCarry, stateAxes, broadcastRngs, unroll }: CellScan,
  constant: Filter = Param,
): readonly [carry: C, outputs: NDArray, carries: C | null] => {
  const parts: readonly (readonly [filter: Filter, fate: Fate])[] = [
    [All(RngState, broadcastRngs), 'dropped'],
    ...stateAxes.filters.flatMap((filter, i): readonly (readonly [Filter, Fate])[] => {
      const axis = stateAxes.axes[i]!
      if (axis === Carry) return [[All(constant, filter), 'constant'], [filter, Carry]] // prettier-ignore
      return [[filter, axis ?? 'dropped']]
    }),
  ]
  const filters = parts.map(([filter]) => filter)
  const fates = parts.map(([, fate]) => fate)
  const apart = (whole: RNNCellBase<C>): readonly [GraphDef<RNNCellBase<C>>, ...AnyState[]] => split(whole, ...filters)
  const [graphdef, ...states] = apart(cell)
  const indices = (is: (fate: Fate) => boolean): readonly number[] => fates.flatMap((fate, i) => (is(fate) ? [i] : []))
  const carried = indices((fate) => fate === Carry)
  const sliced = indices((fate) => typeof fate === 'number')
  const moved = (state: AnyState, from: (axis: number) => number, to: (axis: number) => number, i: number): AnyState =>
    tree.map((x: NDArray) => np.moveaxis(x, from(fates[i] as number), to(fates[i] as number)), state)
  const given = tree.leaves(states.filter((_, i) => fates[i] === 'constant'))
  let isWritten = false
  const step = (
    [inCarry, carry]: readonly [readonly AnyState[], C],
    [x, slices]: readonly [NDArray, readonly AnyState[]],
  ): readonly [readonly [readonly AnyState[], C], readonly [NDArray, C | null, readonly AnyState[]]] => {
    const filled = [...states]
    carried.forEach((i, k) => (filled[i] = inCarry[k]!))
    sliced.forEach((i, k) => (filled[i] = slices[k]!))
    const copy = merge(graphdef, ...(filled as [AnyState, ...AnyState[]]))
    const [next, y] = copy(carry, x)
    const [, ...after] = apart(copy)
    const constants = tree.leaves(after.filter((_, i) => fates[i] === 'constant'))
    isWritten ||= constants.some((leaf, i) => leaf !== given[i])
    return [[carried.map((i) => after[i]!), next], [y, everyCarry ? next : null, sliced.map((i) => after[i]!)]] // prettier-ignore
  }
  const slices = sliced.map((i) => moved(states[i]!, (axis) => axis, () => 0, i)) // prettier-ignore
  const [[last, carry], [outputs, carries, stacked]] = unrolledScan(
    step,
    [carried.map((i) => states[i]!), first] as const,
    [xs, slices] as const,
    { length: xs.shape[0]!, unroll },
  )
  if (isWritten) return scanCell(cell, first, xs, { everyCarry, stateAxes, broadcastRngs, unroll }, false)
  carried.forEach((_, k) => {
    update(cell, last[k]!)
  })
  sliced.forEach((i, k) => {
    update(cell, moved(stacked[k]!, () => 0, (axis) => axis, i)) // prettier-ignore
  })
  return [carry, outputs, carries]
}

const allCarried = new StateAxes([['...', Carry]])

/** Arguments of {@link RNN.call}. */
export type RNNArgs<C> = readonly [x: NDArray, options?: RNNCallOptions<C> & { readonly returnCarry?: boolean }]

/** Called with `returnCarry` a recurrent network gives its last carry, whatever its own setting. */
export interface RNN<C, R extends boolean = false> extends Module<RNNArgs<C>, RNNResult<C, R>> {
  (x: NDArray, options: RNNCallOptions<C> & { readonly returnCarry: true }): RNNResult<C, true>
}

/**
 * A cell over all steps of sequences. What the cell changes (counts of random streams, batch statistics) goes from step
 * to step.
 *
 * @example
 * const rngs = new nnx.Rngs(0)
 * const rnn = new nnx.RNN(new nnx.LSTMCell(4, 3, { rngs }))
 * const x = np.ones([2, 5, 4])
 * rnn(x).shape // => [2, 5, 3]
 * const [[c, h], y] = rnn(x, { returnCarry: true })
 * h.shape // => [2, 3]
 */
export class RNN<C, R extends boolean = false> extends Module<RNNArgs<C>, RNNResult<C, R>> {
  static readonly takesRngs = true
  readonly cell: RNNCellBase<C>
  readonly timeMajor: boolean
  readonly returnCarry: boolean
  readonly reverse: boolean
  readonly keepOrder: boolean
  readonly unroll: number | boolean
  readonly stateAxes: StateAxes | null
  readonly broadcastRngs: Filter
  readonly rngs: RngStream | null

  constructor(cell: RNNCellBase<C>, options: RNNOptions<R> = {}) {
    super()
    const { timeMajor = false, returnCarry = false, reverse = false, keepOrder = false, rngs = true } = options
    this.cell = cell
    this.timeMajor = timeMajor
    this.returnCarry = returnCarry
    this.reverse = reverse
    this.keepOrder = keepOrder
    this.unroll = options.unroll ?? 1
    this.stateAxes = options.stateAxes ?? null
    this.broadcastRngs = options.broadcastRngs ?? null
    this.rngs = carryStream(rngs)
  }

  /**
   * `[...batch, steps, ...features]` to outputs `[...batch, steps, ...]`, or `[steps, ...batch, ...]` if time is the first
   * axis; with `returnCarry` `[carry, outputs]`.
   *
   * @throws ShapeError, ArgumentError
   */
  override call(x: NDArray, options: RNNCallOptions<C> & { readonly returnCarry?: boolean } = {}): RNNResult<C, R> {
    const { returnCarry = this.returnCarry, timeMajor = this.timeMajor } = options
    const { reverse = this.reverse, keepOrder = this.keepOrder, initialCarry = null, seqLengths = null } = options
    const features = this.cell.numFeatureAxes
    if (x.ndim <= features) throw new ShapeError('RNN', `inputs of time and ${features} feature axes`, showAval(x.aval))
    const numBatchDims = x.ndim - features - 1
    const axis = timeMajor ? 0 : numBatchDims
    const flipped = (y: NDArray): NDArray => flipSequences(y, { seqLengths, numBatchDims, timeMajor })
    const source = options.rngs ?? this.rngs
    const rngs = source instanceof Rngs ? source.carry.fork() : source
    const first =
      initialCarry ??
      this.cell.initializeCarry(
        x.shape.filter((_, i) => i !== axis),
        { rngs },
      )
    const steps = lax.moveToFront(reverse ? flipped(x) : x, axis)
    const everyCarry = seqLengths !== null && returnCarry
    const { broadcastRngs, unroll, stateAxes } = this
    const settings = { everyCarry, broadcastRngs, unroll, stateAxes: stateAxes ?? allCarried }
    // Flax's way: streams that all steps share are forked for the loop.
    const backups = splitRngs(this.cell, { splits: 1, only: broadcastRngs, squeeze: true })
    const [last, stacked, carries] = scanCell(this.cell, first, steps, settings)
    restoreRngs(backups)
    const outputs = np.moveaxis(stacked, 0, axis)
    const y = reverse && keepOrder ? flipped(outputs) : outputs
    const carry = everyCarry ? tree.map((c: NDArray) => lastCarry(c, seqLengths), carries) : last
    return (returnCarry ? [carry, y] : y) as RNNResult<C, R>
  }
}

/** Joins what the two directions give. */
export type MergeFn = (forward: NDArray, backward: NDArray) => NDArray

/** @internal */
export const concatenateFeatures: MergeFn = (a, b) => np.concatenate([a, b], { axis: -1 })

export interface BidirectionalOptions<R extends boolean = boolean> extends Pick<
  RNNOptions<R>,
  'timeMajor' | 'returnCarry' | 'rngs'
> {
  /** Default concatenates the features. */
  readonly mergeFn?: MergeFn
}

export interface BidirectionalCallOptions<C, D> {
  /** First carries of both directions; default those of the cells. */
  readonly initialCarry?: readonly [forward: C, backward: D] | null
  /** Lengths of the sequences, `[batch]`; default all of them. */
  readonly seqLengths?: NDArray | null
  /** Keys of the first carries; default those of the layer. */
  readonly rngs?: Rngs | RngStream | null
  /** Default that of the layer. */
  readonly timeMajor?: boolean
}

/** Arguments of {@link Bidirectional.call}. */
export type BidirectionalArgs<C, D> = readonly [
  x: NDArray,
  options?: BidirectionalCallOptions<C, D> & { readonly returnCarry?: boolean },
]

/** Last carries of both directions, and what is made of their outputs. */
export type BidirectionalResult<C, D, R extends boolean> = RNNResult<readonly [forward: C, backward: D], R>

/** Called with `returnCarry` it gives the last carries, whatever its own setting. */
export interface Bidirectional<C, D, R extends boolean = false> extends Module<
  BidirectionalArgs<C, D>,
  BidirectionalResult<C, D, R>
> {
  (
    x: NDArray,
    options: BidirectionalCallOptions<C, D> & { readonly returnCarry: true },
  ): RNNResult<readonly [forward: C, backward: D], true>
}

/**
 * Two recurrent networks over the same sequences, one in each direction; their outputs are joined.
 *
 * @example
 * const rngs = new nnx.Rngs(0)
 * const forward = new nnx.RNN(new nnx.GRUCell(4, 3, { rngs }))
 * const backward = new nnx.RNN(new nnx.GRUCell(4, 3, { rngs }))
 * new nnx.Bidirectional(forward, backward)(np.ones([2, 5, 4])).shape // => [2, 5, 6]
 */
export class Bidirectional<C, D, R extends boolean = false> extends Module<
  BidirectionalArgs<C, D>,
  BidirectionalResult<C, D, R>
> {
  static readonly takesRngs = true
  readonly forwardRnn: RNN<C, boolean>
  readonly backwardRnn: RNN<D, boolean>
  readonly mergeFn: MergeFn
  readonly timeMajor: boolean
  readonly returnCarry: boolean
  readonly rngs: RngStream | null

  constructor(forwardRnn: RNN<C, boolean>, backwardRnn: RNN<D, boolean>, options: BidirectionalOptions<R> = {}) {
    super()
    const { mergeFn = concatenateFeatures, timeMajor = false, returnCarry = false, rngs = true } = options
    this.forwardRnn = forwardRnn
    this.backwardRnn = backwardRnn
    this.mergeFn = mergeFn
    this.timeMajor = timeMajor
    this.returnCarry = returnCarry
    this.rngs = carryStream(rngs)
  }

  /** As {@link RNN.call}; the carry is `[forward, backward]`. @throws ShapeError, ArgumentError */
  override call(
    x: NDArray,
    options: BidirectionalCallOptions<C, D> & { readonly returnCarry?: boolean } = {},
  ): BidirectionalResult<C, D, R> {
    const { timeMajor = this.timeMajor, returnCarry = this.returnCarry, seqLengths = null } = options
    const source = options.rngs ?? this.rngs
    const rngs = source instanceof Rngs ? source.carry : source
    const [firstForward, firstBackward] = options.initialCarry ?? [null, null]
    const common = { seqLengths, rngs, timeMajor, returnCarry: true as const }
    const [forward, outputs] = this.forwardRnn(x, { ...common, initialCarry: firstForward, reverse: false })
    const [backward, backwards] = this.backwardRnn(x, {
      ...common,
      initialCarry: firstBackward,
      reverse: true,
      keepOrder: true,
    })
    const y = this.mergeFn(outputs, backwards)
    return (returnCarry ? [[forward, backward], y] : y) as BidirectionalResult<C, D, R>
  }
}
