/** Walking a value along a structure that it should have. */

import { equalAux } from './aux.js'
import { arrayType, nodeTypeOf, objectType } from './registry.js'
import type { TreeDef } from './treedef.js'

/**
 * Push the values at the leaves of `def`, in order; `false` at the first difference. A leaf of a `prefix` takes any
 * subtree. Allocates nothing, for it runs at each call of a jitted function.
 */
export const match = (def: TreeDef, value: unknown, out: unknown[], prefix: boolean): boolean => {
  const { type } = def
  if (type === null) {
    if (value === undefined || (!prefix && nodeTypeOf(value) !== null)) return false
    out.push(value)
    return true
  }
  if (nodeTypeOf(value) !== type) return false
  if (type === objectType) return matchObject(def, value as Readonly<Record<string, unknown>>, out, prefix)
  if (type === arrayType) return matchAll(def.defs, value as readonly unknown[], out, prefix)
  if (type.tag === 'map') return matchMap(def, value as ReadonlyMap<unknown, unknown>, out, prefix)
  if (type.tag === 'null') return true
  const { aux, children } = type.spec.flatten(value)
  return equalAux(type, def.aux, aux) && matchAll(def.defs, children, out, prefix)
}

const matchAll = (defs: readonly TreeDef[], values: readonly unknown[], out: unknown[], prefix: boolean): boolean => {
  if (values.length !== defs.length) return false
  for (let i = 0; i < defs.length; i++) if (!match(defs[i]!, values[i], out, prefix)) return false
  return true
}

const matchMap = (
  { steps, defs }: TreeDef,
  map: ReadonlyMap<unknown, unknown>,
  out: unknown[],
  prefix: boolean,
): boolean => {
  if (map.size !== defs.length) return false
  for (let i = 0; i < defs.length; i++) if (!match(defs[i]!, map.get(steps![i]), out, prefix)) return false
  return true
}

const matchObject = (
  def: TreeDef,
  value: Readonly<Record<string, unknown>>,
  out: unknown[],
  prefix: boolean,
): boolean => {
  const names = def.steps!
  const { defs } = def
  let i = 0
  for (const name in value) {
    const child = value[name]
    if (child === undefined) continue
    if (i === names.length || name !== names[i]) return matchUnordered(def, value, out, prefix, i)
    if (!match(defs[i]!, child, out, prefix)) return false
    i++
  }
  return i === names.length
}

/** Properties in another order than the sorted one, of which the first `done` are matched. */
const matchUnordered = (
  { steps, defs, cache }: TreeDef,
  value: Readonly<Record<string, unknown>>,
  out: unknown[],
  prefix: boolean,
  done: number,
): boolean => {
  const names = steps as readonly string[]
  const expected = (cache.names ??= new Set(names))
  let found = 0
  for (const name in value) {
    if (value[name] === undefined) continue
    if (expected.has(name)) found++
    else if (Object.hasOwn(value, name)) return false
  }
  if (found !== names.length) return false
  for (let i = done; i < names.length; i++) if (!match(defs[i]!, value[names[i]!], out, prefix)) return false
  return true
}
