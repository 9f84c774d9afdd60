/** Static data of registered nodes: equality and a text that identifies it. */

import { showKey } from './path.js'
import type { NodeType } from './registry.js'

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === Object.prototype || prototype === null
}

const equalData = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => equalData(x, b[i]))
  if (a instanceof Map)
    return b instanceof Map && a.size === b.size && [...a].every(([k, x]) => b.has(k) && equalData(x, b.get(k)))
  if (!isPlain(a) || !isPlain(b)) return false
  const names = Object.keys(a)
  const [x, y] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  return names.length === Object.keys(b).length && names.every((k) => Object.hasOwn(y, k) && equalData(x[k], y[k]))
}

/** Whether two nodes of one registered class have equal static data. */
export const equalAux = ({ spec }: NodeType, a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (spec.equalAux ?? equalData)(a, b)

/** Plain data as text, in which objects and functions that are not plain print as `other` says. */
const showData = (value: unknown, other: (value: object | symbol) => string): string => {
  if (typeof value === 'string') return showKey(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'symbol' || typeof value === 'function') return other(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map((x) => showData(x, other)).join(', ')}]`
  if (value instanceof Map) {
    const entries = [...value].map(([k, x]) => `${showData(k, other)}: ${showData(x, other)}`)
    return `Map({${entries.sort().join(', ')}})`
  }
  if (!isPlain(value)) return other(value)
  const entries = Object.entries(value).map(([k, x]) => `${showKey(k)}: ${showData(x, other)}`)
  return `{${entries.sort().join(', ')}}`
}

const nameOf = (value: object | symbol): string => {
  if (typeof value === 'symbol') return value.toString()
  if (typeof value === 'function') return value.name === '' ? 'function' : value.name
  return (value.constructor as { readonly name?: string } | undefined)?.name ?? 'object'
}

/** Static data for people; empty where there is none to see. */
export const printAux = ({ spec }: NodeType, aux: unknown): string =>
  spec.printAux !== undefined
    ? spec.printAux(aux)
    : aux === null || aux === undefined
      ? ''
      : showData(aux, (value) => `<${nameOf(value)}>`)

/** Static data seen so far that has no text of its own, by kind of node. Weak: identities die with the data. */
const seen = new WeakMap<NodeType, Identity[]>()
interface Identity {
  readonly id: number
  readonly data: WeakRef<object> | { deref(): unknown }
}
let lastId = 0

/** A number for static data, the same for equal data. */
const identify = (type: NodeType, aux: unknown, equal: (a: unknown, b: unknown) => boolean): string => {
  const list = (seen.get(type) ?? []).filter(({ data }) => data.deref() !== undefined)
  const found = list.find(({ data }) => equal(data.deref(), aux))
  const id = found?.id ?? ++lastId
  const weak = (typeof aux === 'object' && aux !== null) || typeof aux === 'function'
  // Equal data is remembered as well: the first may die before the others.
  if (found === undefined || found.data.deref() !== aux)
    list.push({ id, data: weak ? new WeakRef(aux) : { deref: () => aux } })
  seen.set(type, list)
  return `#${id}`
}

/** A text that is the same for equal static data and tells different data apart, in this process. */
export const keyAux = (type: NodeType, aux: unknown): string => {
  const { spec } = type
  if (spec.keyAux !== undefined) return showKey(spec.keyAux(aux))
  if (spec.equalAux !== undefined) return identify(type, aux, spec.equalAux)
  return showData(aux, (value) => identify(type, value, (a, b) => a === b))
}
