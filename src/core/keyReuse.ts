/** Random keys that are used twice: the setting `debugKeyReuse`. A key is known by the array of its words. */
import { type NDArray, Tracer } from './array.js'
import { config } from './config.js'
import { KeyReuseError } from './errors.js'

/** Arrays whose keys are used, and by what. */
type Uses = Map<NDArray, string>

/** Outside of scopes: for ever. */
const used = new WeakMap<NDArray, string>()
/** Innermost last. */
let scopes: readonly Uses[] = []

const userOf = (x: NDArray): string | undefined => {
  for (let i = scopes.length - 1; i >= 0; i--) {
    const by = scopes[i]!.get(x)
    if (by !== undefined) return by
  }
  return used.get(x)
}

const mark = (x: NDArray, by: string): void => {
  ;(scopes.at(-1) ?? used).set(x, by)
}

/** Single keys taken out of an array of them, so that each is one array however often it is taken. */
const parts = new WeakMap<NDArray, Map<number, NDArray>>()
const wholes = new WeakMap<NDArray, NDArray>()

/** Whether uses of keys are checked. */
export const checksKeys = (): boolean => config.get('debugKeyReuse')

/** Element `index` of an array of keys, which `take` makes. */
export const partOfKeys = (keys: NDArray, index: number, take: () => NDArray): NDArray => {
  if (!checksKeys()) return take()
  let known = parts.get(keys)
  if (known === undefined) parts.set(keys, (known = new Map<number, NDArray>()))
  let part = known.get(index)
  if (part === undefined) {
    known.set(index, (part = take()))
    wholes.set(part, keys)
  }
  return part
}

/** The array, and those that it stands for in transformations around. */
const chainOf = (x: NDArray): readonly NDArray[] => {
  const below = x instanceof Tracer ? x.below : null
  return below === null ? [x] : [x, ...chainOf(below)]
}

/** The array, what it is a part of, and its parts. */
const overlapping = (x: NDArray): readonly NDArray[] => {
  const whole = wholes.get(x)
  return [x, ...(whole === undefined ? [] : [whole]), ...(parts.get(x)?.values() ?? [])]
}

/**
 * Keys are used: with the setting `debugKeyReuse`, for the first time.
 *
 * @throws KeyReuseError
 */
export const useKey = (where: string, words: NDArray): void => {
  if (!checksKeys()) return
  const chain = chainOf(words)
  for (const x of chain.flatMap(overlapping)) {
    const by = userOf(x)
    if (by !== undefined) throw new KeyReuseError(where, by)
  }
  for (const x of chain) mark(x, where)
}

/** What `f` gives, and the arrays whose keys it used, which count as unused until its caller says that it is run. */
export const keysUsedIn = <T>(f: () => T): readonly [T, ReadonlyMap<NDArray, string>] => {
  const uses: Uses = new Map()
  if (!checksKeys()) return [f(), uses]
  const saved = scopes
  scopes = [...scopes, uses]
  try {
    return [f(), uses]
  } finally {
    scopes = saved
  }
}

/** Uses of which one happens: a key that each of them uses is used once. @throws KeyReuseError */
export const alternatives = (fs: readonly (() => void)[]): void => {
  const all = fs.map((f) => keysUsedIn(f)[1])
  all.forEach((uses) => {
    uses.forEach((by, x) => {
      mark(x, by)
    })
  })
}

/** What a traced program does with keys: by position among its inputs, and among its outputs. */
export interface KeyUses {
  /** What uses the keys of an input; `undefined`: nothing does. */
  readonly inputs: readonly (string | undefined)[]
  /** The same, of keys that are returned when they are used. */
  readonly outputs: readonly (string | undefined)[]
}

/** What a program that was run, or bound, did with the keys among its arguments and results. @throws KeyReuseError */
export const usedByProgram = (
  name: string,
  uses: KeyUses | undefined,
  args: readonly NDArray[],
  results: readonly NDArray[],
): void => {
  if (uses === undefined || !checksKeys()) return
  uses.inputs.forEach((by, i) => {
    if (by !== undefined) useKey(name, args[i]!)
  })
  uses.outputs.forEach((by, i) => {
    if (by !== undefined) mark(results[i]!, by)
  })
}

/** The same of the body of a loop, whose keys must be new in every step; `carry` are the positions of its carries. @throws KeyReuseError */
export const usedByLoop = (
  name: string,
  uses: KeyUses | undefined,
  args: readonly NDArray[],
  constCount: number,
  carryCount: number,
): void => {
  if (uses === undefined || !checksKeys()) return
  const again = [...uses.inputs.slice(0, constCount), ...uses.outputs.slice(0, carryCount)]
  for (const by of again) if (by !== undefined) throw new KeyReuseError(`${name}, in its next step,`, by)
  usedByProgram(name, { ...uses, outputs: [] }, args, [])
}
