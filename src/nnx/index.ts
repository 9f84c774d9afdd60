/** Flax NNX: models as classes, with Variables that are taken apart and put together around pure functions. */
export * from './activations.js'
export {
  All,
  Any,
  Everything,
  type Filter,
  filtersToPredicates,
  Not,
  Nothing,
  OfType,
  type Path,
  PathContains,
  PathIn,
  type PathPart,
  type Predicate,
  toPredicate,
  WithTag,
} from './filter.js'
export { clone, graphdef, iterGraph, merge, pop, split, state, update } from './graph.js'
export { GraphDef } from './graphdef.js'
export { Conv, type ConvOptions, type ConvPadding } from './layers/conv.js'
export { Dropout, type DropoutCallOptions, type DropoutOptions } from './layers/dropout.js'
export { Embed, type EmbedOptions } from './layers/embed.js'
export { Linear, type LinearOptions } from './layers/linear.js'
export { BatchNorm, type BatchNormCallOptions, type BatchNormOptions } from './layers/norm.js'
export { canonicalizeDtype, promoteDtype } from './layers/promote.js'
export { type Layer, Sequential } from './layers/sequential.js'
export * as metrics from './metrics.js'
export { Metric, MultiMetric } from './metrics.js'
export {
  type AnyModule,
  iterChildren,
  iterModules,
  Module,
  type ModuleFilter,
  type SetAttributesOptions,
  type SowClass,
  type SowOptions,
} from './module.js'
export { GraphObject as Object, isGraphObject } from './object.js'
export { type NamedGrads, Optimizer, type OptimizerOptions, type UpdateExtra } from './optimizer.js'
export { OptArray, OptState, OptVariable, type Wrapped } from './optState.js'
export {
  reseed,
  restoreRngs,
  type RngBackups,
  RngCount,
  RngKey,
  Rngs,
  RngState,
  RngStream,
  type Samplers,
  type Seed,
  type Seeds,
  splitRngs,
  type SplitRngsOptions,
} from './rngs.js'
export {
  type AnyState,
  filterState,
  type FlatState,
  fromFlatState,
  isState,
  mapState,
  mergeState,
  type Nested,
  type PureDict,
  replaceByPureDict,
  splitState,
  State,
  type StatesOf,
  toFlatState,
  toPureDict,
} from './state.js'
export { VariableState } from './variableState.js'
export { DiffState } from './transforms/diffState.js'
export {
  type Argnum,
  grad,
  type GradOf,
  type GradOptions,
  type GradResult,
  type GradsOf,
  type Loss,
  valueAndGrad,
} from './transforms/grad.js'
export { jit } from './transforms/jit.js'
export {
  BatchStat,
  Cache,
  Intermediate,
  isVariableClass,
  LoRAParam,
  type Metadata,
  Param,
  Perturbation,
  Variable,
  type VariableClass,
  type VariableHooks,
} from './variable.js'
export { avgPool, type AvgPoolOptions, initializers, maxPool, minPool, type PoolOptions } from '../nn/index.js'
export type { Initializer } from '../nn/index.js'
