/** Building trees from a structure and leaves. */

import { arrayType, objectType } from './registry.js'
import type { TreeDef } from './treedef.js'

/** The tree of structure `def` whose leaves are those from `start` on. */
export const build = (def: TreeDef, leaves: readonly unknown[], start: number): unknown => {
  const { type, defs } = def
  if (type === null) return leaves[start]
  if (type === objectType) return buildObject(def, leaves, start)
  if (type.tag === 'null') return null
  const children: unknown[] = []
  let from = start
  for (let i = 0; i < defs.length; i++) {
    const child = defs[i]!
    children.push(child.type === null ? leaves[from] : build(child, leaves, from))
    from += child.numLeaves
  }
  if (type === arrayType) return children
  if (type.tag === 'map') return new Map(children.map((child, i) => [def.steps![i], child]))
  return type.spec.unflatten(def.aux, children)
}

const buildObject = ({ steps, defs, cache }: TreeDef, leaves: readonly unknown[], start: number): unknown => {
  const names = steps as readonly string[]
  // A copy of a template has all its properties at once: half the time of adding a hundred of them one by one.
  const object = cache.template === undefined ? {} : ({ ...cache.template } as Record<string, unknown>)
  let from = start
  for (let i = 0; i < defs.length; i++) {
    const child = defs[i]!
    const value = child.type === null ? leaves[from] : build(child, leaves, from)
    if (cache.template === undefined && names[i] === '__proto__') define(object, value)
    else object[names[i]!] = value
    from += child.numLeaves
  }
  if (cache.template === undefined) {
    // The second tree of a structure is a sign of more to come.
    if (cache.used) cache.template = emptied(object)
    cache.used = true
  }
  return object
}

/** Assignment would set the prototype. */
const define = (object: object, value: unknown): void => {
  Object.defineProperty(object, '__proto__', { value, enumerable: true, writable: true, configurable: true })
}

/** A copy that keeps the properties and holds on to none of the values. */
const emptied = (object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const copy = { ...object }
  for (const name of Object.keys(copy)) copy[name] = null
  return copy
}
