/** Structure and state in one value, and models as flat lists. */
import { inspect } from 'node:util'
import { ArgumentError } from '../core/index.js'
import { dictKey, node, registerNode, registerStatic } from '../pytree/index.js'
import type { NDArray } from '../core/index.js'
import { Builder, leavesOfState } from './build.js'
import type { Filter } from './filter.js'
import { FlatState, fromFlatState, toFlatState } from './flatState.js'
import { merge, split } from './graph.js'
import { GraphDef } from './graphdef.js'
import { describe, type Description, printValue } from './print.js'
import { type AnyState, isState, type State, stateFromEntries, toPart } from './state.js'

// A structure is the static part of trees: an argument of `jit`, for example.
registerStatic<GraphDef>(GraphDef, (a, b) => a.equals(b))

/** A structure with a state of it, or a part of one: a pytree of the arrays. {@link merge} takes it. */
export class GraphState<M = unknown> {
  /** Leaves, to the types of trees. */
  declare readonly [node]: NDArray

  constructor(
    readonly graphdef: GraphDef<M>,
    readonly state: State<M>,
  ) {
    Object.freeze(this)
  }

  toString(): string {
    return printValue(this)
  }
  /** @internal */
  [inspect.custom](): string {
    return printValue(this)
  }
  /** @internal */
  [describe](): Description {
    return { name: 'GraphState', fields: Object.entries(this) }
  }
}

registerNode<GraphState, readonly [GraphDef, readonly string[]]>(
  GraphState as unknown as abstract new () => GraphState,
  {
    flatten: ({ graphdef, state }) => {
      const names = Object.keys(state)
      return {
        children: Object.values(state),
        keys: names.map((name) => dictKey(toPart(name))),
        aux: [graphdef, names],
      }
    },
    unflatten: ([graphdef, names], children) => new GraphState(graphdef, stateFromEntries(names, children)),
    equalAux: ([a, m], [b, n]) => a.equals(b) && m.join('\u0000') === n.join('\u0000'),
    keyAux: ([graphdef, names]) => `${graphdef.key}${JSON.stringify(names)}`,
    printAux: () => '',
  },
)

/**
 * A model as structure and state in one value; with several filters, one for each, as {@link split} has it.
 *
 * @throws ArgumentError if a leaf satisfies none of the filters
 * @example
 * const model = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0) })
 * const [params, stats] = nnx.unpack(model, nnx.Param, nnx.BatchStat)
 * nnx.merge(params, stats)(np.ones([3, 2])).shape // => [3, 2]
 */
export function unpack<M>(model: M): GraphState<M>
export function unpack<M>(model: M, filter: Filter): GraphState<M>
export function unpack<M, const F extends readonly [Filter, Filter, ...Filter[]]>(
  model: M,
  ...filters: F
): { readonly [K in keyof F]: GraphState<M> }
export function unpack(model: unknown, ...filters: readonly Filter[]): unknown {
  const [graphdef, ...states] = split(model, ...filters) as readonly [GraphDef, ...State[]]
  const all = states.map((state) => new GraphState(graphdef, state))
  return all.length === 1 ? all[0] : all
}

export interface FlattenOptions {
  /** Whether leaves come with their paths; default true. */
  readonly withPaths?: boolean
}

/**
 * A model as structure and list of leaves: of states of Variables and bare arrays, with their paths or in the order of
 * `graphdef.paths`.
 *
 * @example
 * const [graphdef, flat] = nnx.flatten(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }))
 * flat.paths // => [['bias'], ['kernel']]
 * nnx.unflatten(graphdef, flat)(np.ones([2])).shape // => [3]
 */
export function flatten<M>(
  model: M,
  options?: { readonly withPaths?: true },
): readonly [graphdef: GraphDef<M>, state: FlatState]
export function flatten<M>(
  model: M,
  options: { readonly withPaths: false },
): readonly [graphdef: GraphDef<M>, leaves: readonly unknown[]]
export function flatten(model: unknown, { withPaths = true }: FlattenOptions = {}): unknown {
  const [graphdef, state] = split(model)
  const flat = isState(state) ? toFlatState(state) : new FlatState([[[], state]])
  return [graphdef, withPaths ? flat : isState(state) ? leavesOfState(graphdef, state) : flat.leaves]
}

/**
 * A new model from structure and leaves: the inverse of {@link flatten}.
 *
 * @param leaves - a state, flat or not, or a list in the order of `graphdef.paths`
 * @throws ArgumentError if there are leaves missing, or others
 */
export const unflatten = <M>(graphdef: GraphDef<M>, leaves: AnyState | FlatState<unknown> | readonly unknown[]): M => {
  if (isState(leaves)) return merge(graphdef, leaves)
  if (leaves instanceof FlatState) {
    const isOne = leaves.at(0)?.[0].length === 0
    return isOne ? unflatten(graphdef, leaves.leaves) : merge(graphdef, fromFlatState(leaves))
  }
  if (leaves.length !== graphdef.numLeaves) {
    throw new ArgumentError('unflatten', `${graphdef.numLeaves} leaves`, `${leaves.length}`)
  }
  return new Builder(leaves).build(graphdef.root) as M
}
