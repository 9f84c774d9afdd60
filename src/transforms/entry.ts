/** `onnax/transforms`: the transformations, with the evaluator installed. */
import '../install.js'

export {
  evalShape,
  grad,
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
export { customJvp, type CustomJvpFunction, type CustomJvpOptions } from '../control/index.js'
