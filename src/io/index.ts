/** State in and out: io-ts codecs, safetensors, checkpoints, ONNX files. */
export {
  arrayCodec,
  type ArrayCodecOptions,
  type ArrayForm,
  type ArrayJson,
  decodeOrThrow,
  type ElementJson,
  keyCodec,
  type KeyJson,
} from './arrayCodec.js'
export { binaryCodec } from './binaryCodec.js'
export { CheckpointError, OnnxFileError, SafetensorsError, type WeightsDifference, WeightsError } from './errors.js'
export { stateCodec, treeCodec, type TreeLikeOptions } from './treeCodec.js'
export type { Json, OwnCodec, TreeCodecOptions } from './treeFormat.js'
export * as optStates from './optStates/index.js'
export {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type Safetensors,
  safetensorsCodec,
  SafetensorsFile,
  type SafetensorsOptions,
  type Tensors,
  writeSafetensors,
} from './safetensors.js'
export type { SafetensorsHeader, TensorInfo } from './safetensorsHeader.js'
export { type LoadedWeights, loadWeights, type LoadWeightsOptions, namedArrays } from './weights.js'
export { type ExampleOf, exportOnnx, type ExportOnnxOptions, type OnnxExport, type OnnxNames } from './exportOnnx.js'
export { ExternalData, writeOnnx } from './externalData.js'
export { importOnnx, type ImportOnnxOptions, type OnnxFunction, readOnnx } from './importOnnx.js'
export type { OnnxPort } from './onnxSignature.js'
export type { CheckpointInfo } from './checkpoint.js'
export type { Metrics } from './snapshot.js'
export {
  CheckpointManager,
  type CheckpointManagerOptions,
  type Restored,
  type RestoreOptions,
  type SaveOptions,
} from './checkpointManager.js'
export { graphDefCodec, type GraphDefCodecOptions, modelCodec, type ModelJson } from './graphDefCodec.js'
export { prefetch, type PrefetchOptions } from './prefetch.js'
