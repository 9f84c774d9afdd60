/** Muon: momentum whose matrices are made orthogonal; Adam for the rest. */
import { ArgumentError, type DType, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import type { ScaleByAdamState } from '../adam.js'
import { adamw } from '../aliases.js'
import {
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  type ScalarLike,
  type ScalarOrSchedule,
  stateless,
} from '../base.js'
import { chain } from '../combining.js'
import type { MaskedState, MaskFn, MaskOrFn } from '../masking.js'
import { oneMinus, safeIncrement } from '../numerics.js'
import {
  decay,
  decodeOptions,
  dtypeOrNull,
  flag,
  maskOrNull,
  nonNegative,
  optionsOf,
  refine,
  scalarOrNull,
  scalarOrSchedule,
} from '../options.js'
import { partition, type PartitionState } from '../partition.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from '../scaling.js'
import { biasCorrection, cast, mapArrays, updateMoment, zerosLike } from '../treeMath.js'
import { decayOf, type WeightDecayState } from '../weightDecay.js'
import { DimensionNumbers, type DimensionNumbersOrFn, dimensionNumbersOf, fans, mapLeaves } from './dimensionNumbers.js'
import { positiveInteger, times } from './estimates.js'
import { orthogonalizeViaNewtonSchulz, type Preconditioning, preconditioning } from './newtonSchulz.js'

/** Axes of a weight that Muon takes for rows and columns of matrices; the others count the matrices. */
export class MuonDimensionNumbers extends DimensionNumbers {}

/** Coefficients of all iterations, or of each. */
export type NsCoeffs = readonly [number, number, number] | readonly (readonly [number, number, number])[]

const presets = {
  standard: [3.4445, -4.775, 2.0315],
  dion: [
    [4.0848, -6.8946, 2.927],
    [3.9505, -6.3029, 2.6377],
    [3.7418, -5.5913, 2.3037],
    [2.8769, -3.1427, 1.2046],
    [2.8366, -3.0525, 1.2012],
  ],
} satisfies Record<string, NsCoeffs>

const isTriple = (u: unknown): boolean => Array.isArray(u) && u.length === 3 && u.every((x) => typeof x === 'number')
const nsCoeffs = refine(
  "three numbers, a list of three numbers for each step, 'standard' or 'dion'",
  (u): u is NsCoeffs | keyof typeof presets =>
    u === 'standard' || u === 'dion' || isTriple(u) || (Array.isArray(u) && u.length > 0 && u.every(isTriple)),
)
const dimensionNumbersOrNull = refine(
  'dimension numbers, a tree of them, a function that makes one, or null',
  (u): u is DimensionNumbersOrFn | null => u === null || typeof u === 'object' || typeof u === 'function',
)

export interface ScaleByMuonOptions {
  /** Coefficients of the iterations, or the name of some; default `'standard'`. Of a list, the last `nsSteps` are taken. */
  readonly nsCoeffs?: NsCoeffs | 'standard' | 'dion'
  /** Number of iterations; default 5. */
  readonly nsSteps?: number
  /** Decay rate of the momentum, in [0, 1); default 0.95. */
  readonly beta?: ScalarLike
  /** Added to the norm; default 1e-8. */
  readonly eps?: ScalarLike
  /** Dtype in which the momentum is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
  /** Whether the momentum looks ahead; default true. */
  readonly nesterov?: boolean
  /** Whether updates are multiplied by their product with the momentum; default false. */
  readonly adaptive?: boolean
  /** How matrices are scaled before the iterations; default `'frobenius'`. */
  readonly preconditioning?: Preconditioning
}
const muonOptions = {
  nsCoeffs,
  nsSteps: positiveInteger,
  beta: decay,
  eps: nonNegative,
  muDtype: dtypeOrNull,
  nesterov: flag,
  adaptive: flag,
  preconditioning,
}
const ScaleByMuonOptions = optionsOf('ScaleByMuonOptions', {
  ...muonOptions,
  weightDimensionNumbers: dimensionNumbersOrNull,
})

/** State of {@link scaleByMuon}. */
export interface MuonState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Momentum, in the structure of the params. */
  readonly mu: ArrayTree
  /** Coefficients of the iterations, `[3]` or `[nsSteps, 3]`. */
  readonly nsCoeffs: NDArray
}

const numbersFor = (where: string, given: DimensionNumbersOrFn | null, of: ArrayTree): readonly DimensionNumbers[] => {
  if (given === null) return tree.leaves(of).map(() => new MuonDimensionNumbers())
  return dimensionNumbersOf(where, given, of).map((dims) => {
    if (dims !== null) return dims
    throw new ArgumentError(where, 'dimension numbers for all weights', 'null; mask what is no matrix, as muon does')
  })
}

/**
 * Momentum made orthogonal, {@link orthogonalizeViaNewtonSchulz}: at step `t`
 *
 *     m ← (1 - beta) g + beta m,   m̂ = beta m / (1 - betaᵗ⁺¹) + (1 - beta) g / (1 - betaᵗ),   u = orthogonal(m̂)
 *
 * without `nesterov` `m̂ = m / (1 - betaᵗ)`, and with `adaptive` `u ← ⟨m̂, u⟩ u`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError if there are fewer coefficients than steps
 * @throws ShapeError in `update`, if a leaf is no matrix and there are no dimension numbers
 * @see Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/
 * @example
 * const tx = optax.contrib.scaleByMuon({ nsCoeffs: [1.5, -0.5, 0], nsSteps: 20 })
 * tx.update(np.array([[2, 0], [0, -1]]), tx.init(np.zeros([2, 2])))[0] // => Array([[ 1.,  0.], [ 0., -1.]], dtype=float32)
 */
export const scaleByMuon = (
  options: ScaleByMuonOptions & {
    /** Which axes make the matrices; default the first and the second. */
    readonly weightDimensionNumbers?: DimensionNumbersOrFn | null
  } = {},
): GradientTransformation<MuonState> => {
  const where = 'scaleByMuon'
  const decoded = decodeOptions(where, ScaleByMuonOptions, options)
  const { beta = 0.95, eps = 1e-8, muDtype = null, nesterov = true, adaptive = false, nsSteps = 5 } = decoded
  const { preconditioning: kind = 'frobenius', weightDimensionNumbers = null } = decoded
  const named = decoded.nsCoeffs ?? 'standard'
  const coefficients: NsCoeffs = typeof named === 'string' ? presets[named] : named
  const isList = Array.isArray(coefficients[0])
  if (isList && coefficients.length < nsSteps) {
    throw new ArgumentError(where, `coefficients for ${nsSteps} steps`, `${coefficients.length}`)
  }
  const used = isList ? coefficients.slice(-nsSteps) : coefficients
  return GradientTransformation<MuonState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params, { dtype: muDtype }), nsCoeffs: np.array(used) }),
    (updates, state) => {
      const dims = numbersFor(where, weightDimensionNumbers, updates)
      const mu = updateMoment(updates, state.mu, beta, 1)
      const count = safeIncrement(state.count)
      const momentum = nesterov
        ? mapArrays(
            [where, 'the momentum', 'the updates'],
            (m, g) => np.add(np.multiply(beta, m), np.multiply(oneMinus(beta), g)),
            biasCorrection(mu, beta, safeIncrement(count)),
            biasCorrection(updates, beta, count),
          )
        : biasCorrection(mu, beta, count)
      const orthogonal = mapLeaves(momentum, (m, i) =>
        orthogonalizeViaNewtonSchulz(m, state.nsCoeffs, {
          nsSteps,
          preconditioning: kind,
          eps,
          dimensionNumbers: dims[i]!,
        }),
      )
      const scaled = adaptive
        ? mapArrays(
            [where, 'the momentum', 'the updates'],
            (m, u) => np.multiply(np.sum(np.multiply(m, u)), u),
            momentum,
            orthogonal,
          )
        : orthogonal
      return [scaled, { count, mu: cast(mu, muDtype), nsCoeffs: state.nsCoeffs }]
    },
  )
}

export interface ScaleByShapeOptions {
  /** Which axes make the matrices; default the first and the second. */
  readonly weightDimensionNumbers?: DimensionNumbersOrFn | null
  /** Root mean square that updates get; default `null`, by the sizes in and out. */
  readonly consistentRms?: ScalarLike | null
}
const ScaleByShapeOptions = optionsOf('ScaleByShapeOptions', {
  weightDimensionNumbers: dimensionNumbersOrNull,
  consistentRms: scalarOrNull,
})

/**
 * Orthogonal updates scaled by their shape, so that learning rates carry over from one width to another: by
 * `√max(1, fanOut / fanIn)`, or by `√max(fanIn, fanOut) · consistentRms`, which is their root mean square then.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Bernstein, 2025, https://jeremybernste.in/writing/deriving-muon
 * @see Liu et al., 2025 (consistentRms), https://arxiv.org/abs/2502.16982
 * @example
 * optax.contrib.scaleByShape().update(np.ones([1, 4]), {})[0] // => Array([[2., 2., 2., 2.]], dtype=float32)
 */
export const scaleByShape = (options: ScaleByShapeOptions = {}): GradientTransformation<EmptyState> => {
  const where = 'scaleByShape'
  const { weightDimensionNumbers = null, consistentRms = null } = decodeOptions(where, ScaleByShapeOptions, options)
  return stateless((updates) => {
    const dims = numbersFor(where, weightDimensionNumbers, updates)
    return mapLeaves(updates, (u, i) => {
      const [fanIn, fanOut] = fans(where, u, dims[i]!)
      return np.multiply(
        consistentRms === null
          ? Math.sqrt(Math.max(1, fanOut / fanIn))
          : times(Math.sqrt(Math.max(fanIn, fanOut)), consistentRms),
        u,
      )
    })
  })
}

export interface MuonOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> extends ScaleByMuonOptions {
  /** Strength of the weight decay of matrices, multiplied by the learning rate; default 0. */
  readonly weightDecay?: W
  /** Which matrices decay; default all. */
  readonly weightDecayMask?: M | MaskFn
  /** Decay rate of Adam's first moment, in [0, 1); default 0.9. */
  readonly adamB1?: ScalarLike
  /** Decay rate of Adam's second moment, in [0, 1); default 0.999. */
  readonly adamB2?: ScalarLike
  /** Added inside of Adam's square root; default 0. */
  readonly adamEpsRoot?: ScalarLike
  /** Strength of the weight decay of what Adam updates; default 0. */
  readonly adamWeightDecay?: ScalarLike
  /** Learning rate of Adam; default that of Muon. */
  readonly adamLearningRate?: ScalarOrSchedule | null
  /** Dimension numbers of the weights for Muon, `null` for Adam; default: matrices for Muon, all else for Adam. */
  readonly muonWeightDimensionNumbers?: DimensionNumbersOrFn | null
  /** Root mean square that updates of matrices get; default `null`, see {@link scaleByShape}. */
  readonly consistentRms?: ScalarLike | null
}
const MuonOptions = optionsOf('MuonOptions', {
  ...muonOptions,
  weightDecay: scalarOrSchedule,
  weightDecayMask: maskOrNull,
  adamB1: decay,
  adamB2: decay,
  adamEpsRoot: nonNegative,
  adamWeightDecay: nonNegative,
  adamLearningRate: refine(
    'a number, an array, a schedule or null',
    (u): u is ScalarOrSchedule | null => u === null || scalarOrSchedule.is(u),
  ),
  muonWeightDimensionNumbers: dimensionNumbersOrNull,
  consistentRms: scalarOrNull,
})

/** State of {@link muon}: that of Adam, and that of Muon. */
export type MuonStates<L, W, M> = PartitionState<{
  readonly muon: MaskedState<readonly [MuonState, EmptyState, WeightDecayState<W, M>, LearningRateState<L>]>
  readonly adam: MaskedState<readonly [ScaleByAdamState, EmptyState, EmptyState | LearningRateState<ScalarOrSchedule>]>
}>

/**
 * Muon: {@link scaleByMuon}, {@link scaleByShape}, weight decay and learning rate for matrices, `adamw` with Nesterov's
 * momentum for all else. Embeddings are matrices, too: give dimension numbers to leave them to Adam.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError if there are fewer coefficients than steps; in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.muon
 * @example
 * const tx = optax.contrib.muon(0.1, { nsCoeffs: [1.5, -0.5, 0], nsSteps: 20 })
 * const params = { b: np.zeros([2]), w: np.zeros([2, 2]) }
 * const [updates] = tx.update({ b: np.array([3, -4]), w: np.array([[2, 0], [0, -1]]) }, tx.init(params), params)
 * updates.w // => Array([[-0.1, -0. ], [-0. ,  0.1]], dtype=float32)
 */
export const muon = <L extends ScalarOrSchedule, W extends ScalarOrSchedule = number, M extends MaskOrFn | null = null>(
  learningRate: L,
  options: MuonOptions<W, M> = {},
): GradientTransformation<MuonStates<L, W, M>> => {
  const decoded = decodeOptions('muon', MuonOptions, options)
  const { adamB1 = 0.9, adamB2 = 0.999, adamEpsRoot = 0, adamWeightDecay = 0, adamLearningRate = null } = decoded
  const { muonWeightDimensionNumbers: given = null, consistentRms = null, weightDecay = 0 } = decoded
  const { weightDecayMask: mask = null, nsCoeffs = 'standard', nsSteps = 5, beta = 0.95, eps = 1e-8 } = decoded
  const { muDtype = null, nesterov = true, adaptive = false, preconditioning = 'frobenius' } = decoded
  const momentum = { nsCoeffs, nsSteps, beta, eps, muDtype, nesterov, adaptive, preconditioning }
  const labels = (params: ArrayTree): unknown => {
    const dims = given === null ? null : dimensionNumbersOf('muon', given, params)
    return mapLeaves(params, (x, i) => ((dims === null ? x.ndim === 2 : dims[i] !== null) ? 'muon' : 'adam'))
  }
  const decaying = decayOf<W, M>(weightDecay, mask)
  return partition(
    {
      muon: chain(
        scaleByMuon({ ...momentum, weightDimensionNumbers: given }),
        scaleByShape({ weightDimensionNumbers: given, consistentRms }),
        decaying,
        scaleByLearningRate(learningRate),
      ),
      adam: adamw(adamLearningRate ?? learningRate, {
        b1: adamB1,
        b2: adamB2,
        eps,
        epsRoot: adamEpsRoot,
        weightDecay: adamWeightDecay,
        muDtype,
        nesterov,
      }),
    },
    labels,
  )
}
