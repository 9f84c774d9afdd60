/** `onnax/transforms`: the transformations, with the evaluator installed. */
import '../install.js'

export {
  closureConvert,
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
  makeJaxpr,
  ShapeDtypeStruct,
  valueAndGrad,
  vjp,
  vjpWithAux,
  vmap,
  type VmapOptions,
} from './index.js'
export {
  customGradient,
  customJvp,
  type CustomJvpFunction,
  type CustomJvpOptions,
  customVjp,
  type CustomVjpFunction,
  type CustomVjpOptions,
} from '../control/index.js'
