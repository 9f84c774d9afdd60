/** Initial values of parameters. Each is one compiled program for a shape and a dtype. */
import { ArgumentError, type DType, literal, type NDArray, type Shape, ShapeError, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, full } from '../numpy/index.js'
import { checkedSample, normalIn, truncatedNormalIn, uniformIn } from '../random/continuous.js'
import type { PRNGKey } from '../random/index.js'
import { jit } from '../transforms/index.js'

/** Makes the initial value of a parameter from a key, a shape and a dtype (default the initializer's). */
export type Initializer = (key: PRNGKey, shape: Shape, dtype?: DType) => NDArray

export interface InitializerOptions {
  /** Dtype where the call gives none; default float32. */
  readonly dtype?: DType
}

/** All zeros. */
export const zeros: Initializer = (_key, shape, dtype = 'float32') => full(shape, 0, { dtype })

/** All ones. */
export const ones: Initializer = (_key, shape, dtype = 'float32') => full(shape, 1, { dtype })

/** {@link zeros}, as a factory as the other initializers are. */
export const zerosInit = (): Initializer => zeros

/** {@link ones}, as a factory as the other initializers are. */
export const onesInit = (): Initializer => ones

/**
 * One value everywhere.
 *
 * @example
 * nn.initializers.constant(2)(random.key(0), [3]) // => Array([2., 2., 2.], dtype=float32)
 */
export const constant =
  (value: ArrayLike, { dtype = 'float32' }: InitializerOptions = {}): Initializer =>
  (_key, shape, as = dtype) =>
    full(shape, value, { dtype: as })

const scaledUniform = jit(
  function uniform_init(key: PRNGKey, shape: Shape, dtype: DType, minval: number, scale: NDArray) {
    return lax.mul(uniformIn(key, shape, dtype, minval, 1), scale)
  },
  { staticArgnums: [1, 2, 3] },
)

const scaledNormal = jit(
  function normal_init(key: PRNGKey, shape: Shape, dtype: DType, scale: NDArray) {
    return lax.mul(normalIn(key, shape, dtype), scale)
  },
  { staticArgnums: [1, 2] },
)

const scaledTruncatedNormal = jit(
  function truncated_normal_init(key: PRNGKey, shape: Shape, dtype: DType, bounds: readonly NDArray[], scale: NDArray) {
    return lax.mul(truncatedNormalIn(key, shape, dtype, bounds[0]!, bounds[1]!), scale)
  },
  { staticArgnums: [1, 2] },
)

/** Uniformly distributed in [0, scale); `scale` default 0.01. */
export const uniform =
  (scale = 0.01, { dtype = 'float32' }: InitializerOptions = {}): Initializer =>
  (key, shape, as = dtype) =>
    scaledUniform(...checkedSample('initializers.uniform', key, shape, as), 0, literal(scale, as))

/** Normally distributed of mean 0; `stddev` default 0.01. */
export const normal =
  (stddev = 0.01, { dtype = 'float32' }: InitializerOptions = {}): Initializer =>
  (key, shape, as = dtype) =>
    scaledNormal(...checkedSample('initializers.normal', key, shape, as), literal(stddev, as))

export interface TruncatedNormalOptions extends InitializerOptions {
  /** Lower bound, in units of `stddev`; default -2. */
  readonly lower?: number
  /** Upper bound, in units of `stddev`; default 2. */
  readonly upper?: number
}

/**
 * Truncated standard normal numbers times `stddev` (default 0.01). The truncation makes the standard deviation of the
 * result smaller, which is not corrected.
 */
export const truncatedNormal =
  (stddev = 0.01, { dtype = 'float32', lower = -2, upper = 2 }: TruncatedNormalOptions = {}): Initializer =>
  (key, shape, as = dtype) =>
    scaledTruncatedNormal(
      ...checkedSample('initializers.truncatedNormal', key, shape, as),
      [literal(lower, as), literal(upper, as)],
      literal(stddev, as),
    )

export interface VarianceScalingOptions extends InitializerOptions {
  /** Axis or axes of the inputs; default -2. */
  readonly inAxis?: number | readonly number[]
  /** Axis or axes of the outputs; default -1. */
  readonly outAxis?: number | readonly number[]
  /** Axes that count for neither; default none. */
  readonly batchAxis?: number | readonly number[]
}

/** What the variance is divided by: inputs, outputs, their arithmetic or their geometric mean. */
export type FanMode = 'fan_in' | 'fan_out' | 'fan_avg' | 'fan_geo_avg'

/** Distribution of the values. */
export type Distribution = 'truncated_normal' | 'normal' | 'uniform'

/** Number of inputs and of outputs of each unit. @throws ShapeError */
const fans = (shape: Shape, { inAxis = -2, outAxis = -1, batchAxis = [] }: VarianceScalingOptions) => {
  if (shape.length <= 1) {
    const expected = 'a shape of at least 2 axes (inputs and outputs)'
    throw new ShapeError('initializers.varianceScaling', expected, `[${shape.join()}]`)
  }
  const size = (axes: number | readonly number[]): number =>
    sizeOf(
      (typeof axes === 'number' ? [axes] : axes).map(
        (axis) => shape[lax.canonicalAxis('initializers.varianceScaling', axis, shape.length)]!,
      ),
    )
  const [inputs, outputs] = [size(inAxis), size(outAxis)]
  const receptiveField = sizeOf(shape) / inputs / outputs / size(batchAxis)
  return { fanIn: inputs * receptiveField, fanOut: outputs * receptiveField }
}

const denominators: Readonly<Record<FanMode, (fan: ReturnType<typeof fans>) => number>> = {
  fan_in: ({ fanIn }) => fanIn,
  fan_out: ({ fanOut }) => fanOut,
  fan_avg: ({ fanIn, fanOut }) => (fanIn + fanOut) / 2,
  fan_geo_avg: ({ fanIn, fanOut }) => Math.sqrt(fanIn * fanOut),
}

/** Standard deviation of the standard normal distribution truncated to (-2, 2). */
const truncatedDeviation = 0.8796256610342398

const scaled: Readonly<Record<Distribution, (key: PRNGKey, shape: Shape, dtype: DType, variance: NDArray) => NDArray>> =
  {
    truncated_normal: (key, shape, dtype, variance) =>
      lax.mul(truncatedNormalIn(key, shape, dtype, -2, 2), lax.div(lax.sqrt(variance), truncatedDeviation)),
    normal: (key, shape, dtype, variance) => lax.mul(normalIn(key, shape, dtype), lax.sqrt(variance)),
    uniform: (key, shape, dtype, variance) =>
      lax.mul(uniformIn(key, shape, dtype, -1, 1), lax.sqrt(lax.mul(variance, 3))),
  }

const scaledByVariance = jit(
  function variance_scaling(key: PRNGKey, shape: Shape, dtype: DType, distribution: Distribution, variance: NDArray) {
    return scaled[distribution](key, shape, dtype, variance)
  },
  { staticArgnums: [1, 2, 3] },
)

const oneOf = (name: string, value: string, known: object): void => {
  if (Object.hasOwn(known, value)) return
  const expected = `a ${name} among ${Object.keys(known).join(', ')}`
  throw new ArgumentError('initializers.varianceScaling', expected, value)
}

/**
 * Values whose variance is `scale` divided by a number of connections, so that signals keep their size.
 *
 * @throws ArgumentError if the mode or the distribution is unknown
 * @throws ShapeError, when called, for fewer than 2 axes
 * @see He et al., Delving Deep into Rectifiers, 2015
 * @example
 * nn.initializers.varianceScaling(1, 'fan_in', 'uniform')(random.key(0), [4, 2]).shape // => [4, 2]
 */
export const varianceScaling = (
  scale: number,
  mode: FanMode,
  distribution: Distribution,
  options: VarianceScalingOptions = {},
): Initializer => {
  oneOf('mode', mode, denominators)
  oneOf('distribution', distribution, scaled)
  return (key, shape, dtype = options.dtype ?? 'float32') => {
    const sample = checkedSample('initializers.varianceScaling', key, shape, dtype)
    const variance = scale / denominators[mode](fans(shape, options))
    return scaledByVariance(...sample, distribution, literal(variance, dtype))
  }
}

const scaling =
  (scale: number, mode: FanMode, distribution: Distribution) =>
  (options: VarianceScalingOptions = {}): Initializer =>
    varianceScaling(scale, mode, distribution, options)

/**
 * LeCun's initializer: truncated normal of variance 1 / inputs.
 *
 * @example
 * nn.initializers.lecunNormal()(random.key(0), [2, 3]).dtype // => 'float32'
 */
export const lecunNormal = scaling(1, 'fan_in', 'truncated_normal')
/** LeCun's initializer, uniformly distributed. */
export const lecunUniform = scaling(1, 'fan_in', 'uniform')
/** Glorot's initializer: truncated normal of variance 2 / (inputs + outputs). */
export const glorotNormal = scaling(1, 'fan_avg', 'truncated_normal')
/** Glorot's initializer, uniformly distributed. */
export const glorotUniform = scaling(1, 'fan_avg', 'uniform')
/** {@link glorotNormal}. */
export const xavierNormal = glorotNormal
/** {@link glorotUniform}. */
export const xavierUniform = glorotUniform
/** He's initializer: truncated normal of variance 2 / inputs. */
export const heNormal = scaling(2, 'fan_in', 'truncated_normal')
/** He's initializer, uniformly distributed. */
export const heUniform = scaling(2, 'fan_in', 'uniform')
/** {@link heNormal}. */
export const kaimingNormal = heNormal
/** {@link heUniform}. */
export const kaimingUniform = heUniform
export { deltaOrthogonal, orthogonal, type OrthogonalOptions } from './orthogonal.js'
