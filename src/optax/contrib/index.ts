/** Optimizers of others, less proven than the rest: `optax.contrib`. */
export {
  acprop,
  type AcpropOptions,
  scaleByAcprop,
  type ScaleByAcpropOptions,
  type ScaleByAcpropState,
} from './acprop.js'
export {
  ademamix,
  type AdemamixOptions,
  scaleByAdemamix,
  type ScaleByAdemamixOptions,
  type ScaleByAdemamixState,
  scaleBySimplifiedAdemamix,
  type ScaleBySimplifiedAdemamixOptions,
  type ScaleBySimplifiedAdEMAMixState,
  simplifiedAdemamix,
  type SimplifiedAdemamixOptions,
} from './ademamix.js'
export { adopt, type AdoptOptions, scaleByAdopt, type ScaleByAdoptOptions } from './adopt.js'
export { cocob, type CocobOptions, type COCOBState, scaleByCocob, type ScaleByCocobOptions } from './cocob.js'
export { dadaptAdamw, type DadaptAdamwOptions, type DAdaptAdamWState } from './dadapt.js'
export {
  dog,
  type DogOptions,
  type DoGState,
  dowg,
  type DowgOptions,
  type DoWGState,
  type InitStep,
  type OptionalDecayState,
  scaleByDog,
  type ScaleByDogOptions,
  scaleByDowg,
  type ScaleByDowgOptions,
} from './dog.js'
export {
  madgrad,
  type MadgradOptions,
  type MadgradState,
  scaleByMadgrad,
  type ScaleByMadgradOptions,
} from './madgrad.js'
export { type MechanicState, mechanize, type MechanizeOptions } from './mechanic.js'
export { momo, momoAdam, type MomoAdamOptions, type MomoAdamState, type MomoOptions, type MomoState } from './momo.js'
export {
  differentiallyPrivateAggregate,
  type DifferentiallyPrivateAggregateState,
  dpsgd,
  type DpsgdOptions,
} from './privacy.js'
export { prodigy, type ProdigyOptions, type ProdigyState } from './prodigy.js'
export { type ReduceLROnPlateauState, reduceOnPlateau, type ReduceOnPlateauOptions } from './reduceOnPlateau.js'
export {
  type GradFn,
  normalize,
  type NormalizeState,
  sam,
  type SamExtraArgs,
  type SamOptions,
  type SAMState,
} from './sam.js'
export {
  scheduleFree,
  scheduleFreeAdamw,
  type ScheduleFreeAdamwOptions,
  scheduleFreeEvalParams,
  type ScheduleFreeOptions,
  scheduleFreeSgd,
  type ScheduleFreeSgdOptions,
  type ScheduleFreeState,
} from './scheduleFree.js'
export {
  hutchinsonEstimatorDiagHessian,
  type HutchinsonEstimatorOptions,
  type HutchinsonState,
  type ObjectiveFn,
  scaleBySophia,
  type ScaleBySophiaOptions,
  sophia,
  type SophiaOptions,
  type SophiaState,
} from './sophia.js'
export { type LossValue } from './estimates.js'
export { DimensionNumbers, type DimensionNumbersOptions, type DimensionNumbersOrFn } from './dimensionNumbers.js'
export {
  galore,
  GaLoreDimensionNumbers,
  type GaloreOptions,
  type GaLoreState,
  scaleByGalore,
  type ScaleByGaloreOptions,
} from './galore.js'
export {
  muon,
  MuonDimensionNumbers,
  type MuonOptions,
  type MuonState,
  type MuonStates,
  type NsCoeffs,
  scaleByMuon,
  type ScaleByMuonOptions,
  scaleByShape,
  type ScaleByShapeOptions,
} from './muon.js'
export { type NewtonSchulzOptions, orthogonalizeViaNewtonSchulz, type Preconditioning } from './newtonSchulz.js'
