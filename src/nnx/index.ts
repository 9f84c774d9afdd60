/** Flax NNX: models as classes, with Variables that are taken apart and put together around pure functions. */
import './variableArrays.js'

export * from './activations.js'
export { checkPytree, data, hasData, isData, Static, static } from './attributes.js'
export { capture, type CaptureOptions } from './capture.js'
export { Dict, List } from './containers.js'
export { display } from './display.js'
export { EMA, type EMAOptions } from './ema.js'
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
export {
  type ContextOptions,
  currentUpdateContext,
  MergeContext,
  mergeContext,
  SplitContext,
  splitContext,
  UpdateContext,
  updateContext,
} from './contexts.js'
export { call, type PureCaller, type PureState } from './functionalCall.js'
export { clone, type CloneOptions, graphdef, iterGraph, merge, pop, split, state, update } from './graph.js'
export * as compat from './compat.js'
export * as graphlib from './graphlib.js'
export { flatten, type FlattenOptions, GraphState, unflatten, unpack } from './graphState.js'
export {
  type FilterMap,
  fromTree,
  type FromTreeOptions,
  NodeStates,
  prefix,
  toTree,
  type ToTreeOptions,
} from './nodeStates.js'
export { GraphDef } from './graphdef.js'
export {
  asAbstract,
  asPure,
  cachedPartial,
  findDuplicates,
  map,
  type OnlyOptions,
  pure,
  recursiveMap,
  setMetadata,
  variables,
} from './graphMaps.js'
export {
  type AttentionArgs,
  type AttentionCallOptions,
  type AttentionFn,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from './layers/attention.js'
export { canonicalizePadding, Conv, type ConvOptions, type ConvPadding } from './layers/conv.js'
export { ConvTranspose, type ConvTransposeOptions, type ConvTransposePadding } from './layers/convTranspose.js'
export { type AttentionOptions, dotProductAttention, dotProductAttentionWeights } from './layers/dotProductAttention.js'
export { Dropout, type DropoutCallOptions, type DropoutOptions } from './layers/dropout.js'
export { Einsum, type EinsumOp, type EinsumOptions } from './layers/einsum.js'
export { Embed, type EmbedOptions } from './layers/embed.js'
export {
  GroupNorm,
  type GroupNormOptions,
  InstanceNorm,
  type InstanceNormOptions,
  LayerNorm,
  type LayerNormOptions,
  type NormAxes,
  type NormCallOptions,
  RMSNorm,
  type RMSNormOptions,
} from './layers/layerNorm.js'
export { Linear, type LinearOptions } from './layers/linear.js'
export { LinearGeneral, type LinearGeneralOptions } from './layers/linearGeneral.js'
export { LoRA, LoRALinear, type LoRALinearOptions, type LoRAOptions, type ParamClass } from './layers/lora.js'
export {
  type AttentionMaskOptions,
  combineMasks,
  type CombineMasksArgs,
  makeAttentionMask,
  makeCausalMask,
  type MaskOptions,
} from './layers/masks.js'
export {
  BatchNorm,
  type BatchNormCallOptions,
  type BatchNormOptions,
  type NamedAxisOptions,
  type NormOptions,
} from './layers/norm.js'
export { PReLU, type PReLUOptions } from './layers/prelu.js'
export {
  canonicalizeDtype,
  type DotGeneral,
  type InexactOptions,
  type ProductOptions,
  promoteDtype,
  type PromoteDtype,
  type PromoteOptions,
} from './layers/promote.js'
export { pool } from './layers/pool.js'
export {
  Bidirectional,
  type BidirectionalArgs,
  type BidirectionalCallOptions,
  type BidirectionalOptions,
  type BidirectionalResult,
  flipSequences,
  type FlipOptions,
  type MergeFn,
  RNN,
  type RNNArgs,
  type RNNCallOptions,
  type RNNOptions,
  type RNNResult,
} from './layers/recurrent.js'
export {
  type CarryOptions,
  type CellOptions,
  type Elementwise,
  type GatedCellOptions,
  GRUCell,
  type LSTMCarry,
  LSTMCell,
  OptimizedLSTMCell,
  RNNCellBase,
  SimpleCell,
  type SimpleCellOptions,
} from './layers/recurrentCells.js'
export {
  SpectralNorm,
  type SpectralNormCallOptions,
  type SpectralNormOptions,
  WeightNorm,
  type WeightNormOptions,
} from './layers/reparametrize.js'
export { type Layer, Sequential } from './layers/sequential.js'
export * as metrics from './metrics.js'
export { Metric, MultiMetric } from './metrics.js'
export {
  type AnyModule,
  iterChildren,
  iterModuleChildren,
  iterModules,
  Module,
  type ModuleFilter,
  type SetAttributesOptions,
  type SowClass,
  type SowOptions,
} from './module.js'
export { GraphObject as Object, GraphObject as Pytree, isGraphObject } from './object.js'
export {
  type NamedGrads,
  Optimizer,
  Optimizer as ModelAndOptimizer,
  type OptimizerOptions,
  type UpdateExtra,
} from './optimizer.js'
export * as optimizer from './optimizerlib.js'
export { OptArray, OptState, OptVariable, type Wrapped } from './optState.js'
export { type InitializerMakers, type KeylessInitializer, type Samplers } from './rngMethods.js'
export {
  type CountsByFilter,
  RngCount,
  RngKey,
  Rngs,
  RngState,
  RngStream,
  type Seed,
  type Seeds,
  type StreamCounts,
} from './rngs.js'
export {
  backupKeys,
  forkRngs,
  type ForkRngsOptions,
  reseed,
  type ReseedOptions,
  type ReseedPolicy,
  restoreRngs,
  SplitBackups,
  splitRngs,
  type SplitRngsOptions,
  type StreamBackup,
  withRngs,
  type WithRngsOptions,
} from './splitRngs.js'
export { type FlatEntry, FlatState, fromFlatState, toFlatState } from './flatState.js'
export { type PureDict, replaceByPureDict, toPureDict } from './pureDict.js'
export { type AnyState, isState, mapState, type Nested, State, type StatesOf } from './state.js'
export { filterState, mergeState, splitState } from './stateFilters.js'
export * as statelib from './statelib.js'
export * as traversals from './traversals.js'
export * as filterlib from './filterlib.js'
export { VariableState } from './variableState.js'
export {
  type RegisterOptions,
  registerVariableName,
  type TypeFromNameOptions,
  variableNameFromType,
  variableTypeFromName,
} from './variableNames.js'
export { tabulate, type TabulateOptions } from './tabulate.js'
export { TrainState, type TrainStateOptions } from './trainState.js'
export { view, viewInfo, type ViewOptions, withAttributes } from './view.js'
export { withMetadata } from './withMetadata.js'
export { type AxesPrefix, type Axis, Carry, StateAxes } from './transforms/axes.js'
export {
  PARTITION_NAME,
  type TransformMetadata,
  transformMetadata,
  type TransformMetadataOptions,
} from './transforms/axisMetadata.js'
export { checkify } from './transforms/checkify.js'
export { cond, switch } from './transforms/cond.js'
export { customVjp, type CustomVjpFunction, type CustomVjpOptions, type VjpCotangents } from './transforms/customVjp.js'
export { DiffState } from './transforms/diffState.js'
export { evalShape } from './transforms/evalShape.js'
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
export { jitPartial } from './transforms/jitPartial.js'
export { makeJaxpr, type MakeJaxprOptions } from './transforms/makeJaxpr.js'
export { type GradsOfAll, jvp, type JvpOptions, vjp, vjpWithAux } from './transforms/tangents.js'
export { foriLoop, type ForiLoopOptions, whileLoop } from './transforms/loops.js'
export { remat, type RematOptions } from './transforms/remat.js'
export { scan, type ScanOptions } from './transforms/scan.js'
export { vmap, type VmapOptions } from './transforms/vmap.js'
export {
  BatchStat,
  Cache,
  type IndexOptions,
  Intermediate,
  isVariableClass,
  LoRAParam,
  type Metadata,
  Param,
  Perturbation,
  Variable,
  type VariableClass,
  type VariableHooks,
  VariableMetadata,
} from './variable.js'
export { avgPool, type AvgPoolOptions, initializers, maxPool, minPool, type PoolOptions } from '../nn/index.js'
export type { Initializer } from '../nn/index.js'
