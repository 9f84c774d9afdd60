/** `NDArray`: what users hold, concrete or traced. Its methods are put there by `numpy/arrayMethods.ts`. */
import { inspect } from 'node:util'
import { elementArray, elementBytes, fromBfloat16Bits, fromFloat16Bits, type TypedArray } from '../onnx/index.js'
import type { Leaf, leaf } from '../pytree/index.js'
import { type Shape, type ShapedArray, showAval, sizeOf } from './aval.js'
import { backend, type Storage } from './backend.js'
import type { Device } from './device.js'
import type { DType } from './dtype.js'
import { ArgumentError, ConcretizationError, DeletedArrayError } from './errors.js'
import { printArray } from './print.js'

export type { TypedArray } from '../onnx/index.js'

/** One element as a JavaScript value. */
export type Scalar = number | bigint | boolean

/** Nested arrays of elements, as {@link NDArray.toArray} gives them. */
export type NestedArray = Scalar | readonly NestedArray[]

/** An immutable n-dimensional array. */
export abstract class NDArray implements Leaf {
  declare readonly [leaf]: true
  /** Shape, dtype and weakness. */
  abstract readonly aval: ShapedArray

  /** Sizes of the axes. */
  get shape(): Shape {
    return this.aval.shape
  }
  /** Type of the elements. */
  get dtype(): DType {
    return this.aval.dtype
  }
  /** Number of axes. */
  get ndim(): number {
    return this.aval.shape.length
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.aval.shape)
  }
  /** Whether the dtype gives way to that of arrays it meets. */
  get weakType(): boolean {
    return this.aval.weakType
  }

  /**
   * The only element, as a number (a boolean as 0 or 1).
   *
   * @throws ArgumentError if there isn't exactly one element, or a 64-bit integer is not a safe number
   * @throws ConcretizationError if the array is traced
   */
  abstract item(): number

  /** The elements as nested arrays; 64-bit integers as bigints, booleans as booleans. @throws ConcretizationError */
  abstract toArray(): NestedArray

  /**
   * The elements in row-major order; float16 and bfloat16 as a `Float32Array`, booleans as bytes.
   *
   * `copy` (default true): a copy, else a view of the memory, which must not be written and is valid until the array
   * is donated.
   * @throws ConcretizationError if the array is traced
   */
  abstract data(options?: { readonly copy?: boolean }): TypedArray

  /** Where the elements are. */
  abstract readonly device: Device;

  /** @internal */
  [inspect.custom](): string {
    return this.toString()
  }
}

/** A view of memory as elements of a dtype; float16 and bfloat16 as their bits. */
export const viewOf = (dtype: DType, bytes: Uint8Array<ArrayBuffer>): TypedArray =>
  new (elementArray(dtype))(bytes.buffer, bytes.byteOffset, bytes.byteLength / elementBytes(dtype))

/** The elements in memory as numbers: a view, but of 16-bit floats a copy. */
const elementsOf = (dtype: DType, storage: Storage): TypedArray => {
  const view = viewOf(dtype, storage.read())
  if (dtype === 'float16') return Float32Array.from(view as Uint16Array, fromFloat16Bits)
  if (dtype === 'bfloat16') return Float32Array.from(view as Uint16Array, fromBfloat16Bits)
  return view
}

/** An array whose elements are in memory. */
export class ConcreteArray extends NDArray {
  #storage: Storage | null
  #deletedBy: string | null = null
  /** The element, where there is one and it is known here: its memory can be made again. */
  #value: Scalar | null
  /** Whether somebody holds a view of the memory. */
  #isViewed = false
  #lastReads: Set<() => void> | null = null

  constructor(
    override readonly aval: ShapedArray,
    storage: Storage | null,
    /** The value of a scalar that was a JS number: it stays a literal in jaxprs. */
    readonly literal: Scalar | null = null,
  ) {
    super()
    this.#storage = storage
    this.#value = literal
  }

  /** @internal */
  get storage(): Storage {
    if (this.#storage !== null) return this.#storage
    if (this.#deletedBy !== null) throw new DeletedArrayError(this.aval, this.#deletedBy)
    return (this.#storage = backend().allocateScalar(this.aval, this.#value!))
  }

  /** @internal The memory, if there is any now; a known scalar gets it at its first use. */
  get memory(): Storage | null {
    return this.#storage
  }

  /** @internal The memory may be overwritten from here on: whoever waits for its end reads it now. */
  readLast(): void {
    for (const read of this.#lastReads ?? []) read()
    this.#lastReads = null
  }

  /** @internal Give up the memory; later use throws, naming `by`. */
  delete(by: string): void {
    this.readLast()
    this.#storage = null
    this.#deletedBy = by
  }

  /** @internal `read` is called before the memory is given up; ends with what this gives. */
  beforeDelete(read: () => void): () => void {
    const reads = (this.#lastReads ??= new Set())
    reads.add(read)
    return () => void reads.delete(read)
  }

  /** Whether the array was donated. */
  get isDeleted(): boolean {
    return this.#deletedBy !== null
  }

  /** @internal Whether somebody may hold a view of the memory. */
  get isViewed(): boolean {
    return this.#isViewed
  }

  /** @internal Put the elements elsewhere. */
  moveTo(storage: Storage): void {
    this.#storage = storage
    this.#isViewed = false
  }

  /** @internal Wait for the program that computes it. */
  waitUntilReady(): void {
    this.#storage?.ready?.()
  }

  override get device(): Device {
    if (this.#storage === null && this.#deletedBy === null) return backend().defaultDevice
    return this.storage.device
  }

  override item(): number {
    if (this.#value !== null && !this.isDeleted) return Number(this.#value)
    if (this.size !== 1) {
      throw new ArgumentError('item', 'an array of one element', `${showAval(this.aval)}; use toArray() or data()`)
    }
    const { storage } = this
    const value = elementsOf(this.dtype, storage)[0]!
    if (!Number.isSafeInteger(Number(value)) && typeof value === 'bigint') {
      throw new ArgumentError('item', 'an integer within ±(2^53 - 1)', `${value}; use data()`)
    }
    // A loop that reads its loss at every step then allocates nothing: the number is kept, the memory used again.
    if (!this.#isViewed && backend().recycle(storage)) {
      this.#storage = null
      this.#value = value
    }
    return Number(value)
  }

  override data({ copy = true }: { readonly copy?: boolean } = {}): TypedArray {
    const elements = elementsOf(this.dtype, this.storage)
    if (this.dtype === 'float16' || this.dtype === 'bfloat16') return elements
    if (copy) return elements.slice()
    this.#isViewed = true
    return elements
  }

  override toArray(): NestedArray {
    const flat = this.data({ copy: false })
    const element = (i: number): Scalar => (this.dtype === 'bool' ? flat[i] !== 0 : flat[i]!)
    let next = 0
    const nested = (axis: number): NestedArray =>
      axis === this.ndim ? element(next++) : Array.from({ length: this.shape[axis]! }, () => nested(axis + 1))
    return nested(0)
  }

  override toString(): string {
    return this.isDeleted ? `Array(deleted, ${showAval(this.aval)})` : printArray(this.aval, this.data({ copy: false }))
  }

  [Symbol.toPrimitive](hint: 'string' | 'number' | 'default'): string | number {
    return hint === 'number' || (hint === 'default' && this.size === 1) ? this.item() : this.toString()
  }
}

/** An array that stands for a value inside of a transformation. */
export abstract class Tracer extends NDArray {
  /** What made it, for errors. */
  abstract readonly origin: string

  /** @internal The array that it stands for in the transformation around; `null` where that is not yet known. */
  get below(): NDArray | null {
    return null
  }

  #refuse(operation: string): never {
    throw new ConcretizationError(this.aval, operation, this.origin)
  }
  override get device(): Device {
    return backend().defaultDevice
  }
  override item(): number {
    return this.#refuse('item()')
  }
  override toArray(): NestedArray {
    return this.#refuse('toArray()')
  }
  override data(): TypedArray {
    return this.#refuse('data()')
  }
  override toString(): string {
    return `Traced<${showAval(this.aval)}>(${this.origin})`
  }
  [Symbol.toPrimitive](hint: 'string' | 'number' | 'default'): string {
    return hint === 'number' ? this.#refuse('Conversion to a number') : this.toString()
  }
}
