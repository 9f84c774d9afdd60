/** Where and how a value differs from a structure: errors with a path. */

import { equalAux, printAux } from './aux.js'
import { PytreeError, showPath } from './errors.js'
import { showKey, type KeyPath } from './path.js'
import { printStructure, shorten } from './print.js'
import { expand, nodeTypeOf, type NodeType, type Step } from './registry.js'
import type { TreeDef } from './treedef.js'

/** What the two trees of a comparison are called in an error. */
export interface MismatchLabels {
  /** The function that requires it. */
  readonly where: string
  /** The tree whose structure is required. */
  readonly left: string
  /** The tree that was given. */
  readonly right: string
}

interface Difference {
  readonly path: KeyPath
  readonly expected: string
  readonly actual: string
}

/** Every difference between a structure and a value, not looking below one. Leaves of a `prefix` stand for any subtree. */
function* differences(def: TreeDef, value: unknown, prefix: boolean, path: KeyPath): Generator<Difference> {
  const differ = (detail = ''): Difference => ({
    path,
    expected: describe(def.type, def.defs.length, def.steps),
    actual: `${describeValue(value)}${detail}`,
  })
  const type = nodeTypeOf(value)
  if (value === undefined) yield differ()
  else if (def.type === null) {
    if (!prefix && type !== null) yield differ()
  } else if (type !== def.type) yield differ()
  else yield* levelDifferences(def, def.type, value, prefix, path, differ)
}

/** Differences below a node of the right kind. */
function* levelDifferences(
  def: TreeDef,
  type: NodeType,
  value: unknown,
  prefix: boolean,
  path: KeyPath,
  differ: (detail?: string) => Difference,
): Generator<Difference> {
  const { steps, children, aux } = expand(type, value)
  const named = type.tag === 'object' || type.tag === 'map'
  const missing = named ? def.steps!.filter((step) => !steps!.includes(step)) : []
  const extra = named ? steps!.filter((step) => !def.steps!.includes(step)) : []
  const details = [listKeys('missing', missing), listKeys('unexpected', extra)].filter((text) => text !== '')
  if (details.length > 0) yield differ(` (${details.join(', ')})`)
  else if (children.length !== def.defs.length) yield differ()
  else if (type.tag === 'class' && !equalAux(type, def.aux, aux)) {
    const [wanted, found] = [printAux(type, def.aux), printAux(type, aux)]
    if (wanted === found) yield differ(' with other static data')
    else yield { path, expected: `a ${type.label} of static data ${wanted}`, actual: found }
  } else
    for (const [i, child] of def.defs.entries()) yield* differences(child, children[i], prefix, [...path, def.entry(i)])
}

const listKeys = (word: string, steps: readonly Step[]): string =>
  steps.length === 0 ? '' : `${word} ${shorten(steps.map((step) => showKey(step as string)).join(', '))}`

const describe = (type: NodeType | null, size: number, steps: readonly Step[] | null): string => {
  switch (type?.tag) {
    case undefined:
      return 'a leaf'
    case 'null':
      return 'null'
    case 'array':
      return `an array of ${size}`
    case 'object':
      return size === 0 ? 'an object without keys' : `an object with ${listKeys('keys', steps!)}`
    case 'map':
      return size === 0 ? 'a Map without keys' : `a Map with ${listKeys('keys', steps!)}`
    case 'class':
      return `a ${type.label} of ${size}`
  }
}

const describeValue = (value: unknown): string => {
  if (value === undefined) return 'undefined'
  const type = nodeTypeOf(value)
  if (type === null) return 'a leaf'
  const { steps, children } = expand(type, value)
  return describe(type, children.length, steps)
}

const toError = (
  def: TreeDef,
  value: unknown,
  { path, expected, actual }: Difference,
  { where, left, right }: MismatchLabels,
): PytreeError => {
  const [wanted, found] = [`${def}`, printStructure(value)]
  return new PytreeError(
    `${where} requires ${expected} at ${showPath(path)} of ${right}, as in ${left}, got ${actual}\n` +
      `  ${left}: ${shorten(wanted)}\n  ${right}: ${shorten(found)}`,
    { path, left: wanted, right: found },
  )
}

/** The error for the first difference. There must be one. */
export const mismatch = (def: TreeDef, value: unknown, prefix: boolean, labels: MismatchLabels): PytreeError => {
  for (const difference of differences(def, value, prefix, [])) return toError(def, value, difference, labels)
  return new PytreeError(`${labels.where} requires ${labels.right} to keep its structure while it is read`)
}

/** An error for each difference. */
export const mismatches = (
  def: TreeDef,
  value: unknown,
  prefix: boolean,
  labels: MismatchLabels,
): readonly PytreeError[] =>
  Array.from(differences(def, value, prefix, []), (difference) => toError(def, value, difference, labels))
