/** Numbers with names. */

/** Circumference of a circle by its diameter. */
export const pi = Math.PI
/** Base of natural logarithms. */
export const e = Math.E
/** Euler's and Mascheroni's constant. */
export const eulerGamma = 0.5772156649015329
export const inf = Infinity
export const nan = NaN
/** A new axis in an index. */
export const newaxis = null
