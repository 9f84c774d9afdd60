/** Multi-head attention. */
import { ArgumentError, type DType, NDArray, type Shape, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import { type Rngs, RngStream } from '../rngs.js'
import { Cache, type Metadata } from '../variable.js'
import { type AttentionOptions, dotProductAttention } from './dotProductAttention.js'
import { LayerNorm } from './layerNorm.js'
import { defaultKernelInit, requireSize } from './linear.js'
import { LinearGeneral } from './linearGeneral.js'
import { combineMasks } from './masks.js'
import type { DotGeneral, PromoteDtype } from './promote.js'

/** What computes attention from query, key and value. */
export type AttentionFn = (query: NDArray, key: NDArray, value: NDArray, options: AttentionOptions) => NDArray

export interface MultiHeadAttentionOptions {
  readonly rngs: Rngs
  /** Features of all heads together; default those of the input. */
  readonly qkvFeatures?: number | null
  /** Default those of the input. */
  readonly outFeatures?: number | null
  /** Heads of keys and values, each for several of the query; default as many as those. */
  readonly numKvHeads?: number | null
  /** Features of the inputs of keys and values; default those of the input. */
  readonly inKvFeatures?: number | null
  /** Dtype of the computation; default that to which input and parameters promote. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
  /** Whether all examples and heads drop the same weights; default true. */
  readonly broadcastDropout?: boolean
  /** Default 0. */
  readonly dropoutRate?: number
  /** Whether nothing is dropped; if there is dropout, here or in the call. `train()` and `eval()` set it. */
  readonly deterministic?: boolean | null
  /** Default LeCun normal. */
  readonly kernelInit?: Initializer
  /** Default `kernelInit`. */
  readonly outKernelInit?: Initializer | null
  /** Default zeros. */
  readonly biasInit?: Initializer
  /** Default `biasInit`. */
  readonly outBiasInit?: Initializer | null
  /** Default true. */
  readonly useBias?: boolean
  /** Default {@link dotProductAttention}. */
  readonly attentionFn?: AttentionFn
  /** Whether inputs come one by one, keys and values of the earlier ones being cached; here or in the call. */
  readonly decode?: boolean | null
  /** Whether query and key are normalized ({@link LayerNorm} without bias); default false. */
  readonly normalizeQk?: boolean
  /** Whether the layer keeps a stream of its own for the dropout; default true. */
  readonly keepRngs?: boolean
  /** `promoteDtype` of the linear maps of query, key and value. */
  readonly qkvPromoteDtype?: PromoteDtype | null
  /** `promoteDtype` of the linear map of all heads. */
  readonly outPromoteDtype?: PromoteDtype | null
  /** `promoteDtype` of the normalizations of query and key. */
  readonly lnPromoteDtype?: PromoteDtype | null
  /** `dotGeneral` of the linear maps of query, key and value; `Cls`: what makes one for each call. */
  readonly qkvDotGeneral?: DotGeneral | null
  readonly qkvDotGeneralCls?: (() => DotGeneral) | null
  /** `dotGeneral` of the linear map of all heads; `Cls`: what makes one for each call. */
  readonly outDotGeneral?: DotGeneral | null
  readonly outDotGeneralCls?: (() => DotGeneral) | null
  readonly kernelMetadata?: Metadata
  readonly outKernelMetadata?: Metadata
  readonly biasMetadata?: Metadata
  readonly outBiasMetadata?: Metadata
  readonly queryLnScaleMetadata?: Metadata
  readonly keyLnScaleMetadata?: Metadata
}

export interface AttentionCallOptions {
  /** Which keys count for a query; broadcasts to `[..., heads, T, S]`. */
  readonly mask?: NDArray | null
  /** Default that of the layer. */
  readonly deterministic?: boolean | null
  /** Default those of the layer. */
  readonly rngs?: Rngs | RngStream | null
  /** Whether the weights are kept, as an Intermediate `attentionWeights`; default false. */
  readonly sowWeights?: boolean
  /** Default that of the layer. */
  readonly decode?: boolean | null
  /** Whether a query looks at no later key; default false. */
  readonly isCausal?: boolean
}

/** What keys and values are made of (default of the input, values of what keys are), and the options of the call. */
export type AttentionArgs =
  | readonly [x: NDArray, options?: AttentionCallOptions]
  | readonly [x: NDArray, inputsK: NDArray | null, options?: AttentionCallOptions]
  | readonly [x: NDArray, inputsK: NDArray | null, inputsV: NDArray | null, options?: AttentionCallOptions]

/** A setting of the call or of the layer. @throws ArgumentError if neither says */
const setting = (name: string, ofCall: boolean | null | undefined, ofLayer: boolean | null): boolean => {
  const value = ofCall ?? ofLayer
  if (value === null) throw new ArgumentError('MultiHeadAttention', `${name}, of the layer or of the call`, 'neither')
  return value
}

/**
 * Multi-head attention: queries, keys and values by linear maps of the inputs, attention in each head, a linear map of
 * all heads together.
 *
 * @see Vaswani et al., 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const attention = new nnx.MultiHeadAttention(2, 8, { decode: false, rngs: new nnx.Rngs(0) })
 * const [x, memory] = [np.ones([3, 5, 8]), np.ones([3, 7, 8])]
 * attention(x, { isCausal: true }).shape // => [3, 5, 8]
 * attention(x, memory).shape // => [3, 5, 8]
 */
export class MultiHeadAttention extends Module<AttentionArgs, NDArray> {
  static readonly takesRngs = true
  static readonly viewOptions = {
    deterministic: 'whether nothing is dropped',
    decode: 'whether inputs come one by one, with caches',
    batchSize: 'batch axes of the caches: a number, or several; starts decoding along with maxLength',
    maxLength: 'places of the caches',
  }
  readonly query: LinearGeneral
  readonly key: LinearGeneral
  readonly value: LinearGeneral
  readonly queryLn: LayerNorm | null
  readonly keyLn: LayerNorm | null
  readonly out: LinearGeneral
  readonly rngs: RngStream | null
  /** Keys of the places so far, `[...batch, maxLength, numKvHeads, headDim]`; see {@link initCache} */
  cachedKey: Cache | null
  /** Values of the places so far, as the keys */
  cachedValue: Cache | null
  /** Number of places so far, `int32[]` */
  cacheIndex: Cache | null
  readonly numHeads: number
  readonly numKvHeads: number
  readonly headDim: number
  readonly inFeatures: number
  readonly inKvFeatures: number
  readonly qkvFeatures: number
  readonly outFeatures: number
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly broadcastDropout: boolean
  readonly dropoutRate: number
  readonly deterministic: boolean | null
  readonly decode: boolean | null
  readonly useBias: boolean
  readonly normalizeQk: boolean
  readonly attentionFn: AttentionFn

  /** @throws ArgumentError if features and heads don't divide */
  constructor(numHeads: number, inFeatures: number, options: MultiHeadAttentionOptions) {
    super()
    const { rngs, dtype = null, paramDtype = 'float32', useBias = true, normalizeQk = false } = options
    const { broadcastDropout = true, dropoutRate = 0, deterministic = null, decode = null, keepRngs = true } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros } = options
    const numKvHeads = options.numKvHeads ?? numHeads
    const inKvFeatures = options.inKvFeatures ?? inFeatures
    const qkvFeatures = options.qkvFeatures ?? inFeatures
    const outFeatures = options.outFeatures ?? inFeatures
    for (const n of [numHeads, numKvHeads]) requireSize('MultiHeadAttention', 'heads', n)
    if (numHeads % numKvHeads !== 0) {
      throw new ArgumentError('MultiHeadAttention', `a multiple of ${numKvHeads} key heads as heads`, `${numHeads}`)
    }
    if (qkvFeatures % numHeads !== 0) {
      throw new ArgumentError('MultiHeadAttention', `features for ${numHeads} equal heads`, `${qkvFeatures}`)
    }
    const headDim = qkvFeatures / numHeads
    const { lnPromoteDtype = null } = options
    const common = { rngs, dtype, paramDtype, useBias }
    const given = (name: 'kernelMetadata' | 'biasMetadata', metadata: Metadata | undefined): object =>
      metadata === undefined ? {} : { [name]: metadata }
    const projection = {
      ...common,
      kernelInit,
      biasInit,
      promoteDtype: options.qkvPromoteDtype ?? null,
      dotGeneral: options.qkvDotGeneral ?? null,
      dotGeneralCls: options.qkvDotGeneralCls ?? null,
      ...given('kernelMetadata', options.kernelMetadata),
      ...given('biasMetadata', options.biasMetadata),
    }
    this.query = new LinearGeneral(inFeatures, [numHeads, headDim], projection)
    this.key = new LinearGeneral(inKvFeatures, [numKvHeads, headDim], projection)
    this.value = new LinearGeneral(inKvFeatures, [numKvHeads, headDim], projection)
    const norm = (scaleMetadata: Metadata = {}): LayerNorm | null =>
      normalizeQk
        ? new LayerNorm(headDim, {
            rngs,
            dtype,
            paramDtype,
            useBias: false,
            scaleMetadata,
            promoteDtype: lnPromoteDtype,
          })
        : null
    this.queryLn = norm(options.queryLnScaleMetadata)
    this.keyLn = norm(options.keyLnScaleMetadata)
    this.out = new LinearGeneral([numHeads, headDim], outFeatures, {
      ...common,
      axis: [-2, -1],
      kernelInit: options.outKernelInit ?? kernelInit,
      biasInit: options.outBiasInit ?? biasInit,
      promoteDtype: options.outPromoteDtype ?? null,
      dotGeneral: options.outDotGeneral ?? null,
      dotGeneralCls: options.outDotGeneralCls ?? null,
      ...given('kernelMetadata', options.outKernelMetadata),
      ...given('biasMetadata', options.outBiasMetadata),
    })
    this.rngs = keepRngs && dropoutRate > 0 ? rngs.dropout.fork() : null
    this.cachedKey = null
    this.cachedValue = null
    this.cacheIndex = null
    this.numHeads = numHeads
    this.numKvHeads = numKvHeads
    this.headDim = headDim
    this.inFeatures = inFeatures
    this.inKvFeatures = inKvFeatures
    this.qkvFeatures = qkvFeatures
    this.outFeatures = outFeatures
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.broadcastDropout = broadcastDropout
    this.dropoutRate = dropoutRate
    this.deterministic = deterministic
    this.decode = decode
    this.useBias = useBias
    this.normalizeQk = normalizeQk
    this.attentionFn = options.attentionFn ?? dotProductAttention
  }

  /**
   * `[..., T, inFeatures]` to `[..., T, outFeatures]`; keys and values of other inputs, `[..., S, inKvFeatures]`. While
   * decoding T is 1 and the caches advance.
   *
   * @throws ShapeError, ArgumentError
   */
  override call(...[x, ...rest]: AttentionArgs): NDArray {
    const isInput = (arg: unknown): arg is NDArray | null => arg === null || arg instanceof NDArray
    const given: readonly (NDArray | AttentionCallOptions | null | undefined)[] = rest
    const [inputsK = null, inputsV = null] = given.filter(isInput)
    const options = given.find((arg): arg is AttentionCallOptions => arg !== undefined && !isInput(arg)) ?? {}
    const { mask = null, sowWeights = false, isCausal = false } = options
    if (inputsK === null && inputsV !== null) {
      throw new ArgumentError('MultiHeadAttention', 'inputsK along with inputsV', 'null')
    }
    const [query, projectedKey, projectedValue] = [
      this.query(x),
      this.key(inputsK ?? x),
      this.value(inputsV ?? inputsK ?? x),
    ]
    const q = this.queryLn === null ? query : this.queryLn(query)
    const k = this.keyLn === null ? projectedKey : this.keyLn(projectedKey)
    const [key, value, seen] = setting('decode', options.decode, this.decode)
      ? this.cached(k, projectedValue)
      : [k, projectedValue, null]
    const deterministic = this.dropoutRate === 0 || setting('deterministic', options.deterministic, this.deterministic)
    const y = this.attentionFn(q, key, value, {
      mask: combineMasks(mask, seen),
      dropoutRng: deterministic ? null : this.dropoutKey(options.rngs ?? null),
      dropoutRate: this.dropoutRate,
      broadcastDropout: this.broadcastDropout,
      deterministic,
      dtype: this.dtype,
      isCausal,
      module: sowWeights ? this : null,
    })
    return this.out(y)
  }

  private dropoutKey(given: Rngs | RngStream | null): ReturnType<RngStream> {
    const source = given ?? this.rngs
    if (source === null) throw new ArgumentError('MultiHeadAttention', 'rngs, of the layer or of the call', 'neither')
    return source instanceof RngStream ? source() : source.dropout()
  }

  /** Put key and value of one place into the caches. @returns the caches, and which places are filled */
  private cached(key: NDArray, value: NDArray): readonly [NDArray, NDArray, NDArray] {
    const { cachedKey, cachedValue, cacheIndex } = this
    if (cachedKey === null || cachedValue === null || cacheIndex === null) {
      throw new ArgumentError('MultiHeadAttention', 'caches to decode with', 'none; call initCache first')
    }
    const { shape } = cachedKey
    const batch = shape.slice(0, -3)
    const expected: Shape = [...batch, 1, ...shape.slice(-2)]
    if (key.shape.join() !== expected.join()) {
      throw new ShapeError('MultiHeadAttention', `keys of one place, [${expected.join()}]`, showAval(key.aval))
    }
    const index = cacheIndex.value
    const starts = shape.map((_, i) => (i === batch.length ? index : 0))
    const keys = lax.dynamicUpdateSlice(cachedKey.value, key.astype(cachedKey.dtype), starts)
    const values = lax.dynamicUpdateSlice(cachedValue.value, value.astype(cachedValue.dtype), starts)
    cachedKey.value = keys
    cachedValue.value = values
    cacheIndex.value = np.add(index, 1)
    const places: Shape = [...batch, 1, 1, shape[batch.length]!]
    return [keys, values, lax.le(lax.broadcastedIota('int32', places, places.length - 1), index)]
  }

  override setView({ batchSize, maxLength, ...modes }: Readonly<Record<string, unknown>>): void {
    super.setView(modes)
    if (batchSize === undefined && maxLength === undefined) return
    if (batchSize === undefined || maxLength === undefined) {
      throw new ArgumentError('MultiHeadAttention.setView', 'both of batchSize and maxLength', 'one')
    }
    const batch = typeof batchSize === 'number' ? [batchSize] : (batchSize as Shape)
    this.initCache([...batch, maxLength as number, this.inFeatures])
  }

  /**
   * Start decoding: empty caches.
   *
   * @param inputShape - of all inputs together, `[...batch, maxLength, inFeatures]`
   */
  initCache(inputShape: Shape, { dtype = 'float32' }: { readonly dtype?: DType } = {}): void {
    const shape: Shape = [...inputShape.slice(0, -1), this.numKvHeads, this.headDim]
    this.cachedKey = new Cache(np.zeros(shape, { dtype }))
    this.cachedValue = new Cache(np.zeros(shape, { dtype }))
    this.cacheIndex = new Cache(np.zeros([], { dtype: 'int32' }))
  }
}
