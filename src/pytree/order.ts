/** The order of keys in a flattened tree. */

const isArrayIndex = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1

/** Numbers come before strings, numeric strings before the others: rank of a key. */
const rank = (key: unknown): number =>
  typeof key === 'number' ? 0 : typeof key !== 'string' ? 3 : isArrayIndex(key) ? 1 : 2

/**
 * Compare two keys: numbers by value, then strings that are array indices (`'2'` before `'10'`) by value, then the other
 * strings by code units. JavaScript enumerates sorted objects in just this order.
 */
export const compareKeys = (a: unknown, b: unknown): number => {
  const rankA = rank(a)
  const rankB = rank(b)
  if (rankA !== rankB) return rankA - rankB
  if (rankA === 3) return 0
  const [x, y] = rankA === 2 ? [a as string, b as string] : [Number(a), Number(b)]
  if (x !== x || y !== y) return x === x ? -1 : y === y ? 1 : 0
  return x < y ? -1 : x > y ? 1 : 0
}

/** The names of own enumerable properties that are not `undefined`, in the order of {@link compareKeys}. */
export const sortedNames = (value: object): string[] => {
  const record = value as Readonly<Record<string, unknown>>
  const names = Object.keys(value).filter((name) => record[name] !== undefined)
  // Object.keys gives array indices first and in order, so names that ascend by code units are sorted.
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort(compareKeys)
  return names
}
