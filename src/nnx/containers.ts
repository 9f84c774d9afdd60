/** `nnx.List` and `nnx.Dict`: lists and objects with identity. Plain ones do where nothing else refers to them. */
import { ArgumentError } from '../core/index.js'
import { GraphObject } from './object.js'

class ListClass<T> extends GraphObject implements Iterable<T> {
  constructor(items: Iterable<T> = []) {
    super()
    for (const item of items) this.append(item)
  }

  /** Number of items. */
  get length(): number {
    return Object.keys(this).length
  }
  /** The item at a place, counted from the end if negative. */
  at(index: number): T | undefined {
    return this.items().at(index)
  }
  *[Symbol.iterator](): IterableIterator<T> {
    yield* this.items()
  }
  /** What a function makes of each item, as a plain list. */
  map<R>(f: (item: T, index: number) => R): R[] {
    return this.items().map(f)
  }

  append(item: T): void {
    this.fields()[this.length] = item
  }
  extend(items: Iterable<T>): void {
    for (const item of items) this.append(item)
  }
  /** Put an item before that at `index`, which counts from the end if negative. */
  insert(index: number, item: T): void {
    const items = this.items()
    items.splice(index, 0, item)
    this.refill(items)
  }
  /** Take an item out; default the last. @throws ArgumentError if there is none */
  pop(index = -1): T {
    const items = this.items()
    if (items.at(index) === undefined) throw new ArgumentError('List.pop', `one of ${items.length} items`, `${index}`)
    const [item] = items.splice(index, 1)
    this.refill(items)
    return item!
  }

  /** Take the first item out that is this one. @throws ArgumentError if there is none */
  remove(item: T): void {
    const at = this.indexOf(item)
    if (at < 0) throw new ArgumentError('List.remove', 'an item of the list', String(item))
    this.pop(at)
  }
  /** The place of an item; -1 if it isn't there. */
  indexOf(item: T): number {
    return this.items().indexOf(item)
  }
  /** Turn the order round. */
  reverse(): void {
    this.refill(this.items().reverse())
  }
  /** Take all items out. */
  clear(): void {
    this.refill([])
  }

  private fields(): Record<number, T> {
    return this as unknown as Record<number, T>
  }
  private items(): T[] {
    return Object.values(this) as T[]
  }
  private refill(items: readonly T[]): void {
    for (const name of Object.keys(this)) delete this.fields()[Number(name)]
    items.forEach((item, i) => (this.fields()[i] = item))
  }
}

/**
 * A list that is a node of its own: it can be shared, and its items are fields named by their places.
 *
 * @example
 * const layers = new nnx.List([new nnx.Linear(1, 2, { rngs: new nnx.Rngs(0) })])
 * layers.append(new nnx.Linear(2, 1, { rngs: new nnx.Rngs(1) }))
 * layers.length // => 2
 * layers[1]?.kernel.shape // => [2, 1]
 */
export type List<T> = ListClass<T> & { [index: number]: T | undefined }
export const List = ListClass as unknown as new <T>(items?: Iterable<T>) => List<T>

class DictClass extends GraphObject {
  /** @throws ArgumentError if the entries are no object */
  constructor(entries: object = {}) {
    super()
    const given: unknown = entries
    if (typeof given !== 'object' || given === null) {
      throw new ArgumentError(
        'Dict',
        'an object of entries',
        `${given === null ? 'null' : typeof given}; write { name: entry }`,
      )
    }
    Object.assign(this, entries)
  }
}

/**
 * An object that is a node of its own: it can be shared.
 *
 * @example
 * const layers = new nnx.Dict({ first: new nnx.Linear(1, 2, { rngs: new nnx.Rngs(0) }), act: nnx.relu })
 * layers.first.kernel.shape // => [1, 2]
 */
export type Dict<T extends object> = DictClass & T
export const Dict = DictClass as unknown as new <T extends object>(entries?: T) => Dict<T>
