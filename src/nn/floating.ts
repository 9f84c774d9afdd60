/** Arguments of functions whose results are floating. */
import { isFloat, type NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asarray } from '../numpy/index.js'

/** The argument as a floating array: integers and booleans as float32. */
export const floating = (x: ArrayLike): NDArray => {
  const a = asarray(x)
  return isFloat(a.dtype) ? a : lax.convertElementType(a, 'float32', a.weakType)
}
