/** Operations over an axis that `vmap` has named: each member of the batch gets values of the others. */
import {
  ArgumentError,
  bind1,
  isBool,
  isFloat,
  type NamedAxis,
  namedAxis,
  NDArray,
  ShapeError,
  shaped,
  showAval,
  weakLiteral,
} from '../core/index.js'
import * as tree from '../pytree/index.js'
import { add, div, mul } from './arithmetic.js'
import {
  allGatherP,
  allToAllP,
  axisIndexP,
  integers,
  pmaxP,
  pminP,
  ppermuteP,
  psumP,
  psumScatterP,
} from './collectivePrimitives.js'
import { convertElementType, eq, select } from './compare.js'
import { canonicalAxis, range, reshape, squeeze, zerosOf } from './shape.js'
import { sliceInDim } from './slicing.js'
import { take } from './take.js'

/** The name that `vmap` gave an axis, or those of several axes, which then count as one: the last runs fastest. */
export type AxisName = string | readonly string[]

export interface ReductionOptions {
  /** Members that are reduced among themselves: all of them once, in groups of one size. Default: one group. */
  readonly axisIndexGroups?: readonly (readonly number[])[]
}

const axesOf = (where: string, axisName: AxisName): readonly NamedAxis[] =>
  (typeof axisName === 'string' ? [axisName] : axisName).map((name) => namedAxis(where, name))

const total = (axes: readonly NamedAxis[]): number => axes.reduce((n, { size }) => n * size, 1)

const over = ({ name, size }: NamedAxis): { readonly axisName: string; readonly axisSize: number } => ({
  axisName: name,
  axisSize: size,
})

/** `f` of each array of a tree; numbers become arrays. */
const mapArrays = <T>(where: string, f: (x: NDArray) => NDArray, x: T): T =>
  tree.map((leaf: unknown) => {
    if (leaf instanceof NDArray) return f(leaf)
    if (typeof leaf === 'number' || typeof leaf === 'boolean') return f(weakLiteral(leaf))
    throw new ArgumentError(where, 'a tree of arrays and numbers', typeof leaf)
  }, x) as T

/** Groups that hold each member once. @throws ArgumentError */
const groupsOf = (
  where: string,
  axes: readonly NamedAxis[],
  { axisIndexGroups: groups }: ReductionOptions,
): readonly (readonly number[])[] | undefined => {
  if (groups === undefined) return undefined
  const size = axes[0]?.size
  const members = groups.flat()
  const fits =
    axes.length === 1 &&
    groups.every((g) => g.length === groups[0]!.length) &&
    members.length === size &&
    range(size).every((i) => members.includes(i))
  if (fits) return groups
  throw new ArgumentError(
    where,
    `axisIndexGroups over one axis that hold each of its ${size ?? 0} members once, in groups of one size`,
    JSON.stringify(groups),
  )
}

const reduced = <T>(
  where: string,
  primitive: typeof psumP,
  x: T,
  axisName: AxisName,
  options: ReductionOptions,
  before: (x: NDArray) => NDArray,
): T => {
  const axes = axesOf(where, axisName)
  const groups = groupsOf(where, axes, options)
  const params = groups === undefined ? {} : { groups }
  return mapArrays(
    where,
    (leaf) => axes.reduceRight((y, axis) => bind1(primitive, [y], { ...over(axis), ...params }), before(leaf)),
    x,
  )
}

const countable = (x: NDArray): NDArray => (isBool(x.dtype) ? convertElementType(x, 'int32') : x)

/** How many members are reduced together. */
const groupSize = (where: string, axisName: AxisName, { axisIndexGroups }: ReductionOptions): number =>
  axisIndexGroups?.[0]?.length ?? total(axesOf(where, axisName))

/**
 * The sum over a named axis of all members' values; of a number, the number times the size. Booleans are counted.
 *
 * Its transpose is itself: in `vmap(grad(f))` the cotangents of all members are summed, too.
 * @param x - tree of arrays
 * @throws UnboundAxisError if no `vmap` around names the axis
 * @example
 * vmap((x: NDArray) => x.div(lax.psum(x, 'i')), { axisName: 'i' })(np.array([1, 3])) // => Array([0.25, 0.75], dtype=float32)
 */
export function psum(x: number, axisName: AxisName, options?: ReductionOptions): number
export function psum<T>(x: T, axisName: AxisName, options?: ReductionOptions): T
export function psum<T>(x: T, axisName: AxisName, options: ReductionOptions = {}): T | number {
  if (typeof x === 'number') return x * groupSize('psum', axisName, options)
  return reduced('psum', psumP, x, axisName, options, countable)
}

/** The mean over a named axis, as {@link psum}; of integers float32. */
export function pmean(x: number, axisName: AxisName, options?: ReductionOptions): number
export function pmean<T>(x: T, axisName: AxisName, options?: ReductionOptions): T
export function pmean<T>(x: T, axisName: AxisName, options: ReductionOptions = {}): T | number {
  const count = groupSize('pmean', axisName, options)
  if (typeof x === 'number') return x
  const sums = reduced('pmean', psumP, x, axisName, options, countable)
  return mapArrays('pmean', (y) => div(isFloat(y.dtype) ? y : convertElementType(y, 'float32'), count), sums)
}

/** The greatest value over a named axis, elementwise, as {@link psum}; members that tie share the gradient equally. */
export const pmax = <T>(x: T, axisName: AxisName, options: ReductionOptions = {}): T =>
  reduced('pmax', pmaxP, x, axisName, options, (y) => y)

/** The least value over a named axis, as {@link pmax}. */
export const pmin = <T>(x: T, axisName: AxisName, options: ReductionOptions = {}): T =>
  reduced('pmin', pminP, x, axisName, options, (y) => y)

/**
 * The position of this member along a named axis, int32; of several axes, as if they were one.
 *
 * @throws UnboundAxisError
 * @example
 * vmap((x: NDArray) => x.mul(lax.axisIndex('i')), { axisName: 'i' })(np.ones([3])) // => Array([0., 1., 2.], dtype=float32)
 */
export const axisIndex = (axisName: AxisName): NDArray => {
  const [first, ...rest] = axesOf('axisIndex', axisName)
  if (first === undefined) throw new ArgumentError('axisIndex', 'at least one axis name', 'none')
  return rest.reduce<NDArray>(
    (index, axis) => add(mul(index, axis.size), bind1(axisIndexP, [], over(axis))),
    bind1(axisIndexP, [], over(first)),
  )
}

/** The number of members along a named axis, or the product of those of several. @throws UnboundAxisError */
export const axisSize = (axisName: AxisName): number => total(axesOf('axisSize', axisName))

/** The array with `axis` split into the sizes of the named axes, times the rest. */
const split = (where: string, x: NDArray, axis: number, axes: readonly NamedAxis[], tiled: boolean): NDArray => {
  const [size, members] = [x.shape[axis]!, total(axes)]
  if (tiled ? size % members !== 0 : size !== members) {
    throw new ShapeError(where, `axis ${axis} of ${tiled ? 'a multiple of ' : ''}${members} elements`, showAval(x.aval))
  }
  const sizes = [...axes.map((a) => a.size), ...(tiled ? [size / members] : [])]
  return reshape(x, [...x.shape.slice(0, axis), ...sizes, ...x.shape.slice(axis + 1)])
}

/** The array with `count` axes from `axis` on made one. */
const merged = (x: NDArray, axis: number, count: number): NDArray => {
  const sizes = x.shape.slice(axis, axis + count)
  return reshape(x, [...x.shape.slice(0, axis), sizes.reduce((n, s) => n * s, 1), ...x.shape.slice(axis + count)])
}

export interface AllGatherOptions {
  /** The axis of the result that runs over the members; default 0. */
  readonly axis?: number
  /** Whether the members are put one after the other along an axis that they have; default false: a new axis. */
  readonly tiled?: boolean
}

/**
 * The values of all members, along a new axis.
 *
 * @throws UnboundAxisError, ShapeError
 * @example
 * vmap((x: NDArray) => lax.allGather(x, 'i'), { axisName: 'i', outAxes: null })(np.array([1, 2])) // => Array([1., 2.], dtype=float32)
 */
export const allGather = <T>(x: T, axisName: AxisName, { axis = 0, tiled = false }: AllGatherOptions = {}): T => {
  const axes = axesOf('allGather', axisName)
  return mapArrays(
    'allGather',
    (leaf) => {
      const at = canonicalAxis('allGather', axis, leaf.ndim + (tiled ? 0 : 1))
      const all = axes.reduceRight((y, a) => bind1(allGatherP, [y], { ...over(a), axis: at }), leaf)
      return merged(all, at, axes.length + (tiled ? 1 : 0))
    },
    x,
  )
}

export interface PsumScatterOptions {
  /** The axis that is dealt out to the members; default 0. */
  readonly scatterDimension?: number
  /** Whether each member gets a part of the axis, not one element without the axis; default false. */
  readonly tiled?: boolean
}

/** The sum over a named axis, of which each member gets the part at its position. @throws UnboundAxisError, ShapeError */
export const psumScatter = <T>(
  x: T,
  axisName: AxisName,
  { scatterDimension = 0, tiled = false }: PsumScatterOptions = {},
): T => {
  const axes = axesOf('psumScatter', axisName)
  return mapArrays(
    'psumScatter',
    (leaf) => {
      const axis = canonicalAxis('psumScatter', scatterDimension, leaf.ndim)
      const parts = split('psumScatter', leaf, axis, axes, tiled)
      return axes.reduce((y, a) => bind1(psumScatterP, [y], { ...over(a), axis }), parts)
    },
    x,
  )
}

/**
 * Each member deals its parts along `splitAxis` out to all, and gets theirs, along `concatAxis`.
 *
 * @param splitAxis - of as many elements as members; it goes away. With `tiled` of a multiple, and it stays
 * @param concatAxis - axis of the result; with `tiled` one that the array has
 * @throws UnboundAxisError, ShapeError
 */
export const allToAll = <T>(
  x: T,
  axisName: AxisName,
  splitAxis: number,
  concatAxis: number,
  { tiled = false }: { readonly tiled?: boolean } = {},
): T => {
  const axes = axesOf('allToAll', axisName)
  return mapArrays(
    'allToAll',
    (leaf) => {
      const [from, to] = [splitAxis, concatAxis].map((a) => canonicalAxis('allToAll', a, leaf.ndim)) as [number, number]
      const parts = split('allToAll', leaf, from, axes, tiled)
      // The axes that are still to be exchanged stand before those that are, or after them.
      const isBefore = from <= to
      const exchanged = axes.reduce((y, a, i) => {
        const splitFrom = isBefore ? from : from + i
        const concatAt = isBefore ? to + axes.length - 1 : to + i
        return bind1(allToAllP, [y], { ...over(a), splitAxis: splitFrom, concatAxis: concatAt })
      }, parts)
      return merged(exchanged, to, axes.length + (tiled ? 1 : 0))
    },
    x,
  )
}

/**
 * The values moved among the members; those that nothing is sent to get zeros.
 *
 * @param perm - pairs `[source, destination]`, each member at most once in each place
 * @throws ArgumentError, UnboundAxisError
 * @example
 * const shifted = vmap((x: NDArray) => lax.ppermute(x, 'i', [[0, 1], [1, 2]]), { axisName: 'i' })
 * shifted(np.array([1, 2, 3])) // => Array([0., 1., 2.], dtype=float32)
 */
export const ppermute = <T>(x: T, axisName: AxisName, perm: readonly (readonly [number, number])[]): T => {
  const axes = axesOf('ppermute', axisName)
  const members = total(axes)
  const isMember = (i: number): boolean => Number.isInteger(i) && i >= 0 && i < members
  const isOnce = (list: readonly number[]): boolean => new Set(list).size === list.length
  if (!perm.flat().every(isMember) || !isOnce(perm.map(([s]) => s)) || !isOnce(perm.map(([, d]) => d))) {
    throw new ArgumentError(
      'ppermute',
      `pairs [source, destination] in [0, ${members}), each at most once`,
      JSON.stringify(perm),
    )
  }
  const sources = range(members).map((i) => perm.find(([, d]) => d === i)?.[0] ?? null)
  const [axis] = axes
  if (axes.length === 1) {
    return mapArrays('ppermute', (leaf) => bind1(ppermuteP, [leaf], { ...over(axis!), sources }), x)
  }
  const index = axisIndex(axisName)
  const source = take(integers(sources.map((i) => i ?? 0)), index, 0, 'promise_in_bounds')
  const isGiven = eq(take(integers(sources.map((i) => (i === null ? 0 : 1))), index, 0, 'promise_in_bounds'), 1)
  return mapArrays(
    'ppermute',
    (leaf) => {
      const value = take(allGather(leaf, axisName), source, 0, 'promise_in_bounds')
      return select(isGiven, zerosOf(shaped([], leaf.dtype, leaf.weakType)), value)
    },
    x,
  )
}

/**
 * The values of the members at other positions.
 *
 * @param perm - for each member the position of the one whose value it gets, each once
 * @throws ArgumentError, UnboundAxisError
 */
export const pshuffle = <T>(x: T, axisName: AxisName, perm: readonly number[]): T => {
  const members = axisSize(axisName)
  if (perm.length !== members) {
    throw new ArgumentError('pshuffle', `a permutation of ${members} positions`, JSON.stringify(perm))
  }
  return ppermute(
    x,
    axisName,
    perm.map((source, i) => [source, i] as const),
  )
}

/** The value of the member at position `source`, for all members. @throws ArgumentError, UnboundAxisError */
export const pbroadcast = <T>(x: T, axisName: AxisName, source: number): T => {
  const members = axisSize(axisName)
  if (!Number.isInteger(source) || source < 0 || source >= members) {
    throw new ArgumentError('pbroadcast', `a position in [0, ${members})`, `${source}`)
  }
  return mapArrays('pbroadcast', (leaf) => squeeze(sliceInDim(allGather(leaf, axisName), source, source + 1), [0]), x)
}
