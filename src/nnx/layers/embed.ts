/** Embeddings. */
import { type DType, DTypeError, isInteger, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { type Metadata, Param } from '../variable.js'
import { requireSize } from './linear.js'
import { promoted, type PromoteDtype, type PromoteOptions } from './promote.js'

export interface EmbedOptions extends PromoteOptions {
  readonly rngs: Rngs
  /** Dtype of the result; default that of the parameters. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
  /** Default normal of variance 1 / features. */
  readonly embeddingInit?: Initializer
  readonly embeddingMetadata?: Metadata
}

const defaultEmbedInit = initializers.varianceScaling(1, 'fan_in', 'normal', { outAxis: 0 })

/**
 * A table of vectors, looked up by number.
 *
 * @example
 * const embed = new nnx.Embed(5, 3, { rngs: new nnx.Rngs(0) })
 * embed(np.arange(4)).shape // => [4, 3]
 */
export class Embed extends Module<[ids: NDArray], NDArray> {
  /** `[numEmbeddings, features]` */
  readonly embedding: Param
  readonly numEmbeddings: number
  readonly features: number
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null

  /** @throws ArgumentError if a size isn't a whole number */
  constructor(numEmbeddings: number, features: number, options: EmbedOptions) {
    super()
    const { rngs, paramDtype = 'float32', embeddingInit = defaultEmbedInit, embeddingMetadata } = options
    requireSize('Embed', 'embeddings', numEmbeddings)
    requireSize('Embed', 'features', features)
    this.embedding = new Param(embeddingInit(rngs.params(), [numEmbeddings, features], paramDtype), embeddingMetadata)
    this.numEmbeddings = numEmbeddings
    this.features = features
    this.dtype = options.dtype ?? null
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
  }

  /** Integers `[...]` to vectors `[..., features]`; NaN for numbers that aren't in the table. @throws DTypeError */
  override call(ids: NDArray): NDArray {
    if (!isInteger(ids.dtype)) throw new DTypeError('Embed', 'integers', showAval(ids.aval))
    const [embedding] = promoted(this.promoteDtype, [this.embedding.value], this.dtype)
    // Of a table of one row, every number is that row.
    if (this.numEmbeddings === 1) return lax.broadcastTo(embedding, [...ids.shape, this.features])
    return lax.take(embedding, ids, 0)
  }

  /** Products of query vectors `[..., features]` with all embeddings: `[..., numEmbeddings]`. @throws ShapeError */
  attend(query: NDArray): NDArray {
    if (query.ndim === 0 || query.shape[query.ndim - 1] !== this.features) {
      throw new ShapeError('Embed.attend', `queries of ${this.features} features`, showAval(query.aval))
    }
    const [q, embedding] = promoted(this.promoteDtype, [query, this.embedding.value], this.dtype)
    return lax.dotGeneral(q, embedding, { contract: [[q.ndim - 1], [1]], batch: [[], []] })
  }
}
