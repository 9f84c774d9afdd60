/** The boundary of a transform: object graphs go in as values, and what was done to them comes out. */
import { AsyncFunctionError, evalTrace, currentTrace, NDArray } from '../../core/index.js'
import { Builder } from '../build.js'
import type { GraphDef, NodeDef } from '../graphdef.js'
import { Variable } from '../variable.js'
import { type Leaf, Matcher, Walk } from '../walk.js'

/** @internal The value of a leaf: what a Variable holds, or an array itself. */
export const valueOfLeaf = (leaf: Leaf): unknown => (leaf instanceof Variable ? (leaf.rawValue as unknown) : leaf)

/** @internal Arguments of a function, made anew from values inside of a trace. */
export class Inside {
  readonly args: readonly unknown[]
  /** What has identity, by index. */
  readonly objects: readonly object[]

  /** @param values - of the leaves: tracers, or values from outside */
  constructor(
    readonly def: GraphDef,
    readonly values: readonly unknown[],
  ) {
    const builder = new Builder(values)
    this.args = builder.build(def.root) as readonly unknown[]
    this.objects = builder.objects
  }

  /** The arguments' leaves, if their structure is what it was: the same objects in the same places. */
  #unchanged(): readonly Leaf[] | null {
    const { def, args, objects, values } = this
    const matcher = new Matcher()
    if (!matcher.match(def.root, args, false)) return null
    for (let i = 0; i < objects.length; i++) if (matcher.objects[i] !== objects[i]) return null
    const { leaves } = matcher
    for (let i = 0; i < leaves.length; i++) {
      if (!(leaves[i] instanceof Variable) && leaves[i] !== values[i]) return null
    }
    return leaves
  }

  /**
   * What the function did, given what it returned.
   *
   * @param handsOn - whether values that were arguments stay outside, and are no outputs; not so where outputs are
   * something else than arguments, as in a mapped function
   * @throws AsyncFunctionError if it returned a Promise
   */
  leave(where: string, result: unknown, handsOn = true): Outcome {
    if (result instanceof Promise) throw new AsyncFunctionError(where)
    const inputOf = new Map<unknown, number>()
    if (handsOn) {
      this.values.forEach((value, i) => {
        if (typeof value === 'object' && value !== null) inputOf.set(value, i)
      })
    }
    const leaves = this.#unchanged()
    const going: unknown[] = []
    if (leaves !== null) {
      const changed: number[] = []
      leaves.forEach((leaf, i) => {
        const value = valueOfLeaf(leaf)
        if (value === this.values[i]) return
        changed.push(i)
        going.push(value)
      })
      const walk = new Walk(this.objects)
      const resultDef = walk.visit(result, false)
      going.push(...walk.leaves.map(valueOfLeaf))
      return { args: null, result: resultDef, origins: [], changed, ...destinations(going, inputOf) }
    }
    const walk = new Walk()
    const argsDef = walk.visit(this.args, false)
    const resultDef = walk.visit(result, false)
    const indices = new Map<object, number>(this.objects.map((object, i) => [object, i]))
    const origins = walk.objects.map((object) => indices.get(object) ?? -1)
    going.push(...walk.leaves.map(valueOfLeaf))
    return { args: argsDef, result: resultDef, origins, changed: [], ...destinations(going, inputOf) }
  }
}

/** Values that were arguments all along stay where they are; the others are outputs. */
const destinations = (
  values: readonly unknown[],
  inputOf: ReadonlyMap<unknown, number>,
): Pick<Outcome, 'sources' | 'outputs'> => {
  const sources = values.map((value) => inputOf.get(value) ?? -1)
  return { sources, outputs: values.filter((_, i) => sources[i] === -1) }
}

/** @internal What a function did to its arguments, and what it returned. */
export interface Outcome {
  /** The structure of the arguments afterwards; `null` if it is as before. */
  readonly args: NodeDef | null
  readonly result: NodeDef
  /** Where `args` isn't null: for each object, the argument object that it is, or -1. */
  readonly origins: readonly number[]
  /** Where `args` is null: leaves of the arguments that have new values. */
  readonly changed: readonly number[]
  /** For each value that comes out (changed leaves, then leaves of `args` and `result`): the leaf of the arguments that it is, or -1. */
  readonly sources: readonly number[]
  /** Values that are not leaves of the arguments: trees of arrays. */
  readonly outputs: readonly unknown[]
}

/** @internal The arguments as they are outside. */
export interface Outside {
  readonly objects: readonly object[]
  readonly leaves: readonly Leaf[]
}

/**
 * @internal Do outside what was done inside: write changed Variables, add and remove what was added and removed.
 *
 * @param outputs - the values of `outcome.outputs`
 * @returns the result of the function
 * @throws TraceLevelError if a Variable that changed belongs to another trace than the caller
 */
export const propagate = (outcome: Outcome, outside: Outside, outputs: readonly unknown[]): unknown => {
  const { args, result, origins, changed, sources } = outcome
  let next = 0
  const values = sources.map((source) => (source >= 0 ? valueOfLeaf(outside.leaves[source]) : outputs[next++]))
  if (args === null) {
    for (let i = 0; i < changed.length; i++) {
      const variable = outside.leaves[changed[i]!] as Variable<unknown>
      variable.rawValue = values[i]
    }
    return new Builder(changed.length === 0 ? values : values.slice(changed.length), outside.objects).build(result)
  }
  const builder = new Builder(values, [], (index) => {
    const origin = origins[index]!
    return origin >= 0 ? outside.objects[origin] : undefined
  })
  builder.build(args)
  return builder.build(result)
}

/** @internal Whether arrays are evaluated at once. */
export const isEager = (): boolean => currentTrace() === evalTrace

/** @internal Whether a leaf is an array and not a tree of them: no walk is needed. */
export const isSingle = (value: unknown): boolean => value instanceof NDArray
