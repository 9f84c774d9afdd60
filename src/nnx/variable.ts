/** Variables: the mutable cells of an object graph. Their classes are kinds, by which filters tell them apart. */
import { inspect } from 'node:util'
import {
  ArgumentError,
  currentTrace,
  type DType,
  NDArray,
  type Shape,
  type Trace,
  TraceLevelError,
} from '../core/index.js'
import { classNameOf, describe, type Description, printValue } from './print.js'

/** What is known of a Variable besides its value; part of the structure of a model, not of its state. */
export type Metadata = Readonly<Record<string, unknown>>

type Hook<T> = (variable: Variable<T>, value: T) => T
type AxisHook<T> = (variable: Variable<T>, index: number, name: string | null) => void

/**
 * Metadata that act when a value is made, read or written, or gains or loses an axis in `vmap` and `scan`: functions, or
 * lists of them that are called in order. A subclass may have methods of these names (without the Variable as argument)
 * in their place.
 */
export interface VariableHooks<T> {
  readonly onCreateValue?: Hook<T> | readonly Hook<T>[]
  readonly onGetValue?: Hook<T> | readonly Hook<T>[]
  readonly onSetValue?: Hook<T> | readonly Hook<T>[]
  readonly onAddAxis?: AxisHook<T> | readonly AxisHook<T>[]
  readonly onRemoveAxis?: AxisHook<T> | readonly AxisHook<T>[]
}

/** A value with metadata for the Variable that is made of it: what initializers of {@link withMetadata} give. */
export class VariableMetadata<T = unknown> {
  constructor(
    readonly rawValue: T,
    readonly metadata: Metadata & VariableHooks<T> = {},
  ) {}
}

/** The value after all hooks. */
const hooked = <T>(hooks: Hook<T> | readonly Hook<T>[], variable: Variable<T>, value: T): T =>
  typeof hooks === 'function' ? hooks(variable, value) : hooks.reduce((x, hook) => hook(variable, x), value)

/** @internal The kind under which sizes are summed: those of random streams together. */
export const printedKind = (type: VariableClass): string => {
  for (let p: unknown = type; typeof p === 'function'; p = Object.getPrototypeOf(p))
    if (p.name === 'RngState') return p.name
  return type.name
}

/** A method of a subclass that acts as a hook. */
const classHook = <T>(
  variable: Variable<T>,
  which: 'onCreateValue' | 'onGetValue' | 'onSetValue',
): Hook<T> | undefined => {
  const method = (variable as unknown as Readonly<Record<string, unknown>>)[which]
  return typeof method === 'function' ? (v, value) => method.call(v, value) as T : undefined
}

/** Where in a value: an index of arrays, or several, one for each axis; a key of other trees. */
export interface IndexOptions {
  readonly index?: unknown
}

/** A kind of Variable. */
export type VariableClass = abstract new (...args: never) => Variable<unknown>

const noMetadata: Metadata = Object.freeze({})

/** @internal Frozen, and one object for all that are empty. */
export const frozenMetadata = (metadata: Metadata): Metadata => {
  for (const _ in metadata) return Object.isFrozen(metadata) ? metadata : Object.freeze({ ...metadata })
  return noMetadata
}

/**
 * A mutable cell that holds an array, a key, or a tree of arrays. Layers hold one for each piece of state; subclasses
 * are the kinds of state: {@link Param}, {@link BatchStat}, your own.
 *
 * A Variable belongs to the trace in which it was made: inside of `grad` or `jit` a Variable from outside can be read,
 * not written. `nnx.grad` and `nnx.jit` hand Variables of their own to the function and carry changes out.
 *
 * @example
 * const count = new nnx.Variable(np.array(1), { tag: 'calls' })
 * count.value = count.value.add(1)
 * count.value.item() // => 2
 */
export class Variable<T = NDArray> {
  private raw: T
  private held: Metadata
  private level: Trace

  /**
   * @param metadata - any data by name, and {@link VariableHooks}
   * @throws ArgumentError if the value is undefined or a Variable, or the metadata are no object
   */
  constructor(value: T | VariableMetadata<T>, metadata: Metadata & VariableHooks<T> = noMetadata) {
    const data: unknown = metadata
    if (typeof data !== 'object' || data === null) {
      throw new ArgumentError(classNameOf(this), 'metadata by name', `${printValue(data)}; write { name: value }`)
    }
    const described = value instanceof VariableMetadata
    const given = described ? { ...value.metadata, ...metadata } : metadata
    const raw = described ? value.rawValue : value
    this.level = currentTrace()
    this.held = frozenMetadata(given)
    this.raw = raw
    const hooks = given.onCreateValue ?? classHook<T>(this, 'onCreateValue')
    this.raw = checked(this, this.createValue(hooks === undefined ? raw : hooked(hooks, this, raw)))
  }

  /** A Variable of this class, or of another, without calling its constructor: no hooks act. */
  static fromMetadata<V>(type: VariableClass, value: V, metadata: Metadata): Variable<V> {
    const variable = Object.create(type.prototype as object) as Variable<V>
    variable.level = currentTrace()
    variable.held = frozenMetadata(metadata)
    variable.raw = value
    return variable
  }

  /** The value. @throws TraceLevelError if it is written in another trace than that of the Variable */
  get value(): T {
    return this.getValue()
  }
  set value(value: T) {
    this.setValue(value)
  }

  /** The value, past the hooks. @throws TraceLevelError if it is written in another trace than that of the Variable */
  get rawValue(): T {
    return this.raw
  }
  set rawValue(value: T) {
    this.requireLevel()
    this.raw = checked(this, value)
  }

  /** The value, as `.value`. */
  get(): T {
    return this.value
  }
  /** Set the value, as `.value =`. @throws TraceLevelError */
  set(value: T): void {
    this.value = value
  }

  /**
   * What `.value` gives; subclasses may override it.
   *
   * @param options - `index`: of an array as `slice` takes it, of another tree a key
   */
  getValue(options?: IndexOptions): T {
    const hooks = (this.held as VariableHooks<T>).onGetValue ?? classHook<T>(this, 'onGetValue')
    const value = options?.index === undefined ? this.raw : (part(this.raw, options.index) as T)
    return hooks === undefined ? value : hooked(hooks, this, value)
  }

  /**
   * What `.value =` does; subclasses may override it.
   *
   * @param options - `index`: the part that is written, as {@link getValue} has it
   * @throws TraceLevelError
   */
  setValue(value: T, options?: IndexOptions): void {
    const hooks = (this.held as VariableHooks<T>).onSetValue ?? classHook<T>(this, 'onSetValue')
    const given = hooks === undefined ? value : hooked(hooks, this, value)
    this.rawValue = options?.index === undefined ? given : (withPart(this.raw, options.index, given) as T)
  }

  /** The value, past the hooks. */
  getRawValue(): T {
    return this.raw
  }
  /** Set the value, past the hooks. @throws TraceLevelError */
  setRawValue(value: T): void {
    this.rawValue = value
  }

  /** What is kept of the value that the constructor got; subclasses may override it. Default: the value. */
  createValue(value: T): T {
    return value
  }

  /** The kind of this Variable. */
  get type(): VariableClass {
    return this.constructor as VariableClass
  }
  /** As {@link Variable.type}. */
  get varType(): VariableClass {
    return this.type
  }

  /** Data beside the value; frozen. */
  get metadata(): Metadata {
    return this.held
  }

  /**
   * The metadata, or that of a name.
   *
   * @param fallback - if there is none of the name
   * @throws ArgumentError if there is neither
   */
  getMetadata(): Metadata
  getMetadata(name: string, fallback?: unknown): unknown
  getMetadata(...args: readonly [] | readonly [name: string, fallback?: unknown]): unknown {
    const [name, fallback] = args
    if (name === undefined) return this.held
    if (this.hasMetadata(name)) return this.held[name]
    if (args.length > 1) return fallback
    throw new ArgumentError(
      `${classNameOf(this)}.getMetadata`,
      `metadata '${name}', or a fallback`,
      `only ${Object.keys(this.held).join(', ') || 'none'}`,
    )
  }

  /** Add to the metadata, or replace some of it. @throws TraceLevelError */
  setMetadata(metadata: Metadata): void
  setMetadata(name: string, value: unknown): void
  setMetadata(given: Metadata | string, value?: unknown): void {
    this.requireLevel()
    this.held = frozenMetadata({ ...this.held, ...(typeof given === 'string' ? { [given]: value } : given) })
  }

  /** Whether there is metadata of this name. */
  hasMetadata(name: string): boolean {
    return Object.hasOwn(this.held, name)
  }
  /** Take metadata away. @throws TraceLevelError */
  delMetadata(name: string): void {
    this.requireLevel()
    this.held = frozenMetadata(Object.fromEntries(Object.entries(this.held).filter(([key]) => key !== name)))
  }

  /** A new Variable of the same kind, with another value or metadata where given. */
  copy(value: T = this.raw, metadata: Metadata = noMetadata): Variable<T> {
    return Variable.fromMetadata(this.type, value, { ...this.held, ...metadata })
  }
  /** As {@link copy}. */
  replace(value: T = this.raw, metadata: Metadata = noMetadata): Variable<T> {
    return this.copy(value, metadata)
  }

  /** Take value and metadata of another Variable of the same kind. @throws ArgumentError, TraceLevelError */
  copyFrom(other: Variable<unknown>): void {
    if (other.type !== this.type) {
      throw new ArgumentError('copyFrom', `a Variable of the kind ${classNameOf(this)}`, classNameOf(other))
    }
    this.rawValue = other.raw as T
    this.held = other.held
  }

  /** Take value and metadata of a leaf of a state, or of another Variable, whatever its kind. @throws TraceLevelError */
  updateFromState(state: { readonly value: T; readonly rawValue?: T; readonly metadata: Metadata }): void {
    this.rawValue = state instanceof Variable ? (state.rawValue as T) : state.value
    this.held = frozenMetadata(state.metadata)
  }

  /** What `vmap` and `scan` call where the value gains an axis: the hooks `onAddAxis`. */
  addAxis(index: number, name: string | null = null): void {
    this.axisHooks('onAddAxis', index, name)
  }
  /** What `vmap` and `scan` call where the value loses an axis: the hooks `onRemoveAxis`. */
  removeAxis(index: number, name: string | null = null): void {
    this.axisHooks('onRemoveAxis', index, name)
  }

  private axisHooks(which: 'onAddAxis' | 'onRemoveAxis', index: number, name: string | null): void {
    const own = (this.held as VariableHooks<T>)[which]
    for (const hook of own === undefined ? [] : typeof own === 'function' ? [own] : own) hook(this, index, name)
    const method = (this as unknown as Readonly<Record<string, unknown>>)[which]
    if (own === undefined && typeof method === 'function') method.call(this, index, name)
  }

  /** Shape of the value. @throws ArgumentError if it isn't an array */
  get shape(): Shape {
    return this.array('shape').shape
  }
  /** Dtype of the value. @throws ArgumentError if it isn't an array */
  get dtype(): DType {
    return this.array('dtype').dtype
  }
  /** Number of axes of the value. @throws ArgumentError if it isn't an array */
  get ndim(): number {
    return this.array('ndim').ndim
  }
  /** Number of elements of the value. @throws ArgumentError if it isn't an array */
  get size(): number {
    return this.array('size').size
  }

  private array(what: string): NDArray {
    const value: unknown = this.raw
    if (typeof value === 'object' && value !== null && 'shape' in value) return value as NDArray
    throw new ArgumentError(`${classNameOf(this)}.${what}`, 'an array as value', printValue(value))
  }

  private requireLevel(): void {
    if (this.level !== currentTrace()) throw new TraceLevelError(`'${classNameOf(this)}'`)
  }

  toString(): string {
    return printValue(this)
  }
  /** @internal */
  [inspect.custom](): string {
    return printValue(this)
  }
  /** @internal */
  [describe](): Description {
    return {
      name: classNameOf(this),
      fields: [['value', this.raw], ...Object.entries(this.held)],
      holds: [printedKind(this.type), this.raw],
    }
  }
}

/** A part of a value: elements of an array, or what a tree holds at a key. */
const part = (value: unknown, index: unknown): unknown => {
  if (value instanceof NDArray) return value.slice(...indicesOf(index))
  if (value instanceof Map) return value.get(index)
  return (value as Readonly<Record<PropertyKey, unknown>>)[index as PropertyKey]
}

/** The value with another part. */
const withPart = (value: unknown, index: unknown, given: unknown): unknown => {
  if (value instanceof NDArray) return value.at(...indicesOf(index)).set(given as NDArray)
  if (value instanceof Map) return new Map([...(value as ReadonlyMap<unknown, unknown>), [index, given]])
  if (Array.isArray(value)) return (value as readonly unknown[]).with(index as number, given)
  return { ...(value as object), [index as PropertyKey]: given }
}

/** A list of numbers and ranges is an index for each axis. */
const indicesOf = (index: unknown): readonly number[] => (Array.isArray(index) ? index : [index]) as readonly number[]

const checked = <T>(variable: object, value: T): T => {
  if (value === undefined || value instanceof Variable) {
    throw new ArgumentError(
      classNameOf(variable),
      'an array or a tree of arrays as value',
      value === undefined ? 'undefined' : `a ${classNameOf(value as object)}; take its value`,
    )
  }
  return value
}

/** Whether a value is a kind of Variable: {@link Variable} or a subclass. */
export const isVariableClass = (value: unknown): value is VariableClass =>
  typeof value === 'function' && (value === Variable || value.prototype instanceof Variable)

/** What is learned: what `nnx.grad` differentiates and `nnx.Optimizer` updates unless told otherwise. */
export class Param<T = NDArray> extends Variable<T> {}
/** Running statistics of a normalization. */
export class BatchStat<T = NDArray> extends Variable<T> {}
/** Cached keys, values and position of autoregressive decoding. */
export class Cache<T = NDArray> extends Variable<T> {}
/** A value kept for inspection, see {@link Module.sow}. */
export class Intermediate<T = NDArray> extends Variable<T> {}
/** A zero added to an activation, whose gradient is that of the activation. */
export class Perturbation<T = NDArray> extends Intermediate<T> {}
/** A low-rank adapter's parameter. */
export class LoRAParam<T = NDArray> extends Param<T> {}
