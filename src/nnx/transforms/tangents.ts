/** `nnx.jvp` and `nnx.vjp`: derivatives along a direction, and pullbacks, of functions of modules. */
import { ArgumentError, isFloat, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import * as transforms from '../../transforms/index.js'
import type { GraphDef, NodeDef } from '../graphdef.js'
import { Variable } from '../variable.js'
import { VariableState } from '../variableState.js'
import { flattenGraph } from '../walk.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'
import { collectCotangents } from './cotangents.js'
import { type GradOf, gradientOf } from './grad.js'

export interface JvpOptions<Aux> {
  /** Whether the function returns `[result, aux]`; default false. */
  readonly hasAux?: Aux
}

/** Tangents or cotangents of several values: of a module a state. */
export type GradsOfAll<A extends readonly unknown[]> = { readonly [K in keyof A]: GradOf<A[K]> }

type ResultOf<R, Aux> = Aux extends true ? (R extends readonly [infer Y, unknown] ? Y : never) : R
type AuxOf<R, Aux> = Aux extends true
  ? R extends readonly [unknown, infer X]
    ? readonly [aux: X]
    : never
  : readonly []

const isReal = (value: unknown): boolean =>
  tree.leaves(value).every((x) => typeof x === 'number' || (x instanceof NDArray && isFloat(x.dtype)))

/** A function of modules as one of the values of their leaves that are floating point. */
class RealFunction<A extends readonly unknown[]> {
  readonly def: GraphDef
  readonly leaves: readonly unknown[]
  readonly values: readonly unknown[]
  /** Leaves that are floating point. */
  readonly real: readonly number[]
  readonly #outside
  #outcome: Outcome | null = null
  /** How many of the values that come out are those of the result. */
  #results: readonly number[] = []

  constructor(
    readonly where: string,
    readonly f: (...args: A) => unknown,
    args: A,
    readonly hasAux: boolean,
  ) {
    this.#outside = flattenGraph(args, false)
    this.def = this.#outside.def
    this.leaves = this.#outside.leaves
    this.values = this.leaves.map(valueOfLeaf)
    this.real = this.values.flatMap((value, i) => (isReal(value) ? [i] : []))
  }

  /** `[results, rest]`: values of the result's leaves, and all that comes out. */
  readonly pure = (...given: readonly unknown[]): readonly [readonly unknown[], readonly unknown[]] => {
    const inner = [...this.values]
    this.real.forEach((leaf, i) => (inner[leaf] = given[i]))
    const inside = new Inside(this.def, inner)
    const result = this.f(...(inside.args as unknown as A))
    if (this.hasAux && !(Array.isArray(result) && result.length === 2)) {
      throw new ArgumentError(`${this.where} with hasAux`, 'a function that returns [result, aux]', typeof result)
    }
    const outcome = inside.leave(this.where, result, false)
    this.#outcome = outcome
    const first = outcome.result.kind === 'container' && this.hasAux ? outcome.result.children[0]! : outcome.result
    const offset = outcome.args === null ? outcome.changed.length : 0
    this.#results = leavesBelow(first).map((leaf) => leaf + offset)
    return [this.#results.map((at) => outcome.outputs[at]), outcome.outputs]
  }

  /** The structure of the result. */
  get resultDef(): NodeDef {
    const { result } = this.#outcome!
    return this.hasAux && result.kind === 'container' ? result.children[0]! : result
  }

  /** Do outside what was done inside. @returns what the function returned */
  settle(outputs: readonly unknown[]): unknown {
    return propagate(this.#outcome!, this.#outside, outputs)
  }

  /** Arguments' cotangents or tangents at the leaves, in the shape of what the arguments are. */
  shaped(ofReal: readonly unknown[]): readonly unknown[] {
    const states = this.leaves.map((leaf, i) => {
      const at = this.real.indexOf(i)
      const value = at >= 0 ? ofReal[at] : null
      return leaf instanceof Variable ? new VariableState(leaf.type, value, leaf.metadata) : value
    })
    const kept = new Set(this.real)
    const { children } = this.def.root as NodeDef & { readonly kind: 'container' }
    return children.map((child) => gradientOf(child, states, (leaf) => kept.has(leaf)))
  }

  /** Directions by leaf that is floating point; zeros where none is given. @throws ArgumentError */
  directions(tangents: readonly unknown[]): readonly unknown[] {
    const { children } = this.def.root as NodeDef & { readonly kind: 'container' }
    if (tangents.length !== children.length) {
      throw new ArgumentError(this.where, `a tangent for each of ${children.length} primals`, `${tangents.length}`)
    }
    const leaves = new Array<unknown>(this.def.numLeaves).fill(null)
    children.forEach((child, i) => collectCotangents(this.where, child, tangents[i], leaves, [i]))
    return this.real.map((leaf) => leaves[leaf] ?? tree.map((x: NDArray) => np.zerosLike(x), this.values[leaf]))
  }
}

const leavesBelow = (def: NodeDef): readonly number[] => {
  if (def.kind === 'variable' || def.kind === 'leaf') return [def.leaf]
  return def.kind === 'object' || def.kind === 'container' ? def.children.flatMap(leavesBelow) : []
}

/** Results in the shape of what was returned: modules become states. */
const asReturned = (def: NodeDef, values: readonly unknown[]): unknown => {
  const below = leavesBelow(def)
  const leaves: unknown[] = []
  below.forEach((leaf, i) => (leaves[leaf] = values[i]))
  return gradientOf(def, leaves, () => true)
}

const pulledBack = <A extends readonly unknown[]>(
  where: string,
  f: (...args: A) => unknown,
  primals: A,
  hasAux: boolean,
): readonly [result: unknown, pullback: (cotangent: unknown) => readonly unknown[]] => {
  const real = new RealFunction(where, f, primals, hasAux)
  const [, pullback, outputs] = transforms.vjpWithAux(real.pure, ...real.real.map((leaf) => real.values[leaf]))
  const result = real.settle(outputs)
  const def = real.resultDef
  const back = (cotangent: unknown): readonly unknown[] => {
    const leaves: unknown[] = []
    collectCotangents(where, def, cotangent, leaves, [])
    return real.shaped(pullback(leavesBelow(def).map((leaf) => leaves[leaf])))
  }
  return [result, back]
}

/**
 * Value of a function at its arguments, and its pullback: from the cotangent of the result to those of the arguments, in an
 * array; of a module a state of its floating point Variables. What the function does to modules is done to the caller's,
 * once.
 *
 * @throws TraceLevelError if the function writes a Variable that isn't in its arguments
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * const [y, pullback] = nnx.vjp((m: nnx.Linear, x: NDArray) => m(x), model, np.ones([4, 2]))
 * const [ofModel, ofInput] = pullback(np.onesLike(y))
 * ofModel.bias?.value // => Array([4., 4., 4.], dtype=float32)
 * ofInput.shape // => [4, 2]
 */
export const vjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): readonly [result: R, pullback: (cotangent: GradOf<R>) => GradsOfAll<A>] =>
  // The types of gradients are computed from those of the arguments: the code below knows leaves only.
  pulledBack('nnx.vjp', f, primals, false) as never

/** {@link vjp} of a function that returns `[result, aux]`: the auxiliary data come last. */
export const vjpWithAux = <A extends readonly unknown[], R, X>(
  f: (...args: A) => readonly [R, X],
  ...primals: A
): readonly [result: R, pullback: (cotangent: GradOf<R>) => GradsOfAll<A>, aux: X] => {
  const [[result, aux], pullback] = pulledBack('nnx.vjpWithAux', f, primals, true) as readonly [readonly [R, X], never]
  return [result, pullback, aux]
}

/**
 * Value of a function and its derivative along a direction; the derivative of a module that is returned is a state. What
 * the function does to modules is done to the caller's, once.
 *
 * @param tangents - for each primal: of a module a state, in which Variables may be missing, or `null`, for zeros
 * @throws TraceLevelError if the function writes a Variable that isn't in its arguments
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const direction = tree.map(np.onesLike, nnx.state(model, nnx.PathContains('bias')))
 * nnx.jvp((m: nnx.Linear, x: NDArray) => m(x), [model, np.zeros([1, 2])], [direction, null])[1] // => Array([[1.]], dtype=float32)
 */
export const jvp = <A extends readonly unknown[], R, const Aux extends boolean = false>(
  f: (...args: A) => R,
  primals: readonly [...A],
  tangents: readonly unknown[],
  { hasAux }: JvpOptions<Aux> = {},
): readonly [result: ResultOf<R, Aux>, tangent: GradOf<ResultOf<R, Aux>>, ...aux: AuxOf<R, Aux>] => {
  const real = new RealFunction('nnx.jvp', f, primals as unknown as A, hasAux === true)
  const [, dys, outputs] = transforms.jvp(
    real.pure,
    real.real.map((leaf) => real.values[leaf]),
    real.directions(tangents),
    { hasAux: true },
  ) as unknown as readonly [unknown, readonly unknown[], readonly unknown[]]
  const result = real.settle(outputs)
  const tangent = asReturned(real.resultDef, dys)
  return (
    hasAux === true
      ? [(result as readonly unknown[])[0], tangent, (result as readonly unknown[])[1]]
      : [result, tangent]
  ) as never
}
