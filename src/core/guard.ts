/**
 * Public functions refuse arguments of other kinds than their types say, for callers that no compiler checked. One wrapper, from one
 * table of types: what is of a wrong kind is refused before the call; what is wrong inside of lists and options, where the call failed.
 */
import { ArgumentError } from './errors.js'
import { checkOptions } from './options.js'
import {
  bitOf,
  type IsInstance,
  kindOf,
  lacksFields,
  type Mismatch,
  mismatchOf,
  type Parameter,
  parseSignatures,
  type Signature,
  takes,
  type Type,
} from './signature.js'

type F = (...args: readonly unknown[]) => unknown
type Classes = Readonly<Record<string, IsInstance>>

const plain = bitOf({})
const list = bitOf([])
const array = 1
const absent = bitOf(undefined)
const data = bitOf(0) | array | plain | list

/** Errors that JavaScript itself throws: of a wrong kind of argument, or of a fault of ours. */
const natives = new Set<unknown>([TypeError, RangeError, ReferenceError, SyntaxError])
const isNative = (error: unknown): boolean => error instanceof Error && natives.has(error.constructor)

const fieldsText = (names: readonly string[]): string => (names.length === 0 ? '{}' : `{ ${names.join(', ')} }`)

const show = (x: unknown): string => {
  if (typeof x === 'string') return `'${x}'`
  if (Array.isArray(x)) return x.length > 8 ? `a list of ${x.length}` : `[${x.map(show).join(', ')}]`
  if (typeof x === 'object' && x !== null) {
    if (Object.getPrototypeOf(x) === Object.prototype) return fieldsText(Object.keys(x))
    return kindOf(x) === 'array' ? 'an array' : `an object of class ${x.constructor?.name ?? 'null'}`
  }
  return typeof x === 'function' ? 'a function' : typeof x === 'symbol' ? 'a symbol' : String(x)
}

/** What values of named types are, or where they come from. */
const sources: Readonly<Record<string, string>> = {
  Filter: 'pass a class of Variables, a tag, a predicate, a boolean, or a list of them',
  KeyArray: 'make one with random.key(seed)',
  Rngs: 'make them with new nnx.Rngs(seed)',
}

/** What is written for an option without a default. */
const samples: Readonly<Record<string, string>> = { Rngs: 'new nnx.Rngs(0)' }

const isOptional = ({ mask }: Type): boolean => (mask & absent) !== 0

/** Options with those that have no default. */
const asOptions = (fields: Readonly<Record<string, Type>>): string => {
  const required = Object.entries(fields).filter(([, type]) => !isOptional(type))
  const written = required.map(([name, { text }]) => (text in samples ? `${name}: ${samples[text]}` : name))
  return fieldsText(written)
}

/** What to write in the place of a value. */
const repairOf = (
  mismatch: Mismatch,
  { type: { fields = {} }, options: known, name: parameter }: Parameter,
): string => {
  const { path, type, value } = mismatch
  const options = path === parameter ? known : null
  if (typeof value === 'object' && value !== null && 'then' in value) return 'await it first'
  const isOption = known !== null && Object.values(fields).some((field) => !isOptional(field))
  if (value === undefined) return isOption ? `pass ${asOptions(fields)}` : (sources[type.text] ?? `pass ${path}`)
  if (options !== null) {
    const isTaken = (name: string): boolean => (bitOf(value) & (type.fields?.[name]?.mask ?? 0)) !== 0
    // Python's habit is the axis without its name.
    const name = ['axis', ...options].find(isTaken)
    if (value !== null && name !== undefined) return `write { ${name}: ${show(value)} }`
    return isOption ? `pass ${asOptions(fields)}` : 'leave it out'
  }
  if (type.text in sources) return sources[type.text]!
  const isListed = (type.mask & list) !== 0 && !Array.isArray(value)
  if (isListed && (type.items?.[0] === undefined || (bitOf(value) & type.items[0].mask) !== 0)) return `write [${show(value)}]` // prettier-ignore
  if (type.text === 'ArrayLike' || type.text === 'array') return 'make an array of it with np.array'
  return `pass ${type.text}`
}

const refusal = (where: string, mismatch: Mismatch, parameter: Parameter): ArgumentError => {
  const { path, type, value } = mismatch
  const { name, options } = parameter
  const expected = options === null || path !== name ? type.text : fieldsText(options)
  const what = expected === 'any' ? path : `${path}: ${expected}`
  return new ArgumentError(where, what, `${show(value)}; ${repairOf(mismatch, parameter)}`)
}

/**
 * What is looked at: the kinds of all arguments and their options; of functions and transformations only, where the function decodes
 * the others itself; or what is inside of lists and options, too; and, when the call is over, of iterables.
 */
type Depth = 'kinds' | 'parts' | 'all' | 'over'

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
    if (depth === 'parts' && !isProgram(parameter)) continue
    const { type } = parameter
    const value = args[i]
    const fits = takes(type, value) && (i < args.length || !parameter.isRequired)
    if (fits && depth !== 'all' && depth !== 'over' && (type.fields === undefined || !lacksFields(type, value)))
      continue
    const path = parameter === rest ? `${rest.name}[${i - parameters.length}]` : parameter.name
    const found = fits ? mismatchOf(type, value, path, depth === 'over') : { path, type, value }
    if (found !== null) return [found, parameter]
  }
  return null
}

/** Whether a method of lists calls, with the element, its index and the list. */
const isOfList = ([x, i, all]: readonly unknown[]): boolean =>
  Array.isArray(all) && typeof i === 'number' && Object.is((all as readonly unknown[])[i], x)

const isTooMany = ({ parameters, rest }: Signature, args: readonly unknown[]): boolean =>
  rest === null &&
  args.length > parameters.length &&
  args.slice(parameters.length).some((x) => x !== undefined) &&
  !(parameters.length === 1 && args.length === 3 && isOfList(args))

/** @throws ArgumentError, OptionsError if no signature takes these arguments */
const check = (where: string, signatures: readonly Signature[], args: readonly unknown[], depth: Depth): void => {
  let first: readonly [Mismatch, Parameter] | null = null
  for (const signature of signatures) {
    const found = mismatchIn(signature, args, depth)
    if (found === null && (depth === 'parts' || !isTooMany(signature, args))) {
      if (depth === 'parts') return
      const { parameters } = signature
      for (let i = 0; i < parameters.length; i++) {
        const { options } = parameters[i]!
        if (options !== null && bitOf(args[i]) === plain) checkOptions(where, args[i] as object, options)
      }
      return
    }
    first ??= found
  }
  if (first !== null) throw refusal(where, ...first)
  const [{ parameters }] = signatures as readonly [Signature]
  const call = `${where}(${parameters.map(({ name, isRequired }) => name + (isRequired ? '' : '?')).join(', ')})`
  throw new ArgumentError(where, `at most ${parameters.length} arguments`, `${args.length}; write ${call}`)
}

/** @internal A function that refuses arguments of other kinds than `signature` says, else `f` with its properties, named as `where` ends. */
export const guardedFunction = (
  where: string,
  f: F,
  signature: string,
  depth: Depth = 'kinds',
  classes: Classes = {},
): F => {
  let signatures: readonly Signature[] | undefined
  const call = (args: readonly unknown[], isNew: boolean): unknown => {
    signatures ??= parseSignatures(signature, classes)
    check(where, signatures, args, depth)
    try {
      return isNew ? Reflect.construct(f, args) : f(...args)
    } catch (error) {
      // What the arguments don't explain is an error of a function that was passed, or a fault of ours.
      if (isNative(error)) check(where, signatures, args, 'over')
      throw error
    }
  }
  const guarded: F = Object.hasOwn(f, 'prototype')
    ? function (this: unknown, ...args) {
        return call(args, new.target !== undefined)
      }
    : (...args) => call(args, false)
  // Many are made by other functions and have no name, or that of an alias.
  const name = where.slice(where.lastIndexOf('.') + 1)
  return Object.defineProperties(guarded, { ...Object.getOwnPropertyDescriptors(f), name: { value: name, configurable: true } }) // prettier-ignore
}

type Constructor = new (...args: readonly unknown[]) => object

const isClass = (f: F | Constructor): f is Constructor => /^class\b/.test(Function.prototype.toString.call(f))

/**
 * A class that refuses arguments of other kinds than `signature` says, also for the classes that extend it; to `instanceof`, and in its
 * static fields, the class itself. What the library makes itself is made by the class without looking.
 */
const guardedClass = (where: string, type: Constructor, signature: string, classes: Classes): Constructor => {
  let signatures: readonly Signature[] | undefined
  const guarded: Constructor = new Proxy(type, {
    construct(_, args, newTarget) {
      signatures ??= parseSignatures(signature, classes)
      check(where, signatures, args, 'all')
      try {
        // Objects of a class that is a proxy are slow to make.
        return Reflect.construct(type, args, newTarget === guarded ? type : newTarget) as object
      } catch (error) {
        if (isNative(error)) check(where, signatures, args, 'over')
        throw error
      }
    },
    apply() {
      throw new ArgumentError(where, 'new', `a call; write new ${where}(…)`)
    },
  })
  Object.defineProperty(type.prototype, 'constructor', { value: guarded, writable: true, configurable: true })
  return guarded
}

/** A module, or the plain object that a bundler makes of one. */
const isNamespace = (where: string, value: unknown, signatures: Readonly<Record<string, string>>): value is object => {
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

/** The guarded ones of functions and classes. */
const wrappers = new WeakMap<object, F | Constructor>()

/** What tells the instances of a class: itself, or a function of the module. */
const telling = (by: unknown): IsInstance => {
  let isInstance: IsInstance | undefined
  return (x) => {
    isInstance ??= isClass(by as F) ? (y) => y instanceof (by as Constructor) : (by as IsInstance)
    return isInstance(x)
  }
}

/**
 * The exports of a module, whose functions, and classes that have a signature, check their arguments; names without a signature stay as
 * they are. With `parts` functions that decode numbers and options themselves keep their own errors.
 *
 * @param instances - of classes in the signatures what in the module tells their instances: the class itself, or a predicate
 * @internal
 */
export const guarded = <M extends object>(
  path: string,
  module: M,
  signatures: Readonly<Record<string, string>>,
  { depth = 'kinds', instances = {} }: { readonly depth?: Depth; readonly instances?: Readonly<Record<string, keyof M>> } = {}, // prettier-ignore
): M => {
  const classes = Object.fromEntries(Object.entries(instances).map(([name, by]) => [name, telling(module[by])]))
  return guardedModule(path, module, signatures, depth, classes) as M
}

const guardedModule = (
  path: string,
  module: object,
  signatures: Readonly<Record<string, string>>,
  depth: Depth,
  classes: Classes,
  outer: readonly (readonly [path: string, members: Readonly<Record<string, unknown>>])[] = [],
): object => {
  const members = module as Readonly<Record<string, unknown>>
  const around = [...outer, [path, members] as const]
  const inner = (name: string, value: object): object =>
    guardedModule(`${path}.${name}`, value, signatures, depth, classes, around)
  const guardOf = (name: string, f: F): F | Constructor => {
    const known = wrappers.get(f)
    if (known !== undefined) return known
    const signature = signatures[`${path}.${name}`]!
    // Of several names the function's own is told, and the shortest.
    const [home] = around.find(([, known]) => known[f.name] === f) ?? []
    const where = home === undefined ? `${path}.${name}` : `${home}.${f.name}`
    const wrapper = isClass(f)
      ? guardedClass(where, f, signature, classes)
      : guardedFunction(where, f, signature, depth, classes)
    wrappers.set(f, wrapper)
    originals.set(wrapper, f)
    return wrapper
  }
  const describe = (name: string, value: unknown): PropertyDescriptor => {
    const where = `${path}.${name}`
    const isInner = isNamespace(where, value, signatures)
    if (!isInner && (typeof value !== 'function' || signatures[where] === undefined)) return { value }
    // There are a thousand: what is behind a name is made when it is first asked for.
    let made: object | undefined
    const make = isInner ? inner : guardOf
    return { get: () => (made ??= make(name, value as F)) }
  }
  const result = {}
  for (const name of Object.keys(members)) {
    Object.defineProperty(result, name, { ...describe(name, members[name]), enumerable: true })
  }
  return Object.freeze(Object.defineProperty(result, Symbol.toStringTag, { value: 'Module' }))
}
