/** Functions of trees and their linear approximations: `jvp`, `linearize`, `vjp`, `linearTranspose`. */
import {
  checkOptions,
  DTypeError,
  equalShapes,
  isFloat,
  Linear,
  type NDArray,
  type ShapedArray,
  ShapeError,
  showAval,
  stage,
  type Tangent,
  zero,
  requireFunction,
  requireLists,
} from '../core/index.js'
import { convertElementType, instantiate } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, outputLeaves } from './arguments.js'
import { primalLeaves, resultAndAux } from './grad.js'
import { jvpFlat } from './jvp.js'
import { applyLinear, applyTransposed, backward, type Linearized, linearizeFlat } from './linearize.js'
import { avalsOf } from './makeJaxpr.js'
import { merge, where, whereNot } from './parts.js'

/** Tangents or cotangents beside their primals. @throws ShapeError, PytreeError, DTypeError */
const matching = (
  where: string,
  what: string,
  given: unknown,
  treedef: tree.TreeDef,
  avals: readonly ShapedArray[],
): readonly NDArray[] => {
  const leaves = treedef.flattenUpTo(given).map((x, i) => arrayLeaf(where, x, i))
  return leaves.map((t, i) => {
    const aval = avals[i]!
    if (!equalShapes(t.shape, aval.shape)) {
      throw new ShapeError(where, `${what} of the primals' shapes (${showAval(aval)})`, showAval(t.aval))
    }
    if (isFloat(aval.dtype) && t.dtype !== aval.dtype) {
      if (t.weakType) return convertElementType(t, aval.dtype, aval.weakType)
      throw new DTypeError(where, `${what} of the primals' dtypes (${showAval(aval)})`, showAval(t.aval))
    }
    return t
  })
}

/** A function of trees as one of leaves: results, then what comes beside them. */
interface FlatFunction {
  readonly flat: (...xs: readonly NDArray[]) => readonly NDArray[]
  /** The results' structure, known once `flat` ran; and the auxiliary one's. */
  readonly structure: () => tree.TreeDef
  /** From all that `flat` returns: the leaves of the results, and the auxiliary tree. */
  readonly parts: (outputs: readonly NDArray[]) => readonly [readonly NDArray[], unknown]
}

const flatFunction = (
  where: string,
  f: Fn,
  treedef: tree.TreeDef<readonly unknown[]>,
  hasAux: boolean,
): FlatFunction => {
  let structures: readonly [tree.TreeDef, tree.TreeDef] | null = null
  return {
    flat: (...xs) => {
      const [result, beside] = resultAndAux(where, f(...treedef.unflatten(xs)), hasAux)
      const [ys, resultTree] = outputLeaves(where, result)
      const [aux, auxTree] = outputLeaves(where, beside)
      structures = [resultTree, auxTree]
      return [...ys, ...aux]
    },
    structure: () => structures![0],
    parts: (outputs) => {
      const count = structures![0].numLeaves
      return [outputs.slice(0, count), structures![1].unflatten(outputs.slice(count))]
    },
  }
}

export interface JvpOptions<Aux> {
  /** Whether the function returns `[result, aux]`; default false. */
  readonly hasAux?: Aux
}

/** What {@link jvp} returns: the value and its tangent, and with `hasAux` the auxiliary data. */
export type JvpResult<R, Aux extends boolean> = Aux extends true
  ? R extends readonly [infer Y, infer X]
    ? readonly [Y, Y, X]
    : never
  : readonly [R, R]

/**
 * Value of a function and its derivative along a direction.
 *
 * @param primals - the arguments, in an array
 * @param tangents - the direction, in their structure, shapes and dtypes; those of integers count for nothing
 * @throws ShapeError, DTypeError if a tangent doesn't match its primal
 * @example
 * jvp((x: NDArray) => np.sin(x), [np.array(0)], [np.array(2)]) // => [ Array(0., dtype=float32), Array(2., dtype=float32) ]
 */
export const jvp = <A extends readonly unknown[], R, const Aux extends boolean = false>(
  f: (...args: A) => R,
  primals: readonly [...A],
  tangents: readonly unknown[],
  options: JvpOptions<Aux> = {},
): JvpResult<R, Aux> => {
  requireFunction('jvp', f)
  requireLists('jvp', [primals])
  checkOptions('jvp', options, ['hasAux'])
  const [leaves, treedef] = tree.flatten<readonly unknown[]>(primals)
  const arrays = primalLeaves('jvp', leaves)
  const directions = matching(
    'jvp',
    'tangents',
    tangents,
    treedef,
    arrays.map((x) => x.aval),
  )
  const { flat, structure, parts } = flatFunction('jvp', f as unknown as Fn, treedef, options.hasAux === true)
  const [outputs, dys] = jvpFlat(
    flat,
    arrays,
    directions.map((t, i): Tangent => (isFloat(arrays[i]!.dtype) ? t : zero)),
    'jvp',
  )
  const [ys, aux] = parts(outputs)
  const pair = [structure().unflatten(ys), structure().unflatten(ys.map((y, i) => instantiate(dys[i]!, y.aval)))]
  return (options.hasAux === true ? [...pair, aux] : pair) as unknown as JvpResult<R, Aux>
}

/** A function at a point of which only the floating point part is differentiated. */
interface Point {
  readonly linearized: Linearized
  readonly treedef: tree.TreeDef<readonly unknown[]>
  readonly arrays: readonly NDArray[]
  readonly isReal: readonly boolean[]
  readonly structure: tree.TreeDef
  readonly ys: readonly NDArray[]
  readonly aux: unknown
}

const pointOf = (site: string, f: Fn, primals: readonly unknown[], hasAux: boolean): Point => {
  const [leaves, treedef] = tree.flatten(primals)
  requireFunction(site, f)
  const arrays = primalLeaves(site, leaves)
  const isReal = arrays.map((x) => isFloat(x.dtype))
  const { flat, structure, parts } = flatFunction(site, f, treedef, hasAux)
  const linearized = linearizeFlat(
    (...xs) => flat(...merge(isReal, whereNot(arrays, isReal), xs)),
    where(arrays, isReal),
  )
  const [ys, aux] = parts(linearized.primals)
  return { linearized, treedef, arrays, isReal, structure: structure(), ys, aux }
}

/** What is left of a point without its arrays: good for any residuals of its kind. */
const kindOf = ({ linearized: { jaxpr, zeros, primals }, treedef, arrays, isReal, structure, ys }: Point) => ({
  at: (residuals: readonly NDArray[]): Omit<Linearized, 'primals'> => ({ jaxpr, residuals, zeros }),
  avalsOut: primals.map((y) => y.aval),
  avals: arrays.map((x) => x.aval),
  resultCount: ys.length,
  treedef,
  isReal,
  structure,
})

/** A function that is a node whose children are the residuals, so that transformed functions can return it. */
const overResiduals = (
  { linearized: { residuals } }: Point,
  f: (residuals: readonly NDArray[], rest: readonly unknown[]) => unknown,
): unknown => {
  const count = residuals.length
  const bound = (...all: readonly unknown[]): unknown => f(all.slice(0, count) as readonly NDArray[], all.slice(count))
  return new tree.Partial(bound, ...residuals)
}

const pushforwardOf = (site: string, point: Point): unknown => {
  const { at, avalsOut, avals, resultCount, treedef, isReal, structure } = kindOf(point)
  return overResiduals(point, (residuals, tangents) => {
    const directions = where(matching(site, 'tangents', tangents, treedef, avals), isReal)
    return structure.unflatten(applyLinear(at(residuals), directions, avalsOut).slice(0, resultCount))
  })
}

const pullbackOf = (site: string, point: Point): unknown => {
  const { at, avalsOut, avals, resultCount, treedef, isReal, structure } = kindOf(point)
  return overResiduals(point, (residuals, [ct]) => {
    const cts = matching(site, 'cotangents', ct, structure, avalsOut.slice(0, resultCount))
    const results = applyTransposed(
      at(residuals),
      avalsOut.map((aval, i): Tangent => (i < resultCount && isFloat(aval.dtype) ? cts[i]! : zero)),
    )
    const integers = avals.filter((_, i) => !isReal[i])
    const all = merge<Tangent>(isReal, integers.map(() => zero), results) // prettier-ignore
    return treedef.unflatten(all.map((c, i) => instantiate(c, avals[i]!)))
  })
}

/**
 * Value of a function and its linear approximation at a point, ready to be applied to many directions.
 *
 * @example
 * const [y, lin] = linearize((x: NDArray) => np.sin(x), np.array(0))
 * lin(np.array(2)) // => Array(2., dtype=float32)
 */
export const linearize = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): readonly [R, (...tangents: A) => R] => {
  const point = pointOf('linearize', f as unknown as Fn, primals, false)
  return [point.structure.unflatten(point.ys) as R, pushforwardOf('linearize', point) as (...tangents: A) => R]
}

/** {@link linearize} of a function that returns `[result, aux]`: the auxiliary data come last. */
export const linearizeWithAux = <A extends readonly unknown[], R, X>(
  f: (...args: A) => readonly [R, X],
  ...primals: A
): readonly [R, (...tangents: A) => R, X] => {
  const point = pointOf('linearizeWithAux', f as unknown as Fn, primals, true)
  const pushforward = pushforwardOf('linearizeWithAux', point) as (...tangents: A) => R
  return [point.structure.unflatten(point.ys) as R, pushforward, point.aux as X]
}

/**
 * Value of a function and its pullback: cotangents of the result to cotangents of the arguments, in an array. Those of
 * integers are zeros of their dtype.
 *
 * @example
 * const [y, pullback] = vjp((x: NDArray) => np.sin(x), np.array(0))
 * pullback(np.array(2)) // => [ Array(2., dtype=float32) ]
 */
export const vjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): readonly [R, (ct: R) => A] => {
  const point = pointOf('vjp', f as unknown as Fn, primals, false)
  return [point.structure.unflatten(point.ys) as R, pullbackOf('vjp', point) as (ct: R) => A]
}

/** {@link vjp} of a function that returns `[result, aux]`: the auxiliary data come last. */
export const vjpWithAux = <A extends readonly unknown[], R, X>(
  f: (...args: A) => readonly [R, X],
  ...primals: A
): readonly [R, (ct: R) => A, X] => {
  const point = pointOf('vjpWithAux', f as unknown as Fn, primals, true)
  return [point.structure.unflatten(point.ys) as R, pullbackOf('vjpWithAux', point) as (ct: R) => A, point.aux as X]
}

/**
 * The transpose of a linear function: cotangents of the result to cotangents of the arguments, in an array. The
 * function is traced for the shapes and dtypes of the arguments, and runs only backwards.
 *
 * @param primals - trees like the arguments, of arrays or of `ShapeDtypeStruct`s
 * @throws DTypeError unless arguments are floating point
 * @throws DifferentiationError, when called, if the function isn't linear
 * @example
 * const transposed = linearTranspose((x: NDArray) => np.sum(x).mul(3), new ShapeDtypeStruct([2]))
 * transposed(np.array(1)) // => [ Array([3., 3.], dtype=float32) ]
 */
export const linearTranspose = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: { [K in keyof A]: unknown }
): ((ct: R) => A) => {
  const site = 'linearTranspose'
  requireFunction(site, f)
  const [leaves, treedef] = tree.flatten<readonly unknown[]>(primals)
  const avals = avalsOf(site, leaves)
  const integer = avals.find((aval) => !isFloat(aval.dtype))
  if (integer !== undefined) throw new DTypeError(site, 'floating point arguments', showAval(integer))
  const { flat, structure } = flatFunction(site, f as unknown as Fn, treedef, false)
  const { jaxpr, consts } = stage(flat, avals)
  return (ct) => {
    const cts = matching(site, 'cotangents', ct, structure(), jaxpr.avalsOut)
    const results = backward(jaxpr, [...consts, ...avals.map((aval) => new Linear(aval))], cts)
    return treedef.unflatten(results.map((c, i) => instantiate(c, avals[i]!))) as unknown as A
  }
}
