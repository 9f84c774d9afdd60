/** Cells of recurrent networks: one step. */
import type { DType, NDArray, Shape } from '../../core/index.js'
import { ArgumentError } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers, sigmoid } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import { type Rngs, RngStream } from '../rngs.js'
import type { Metadata } from '../variable.js'
import { defaultKernelInit, Linear } from './linear.js'
import type { PromoteDtype, PromoteOptions } from './promote.js'

/** A function of each element. */
export type Elementwise = (x: NDArray) => NDArray

export interface CarryOptions {
  /** Streams of keys for the initializer (that named `carry` is taken), or one stream; default that of the cell. */
  readonly rngs?: Rngs | RngStream | null
  /** Default that of the cell. */
  readonly carryInit?: Initializer | null
}

/** Options that all cells have. */
export interface CellOptions extends PromoteOptions {
  readonly rngs: Rngs
  /** Default tanh. */
  readonly activationFn?: Elementwise
  /** Initializer of what is applied to the input; default LeCun normal. */
  readonly kernelInit?: Initializer
  /** Initializer of what is applied to the carry; default orthogonal. */
  readonly recurrentKernelInit?: Initializer
  /** Default zeros. */
  readonly biasInit?: Initializer
  /** Dtype of the parameters and of the first carry; default float32. */
  readonly paramDtype?: DType
  /** Initializer of the first carry; default zeros. */
  readonly carryInit?: Initializer | null
  /** Whether the cell keeps a stream of its own for the first carry; default false. */
  readonly keepRngs?: boolean
  readonly kernelMetadata?: Metadata
  readonly recurrentKernelMetadata?: Metadata
  readonly biasMetadata?: Metadata
}

export interface GatedCellOptions extends CellOptions {
  /** Default sigmoid. */
  readonly gateFn?: Elementwise
  /** Dtype of the computation; default that to which input and parameters promote. */
  readonly dtype?: DType | null
}

export interface SimpleCellOptions extends CellOptions {
  /** Dtype of the computation; default float32. */
  readonly dtype?: DType | null
  /** Whether the carry is added before the activation; default false. */
  readonly residual?: boolean
}

/** `[..., n · size]` as n arrays `[..., size]`. */
const parts = (x: NDArray, count: number): readonly NDArray[] => {
  const size = x.shape[x.ndim - 1]! / count
  return lax.range(count).map((i) => lax.sliceInDim(x, i * size, (i + 1) * size, 1, x.ndim - 1))
}

/**
 * One step of a recurrent network: from the carry and an input to the next carry and an output. `C` is the carry.
 *
 * @example
 * class Sum extends nnx.RNNCellBase<NDArray> {
 *   override call(carry: NDArray, x: NDArray) {
 *     return [carry.add(x), carry.add(x)] as const
 *   }
 *   override initializeCarry(inputShape: readonly number[]) {
 *     return np.zeros(inputShape)
 *   }
 * }
 * new nnx.RNN(new Sum())(np.ones([1, 3, 2])).shape // => [1, 3, 2]
 */
export abstract class RNNCellBase<C> extends Module<[carry: C, x: NDArray], readonly [carry: C, y: NDArray]> {
  /** The first carry for inputs of a shape. */
  abstract initializeCarry(inputShape: Shape, options?: CarryOptions): C

  /** How many of the last axes are features: 1 unless overridden. */
  get numFeatureAxes(): number {
    return 1
  }
}

/** What Flax's own cells share. */
abstract class FeatureCell<C> extends RNNCellBase<C> {
  readonly rngs: RngStream | null
  readonly inFeatures: number
  readonly hiddenFeatures: number
  readonly activationFn: Elementwise
  readonly carryInit: Initializer | null
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null

  constructor(inFeatures: number, hiddenFeatures: number, dtype: DType | null, options: CellOptions) {
    super()
    const { rngs, activationFn = np.tanh, carryInit = null, paramDtype = 'float32', keepRngs = false } = options
    this.rngs = keepRngs ? rngs.carry.fork() : null
    this.inFeatures = inFeatures
    this.hiddenFeatures = hiddenFeatures
    this.activationFn = activationFn
    this.carryInit = carryInit
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
  }

  /** @internal `[..., hiddenFeatures]` by the initializer, for each of `count` arrays. @throws ArgumentError without keys */
  protected initialized(count: number, inputShape: Shape, { rngs, carryInit }: CarryOptions): readonly NDArray[] {
    const source = rngs ?? this.rngs
    if (source === null) throw new ArgumentError('initializeCarry', 'rngs, of the cell or of the call', 'neither')
    const stream = source instanceof RngStream ? source : source.carry
    const init = carryInit ?? this.carryInit ?? initializers.zeros
    const shape = [...inputShape.slice(0, -1), this.hiddenFeatures]
    return lax.range(count).map(() => init(stream(), shape, this.paramDtype))
  }

  /** @internal A linear map of the input to `multiple` times the hidden features. */
  protected ofInput(multiple: number, useBias: boolean, options: CellOptions): Linear {
    const { kernelInit = defaultKernelInit, kernelMetadata } = options
    return this.gates(this.inFeatures, multiple, useBias, options, kernelInit, kernelMetadata)
  }

  /** @internal A linear map of the carry to `multiple` times the hidden features. */
  protected ofCarry(multiple: number, useBias: boolean, options: CellOptions, kernelInit: Initializer): Linear {
    return this.gates(this.hiddenFeatures, multiple, useBias, options, kernelInit, options.recurrentKernelMetadata)
  }

  private gates(
    features: number,
    multiple: number,
    useBias: boolean,
    { rngs, biasInit = initializers.zeros, biasMetadata }: CellOptions,
    kernelInit: Initializer,
    kernelMetadata: Metadata | undefined,
  ): Linear {
    return new Linear(features, multiple * this.hiddenFeatures, {
      rngs,
      useBias,
      kernelInit,
      biasInit,
      dtype: this.dtype,
      paramDtype: this.paramDtype,
      promoteDtype: this.promoteDtype,
      ...(kernelMetadata && { kernelMetadata }),
      ...(biasMetadata && { biasMetadata }),
    })
  }
}

/** The carry of an LSTM: cell state and hidden state, `[..., hiddenFeatures]` each. */
export type LSTMCarry = readonly [c: NDArray, h: NDArray]

/** Cells whose carry is `[c, h]`. */
abstract class LSTMBase extends FeatureCell<LSTMCarry> {
  /** Two arrays `[..., hiddenFeatures]` for inputs `[..., inFeatures]`. @throws ArgumentError without a stream of keys */
  override initializeCarry(inputShape: Shape, options: CarryOptions = {}): LSTMCarry {
    return this.initialized(2, inputShape, options) as unknown as LSTMCarry
  }
}

/** Cells whose carry is one array. */
abstract class SingleCarryCell extends FeatureCell<NDArray> {
  /** `[..., hiddenFeatures]` for inputs `[..., inFeatures]`. @throws ArgumentError without a stream of keys */
  override initializeCarry(inputShape: Shape, options: CarryOptions = {}): NDArray {
    return this.initialized(1, inputShape, options)[0]!
  }
}

/** `c' = f · c + i · g`, `h' = o · tanh(c')` for gates before their functions. */
const lstmStep = (
  c: NDArray,
  gates: readonly NDArray[],
  gateFn: Elementwise,
  activationFn: Elementwise,
): readonly [LSTMCarry, NDArray] => {
  const [i, f, g, o] = [gateFn(gates[0]!), gateFn(gates[1]!), activationFn(gates[2]!), gateFn(gates[3]!)]
  const nextC = np.add(np.multiply(f, c), np.multiply(i, g))
  const nextH = np.multiply(o, activationFn(nextC))
  return [[nextC, nextH], nextH]
}

/** Orthogonal in float32, then cast. */
const modifiedOrthogonal: Initializer = (key, shape, dtype = 'float32') =>
  initializers.orthogonal()(key, shape).astype(dtype)

/**
 * Long short-term memory, a linear map for each gate: `i, f, o = σ(W x + U h + b)`, `g = tanh(W x + U h + b)`,
 * `c' = f · c + i · g`, `h' = o · tanh(c')`.
 *
 * @see Hochreiter & Schmidhuber, 1997
 * @example
 * const rngs = new nnx.Rngs(0)
 * const cell = new nnx.LSTMCell(4, 3, { rngs })
 * const carry = cell.initializeCarry([2, 4], { rngs })
 * const [next, y] = cell(carry, np.ones([2, 4]))
 * y.shape // => [2, 3]
 */
export class LSTMCell extends LSTMBase {
  readonly ii: Linear
  readonly if_: Linear
  readonly ig: Linear
  readonly io: Linear
  readonly hi: Linear
  readonly hf: Linear
  readonly hg: Linear
  readonly ho: Linear
  readonly gateFn: Elementwise

  /** @throws ArgumentError if a number of features isn't a whole number */
  constructor(inFeatures: number, hiddenFeatures: number, options: GatedCellOptions) {
    super(inFeatures, hiddenFeatures, options.dtype ?? null, options)
    const { recurrentKernelInit = modifiedOrthogonal, gateFn = sigmoid } = options
    const ofInput = (): Linear => this.ofInput(1, false, options)
    const ofCarry = (): Linear => this.ofCarry(1, true, options, recurrentKernelInit)
    this.ii = ofInput()
    this.if_ = ofInput()
    this.ig = ofInput()
    this.io = ofInput()
    this.hi = ofCarry()
    this.hf = ofCarry()
    this.hg = ofCarry()
    this.ho = ofCarry()
    this.gateFn = gateFn
  }

  /** `[c, h]` and `[..., inFeatures]` to the next `[c, h]`, and `h`. @throws ShapeError */
  override call([c, h]: LSTMCarry, x: NDArray): readonly [LSTMCarry, NDArray] {
    const gates = [
      np.add(this.ii(x), this.hi(h)),
      np.add(this.if_(x), this.hf(h)),
      np.add(this.ig(x), this.hg(h)),
      np.add(this.io(x), this.ho(h)),
    ]
    return lstmStep(c, gates, this.gateFn, this.activationFn)
  }
}

/**
 * Long short-term memory as {@link LSTMCell}, with one linear map for all gates.
 *
 * @example
 * const rngs = new nnx.Rngs(0)
 * const rnn = new nnx.RNN(new nnx.OptimizedLSTMCell(4, 3, { rngs }))
 * rnn(np.ones([2, 5, 4])).shape // => [2, 5, 3]
 */
export class OptimizedLSTMCell extends LSTMBase {
  /** `[inFeatures, 4 · hiddenFeatures]`: i, f, g, o */
  readonly denseI: Linear
  /** `[hiddenFeatures, 4 · hiddenFeatures]`: i, f, g, o */
  readonly denseH: Linear
  readonly gateFn: Elementwise

  /** @throws ArgumentError if a number of features isn't a whole number */
  constructor(inFeatures: number, hiddenFeatures: number, options: GatedCellOptions) {
    super(inFeatures, hiddenFeatures, options.dtype ?? null, options)
    const { recurrentKernelInit = initializers.orthogonal(), gateFn = sigmoid } = options
    this.denseI = this.ofInput(4, false, options)
    this.denseH = this.ofCarry(4, true, options, recurrentKernelInit)
    this.gateFn = gateFn
  }

  /** `[c, h]` and `[..., inFeatures]` to the next `[c, h]`, and `h`. @throws ShapeError */
  override call([c, h]: LSTMCarry, x: NDArray): readonly [LSTMCarry, NDArray] {
    return lstmStep(c, parts(np.add(this.denseI(x), this.denseH(h)), 4), this.gateFn, this.activationFn)
  }
}

/**
 * Elman's cell: `h' = tanh(W x + b + U h)`.
 *
 * @example
 * const cell = new nnx.SimpleCell(4, 3, { rngs: new nnx.Rngs(0) })
 * const [carry] = cell(np.zeros([2, 3]), np.ones([2, 4]))
 * carry.shape // => [2, 3]
 */
export class SimpleCell extends SingleCarryCell {
  readonly denseH: Linear
  readonly denseI: Linear
  readonly residual: boolean

  /** @throws ArgumentError if a number of features isn't a whole number */
  constructor(inFeatures: number, hiddenFeatures: number, options: SimpleCellOptions) {
    super(inFeatures, hiddenFeatures, options.dtype === undefined ? 'float32' : options.dtype, options)
    const { recurrentKernelInit = initializers.orthogonal(), residual = false } = options
    this.denseH = this.ofCarry(1, false, options, recurrentKernelInit)
    this.denseI = this.ofInput(1, true, options)
    this.residual = residual
  }

  /** `[..., hiddenFeatures]` and `[..., inFeatures]` to the next `[..., hiddenFeatures]`, twice. @throws ShapeError */
  override call(carry: NDArray, x: NDArray): readonly [NDArray, NDArray] {
    const sum = np.add(this.denseI(x), this.denseH(carry))
    const next = this.activationFn(this.residual ? np.add(sum, carry) : sum)
    return [next, next]
  }
}

/**
 * Gated recurrent unit: `r, z = σ(W x + b + U h)`, `n = tanh(W x + b + r · U h)`, `h' = (1 - z) · n + z · h`.
 *
 * @see Cho et al., 2014, https://arxiv.org/abs/1406.1078
 * @example
 * const cell = new nnx.GRUCell(4, 3, { rngs: new nnx.Rngs(0) })
 * const [carry] = cell(np.zeros([2, 3]), np.ones([2, 4]))
 * carry.shape // => [2, 3]
 */
export class GRUCell extends SingleCarryCell {
  /** `[inFeatures, 3 · hiddenFeatures]`: r, z, n */
  readonly denseI: Linear
  /** `[hiddenFeatures, 3 · hiddenFeatures]`: r, z, n */
  readonly denseH: Linear
  readonly gateFn: Elementwise

  /** @throws ArgumentError if a number of features isn't a whole number */
  constructor(inFeatures: number, hiddenFeatures: number, options: GatedCellOptions) {
    super(inFeatures, hiddenFeatures, options.dtype ?? null, options)
    const { recurrentKernelInit = initializers.orthogonal(), gateFn = sigmoid } = options
    this.denseI = this.ofInput(3, true, options)
    this.denseH = this.ofCarry(3, false, options, recurrentKernelInit)
    this.gateFn = gateFn
  }

  /** `[..., hiddenFeatures]` and `[..., inFeatures]` to the next `[..., hiddenFeatures]`, twice. @throws ShapeError */
  override call(carry: NDArray, x: NDArray): readonly [NDArray, NDArray] {
    const [inputR, inputZ, inputN] = parts(this.denseI(x), 3) as readonly [NDArray, NDArray, NDArray]
    const [carryR, carryZ, carryN] = parts(this.denseH(carry), 3) as readonly [NDArray, NDArray, NDArray]
    const r = this.gateFn(np.add(inputR, carryR))
    const z = this.gateFn(np.add(inputZ, carryZ))
    const n = this.activationFn(np.add(inputN, np.multiply(r, carryN)))
    const next = np.add(np.multiply(np.subtract(1, z), n), np.multiply(z, carry))
    return [next, next]
  }
}
