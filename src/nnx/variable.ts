/** Variables: the mutable cells of an object graph. Their classes are kinds, by which filters tell them apart. */
import { inspect } from 'node:util'
import {
  ArgumentError,
  currentTrace,
  type DType,
  type NDArray,
  type Shape,
  type Trace,
  TraceLevelError,
} from '../core/index.js'
import { classNameOf, describe, type Description, printValue } from './print.js'

/** What is known of a Variable besides its value; part of the structure of a model, not of its state. */
export type Metadata = Readonly<Record<string, unknown>>

/** Metadata that act when a value is made, read or written. */
export interface VariableHooks<T> {
  readonly onCreateValue?: (variable: Variable<T>, value: T) => T
  readonly onGetValue?: (variable: Variable<T>, value: T) => T
  readonly onSetValue?: (variable: Variable<T>, value: T) => T
}

/** @internal A value with metadata for the Variable that is made of it. */
export class VariableMetadata {
  constructor(
    readonly rawValue: unknown,
    readonly metadata: Metadata,
  ) {}
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
   * @throws ArgumentError if the value is undefined or a Variable
   */
  constructor(value: T, metadata: Metadata & VariableHooks<T> = noMetadata) {
    const described = value instanceof VariableMetadata
    const given = described ? ({ ...value.metadata, ...metadata } as Metadata & VariableHooks<T>) : metadata
    const raw = described ? (value.rawValue as T) : value
    const { onCreateValue } = given
    this.level = currentTrace()
    this.held = frozenMetadata(given)
    this.raw = checked(this, onCreateValue === undefined ? raw : onCreateValue(this, raw))
  }

  /** @internal A Variable of a class without calling its constructor. */
  static fromMetadata<V>(type: VariableClass, value: V, metadata: Metadata): Variable<V> {
    const variable = Object.create(type.prototype as object) as Variable<V>
    variable.level = currentTrace()
    variable.held = frozenMetadata(metadata)
    variable.raw = value
    return variable
  }

  /** The value. @throws TraceLevelError if it is written in another trace than that of the Variable */
  get value(): T {
    const { onGetValue } = this.held as VariableHooks<T>
    return onGetValue === undefined ? this.raw : onGetValue(this, this.raw)
  }
  set value(value: T) {
    const { onSetValue } = this.held as VariableHooks<T>
    this.rawValue = onSetValue === undefined ? value : onSetValue(this, value)
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

  /** The kind of this Variable. */
  get type(): VariableClass {
    return this.constructor as VariableClass
  }

  /** Data beside the value; frozen. */
  get metadata(): Metadata {
    return this.held
  }
  /** Add to the metadata, or replace some of it. @throws TraceLevelError */
  setMetadata(metadata: Metadata): void {
    this.requireLevel()
    this.held = frozenMetadata({ ...this.held, ...metadata })
  }

  /** Whether there is metadata of this name. */
  hasMetadata(name: string): boolean {
    return Object.hasOwn(this.held, name)
  }
  /** Take metadata away. @throws TraceLevelError */
  deleteMetadata(name: string): void {
    this.requireLevel()
    this.held = frozenMetadata(Object.fromEntries(Object.entries(this.held).filter(([key]) => key !== name)))
  }

  /** A new Variable of the same kind, with another value or metadata where given. */
  copy(value: T = this.raw, metadata: Metadata = noMetadata): Variable<T> {
    return Variable.fromMetadata(this.type, value, { ...this.held, ...metadata })
  }

  /** Take value and metadata of another Variable of the same kind. @throws ArgumentError, TraceLevelError */
  copyFrom(other: Variable<unknown>): void {
    if (other.type !== this.type) {
      throw new ArgumentError('copyFrom', `a Variable of the kind ${classNameOf(this)}`, classNameOf(other))
    }
    this.rawValue = other.raw as T
    this.held = other.held
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
    return { name: classNameOf(this), fields: [['value', this.raw], ...Object.entries(this.held)] }
  }
}

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
