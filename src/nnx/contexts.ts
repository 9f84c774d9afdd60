/** Contexts: several models taken apart and put together whose references are shared. */
import { ArgumentError } from '../core/index.js'
import { Builder, leavesOfState } from './build.js'
import type { Filter } from './filter.js'
import { groupStates } from './graph.js'
import { nonExhaustive } from './flatState.js'
import type { GraphDef } from './graphdef.js'
import { type AnyState, isState, type State, type StatesOf } from './state.js'
import { mergeState } from './stateFilters.js'
import { type Flattened, Walk } from './walk.js'

/** Takes models apart one after the other: what an earlier one held is a reference in the structures of later ones. */
export class SplitContext {
  #objects: readonly object[] = []

  /** @param update - whose phases it goes through; {@link UpdateContext} */
  constructor(private readonly update: UpdateContext | null = null) {}

  /** As `nnx.split`. @throws ArgumentError if a leaf satisfies none of the filters */
  split<M>(model: M): readonly [graphdef: GraphDef<M>, state: State<M>]
  split<M, const F extends readonly Filter[]>(
    model: M,
    ...filters: F
  ): readonly [graphdef: GraphDef<M>, ...states: StatesOf<M, F>]
  split(model: unknown, ...filters: readonly Filter[]): unknown {
    const walk = new Walk(this.#objects)
    const flattened: Flattened = walk.finish(walk.visit(model, true))
    this.#objects = walk.objects
    this.update?.left(walk.objects)
    const [states, remainder] = groupStates(flattened, filters.length === 0 ? [true] : filters)
    if (remainder.length > 0) throw nonExhaustive('SplitContext.split', filters, remainder)
    return [flattened.def, ...states]
  }
}

/** Puts together what a {@link SplitContext} took apart, in the same order: what was shared is shared again. */
export class MergeContext {
  #objects: readonly object[] = []

  /** @param update - whose phases it goes through; {@link UpdateContext} */
  constructor(private readonly update: UpdateContext | null = null) {}

  /** As `nnx.merge`. @throws ArgumentError if the states don't fit the structure */
  merge<M>(graphdef: GraphDef<M>, state: AnyState, ...states: readonly AnyState[]): M {
    const all: unknown = states.length === 0 ? state : mergeState(state, ...states)
    const leaves = isState(all) ? leavesOfState(graphdef, all) : [all]
    const builder = new Builder(leaves, this.#objects, (index) => this.update?.existing(index))
    const model = builder.build(graphdef.root) as M
    this.#objects = builder.objects
    this.update?.entered(builder.objects)
    return model
  }
}

type Phase = 'outside' | 'inside' | 'leaving' | 'back'

/**
 * The way of models through a pure function and back: `split` outside, `merge` inside, `split` inside, `merge` outside,
 * which writes what was done inside into the models of the first step.
 */
export class UpdateContext {
  #phase: Phase = 'outside'
  #outer: readonly object[] = []
  #inner: readonly object[] = []
  /** For each object that left, the number of the one outside that it is, or -1. */
  #origins: readonly number[] = []

  constructor(readonly tag: unknown) {}

  /** @internal Models were taken apart. */
  left(objects: readonly object[]): void {
    if (this.#phase === 'outside') {
      this.#outer = objects
      return
    }
    this.#phase = 'leaving'
    const indices = new Map(this.#inner.map((object, i) => [object, i]))
    this.#origins = objects.map((object) => indices.get(object) ?? -1)
  }

  /** @internal Models were put together. */
  entered(objects: readonly object[]): void {
    if (this.#phase === 'back' || this.#phase === 'leaving') return
    this.#phase = 'inside'
    this.#inner = objects
  }

  /** @internal The object outside in whose place one is put. */
  existing(index: number): object | undefined {
    if (this.#phase !== 'leaving' && this.#phase !== 'back') return undefined
    this.#phase = 'back'
    const origin = this.#origins[index] ?? -1
    return origin >= 0 ? this.#outer[origin] : undefined
  }
}

const current = new Map<unknown, UpdateContext[]>()

/** The innermost {@link updateContext} of a tag. @throws ArgumentError if there is none */
export const currentUpdateContext = (tag: unknown): UpdateContext => {
  const context = current.get(tag)?.at(-1)
  if (context === undefined)
    throw new ArgumentError('currentUpdateContext', `an updateContext of ${String(tag)}`, 'none')
  return context
}

export interface ContextOptions {
  /** The {@link updateContext} that it belongs to; default none. */
  readonly ctxtag?: unknown
}

const ofTag = ({ ctxtag }: ContextOptions): UpdateContext | null =>
  ctxtag === undefined ? null : currentUpdateContext(ctxtag)

/**
 * Call a function with a {@link SplitContext}.
 *
 * @example
 * const shared = new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) })
 * const parts = nnx.splitContext((ctx) => [ctx.split([shared]), ctx.split([shared])] as const)
 * const [[a], [b]] = nnx.mergeContext((ctx) => [ctx.merge(...parts[0]), ctx.merge(...parts[1])] as const)
 * a === b // => true
 */
export const splitContext = <R>(f: (context: SplitContext) => R, options: ContextOptions = {}): R =>
  f(new SplitContext(ofTag(options)))

/** Call a function with a {@link MergeContext}. */
export const mergeContext = <R>(f: (context: MergeContext) => R, options: ContextOptions = {}): R =>
  f(new MergeContext(ofTag(options)))

/** Call a function within an {@link UpdateContext}. */
export const updateContext = <R>(tag: unknown, f: (context: UpdateContext) => R): R => {
  const context = new UpdateContext(tag)
  const stack = current.get(tag) ?? []
  current.set(tag, [...stack, context])
  try {
    return f(context)
  } finally {
    current.set(tag, stack)
  }
}
