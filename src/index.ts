/** JAX for TypeScript on ONNX Runtime. */
import './install.js'

export {
  ArgumentError,
  AsyncFunctionError,
  checkJaxpr,
  ConcretizationError,
  config,
  DecodeError,
  DeletedArrayError,
  DifferentiationError,
  type DType,
  DTypeError,
  EscapedTracerError,
  FloatingPointError,
  type Jaxpr,
  LoweringError,
  NDArray,
  OptionsError,
  type Settings,
  ShapeError,
  TraceLevelError,
  type TypedArray,
  UnboundAxisError,
} from './core/index.js'
export { PytreeError, type Pytree } from './pytree/index.js'
export * as tree from './pytree/index.js'
export {
  AllocationError,
  clearCaches,
  profile,
  type Profile,
  type ProfileRow,
  RuntimeError,
  runtimeStats,
  type RuntimeStats,
  sessionCacheStats,
  type TraceEvent,
} from './runtime/index.js'
export { image } from './guarded/image.js'
export * as io from './io/index.js'
export { lax } from './guarded/lax.js'
export { nn } from './guarded/nn.js'
export * as nnx from './nnx/index.js'
export type { ArrayLike } from './numpy/index.js'
export { np } from './guarded/np.js'
export { ops } from './guarded/ops.js'
export * as optax from './optax/index.js'
export { random } from './guarded/random.js'
export { scipy } from './guarded/scipy.js'
export {
  checkify,
  checkpoint,
  checkpointName,
  type CheckpointOptions,
  checkpointPolicies,
  type CheckpointPolicy,
  customGradient,
  customJvp,
  type CustomJvpOptions,
  customVjp,
  type CustomVjpOptions,
  customVmap,
  type CustomVmapFunction,
  debug,
  remat,
  sequentialVmap,
  type VmapRule,
} from './control/index.js'
export {
  blockUntilReady,
  checkGrads,
  type CheckGradsOptions,
  closureConvert,
  Compiled,
  disableJit,
  ensureCompileTimeEval,
  evalShape,
  fwdAndBwd,
  type FwdAndBwdOptions,
  grad,
  hessian,
  jacfwd,
  jacobian,
  type JacobianOptions,
  jacrev,
  jit,
  type JitOptions,
  type Jitted,
  jvp,
  type JvpOptions,
  linearize,
  linearizeWithAux,
  linearTranspose,
  Lowered,
  makeJaxpr,
  namedCall,
  namedScope,
  ravelPytree,
  ShapeDtypeStruct,
  type StagedFunction,
  Traced,
  typeOf as typeof,
  valueAndGrad,
  vjp,
  vjpWithAux,
  vmap,
  type VmapOptions,
} from './transforms/index.js'
