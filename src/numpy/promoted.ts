/** Makers of functions whose arguments are promoted first. */
import type { NDArray } from '../core/index.js'
import { type ArrayLike, broadcastable, promote, promoteInexact } from './convert.js'

export type Unary = (x: ArrayLike) => NDArray
export type Binary = (x: ArrayLike, y: ArrayLike) => NDArray

/** A function of floating point arrays, of any argument: integers become floats. */
export const inexact =
  (f: (x: NDArray) => NDArray): Unary =>
  (x) =>
    f(promoteInexact(x)[0]!)

/** A function of two arrays of one dtype. */
export const binary =
  (f: (x: NDArray, y: NDArray) => NDArray): Binary =>
  (x, y) => {
    const [a, b] = broadcastable(promote(x, y))
    return f(a!, b!)
  }

/** A function of two floating point arrays of one dtype. */
export const inexactBinary =
  (f: (x: NDArray, y: NDArray) => NDArray): Binary =>
  (x, y) => {
    const [a, b] = broadcastable(promoteInexact(x, y))
    return f(a!, b!)
  }
