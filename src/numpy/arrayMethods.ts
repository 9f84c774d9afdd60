/** The methods of arrays: the functions of `np`, put on the class. */
import { bitWidth, type DType, NDArray, type Shape } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as accumulation from './accumulation.js'
import { matrixTranspose } from './assembling.js'
import type { ArrayLike } from './convert.js'
import * as floating from './floating.js'
import * as indexing from './indexing.js'
import * as linear from './linear.js'
import * as manipulation from './manipulation.js'
import * as matrices from './matrices.js'
import * as rearranging from './rearranging.js'
import * as reductions from './reductions.js'
import * as sorting from './sorting.js'
import * as ufuncs from './ufuncs.js'

declare module '../core/array.js' {
  interface NDArray {
    /** this + y. */
    add(y: ArrayLike): NDArray
    /** this - y. */
    sub(y: ArrayLike): NDArray
    /** this · y, element by element. */
    mul(y: ArrayLike): NDArray
    /** this / y. */
    div(y: ArrayLike): NDArray
    /** Greatest whole number not above this / y. */
    floorDiv(y: ArrayLike): NDArray
    /** Remainder with the sign of y. */
    mod(y: ArrayLike): NDArray
    /** this to the power y. */
    pow(y: ArrayLike): NDArray
    /** Matrix product. */
    matmul(y: ArrayLike): NDArray
    /** -this. */
    neg(): NDArray
    abs(): NDArray
    eq(y: ArrayLike): NDArray
    ne(y: ArrayLike): NDArray
    lt(y: ArrayLike): NDArray
    le(y: ArrayLike): NDArray
    gt(y: ArrayLike): NDArray
    ge(y: ArrayLike): NDArray
    and(y: ArrayLike): NDArray
    or(y: ArrayLike): NDArray
    not(): NDArray
    exp(): NDArray
    log(): NDArray
    sqrt(): NDArray
    square(): NDArray
    sum(options?: reductions.SumOptions): NDArray
    mean(options?: reductions.ReduceOptions): NDArray
    var(options?: reductions.VarOptions): NDArray
    std(options?: reductions.VarOptions): NDArray
    max(options?: reductions.ExtremumOptions): NDArray
    min(options?: reductions.ExtremumOptions): NDArray
    prod(options?: reductions.SumOptions): NDArray
    any(options?: reductions.ReduceOptions): NDArray
    all(options?: reductions.ReduceOptions): NDArray
    argmax(options?: reductions.ArgOptions): NDArray
    argmin(options?: reductions.ArgOptions): NDArray
    /** The elements in another shape; one size may be -1. */
    reshape(...shape: readonly number[]): NDArray
    reshape(shape: Shape): NDArray
    ravel(): NDArray
    /** The elements in one axis. */
    flatten(): NDArray
    swapaxes(axis1: number, axis2: number): NDArray
    repeat(repeats: number | readonly number[], options?: { readonly axis?: number }): NDArray
    take(
      indices: ArrayLike,
      options?: { readonly axis?: number; readonly mode?: 'fill' | 'clip' | 'wrap' | 'promise_in_bounds' },
    ): NDArray
    /** Sums of the elements up to each. */
    cumsum(options?: accumulation.CumulativeOptions): NDArray
    /** Products of the elements up to each. */
    cumprod(options?: accumulation.CumulativeOptions): NDArray
    /** Elements in order; the array itself stays. */
    sort(options?: sorting.SortOptions): NDArray
    argsort(options?: sorting.SortOptions): NDArray
    searchsorted(values: ArrayLike, options?: { readonly side?: 'left' | 'right' }): NDArray
    ptp(options?: reductions.ReduceOptions): NDArray
    round(decimals?: number): NDArray
    /** Sum of products over the last axis of this and the second-last (or only) axis of y. */
    dot(y: ArrayLike): NDArray
    diagonal(options?: matrices.DiagonalOptions): NDArray
    trace(options?: matrices.DiagonalOptions): NDArray
    transpose(...axes: readonly number[]): NDArray
    transpose(axes: readonly number[]): NDArray
    /** The array with its axes reversed. */
    readonly T: NDArray
    /** The array with its last two axes exchanged. */
    readonly mT: NDArray
    /** Bytes that the elements take. */
    readonly nbytes: number
    squeeze(axis?: number | readonly number[]): NDArray
    astype(dtype: DType): NDArray
    clip(min?: ArrayLike | null, max?: ArrayLike | null): NDArray
    /** Elements at indices: numbers, `[start, stop, step]`, `null` for a new axis, `'...'`, integer arrays. */
    slice(...indices: readonly indexing.Index[]): NDArray
    /** Changes at indices: `x.at(0).set(1)`. */
    at(...indices: readonly indexing.Index[]): indexing.IndexUpdate
    /** The arrays along the first axis. */
    [Symbol.iterator](): IterableIterator<NDArray>
  }
}

type Methods = {
  [K in keyof NDArray]?: NDArray[K] extends (...args: infer A) => infer R ? (this: NDArray, ...args: A) => R : never
}

type Sizes = readonly number[] | readonly [readonly number[]]

const spread = (given: Sizes): readonly number[] =>
  typeof given[0] === 'object' ? given[0] : (given as readonly number[])

const methods = {
  add(y) {
    return ufuncs.add(this, y)
  },
  sub(y) {
    return ufuncs.subtract(this, y)
  },
  mul(y) {
    return ufuncs.multiply(this, y)
  },
  div(y) {
    return ufuncs.divide(this, y)
  },
  floorDiv(y) {
    return ufuncs.floorDivide(this, y)
  },
  mod(y) {
    return ufuncs.remainder(this, y)
  },
  pow(y) {
    return ufuncs.power(this, y)
  },
  matmul(y) {
    return linear.matmul(this, y)
  },
  neg() {
    return ufuncs.negative(this)
  },
  abs() {
    return ufuncs.abs(this)
  },
  eq(y) {
    return ufuncs.equal(this, y)
  },
  ne(y) {
    return ufuncs.notEqual(this, y)
  },
  lt(y) {
    return ufuncs.less(this, y)
  },
  le(y) {
    return ufuncs.lessEqual(this, y)
  },
  gt(y) {
    return ufuncs.greater(this, y)
  },
  ge(y) {
    return ufuncs.greaterEqual(this, y)
  },
  and(y) {
    return ufuncs.logicalAnd(this, y)
  },
  or(y) {
    return ufuncs.logicalOr(this, y)
  },
  not() {
    return ufuncs.logicalNot(this)
  },
  exp() {
    return ufuncs.exp(this)
  },
  log() {
    return ufuncs.log(this)
  },
  sqrt() {
    return ufuncs.sqrt(this)
  },
  square() {
    return ufuncs.square(this)
  },
  sum(options) {
    return reductions.sum(this, options)
  },
  mean(options) {
    return reductions.mean(this, options)
  },
  var(options) {
    return reductions.var(this, options)
  },
  std(options) {
    return reductions.std(this, options)
  },
  max(options) {
    return reductions.max(this, options)
  },
  min(options) {
    return reductions.min(this, options)
  },
  prod(options) {
    return reductions.prod(this, options)
  },
  any(options) {
    return reductions.any(this, options)
  },
  all(options) {
    return reductions.all(this, options)
  },
  argmax(options) {
    return reductions.argmax(this, options)
  },
  argmin(options) {
    return reductions.argmin(this, options)
  },
  ravel() {
    return manipulation.ravel(this)
  },
  flatten() {
    return manipulation.ravel(this)
  },
  swapaxes(axis1, axis2) {
    return manipulation.swapaxes(this, axis1, axis2)
  },
  repeat(repeats, options) {
    return rearranging.repeat(this, repeats, options)
  },
  take(indices, options) {
    return manipulation.take(this, indices, options)
  },
  cumsum(options) {
    return accumulation.cumsum(this, options)
  },
  cumprod(options) {
    return accumulation.cumprod(this, options)
  },
  sort(options) {
    return sorting.sort(this, options)
  },
  argsort(options) {
    return sorting.argsort(this, options)
  },
  searchsorted(values, options) {
    return sorting.searchsorted(this, values, options)
  },
  ptp(options) {
    return reductions.ptp(this, options)
  },
  round(decimals) {
    return floating.round(this, decimals)
  },
  dot(y) {
    return linear.dot(this, y)
  },
  diagonal(options) {
    return matrices.diagonal(this, options)
  },
  trace(options) {
    return matrices.trace(this, options)
  },
  squeeze(axis) {
    return manipulation.squeeze(this, axis)
  },
  astype(dtype) {
    return lax.convertElementType(this, dtype)
  },
  clip(min, max) {
    return ufuncs.clip(this, min ?? null, max ?? null)
  },
} satisfies Methods

/** Methods of any number of arguments. */
const variadic = {
  reshape(this: NDArray, ...shape: Sizes): NDArray {
    return manipulation.reshape(this, spread(shape))
  },
  transpose(this: NDArray, ...axes: Sizes): NDArray {
    return axes.length === 0 ? manipulation.transpose(this) : manipulation.transpose(this, spread(axes))
  },
  slice(this: NDArray, ...indices: readonly indexing.Index[]): NDArray {
    return indexing.slice(this, ...indices)
  },
  at(this: NDArray, ...indices: readonly indexing.Index[]): indexing.IndexUpdate {
    return indexing.at(this, ...indices)
  },
}

for (const [name, method] of Object.entries({ ...methods, ...variadic })) {
  Object.defineProperty(NDArray.prototype, name, { value: method, writable: true, configurable: true })
}
Object.defineProperty(NDArray.prototype, Symbol.iterator, {
  value(this: NDArray) {
    return indexing.iterate(this)
  },
  configurable: true,
})
Object.defineProperty(NDArray.prototype, 'T', {
  get(this: NDArray) {
    return manipulation.transpose(this)
  },
  configurable: true,
})
Object.defineProperty(NDArray.prototype, 'mT', {
  get(this: NDArray) {
    return matrixTranspose(this)
  },
  configurable: true,
})
Object.defineProperty(NDArray.prototype, 'nbytes', {
  get(this: NDArray) {
    return (this.size * bitWidth(this.dtype)) / 8
  },
  configurable: true,
})
