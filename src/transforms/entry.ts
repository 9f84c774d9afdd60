/** `onnax/transforms`: the transformations, with the evaluator installed. */
import '../install.js'

export {
  evalShape,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  type JitOptions,
  type Jitted,
  jvp,
  linearize,
  makeJaxpr,
  ShapeDtypeStruct,
  valueAndGrad,
  vjp,
  vmap,
  type VmapOptions,
} from './index.js'
export {
  customJvp,
  type CustomJvpFunction,
  type CustomJvpOptions,
  customVjp,
  type CustomVjpFunction,
  type CustomVjpOptions,
} from '../control/index.js'
