/** Static arguments of compiled functions: parts of the program. */

/** Positions of arguments, given as one or several. */
export const positions = (argnums: number | readonly number[] | undefined): readonly number[] =>
  argnums === undefined ? [] : typeof argnums === 'number' ? [argnums] : argnums

const objectIds = new WeakMap<object, number>()
let nextObjectId = 0

/** Static arguments are told apart by value where they are plain data, else by identity. */
export const staticKey = (x: unknown): string => {
  if ((typeof x !== 'object' || x === null) && typeof x !== 'function') return `${typeof x}:${String(x)}`
  const prototype: unknown = Object.getPrototypeOf(x)
  if (typeof x === 'object' && (Array.isArray(x) || prototype === Object.prototype || prototype === null)) {
    return `{${Object.entries(x)
      .map(([k, v]) => `${JSON.stringify(k)}:${staticKey(v)}`)
      .join()}}`
  }
  let id = objectIds.get(x)
  if (id === undefined) objectIds.set(x, (id = nextObjectId++))
  return `#${id}`
}
