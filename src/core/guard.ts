/**
 * Public functions refuse arguments of other kinds than their types say, for callers that no compiler checked. One wrapper, from one
 * table of types: what is of a wrong kind is refused before the call; what is wrong inside of lists and options, where the call failed.
 */
import { ArgumentError } from './errors.js'
import { checkOptions } from './options.js'
import {
  bitOf,
  kindOf,
  lacksFields,
  type Mismatch,
  mismatchOf,
  type Parameter,
  parseSignatures,
  type Signature,
} from './signature.js'

type F = (...args: readonly unknown[]) => unknown

const plain = bitOf({})
const list = bitOf([])
const array = 1
const absent = bitOf(undefined)
const data = bitOf(0) | array | plain | list

/** Errors that JavaScript itself throws: of a wrong kind of argument, or of a fault of ours. */
const natives = new Set<unknown>([TypeError, RangeError, ReferenceError, SyntaxError])
const isNative = (error: unknown): boolean => error instanceof Error && natives.has(error.constructor)

const show = (x: unknown): string => {
  if (typeof x === 'string') return `'${x}'`
  if (Array.isArray(x)) return x.length > 8 ? `a list of ${x.length}` : `[${x.map(show).join(', ')}]`
  if (typeof x === 'object' && x !== null) {
    if (Object.getPrototypeOf(x) === Object.prototype) return `{ ${Object.keys(x).join(', ')} }`
    return kindOf(x) === 'array' ? 'an array' : `an object of class ${x.constructor?.name ?? 'null'}`
  }
  return typeof x === 'function' ? 'a function' : typeof x === 'symbol' ? 'a symbol' : String(x)
}

/** Where objects of our classes come from. */
const sources: Readonly<Record<string, string>> = { KeyArray: 'make one with random.key(seed)' }

/** What to write in the place of a value. */
const repairOf = ({ path, type, value }: Mismatch, options: readonly string[] | null): string => {
  if (typeof value === 'object' && value !== null && 'then' in value) return 'await it first'
  if (value === undefined) return sources[type.text] ?? `pass ${path}`
  if (options !== null) {
    const isTaken = (name: string): boolean => (bitOf(value) & (type.fields?.[name]?.mask ?? 0)) !== 0
    // Python's habit is the axis without its name.
    const name = ['axis', ...options].find(isTaken)
    return value === null || name === undefined ? 'leave it out' : `write { ${name}: ${show(value)} }`
  }
  const isListed = (type.mask & list) !== 0 && !Array.isArray(value)
  if (isListed && (type.items?.[0] === undefined || (bitOf(value) & type.items[0].mask) !== 0)) return `write [${show(value)}]` // prettier-ignore
  if ((type.mask & array) !== 0) return 'make an array of it with np.array'
  return sources[type.text] ?? `pass ${type.text}`
}

const refusal = (where: string, mismatch: Mismatch, options: readonly string[] | null): ArgumentError => {
  const { path, type, value } = mismatch
  const expected = options === null ? type.text : `{ ${options.join(', ')} }`
  return new ArgumentError(where, `${path}: ${expected}`, `${show(value)}; ${repairOf(mismatch, options)}`)
}

/**
 * What is looked at: the kinds of all arguments and their options; of functions and transformations only, where the function decodes
 * the others itself; or what is inside of lists and options, too.
 */
type Depth = 'kinds' | 'parts' | 'all'

/** Functions, and what is made of functions alone, as transformations of gradients are. */
const isProgram = ({ options, type: { mask, fields = {}, fielded = 0 } }: Parameter): boolean =>
  options === null &&
  (mask & ~fielded & data) === 0 &&
  Object.values(fields).every((field) => (field.mask & data) === 0)

/** The first argument of a wrong kind. */
const mismatchIn = (
  { parameters, rest }: Signature,
  args: readonly unknown[],
  depth: Depth,
): readonly [Mismatch, Parameter] | null => {
  const count = Math.max(parameters.length, args.length)
  for (let i = 0; i < count; i++) {
    const parameter = parameters[i] ?? rest
    if (parameter === null) return null
    const { name, type } = parameter
    if (depth === 'parts' && !isProgram(parameter)) continue
    const value = args[i]
    if ((bitOf(value) & type.mask) === 0) return [{ path: name, type, value }, parameter]
    const inner = depth === 'all' || lacksFields(type, value) ? mismatchOf(type, value, name) : null
    if (inner !== null) return [inner, parameter]
  }
  return null
}

const isTooMany = ({ parameters, rest }: Signature, args: readonly unknown[]): boolean =>
  rest === null && args.length > parameters.length && args.slice(parameters.length).some((x) => x !== undefined)

/** @throws ArgumentError, OptionsError if no signature takes these arguments */
const check = (where: string, signatures: readonly Signature[], args: readonly unknown[], depth: Depth): void => {
  let first: readonly [Mismatch, Parameter] | null = null
  for (const signature of signatures) {
    const found = mismatchIn(signature, args, depth)
    if (found === null && (depth === 'parts' || !isTooMany(signature, args))) {
      if (depth === 'parts') return
      for (const [i, { options }] of signature.parameters.entries())
        if (options !== null && bitOf(args[i]) === plain) checkOptions(where, args[i] as object, options)
      return
    }
    first ??= found
  }
  if (first !== null) throw refusal(where, first[0], first[1].options)
  const [{ parameters }] = signatures as readonly [Signature]
  const call = `${where}(${parameters.map(({ name, type }) => name + ((type.mask & absent) === 0 ? '' : '?')).join(', ')})`
  throw new ArgumentError(where, `at most ${parameters.length} arguments`, `${args.length}; write ${call}`)
}

/** @internal A function that refuses arguments of other kinds than `signature` says, else `f` with its properties, named as `where` ends. */
export const guardedFunction = (where: string, f: F, signature: string, depth: Depth = 'kinds'): F => {
  let signatures: readonly Signature[] | undefined
  const guarded: F = (...args) => {
    signatures ??= parseSignatures(signature)
    check(where, signatures, args, depth)
    try {
      return f(...args)
    } catch (error) {
      // What the arguments don't explain is an error of a function that was passed, or a fault of ours.
      if (isNative(error)) check(where, signatures, args, 'all')
      throw error
    }
  }
  // Many are made by other functions and have no name, or that of an alias.
  const name = where.slice(where.lastIndexOf('.') + 1)
  return Object.defineProperties(guarded, { ...Object.getOwnPropertyDescriptors(f), name: { value: name, configurable: true } }) // prettier-ignore
}

/** A module, or the plain object that a bundler makes of one. */
const isNamespace = (
  where: string,
  value: unknown,
  signatures: Readonly<Record<string, string>>,
): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Module]') return true
  if (tag !== '[object Object]') return false
  const start = `${where}.`
  for (const path in signatures) if (path.startsWith(start)) return true
  return false
}

const originals = new WeakMap<object, unknown>()

/** @internal The function that a guarded one stands for, where functions are known by identity. */
export const unguarded = (f: unknown): unknown => (typeof f === 'function' ? (originals.get(f) ?? f) : f)

/** Functions that have a guarded one, and how to get it: it is made when it is first asked for, since there are a thousand. */
const known = new Map<unknown, () => F>()

const guardOf = (f: F, where: string, signature: string, depth: Depth): (() => F) => {
  let wrapper: F | undefined
  return () => {
    if (wrapper === undefined) {
      wrapper = guardedFunction(where, f, signature, depth)
      originals.set(wrapper, f)
    }
    return wrapper
  }
}

/**
 * The exports of a module, whose functions check their arguments; names without a signature stay as they are.
 * With `parts` functions that decode numbers and options themselves keep their own errors.
 *
 * @internal
 */
export const guarded = <M extends object>(
  path: string,
  module: M,
  signatures: Readonly<Record<string, string>>,
  depth: Depth = 'kinds',
): M => {
  const members = module as Readonly<Record<string, unknown>>
  const describe = (name: string, value: unknown): PropertyDescriptor => {
    const where = `${path}.${name}`
    const signature = signatures[where]
    if (isNamespace(where, value, signatures)) return { value: guarded(where, value, signatures, depth) }
    if (signature === undefined || typeof value !== 'function') return { value }
    let get = known.get(value)
    if (get === undefined) {
      // Of several names the function's own is told.
      const own = members[value.name] === value ? `${path}.${value.name}` : where
      known.set(value, (get = guardOf(value as F, own, signature, depth)))
    }
    return { get }
  }
  const result = {}
  for (const name of Object.keys(members)) {
    Object.defineProperty(result, name, { ...describe(name, members[name]), enumerable: true })
  }
  return Object.freeze(Object.defineProperty(result, Symbol.toStringTag, { value: 'Module' })) as M
}
