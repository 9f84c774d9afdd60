/** Building object graphs from their structure: the way back of the walk. */
import { ArgumentError } from '../core/index.js'
import { arrayType, objectType } from '../pytree/registry.js'
import type { Path } from './filter.js'
import { type ContainerDef, type GraphDef, type NodeDef, partOf } from './graphdef.js'
import { createEmpty } from './object.js'
import { type AnyState, isState, stateFromEntries, toPart } from './state.js'
import { VariableState } from './variableState.js'
import { Variable } from './variable.js'

/** @internal Objects of an earlier graph that are used, with their contents replaced, in the place of new ones. */
export type Existing = (index: number) => object | undefined

/** @internal Builds graphs; what is built by one builder shares references. */
export class Builder {
  /** What has identity, by index. */
  readonly objects: object[]

  /**
   * @param leaves - values, or Variables and their states
   * @param known - objects that are there already, by index
   * @param existing - objects whose contents are replaced
   */
  constructor(
    readonly leaves: readonly unknown[],
    known: readonly object[] = [],
    readonly existing: Existing = () => undefined,
  ) {
    this.objects = [...known]
  }

  build(def: NodeDef): unknown {
    switch (def.kind) {
      case 'static':
        return def.value
      case 'leaf':
        return this.leaves[def.leaf]
      case 'ref':
        return this.objects[def.index]
      case 'variable': {
        const variable = this.#variable(def)
        this.objects[def.index] = variable
        return variable
      }
      case 'object': {
        const old = this.existing(def.index)
        const object = old ?? createEmpty(def.prototype)
        // Before the children: they may refer to it.
        this.objects[def.index] = object
        const fields = object as Record<string, unknown>
        const { names, children } = def
        if (old !== undefined) for (const name of Object.keys(old)) if (!names.includes(name)) delete fields[name]
        for (let i = 0; i < names.length; i++) fields[names[i]!] = this.build(children[i]!)
        return object
      }
      case 'container':
        return this.#container(def)
    }
  }

  #variable({ index, leaf, type, metadata }: NodeDef & { readonly kind: 'variable' }): Variable<unknown> {
    const value = this.leaves[leaf]
    const old = this.existing(index)
    if (old instanceof Variable) {
      const raw: unknown = value instanceof VariableState ? value.value : value
      if (old.rawValue !== raw) old.rawValue = raw
      if (old.metadata !== metadata) old.setMetadata(metadata)
      return old as Variable<unknown>
    }
    if (value instanceof VariableState) return value.toVariable() as Variable<unknown>
    if (value instanceof Variable) return value.copy() as Variable<unknown>
    return Variable.fromMetadata(type, value, metadata)
  }

  #container({ type, steps, aux, children }: ContainerDef): unknown {
    const items = children.map((child) => this.build(child))
    if (type === arrayType) return items
    if (type === objectType) return Object.fromEntries(items.map((item, i) => [steps![i], item]))
    if (type.tag === 'map') return new Map(items.map((item, i) => [steps![i], item]))
    return type.spec.unflatten(aux, items)
  }
}

/** @internal The state of those leaves for which `keep` holds, nested as in the structure; `null` if there are none. */
export const stateOfDef = (def: NodeDef, leaves: readonly unknown[], keep: (leaf: number) => boolean): unknown => {
  if (def.kind === 'variable' || def.kind === 'leaf') return keep(def.leaf) ? leaves[def.leaf] : null
  if (def.kind !== 'object' && def.kind !== 'container') return null
  const names: string[] = []
  const values: unknown[] = []
  for (let i = 0; i < def.children.length; i++) {
    const value = stateOfDef(def.children[i]!, leaves, keep)
    if (value === null) continue
    names.push(def.kind === 'object' ? def.names[i]! : `${def.steps === null ? i : partOf(def.steps[i]!)}`)
    values.push(value)
  }
  return names.length === 0 ? null : stateFromEntries(names, values)
}

const collect = (def: NodeDef, state: unknown, leaves: unknown[], path: Path): void => {
  if (def.kind === 'variable' || def.kind === 'leaf') {
    if (isState(state)) {
      throw new ArgumentError('merge', `a leaf at ${path.join('/')}`, 'a state with leaves below it')
    }
    leaves[def.leaf] = state
    return
  }
  if (def.kind !== 'object' && def.kind !== 'container') return
  const level = isState(state) ? (state as unknown as Readonly<Record<string, unknown>>) : null
  def.children.forEach((child, i) => {
    const name = def.kind === 'object' ? def.names[i]! : `${def.steps === null ? i : partOf(def.steps[i]!)}`
    collect(child, level !== null && Object.hasOwn(level, name) ? level[name] : undefined, leaves, [
      ...path,
      toPart(name),
    ])
  })
}

const countLeaves = (state: unknown): number =>
  isState(state) ? Object.values(state).reduce<number>((sum, value) => sum + countLeaves(value), 0) : 1

const leafPaths = (state: unknown, path: Path): readonly Path[] =>
  isState(state) ? Object.entries(state).flatMap(([name, value]) => leafPaths(value, [...path, toPart(name)])) : [path]

/**
 * @internal The leaves of a structure from a state.
 *
 * @throws ArgumentError if the state lacks some, or has others
 */
export const leavesOfState = (def: GraphDef, state: AnyState): readonly unknown[] => {
  const leaves = new Array<unknown>(def.numLeaves)
  collect(def.root, state, leaves, [])
  const missing = def.paths.filter((_, i) => leaves[i] === undefined)
  if (missing.length > 0) {
    throw new ArgumentError('merge', 'states that hold all that the graphdef needs', `none for ${showPaths(missing)}`)
  }
  if (countLeaves(state) !== def.numLeaves) {
    const known = new Set(def.paths.map((path) => path.join('\u0000')))
    const extra = leafPaths(state, []).filter((path) => !known.has(path.join('\u0000')))
    throw new ArgumentError('merge', 'states with the keys of the graphdef', `unexpected ${showPaths(extra)}`)
  }
  return leaves
}

/** @internal Some paths as text. */
export const showPaths = (paths: readonly Path[]): string =>
  paths
    .slice(0, 8)
    .map((path) => path.join('/') || 'the root')
    .join(', ') + (paths.length > 8 ? `, … (${paths.length} in all)` : '')
