/** Which axis of a Variable is mapped or scanned: for whole arguments, or by filters. */
import { ArgumentError } from '../../core/index.js'
import { arrayType, objectType } from '../../pytree/registry.js'
import { showPaths } from '../build.js'
import { type Filter, filtersToPredicates, type Path, type Predicate, showFilter } from '../filter.js'
import { type NodeDef, partOf } from '../graphdef.js'
import { toPart } from '../state.js'

/** Stands, in `inAxes` and `outAxes` of `nnx.scan`, for what is carried from step to step. */
export const Carry: unique symbol = Symbol('nnx.Carry')
export type Carry = typeof Carry

/** An axis; `null`: not mapped, the same for all. */
export type Axis = number | null | Carry

/**
 * Axes of the Variables of a module, by filter: the first that a Variable satisfies counts.
 *
 * @example
 * const axes = new nnx.StateAxes([[nnx.Param, 0], ['...', null]])
 * const make = nnx.vmap((key: random.PRNGKey) => new nnx.Linear(2, 3, { rngs: new nnx.Rngs(key) }))
 * const models = make(random.split(random.key(0), 5))
 * const call = nnx.vmap((m: nnx.Linear, x: NDArray) => m(x), { inAxes: [axes, null] })
 * call(models, np.ones([2])).shape // => [5, 3]
 */
export class StateAxes {
  readonly filters: readonly Filter[]
  readonly axes: readonly Axis[]

  /** @throws ArgumentError if `'...'` or `true` is not the last filter */
  constructor(entries: Iterable<readonly [filter: Filter, axis: Axis]>) {
    const list = [...entries]
    this.filters = list.map(([filter]) => filter)
    this.axes = list.map(([, axis]) => axis)
    filtersToPredicates(this.filters)
  }
}

/** Axes of whole trees: one for all that is below, or a tree of them that is a prefix. */
export type AxesPrefix = Axis | StateAxes | readonly AxesPrefix[] | { readonly [key: string]: AxesPrefix }

/** What filters ask of a leaf that need not exist. */
const standIn = (def: NodeDef): unknown =>
  def.kind === 'variable' ? { type: def.type, metadata: def.metadata } : undefined

type Below = NodeDef & { readonly kind: 'object' | 'container' }

const namesOf = (def: Below): readonly string[] =>
  def.kind === 'object' ? def.names : def.children.map((_, i) => `${def.steps === null ? i : partOf(def.steps[i]!)}`)

/** What applies to a node: an axis, or filters with the path from where they are. */
type Rule = Axis | { readonly predicates: readonly Predicate[]; readonly given: StateAxes; readonly path: Path }

class Assignment {
  /** By leaf. */
  readonly axes: Axis[] = []
  readonly #nodes = new Map<number, NodeDef>()
  readonly #open = new Set<NodeDef>()

  constructor(
    readonly where: string,
    readonly allowed: (axis: Axis) => boolean,
  ) {}

  prefix(prefix: AxesPrefix, def: NodeDef, path: Path): void {
    if (prefix === null || typeof prefix === 'number' || typeof prefix === 'symbol') {
      this.#require(prefix, path)
      this.#assign(prefix, def, path)
      return
    }
    if (prefix instanceof StateAxes) {
      for (const axis of prefix.axes) this.#require(axis, path)
      this.#assign({ predicates: filtersToPredicates(prefix.filters), given: prefix, path: [] }, def, path)
      return
    }
    const isList = Array.isArray(prefix)
    const matches = def.kind === 'container' && def.type === (isList ? arrayType : objectType)
    const keys = Object.keys(prefix)
    if (!matches || keys.length !== def.children.length) {
      throw new ArgumentError(
        this.where,
        `axes with the structure of what they are for at ${showPaths([path])}`,
        `a ${isList ? 'list' : 'plain object'} of ${keys.length}`,
      )
    }
    namesOf(def).forEach((name, i) => {
      if (!Object.hasOwn(prefix, name)) {
        throw new ArgumentError(this.where, `an axis for ${showPaths([[...path, toPart(name)]])}`, 'none')
      }
      this.prefix((prefix as Readonly<Record<string, AxesPrefix>>)[name]!, def.children[i]!, [...path, toPart(name)])
    })
  }

  #require(axis: Axis, path: Path): void {
    if (!this.allowed(axis)) {
      throw new ArgumentError(
        this.where,
        `an axis at ${showPaths([path])}`,
        axis === Carry ? 'nnx.Carry' : String(axis),
      )
    }
  }

  #axisOf(rule: Rule, def: NodeDef, path: Path): Axis {
    if (typeof rule !== 'object' || rule === null) return rule
    const value = standIn(def)
    const at = rule.predicates.findIndex((predicate) => predicate(rule.path, value))
    if (at >= 0) return rule.given.axes[at]!
    throw new ArgumentError(
      this.where,
      `an axis for ${showPaths([path])}; use '...' as the last filter`,
      `filters [${rule.given.filters.map(showFilter).join(', ')}]`,
    )
  }

  #assign(rule: Rule, def: NodeDef, path: Path): void {
    if (def.kind === 'static' || this.#open.has(def)) return
    if (def.kind === 'ref') {
      const node = this.#nodes.get(def.index)
      if (node !== undefined) this.#assign(rule, node, path)
      return
    }
    if (def.kind === 'variable' || def.kind === 'leaf') {
      const axis = this.#axisOf(rule, def, path)
      const held = this.axes[def.leaf]
      if (held !== undefined && held !== axis) {
        throw new ArgumentError(
          this.where,
          `one axis for what arguments share: ${showPaths([path])} has ${String(held)} elsewhere`,
          String(axis),
        )
      }
      this.axes[def.leaf] = axis
      if (def.kind === 'variable') this.#nodes.set(def.index, def)
      return
    }
    if (def.kind === 'object') this.#nodes.set(def.index, def)
    this.#open.add(def)
    const names = namesOf(def)
    def.children.forEach((child, i) => {
      const part = toPart(names[i]!)
      const inner = typeof rule === 'object' && rule !== null ? { ...rule, path: [...rule.path, part] } : rule
      this.#assign(inner, child, [...path, part])
    })
    this.#open.delete(def)
  }
}

/**
 * @internal The axis of each leaf of a structure.
 *
 * @throws ArgumentError, naming the path, if the prefix doesn't fit, a filter leaves a leaf out, or shared leaves get two
 */
export const axesOfDef = (
  where: string,
  prefix: AxesPrefix,
  def: NodeDef,
  allowed: (axis: Axis) => boolean,
): readonly Axis[] => {
  const assignment = new Assignment(where, allowed)
  assignment.prefix(prefix, def, [])
  return assignment.axes
}

/** @internal Axes for each of several arguments. @throws ArgumentError if there are more or fewer */
export const axesOfArguments = (where: string, inAxes: AxesPrefix, count: number): readonly AxesPrefix[] => {
  if (!Array.isArray(inAxes)) return Array.from({ length: count }, () => inAxes)
  if (inAxes.length === count) return inAxes as readonly AxesPrefix[]
  throw new ArgumentError(where, `inAxes for each of ${count} arguments`, `${inAxes.length}`)
}
