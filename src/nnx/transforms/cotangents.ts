/** Cotangents and tangents given in the shape of what they belong to. */
import { ArgumentError } from '../../core/index.js'
import { showPaths } from '../build.js'
import type { Path } from '../filter.js'
import { type NodeDef, partOf } from '../graphdef.js'
import { isState, toPart } from '../state.js'
import { Variable } from '../variable.js'
import { VariableState } from '../variableState.js'

/** @internal Put the cotangents that a rule gave at the leaves of an argument. @throws ArgumentError, naming the path */
export const collectCotangents = (where: string, def: NodeDef, given: unknown, leaves: unknown[], path: Path): void => {
  if (given === null || given === undefined) return
  if (def.kind === 'variable' || def.kind === 'leaf') {
    leaves[def.leaf] = given instanceof VariableState || given instanceof Variable ? given.value : given
    return
  }
  if (def.kind !== 'object' && def.kind !== 'container') return
  const names =
    def.kind === 'object' ? def.names : def.children.map((_, i) => `${def.steps === null ? i : partOf(def.steps[i]!)}`)
  if (typeof given !== 'object' && typeof given !== 'function') {
    throw new ArgumentError(where, `a state or tree as the cotangent at ${showPaths([path])}`, typeof given)
  }
  const fields = (given instanceof Map ? Object.fromEntries(given) : given) as Readonly<Record<string, unknown>>
  const extra = Object.keys(fields).find((name) => !names.includes(name))
  if (extra !== undefined && (isState(given) || def.kind === 'container')) {
    throw new ArgumentError(where, 'cotangents of what the argument has', `one at ${showPaths([[...path, toPart(extra)]])}`) // prettier-ignore
  }
  def.children.forEach((child, i) => {
    collectCotangents(where, child, fields[names[i]!], leaves, [...path, toPart(names[i]!)])
  })
}
