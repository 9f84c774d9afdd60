/** What a branch or a step of a loop does: it writes Variables, and leaves the structure of its arguments as it is. */
import type { NDArray } from '../../core/index.js'
import {
  ArgumentError,
  AsyncFunctionError,
  equalShapes,
  type ShapedArray,
  ShapeError,
  showAval,
  stage,
} from '../../core/index.js'
import * as tree from '../../pytree/index.js'
import { arrayLeaf } from '../../transforms/index.js'
import { Builder, showPaths } from '../build.js'
import type { Path } from '../filter.js'
import { GraphDef, type NodeDef, partOf } from '../graphdef.js'
import { toPart } from '../state.js'
import { Variable } from '../variable.js'
import { flattenGraph, Matcher, Walk } from '../walk.js'
import { Inside, type Outside, valueOfLeaf } from './boundary.js'

/** @internal What a function did to its arguments, and what it returned. */
export interface Effects {
  /** Values of the arguments' leaves afterwards. */
  readonly values: readonly unknown[]
  /** The structure of the result; what the arguments hold is referred to. */
  readonly result: NodeDef
  readonly leaves: readonly unknown[]
}

/** @internal Arguments of a control flow operation, with their structure. */
export interface Operands extends Outside {
  readonly where: string
  readonly def: GraphDef
  /** Values of the leaves: arrays, numbers, and trees of them. */
  readonly values: readonly unknown[]
}

/** @internal */
export const operandsOf = (where: string, args: readonly unknown[]): Operands => {
  const { def, objects, leaves } = flattenGraph(args, false)
  return { where, def, objects, leaves, values: leaves.map(valueOfLeaf) }
}

const containerNames: Readonly<Record<string, string>> = { array: 'list', object: 'plain object', map: 'Map' }

const nameOf = (def: NodeDef): string => {
  switch (def.kind) {
    case 'object':
      return `a ${(def.prototype.constructor as { readonly name: string }).name}`
    case 'variable':
      return `a ${def.type.name}`
    case 'ref':
      return 'an object that is there already'
    case 'leaf':
      return 'an array'
    case 'static':
      return `the setting ${String(def.value)}`
    case 'container':
      return `a ${def.type.tag === 'class' ? def.type.label : containerNames[def.type.tag]} of ${def.children.length}`
  }
}

const namesOf = (def: NodeDef): readonly string[] => {
  if (def.kind === 'object') return def.names
  if (def.kind !== 'container') return []
  return def.children.map((_, i) => `${def.steps === null ? i : partOf(def.steps[i]!)}`)
}

/** Where two structures differ first, and how; `null` if nowhere. */
const difference = (a: NodeDef, b: NodeDef, path: Path): readonly [Path, string, string] | null => {
  if (a.kind !== b.kind) return [path, nameOf(a), nameOf(b)]
  if ((a.kind === 'object' || a.kind === 'container') && (b.kind === 'object' || b.kind === 'container')) {
    const [names, others] = [namesOf(a), namesOf(b)]
    const lost = names.find((name) => !others.includes(name))
    if (lost !== undefined) return [[...path, toPart(lost)], nameOf(a.children[names.indexOf(lost)]!), 'nothing']
    const added = others.find((name) => !names.includes(name))
    if (added !== undefined) return [[...path, toPart(added)], 'nothing', nameOf(b.children[others.indexOf(added)]!)]
    for (let i = 0; i < names.length; i++) {
      const found = difference(a.children[i]!, b.children[i]!, [...path, toPart(names[i]!)])
      if (found !== null) return found
    }
  }
  const [x, y] = [new GraphDef(a, 0, 0).key, new GraphDef(b, 0, 0).key]
  return x === y ? null : [path, nameOf(a), `${nameOf(b)}, another one`]
}

/** @internal @throws ArgumentError that says where two structures differ */
export const requireSameStructure = (where: string, what: string, a: NodeDef, b: NodeDef): void => {
  const found = difference(a, b, [])
  if (found === null) return
  const [path, expected, got] = found
  throw new ArgumentError(where, `${what}: ${expected} at ${showPaths([path])}`, got)
}

/** @internal Run a function on arguments built from `values`. @throws ArgumentError if it changes their structure */
export const effectsOf = (
  { where, def }: Operands,
  values: readonly unknown[],
  f: (...args: readonly unknown[]) => unknown,
): Effects => {
  const inside = new Inside(def, values)
  const result = f(...inside.args)
  if (result instanceof Promise) throw new AsyncFunctionError(where)
  const matcher = new Matcher()
  const { objects } = inside
  if (!matcher.match(def.root, inside.args, false)) {
    const what = 'a function that leaves the structure of its arguments as it is'
    requireSameStructure(where, what, def.root, new Walk().visit(inside.args, false))
    throw new ArgumentError(where, what, 'another structure')
  }
  const other = objects.findIndex((object, i) => matcher.objects[i] !== object)
  if (other >= 0) {
    throw new ArgumentError(
      where,
      'a function that leaves the structure of its arguments as it is',
      `another ${objects[other]!.constructor.name} in the place of one; write its value`,
    )
  }
  const walk = new Walk(objects)
  const root = walk.visit(result, false)
  return { values: matcher.leaves.map(valueOfLeaf), result: root, leaves: walk.leaves.map(valueOfLeaf) }
}

/** @internal What a function would do, with avals in the place of values. */
export interface Probe {
  /** Leaves of the arguments that it writes. */
  readonly changed: readonly number[]
  /** Avals of the values of those leaves. */
  readonly written: readonly (readonly ShapedArray[])[]
  readonly result: NodeDef
  /** Avals of the leaves of the result. */
  readonly returned: readonly (readonly ShapedArray[])[]
}

/** @internal The arrays in a value. @throws ArgumentError */
export const arraysOf = (where: string, value: unknown): readonly NDArray[] =>
  (tree.leaves(value) as readonly unknown[]).map((x, i) => arrayLeaf(where, x, i))

/**
 * @internal Trace a function without keeping the program.
 *
 * @param avalOf - of an array of a leaf, where it isn't its own
 */
export const probe = (
  operands: Operands,
  f: (...args: readonly unknown[]) => unknown,
  avalOf: (x: NDArray, leaf: number) => ShapedArray = (x) => x.aval,
): Probe => {
  const { where, values } = operands
  const flat = values.map((value) => tree.flatten(value))
  const avals = values.flatMap((value, leaf) => arraysOf(where, value).map((x) => avalOf(x, leaf)))
  let found: Probe | null = null
  stage((...tracers) => {
    let next = 0
    const inner = flat.map(([xs, structure]) => structure.unflatten(tracers.slice(next, (next += xs.length))))
    const { values: after, result, leaves } = effectsOf(operands, inner, f)
    const changed = after.flatMap((value, i) => (value === inner[i] ? [] : [i]))
    const avalsOf = (value: unknown): readonly ShapedArray[] => arraysOf(where, value).map((x) => x.aval)
    found = { changed, written: changed.map((i) => avalsOf(after[i])), result, returned: leaves.map(avalsOf) }
    return []
  }, avals)
  return found!
}

const fits = (a: ShapedArray, b: ShapedArray): boolean =>
  equalShapes(a.shape, b.shape) && (a.dtype === b.dtype || a.weakType || b.weakType)

/** @internal @throws ShapeError if a value changes its shape or dtype */
export const requireSameType = (
  where: string,
  path: Path,
  before: readonly ShapedArray[],
  after: readonly ShapedArray[],
): void => {
  if (before.length === after.length && before.every((aval, i) => fits(aval, after[i]!))) return
  const show = (avals: readonly ShapedArray[]): string => avals.map(showAval).join(', ')
  throw new ShapeError(where, `a value of one type at ${showPaths([path])} (${show(before)})`, show(after))
}

/** @internal @throws ShapeError if what a function writes isn't of the type that was there, naming the path */
export const requireWrittenTypes = ({ where, def, values }: Operands, { changed, written }: Probe): void => {
  changed.forEach((leaf, i) => {
    const before = arraysOf(where, values[leaf]).map((x) => x.aval)
    requireSameType(where, def.paths[leaf]!, before, written[i]!)
  })
}

/**
 * @internal Do outside what was done inside.
 *
 * @param values - new values of the leaves `changed`
 * @param leaves - of the result
 * @throws TraceLevelError if a Variable belongs to another trace than the caller
 */
export const settle = (
  { def, objects, leaves: outside }: Operands,
  changed: readonly number[],
  values: readonly unknown[],
  result: NodeDef,
  leaves: readonly unknown[],
): unknown => {
  let bare = false
  changed.forEach((leaf, i) => {
    const variable = outside[leaf]
    if (variable instanceof Variable) variable.rawValue = values[i]
    else bare = true
  })
  if (bare) {
    const after = outside.map(valueOfLeaf)
    changed.forEach((leaf, i) => (after[leaf] = values[i]))
    new Builder(after, [], (index) => objects[index]).build(def.root)
  }
  return new Builder(leaves, objects).build(result)
}

/**
 * @internal The leaves of a carry after a step: what was a leaf is one, modules are the same ones.
 *
 * @returns for each leaf of the carry outside of modules, its place among the arguments' leaves and the result's
 * @throws ArgumentError naming the path where the structure differs
 */
export const matchCarry = (
  where: string,
  before: NodeDef,
  after: NodeDef,
  path: Path = [],
): readonly (readonly [argument: number, result: number])[] => {
  if (before.kind === 'leaf' && after.kind === 'leaf') return [[before.leaf, after.leaf]]
  if (before.kind === 'object' || before.kind === 'variable' || before.kind === 'ref') {
    if (after.kind === 'ref' && after.index === before.index) return []
    const expected = before.kind === 'ref' ? 'the module or Variable' : nameOf(before)
    throw new ArgumentError(
      where,
      `a carry with the modules that it had: ${expected} at carry/${showPaths([path])}`,
      nameOf(after),
    )
  }
  if (before.kind === 'static' && after.kind === 'static' && Object.is(before.value, after.value)) return []
  if (before.kind === 'container' && after.kind === 'container' && before.type === after.type) {
    const [names, others] = [namesOf(before), namesOf(after)]
    if (names.length === others.length && names.every((name, i) => name === others[i])) {
      return before.children.flatMap((child, i) =>
        matchCarry(where, child, after.children[i]!, [...path, toPart(names[i]!)]),
      )
    }
  }
  throw new ArgumentError(
    where,
    `a carry that keeps its structure: ${nameOf(before)} at carry/${showPaths([path])}`,
    nameOf(after),
  )
}
