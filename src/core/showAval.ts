/** Avals in messages. */
import type { ShapedArray } from './aval.js'

/** `float32[2,3]`, as errors print it. */
export const showAval = (aval: ShapedArray): string => `${aval.dtype}[${aval.shape.join()}]`
