/** Gradients with respect to the Variables of modules. */
import { ArgumentError, checkOptions, DTypeError, isFloat, NDArray, showAval } from '../../core/index.js'
import * as tree from '../../pytree/index.js'
import { arrayType, objectType } from '../../pytree/registry.js'
import * as transforms from '../../transforms/index.js'
import { showPaths, stateOfDef } from '../build.js'
import { type Path, type Predicate, toPredicate } from '../filter.js'
import type { NodeDef } from '../graphdef.js'
import type { GraphObject } from '../object.js'
import { type State, stateFromEntries } from '../state.js'
import { VariableState } from '../variableState.js'
import { Param, Variable } from '../variable.js'
import { flattenGraph } from '../walk.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'
import type { DiffState } from './diffState.js'

/** An argument number, or the Variables of an argument that satisfy a filter. */
export type Argnum = number | DiffState

type ArgAt<A extends readonly unknown[], N extends Argnum> =
  N extends DiffState<infer I> ? (I extends keyof A ? A[I] : A[number]) : N extends keyof A ? A[N] : A[number]

/** A gradient has the type of what it is a gradient of; that of a module is a state. */
export type GradOf<T> = T extends NDArray | number
  ? NDArray
  : T extends Variable<infer V>
    ? VariableState<V>
    : T extends GraphObject
      ? State<T>
      : T extends { readonly [tree.node]: unknown }
        ? T
        : T extends readonly unknown[] | Readonly<Record<string, unknown>>
          ? { readonly [K in keyof T]: GradOf<T[K]> }
          : T

/** Gradients with respect to one argument, or to several. */
export type GradsOf<A extends readonly unknown[], N> = N extends readonly Argnum[]
  ? { readonly [K in keyof N]: N[K] extends Argnum ? GradOf<ArgAt<A, N[K]>> : never }
  : N extends Argnum
    ? GradOf<ArgAt<A, N>>
    : never

/** What a differentiated function returns: the loss, or with `hasAux` the loss and auxiliary data. */
export type Loss<Aux extends boolean> = Aux extends true ? readonly [NDArray, unknown] : NDArray

export interface GradOptions<N, Aux> {
  /** What is differentiated: an argument number, a {@link DiffState}, or a list of them; default 0. */
  readonly argnums?: N
  /** Whether the function returns `[loss, aux]`; default false. */
  readonly hasAux?: Aux
  /** Whether what is differentiated may hold integers, whose gradients are zeros of their dtype; default false. */
  readonly allowInt?: boolean
}

type ValueOf<R> = R extends readonly [infer L, infer X] ? readonly [L, X] : R

/** One differentiated argument: its structure, its leaves, and which of them are differentiated. */
interface Selection {
  readonly def: NodeDef
  readonly leaves: readonly unknown[]
  /** For each leaf, its number among the leaves of all arguments; -1 if it isn't differentiated. */
  readonly targets: readonly number[]
}

const isParam = toPredicate(Param)

const specOf = (argnum: Argnum): readonly [number, Predicate] =>
  typeof argnum === 'number' ? [argnum, isParam] : [argnum.argnum, toPredicate(argnum.filter)]

const keyOfPath = (path: Path): string => path.join('\u0000')

/** Leaves of one argument that are differentiated: its Variables by the filter, its bare arrays all. */
const select = (
  arg: unknown,
  n: number,
  wanted: Predicate,
  leafOf: ReadonlyMap<unknown, number>,
  allowInt: boolean,
): Selection => {
  const { def, leaves } = flattenGraph(arg, false)
  const bare = bareLeaves(def.root)
  const targets = leaves.map((leaf, i) => {
    const path = def.paths[i]!
    const whole = leafOf.get(leaf instanceof Variable ? leaf : keyOfPath([n, ...path])) ?? -1
    return bare.has(i) || wanted(path, leaf) ? whole : -1
  })
  leaves.forEach((leaf, i) => {
    if (targets[i] !== -1 && !allowInt) requireFloat(valueOfLeaf(leaf), [n, ...def.paths[i]!])
  })
  return { def: def.root, leaves, targets }
}

/** Leaves outside of graph objects and Variables. */
const bareLeaves = (def: NodeDef, found = new Set<number>()): ReadonlySet<number> => {
  if (def.kind === 'leaf') found.add(def.leaf)
  if (def.kind === 'container') def.children.forEach((child) => bareLeaves(child, found))
  return found
}

const requireFloat = (value: unknown, path: Path): void => {
  for (const x of tree.leaves(value)) {
    if (x instanceof NDArray && !isFloat(x.dtype)) {
      throw new DTypeError(
        'nnx.grad',
        'floating point Variables and arguments',
        `${showAval(x.aval)} at args/${showPaths([path])}; leave it out by nnx.DiffState(argnum, filter)`,
      )
    }
  }
}

/** Each leaf belongs to one gradient. @throws ArgumentError */
const requireDisjoint = (selections: readonly Selection[], paths: readonly Path[]): void => {
  const seen = new Set<number>()
  for (const { targets } of selections) {
    for (const target of targets) {
      if (target === -1) continue
      if (seen.has(target)) {
        throw new ArgumentError(
          'nnx.grad',
          'argnums that share no Variables',
          `Inconsistent aliasing detected: ${showPaths([paths[target]!])} is in the state of two of them`,
        )
      }
      seen.add(target)
    }
  }
}

/** @internal The gradient of an argument: modules become states, containers stay. */
export const gradientOf = (def: NodeDef, leaves: readonly unknown[], keep: (leaf: number) => boolean): unknown => {
  switch (def.kind) {
    case 'object':
      return stateOfDef(def, leaves, keep) ?? stateFromEntries([], [])
    case 'variable':
    case 'leaf':
      return keep(def.leaf) ? leaves[def.leaf] : null
    case 'ref':
      return null
    case 'static':
      return def.value
    case 'container': {
      const { type, steps, aux, children } = def
      const items = children.map((child) => gradientOf(child, leaves, keep))
      if (type === arrayType) return items
      if (type === objectType) return Object.fromEntries(items.map((item, i) => [steps![i], item]))
      return type.tag === 'map' ? new Map(items.map((item, i) => [steps![i], item])) : type.spec.unflatten(aux, items)
    }
  }
}

const requireArgnum = (n: number, count: number): void => {
  if (!Number.isInteger(n) || n < 0 || n >= count) {
    throw new ArgumentError('nnx.grad', `argnums in [0, ${count})`, `${n}`)
  }
}

/** The loss and what else a function returned. @throws ArgumentError */
const lossAndAux = (result: unknown, hasAux: boolean): readonly [unknown, unknown] => {
  if (!hasAux) return [result, undefined]
  if (!Array.isArray(result) || result.length !== 2) {
    throw new ArgumentError('nnx.grad with hasAux', 'a function that returns [loss, aux]', typeof result)
  }
  return result as unknown as readonly [unknown, unknown]
}

/**
 * As {@link grad}, with the value: `[loss, grads]`, with `hasAux` `[[loss, aux], grads]`.
 *
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const [loss, grads] = nnx.valueAndGrad((model: nnx.Linear) => np.sum(model(np.ones([3, 2]))))(model)
 * grads.kernel.value // => Array([[3.],
 * //                              [3.]], dtype=float32)
 */
export const valueAndGrad = <
  A extends readonly unknown[],
  R extends Loss<Aux>,
  const N extends Argnum | readonly Argnum[] = 0,
  const Aux extends boolean = false,
>(
  f: (...args: A) => R,
  options: GradOptions<N, Aux> = {},
): ((...args: A) => readonly [ValueOf<R>, GradsOf<A, N>]) => {
  const { argnums = 0, hasAux = false, allowInt = false } = options as GradOptions<Argnum | readonly Argnum[], boolean>
  checkOptions('nnx.grad', options, ['argnums', 'hasAux', 'allowInt'])
  const list = Array.isArray(argnums) ? (argnums as readonly Argnum[]) : [argnums as Argnum]
  const specs = list.map(specOf)
  return (...args) => {
    const outside = flattenGraph(args, false)
    const { def, leaves } = outside
    const leafOf = new Map<unknown, number>()
    leaves.forEach((leaf, i) => leafOf.set(leaf instanceof Variable ? leaf : keyOfPath(def.paths[i]!), i))
    const selections = specs.map(([n, wanted]) => {
      requireArgnum(n, args.length)
      return select(args[n], n, wanted, leafOf, allowInt)
    })
    requireDisjoint(selections, def.paths)
    const targets = selections.flatMap((selection) => selection.targets.filter((target) => target !== -1))
    const values = leaves.map(valueOfLeaf)
    let outcome: Outcome | null = null
    const pure = (differentiated: readonly unknown[]): readonly [NDArray, readonly unknown[]] => {
      const inner = [...values]
      targets.forEach((target, i) => (inner[target] = differentiated[i]))
      const inside = new Inside(def, inner)
      const [loss, aux] = lossAndAux(f(...(inside.args as unknown as A)), hasAux)
      outcome = inside.leave('nnx.grad', aux)
      return [loss as NDArray, outcome.outputs]
    }
    const [[loss, outputs], grads] = transforms.valueAndGrad(pure, { hasAux: true, allowInt })(
      targets.map((i) => values[i]),
    )
    const aux = propagate(outcome!, outside, outputs)
    const gradients = grads.values()
    const results = selections.map((selection) => {
      const states = selection.leaves.map((leaf, i) => {
        if (selection.targets[i] === -1) return null
        const gradient = gradients.next().value
        return leaf instanceof Variable ? new VariableState(leaf.type, gradient, leaf.metadata) : gradient
      })
      return gradientOf(selection.def, states, (i) => selection.targets[i] !== -1)
    })
    const value = hasAux ? [loss, aux] : loss
    return [value, Array.isArray(argnums) ? results : results[0]] as unknown as readonly [ValueOf<R>, GradsOf<A, N>]
  }
}

/** What {@link grad} returns: the gradients, or with `hasAux` the gradients and the auxiliary data. */
export type GradResult<A extends readonly unknown[], R, N, Aux extends boolean> = Aux extends true
  ? R extends readonly [unknown, infer X]
    ? readonly [GradsOf<A, N>, X]
    : never
  : GradsOf<A, N>

/**
 * A function that gives the gradient of `f`. The gradient with respect to a module is a {@link State} of its Params, or of
 * what a {@link DiffState} selects; that of other arguments has their structure. What `f` does to its modules (batch
 * statistics, counts of random keys, …) is done to those of the caller.
 *
 * A Variable that other arguments share is one: its gradient is that of all its uses.
 *
 * @throws DTypeError if a selected Variable isn't floating point
 * @throws ArgumentError if two argnums share a Variable
 * @throws ShapeError if the loss isn't a scalar
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const loss = (model: nnx.Linear, x: NDArray) => np.sum(model(x))
 * nnx.grad(loss)(model, np.ones([3, 2])).kernel.value.shape // => [2, 1]
 */
export const grad = <
  A extends readonly unknown[],
  R extends Loss<Aux>,
  const N extends Argnum | readonly Argnum[] = 0,
  const Aux extends boolean = false,
>(
  f: (...args: A) => R,
  options: GradOptions<N, Aux> = {},
): ((...args: A) => GradResult<A, R, N, Aux>) => {
  const both = valueAndGrad<A, R, N, Aux>(f, options)
  return (...args) => {
    const [value, grads] = both(...args)
    return (
      options.hasAux === true ? [grads, (value as unknown as readonly [unknown, unknown])[1]] : grads
    ) as GradResult<A, R, N, Aux>
  }
}
