/** The primitives over a named axis. `vmap` takes them to operations on the array of all members. */
import {
  backend,
  type BatchAxis,
  bind1,
  ConcreteArray,
  DifferentiationError,
  type NDArray,
  type Primitive,
  type Shape,
  shaped,
  type ShapedArray,
  type Tangent,
  UnboundAxisError,
  withShape,
  zero,
} from '../core/index.js'
import { div, mul } from './arithmetic.js'
import { convertElementType, eq, select } from './compare.js'
import { reduceMax, reduceMin } from './reduce.js'
import { iota } from './iota.js'
import { broadcastInDim, broadcastTo, moveToFront, range, reduceSum, reshape, transpose, zerosOf } from './shape.js'
import { take } from './take.js'

/** Parameters of an operation over a named axis. */
interface OverAxis {
  readonly axisName: string
  /** Size of the axis where the operation was applied. */
  readonly axisSize: number
}

interface Rules<P> {
  /** The aval of a member's result. */
  readonly aval: (x: ShapedArray, params: P) => ShapedArray
  /** The members' results, given their array or, where the axis is `null`, the one that all have. */
  readonly over: (x: NDArray, axis: BatchAxis, params: P, size: number) => readonly [NDArray, BatchAxis]
  /** Parameters for arrays with one more axis in front. */
  readonly shifted: (params: P) => P
  /** The cotangent of the argument where the operation is linear. */
  readonly transpose?: (ct: NDArray, params: P) => NDArray
  /** The tangent where it isn't. */
  readonly tangent?: (x: NDArray, y: NDArray, t: NDArray, params: P) => NDArray
}

const unbound = (name: string, { axisName }: OverAxis): never => {
  throw new UnboundAxisError(name, axisName, [])
}

/** An operation of one array over a named axis. */
const collective = <P extends OverAxis>(name: string, rules: Rules<P>): Primitive<P> => {
  const apply = (x: NDArray, params: P): NDArray => bind1(primitive, [x], params)
  const primitive: Primitive<P> = {
    name,
    abstractEval: ([x], params) => [rules.aval(x!, params)],
    jvp([x], [t], params): readonly [readonly NDArray[], readonly Tangent[]] {
      const y = apply(x!, params)
      if (t === zero) return [[y], [zero]]
      return [[y], [rules.tangent === undefined ? apply(t!, params) : rules.tangent(x!, y, t!, params)]]
    },
    transpose([ct], _args, params) {
      if (rules.transpose === undefined) {
        throw new DifferentiationError(name, 'is not linear: differentiate it forward before transposing')
      }
      return [ct === zero ? zero : rules.transpose(ct!, params)]
    },
    batch: ([x], [axis], params) => [[apply(moveToFront(x!, axis!), rules.shifted(params))], [0]],
    collective: {
      axisName: (params) => params.axisName,
      batch([x], [axis], params, size) {
        const [y, to] = rules.over(x!, axis!, params, size)
        return [[y], [to]]
      },
    },
    lower: (_context, _inputs, params) => unbound(name, params),
  }
  return primitive
}

/** The members' array with their axis in front. */
const allOf = (x: NDArray, axis: BatchAxis, size: number): NDArray =>
  axis === null ? broadcastTo(x, [size, ...x.shape]) : moveToFront(x, axis)

/** A constant. */
export const integers = (values: readonly number[]): NDArray => {
  const aval = shaped([values.length], 'int32')
  return new ConcreteArray(aval, backend().allocate(aval, Int32Array.from(values)))
}

const insertedAt = (shape: Shape, axis: number, size: number): Shape => [
  ...shape.slice(0, axis),
  size,
  ...shape.slice(axis),
]
const removedAt = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis)

// reductions

interface Reduced extends OverAxis {
  /** Members that are reduced among themselves; all of one size. Default: one group of all. */
  readonly groups?: readonly (readonly number[])[]
}

/** Reductions within groups of members, each member given that of its group. */
const inGroups = (
  x: NDArray,
  groups: readonly (readonly number[])[],
  reduce: (x: NDArray, axes: readonly number[]) => NDArray,
): NDArray => {
  const order = groups.flat()
  const rest = x.shape.slice(1)
  const shape = [groups.length, groups[0]!.length, ...rest]
  const grouped = reshape(take(x, integers(order), 0, 'promise_in_bounds'), shape)
  const spread = broadcastInDim(reduce(grouped, [1]), shape, [0, ...range(rest.length).map((d) => d + 2)])
  const inverse = range(order.length).map((i) => order.indexOf(i))
  return take(reshape(spread, x.shape), integers(inverse), 0, 'promise_in_bounds')
}

const reduction = (
  name: string,
  reduce: (x: NDArray, axes: readonly number[]) => NDArray,
  ofEqual: (x: NDArray, count: number) => NDArray,
  rules: Pick<Rules<Reduced>, 'transpose' | 'tangent'>,
): Primitive<Reduced> =>
  collective<Reduced>(name, {
    aval: (x) => x,
    shifted: (params) => params,
    over(x, axis, { groups }, size) {
      if (axis === null) return [ofEqual(x, groups?.[0]!.length ?? size), null]
      return groups === undefined ? [reduce(x, [axis]), null] : [inGroups(moveToFront(x, axis), groups, reduce), 0]
    },
    ...rules,
  })

export const psumP: Primitive<Reduced> = reduction('psum', reduceSum, mul, {
  // A member's result goes to all of them, so its cotangent comes from all of them.
  transpose: (ct, params) => bind1(psumP, [ct], params),
})

/** Members that tie share the tangent equally, as in `reduceMax`. */
const extremeTangent = (x: NDArray, y: NDArray, t: NDArray, params: Reduced): NDArray => {
  const isExtreme = convertElementType(eq(x, y), t.dtype)
  return div(bind1(psumP, [mul(t, isExtreme)], params), bind1(psumP, [isExtreme], params))
}

export const pmaxP = reduction('pmax', reduceMax, (x) => x, { tangent: extremeTangent })
export const pminP = reduction('pmin', reduceMin, (x) => x, { tangent: extremeTangent })

// exchange

interface Permuted extends OverAxis {
  /** For each member the one it gets the value of; `null`: it gets zeros. */
  readonly sources: readonly (number | null)[]
}

export const ppermuteP: Primitive<Permuted> = collective<Permuted>('ppermute', {
  aval: (x) => x,
  shifted: (params) => params,
  over(x, axis, { sources }, size) {
    const from = integers(sources.map((i) => i ?? 0))
    const moved = take(allOf(x, axis, size), from, 0, 'promise_in_bounds')
    if (!sources.includes(null)) return [moved, 0]
    const isGiven = convertElementType(integers(sources.map((i) => (i === null ? 0 : 1))), 'bool')
    const column = reshape(isGiven, [size, ...range(moved.ndim - 1).map(() => 1)])
    return [select(column, zerosOf(shaped([], moved.dtype, moved.weakType)), moved), 0]
  },
  transpose(ct, { sources, ...params }) {
    const destinations = sources.map((_, i) => (sources.includes(i) ? sources.indexOf(i) : null))
    return bind1(ppermuteP, [ct], { ...params, sources: destinations })
  },
})

interface AlongAxis extends OverAxis {
  /** The axis of the result, or of the argument, that runs over the members. */
  readonly axis: number
}

export const allGatherP: Primitive<AlongAxis> = collective<AlongAxis>('all_gather', {
  aval: (x, { axis, axisSize }) => withShape(x, insertedAt(x.shape, axis, axisSize)),
  shifted: (params) => ({ ...params, axis: params.axis + 1 }),
  over(x, from, { axis }, size) {
    const all = allOf(x, from, size)
    const others = range(all.ndim).slice(1)
    return [transpose(all, insertedAt(others, axis, 0)), null]
  },
  transpose: (ct, params) => bind1(psumScatterP, [ct], params),
})

export const psumScatterP: Primitive<AlongAxis> = collective<AlongAxis>('reduce_scatter', {
  aval: (x, { axis }) => withShape(x, removedAt(x.shape, axis)),
  shifted: (params) => ({ ...params, axis: params.axis + 1 }),
  over: (x, from, { axis }, size) => [from === null ? mul(x, size) : reduceSum(x, [from]), axis],
  transpose: (ct, params) => bind1(allGatherP, [ct], params),
})

interface Exchanged extends OverAxis {
  readonly splitAxis: number
  readonly concatAxis: number
}

export const allToAllP: Primitive<Exchanged> = collective<Exchanged>('all_to_all', {
  aval: (x, { splitAxis, concatAxis, axisSize }) =>
    withShape(x, insertedAt(removedAt(x.shape, splitAxis), concatAxis, axisSize)),
  shifted: (params) => ({ ...params, splitAxis: params.splitAxis + 1, concatAxis: params.concatAxis + 1 }),
  over(x, from, { splitAxis, concatAxis }, size) {
    const all = allOf(x, from, size)
    const others = range(all.ndim).filter((i) => i !== 0 && i !== splitAxis + 1)
    return [transpose(all, [splitAxis + 1, ...insertedAt(others, concatAxis, 0)]), 0]
  },
  transpose: (ct, { splitAxis, concatAxis, ...params }) =>
    bind1(allToAllP, [ct], { ...params, splitAxis: concatAxis, concatAxis: splitAxis }),
})

// positions

export const axisIndexP: Primitive<OverAxis> = {
  name: 'axis_index',
  abstractEval: () => [shaped([], 'int32')],
  jvp: (_primals, _tangents, params) => [[bind1(axisIndexP, [], params)], [zero]],
  transpose: () => [],
  batch: (_args, _axes, params) => [[bind1(axisIndexP, [], params)], [null]],
  collective: {
    axisName: ({ axisName }) => axisName,
    batch: (_args, _axes, _params, size) => [[iota('int32', size)], [0]],
  },
  lower: (_context, _inputs, params) => unbound('axis_index', params),
}
