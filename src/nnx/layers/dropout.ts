/** Dropout. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as random from '../../random/index.js'
import { Module } from '../module.js'
import { type Rngs, RngStream } from '../rngs.js'

export interface DropoutOptions {
  /** Where keys come from: streams (that named `rngCollection` is taken), or one stream. Default: the call brings them. */
  readonly rngs?: Rngs | RngStream | null
  /** Axes along which the mask is the same; default none. */
  readonly broadcastDims?: readonly number[]
  /** Whether nothing is dropped; default false. `train()` and `eval()` set it. */
  readonly deterministic?: boolean
  /** Name of the stream; default `'dropout'`. */
  readonly rngCollection?: string
}

export interface DropoutCallOptions {
  /** Default that of the layer. */
  readonly deterministic?: boolean
  /** Default those of the layer. */
  readonly rngs?: Rngs | RngStream
}

const streamOf = (rngs: Rngs | RngStream, name: string): RngStream =>
  rngs instanceof RngStream ? rngs : rngs.get(name)

/**
 * Sets each element to zero with probability `rate` and scales the others by `1 / (1 - rate)`, while training.
 *
 * @example
 * const dropout = new nnx.Dropout(0.5, { rngs: new nnx.Rngs(0) })
 * dropout.eval()
 * dropout(np.ones([3])) // => Array([1., 1., 1.], dtype=float32)
 */
export class Dropout extends Module<[x: NDArray, options?: DropoutCallOptions], NDArray> {
  static readonly takesRngs = true
  static readonly viewOptions = {
    deterministic: 'whether nothing is dropped',
    rngs: 'where keys come from: streams, or one stream',
  }
  readonly rate: number
  readonly broadcastDims: readonly number[]
  readonly deterministic: boolean
  readonly rngCollection: string
  readonly rngs: RngStream | null

  /** @throws ArgumentError if the rate isn't in [0, 1] */
  constructor(
    rate: number,
    { rngs = null, broadcastDims = [], deterministic = false, rngCollection = 'dropout' }: DropoutOptions = {},
  ) {
    super()
    if (!(rate >= 0 && rate <= 1)) throw new ArgumentError('Dropout', 'a rate in [0, 1]', String(rate))
    this.rate = rate
    this.broadcastDims = broadcastDims
    this.deterministic = deterministic
    this.rngCollection = rngCollection
    this.rngs = rngs === null ? null : streamOf(rngs, rngCollection).fork()
  }

  override setView({ rngs, ...modes }: Readonly<Record<string, unknown>>): void {
    super.setView(modes)
    if (rngs !== undefined) super.setView({ rngs: streamOf(rngs as Rngs | RngStream, this.rngCollection).fork() })
  }

  /** Any shape. @throws ArgumentError without a stream of keys */
  override call(x: NDArray, { deterministic = this.deterministic, rngs }: DropoutCallOptions = {}): NDArray {
    if (this.rate === 0 || deterministic) return x
    if (this.rate === 1) return lax.zerosOf(x.aval)
    const source = rngs ?? this.rngs
    if (source === null) {
      throw new ArgumentError(
        'Dropout',
        'rngs, of the layer or of the call',
        'none; pass { rngs }, or call model.eval()',
      )
    }
    const keep = 1 - this.rate
    const axes = this.broadcastDims.map((axis) => lax.canonicalAxis('Dropout', axis, x.ndim))
    const shape = x.shape.map((n, i) => (axes.includes(i) ? 1 : n))
    const mask = random.bernoulli(streamOf(source, this.rngCollection)(), keep, shape)
    return lax.select(lax.broadcastTo(mask, x.shape), 0, lax.div(x, keep))
  }
}
