/** Streams of random keys for models. */
import { ArgumentError, type NDArray, type Shape } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import { type Filter, type Path, toPredicate } from './filter.js'
import { type InitializerMakers, type Samplers, StreamBase } from './rngMethods.js'
import { Variable } from './variable.js'

type PRNGKey = random.PRNGKey

/** State of random streams. */
export class RngState<T = NDArray> extends Variable<T> {}
/** The key of a stream; its tag is the name of the stream. */
export class RngKey extends RngState<PRNGKey> {}
/** The number of keys that a stream has given, `uint32[]`; its tag is the name of the stream. */
export class RngCount extends RngState {}

/** A seed, a key, or the words of one. */
export type Seed = number | PRNGKey | NDArray

/** Keys from whole numbers, from uint32 words, or as they are. */
const keyOf = (where: string, seed: unknown): PRNGKey => {
  if (seed instanceof random.PRNGKey) return seed
  if (typeof seed === 'number' || (typeof seed === 'object' && seed !== null && 'aval' in seed)) {
    const given = seed as number | NDArray
    return typeof given !== 'number' && given.dtype === 'uint32' && given.ndim > 0
      ? random.wrapKeyData(given)
      : random.key(given)
  }
  throw new ArgumentError(where, 'a whole number or a key', seed === null ? 'null' : typeof seed)
}

const counter = (shape: Shape = []): NDArray => np.zeros(shape, { dtype: 'uint32' })

/** Numbers of keys for streams by name, tag or other filter; `null` leaves a stream as it is. The first that holds counts. */
export type CountsByFilter =
  Readonly<Record<string, number | Shape | null>> | ReadonlyMap<Filter, number | Shape | null>

/** A number of keys, the shape of an array of them, or one for each of several filters (`'...'` for all others). */
export type StreamCounts = number | Shape | CountsByFilter

/** @internal The number of keys that is given for a stream: `undefined` if no filter holds. */
export const countOf = (
  counts: StreamCounts | null,
): ((path: Path, stream: RngStream) => readonly [filter: Filter, count: number | Shape | null] | null) => {
  if (counts === null) return () => null
  if (typeof counts === 'number' || Array.isArray(counts)) return () => ['...', counts as number | Shape]
  const rules: readonly (readonly [Filter, number | Shape | null])[] =
    counts instanceof Map ? [...(counts as ReadonlyMap<Filter, number | Shape | null>)] : Object.entries(counts)
  const predicates = rules.map(([filter]) => toPredicate(filter))
  return (path, stream) => rules[predicates.findIndex((holds) => holds(path, stream))] ?? null
}

const asShape = (count: number | Shape): Shape => (typeof count === 'number' ? [count] : count)

/** One stream of keys: calling it gives the next. */
export interface RngStream extends Samplers, InitializerMakers {
  /** The next key, as {@link RngStream.call}. */
  (): PRNGKey
}

/**
 * One stream of keys: key number n is `foldIn(key, n)`.
 *
 * @example
 * const stream = new nnx.RngStream(0, { tag: 'noise' })
 * random.keyData(stream()) // => Array([1797259609, 2579123966], dtype=uint32)
 * random.keyData(random.foldIn(random.key(0), 0)) // => Array([1797259609, 2579123966], dtype=uint32)
 * stream.count.value.item() // => 1
 */
export class RngStream extends StreamBase {
  /** Name of the stream. */
  readonly tag: string
  readonly key: RngKey
  readonly count: RngCount

  constructor(seed: Seed, { tag = 'default' }: { readonly tag?: string } = {}) {
    super()
    this.tag = tag
    this.key = new RngKey(keyOf('RngStream', seed), { tag })
    this.count = new RngCount(counter(this.key.value.shape), { tag })
  }

  /** The next key. @throws ArgumentError if the stream was split */
  override call(): PRNGKey {
    const { shape } = this.count
    if (shape.length > 0) {
      throw new ArgumentError(
        `the RNG stream '${this.tag}'`,
        'a single key',
        `keys of shape [${shape.join()}]; it was split: use it inside of vmap, or restore it`,
      )
    }
    const key = random.foldIn(this.key.value, this.count.value)
    this.count.value = np.add(this.count.value, 1)
    return key
  }

  /** A new stream whose key is the next one of this; with `split`, as the method {@link split}. */
  fork({ split = null }: { readonly split?: number | Shape | null } = {}): RngStream {
    return split === null ? new RngStream(this(), { tag: this.tag }) : this.split(split)
  }

  /** A new stream of `count` keys, for `vmap` over them. */
  split(count: number | Shape): RngStream {
    return new RngStream(random.split(this(), count), { tag: this.tag })
  }

  /** A new stream of the next key `count` times: all draws of a `vmap` over it are alike. */
  broadcast(count: number | Shape): RngStream {
    const { data } = this()
    const keys = random.wrapKeyData(np.broadcastTo(data, [...asShape(count), ...data.shape]))
    return new RngStream(keys, { tag: this.tag })
  }
}

/** Names that a model or the language asks any object for; no streams. */
const notStreams: readonly string[] = ['then', 'toJSON']

/** Streams by name: any name is one, by falling back to `default`. */
interface StreamsByName {
  readonly default: RngStream
  readonly params: RngStream
  readonly dropout: RngStream
  readonly carry: RngStream
  readonly noise: RngStream
  readonly sample: RngStream
  readonly [name: string]: RngStream
}

/** Seeds of streams by name; of a stream, its key is taken. */
export type Seeds = Readonly<Record<string, Seed | RngStream>>

/** What looks up names that are neither fields nor methods of a {@link RngsClass}. */
const fallback = new Proxy(Object.create(StreamBase.prototype) as object, {
  get(target, name, receiver: RngsClass) {
    if (typeof name === 'symbol' || name in target) return Reflect.get(target, name, receiver) as unknown
    if (notStreams.includes(name) || name === 'default') return undefined
    return receiver.get(name)
  },
})

class RngsClass extends StreamBase {
  constructor(...args: readonly [seeds?: Seed | Seeds] | readonly [defaultSeed: Seed, seeds?: Seeds]) {
    super()
    const [first, named = {}] = args
    const isSeed =
      first !== undefined && (typeof first !== 'object' || first instanceof random.PRNGKey || 'aval' in first)
    const seeds: Seeds = isSeed ? { ...named, default: first as Seed } : { ...first, ...named }
    const streams = this as unknown as Record<string, RngStream>
    for (const [tag, seed] of Object.entries(seeds)) {
      const given: unknown = seed
      streams[tag] = new RngStream(given instanceof RngStream ? given.key.value : keyOf('Rngs', given), { tag })
    }
  }

  /** The next key of the stream `default`. */
  override call(): PRNGKey {
    return this.get('default')()
  }

  /** The stream of a name, or `default`. @throws ArgumentError if there is neither */
  get(name: string): RngStream {
    if (Object.hasOwn(this, name)) return (this as unknown as StreamsByName)[name]!
    if (Object.hasOwn(this, 'default')) return (this as unknown as StreamsByName)['default']
    const names = Object.keys(this).join(', ')
    throw new ArgumentError('Rngs', `a stream '${name}' or 'default'`, names === '' ? 'none' : `only ${names}`)
  }

  /** Whether there is a stream of this very name. */
  has(name: string): boolean {
    return Object.hasOwn(this, name)
  }

  /** Names and streams. */
  items(): readonly (readonly [name: string, stream: RngStream])[] {
    return Object.entries(this)
  }

  /** The names of the streams. */
  *[Symbol.iterator](): IterableIterator<string> {
    yield* Object.keys(this)
  }

  /** Number of streams. */
  get size(): number {
    return Object.keys(this).length
  }

  private replaced(counts: StreamCounts | null, f: (stream: RngStream, count: number | Shape) => RngStream): Rngs {
    const countFor = countOf(counts)
    return this.mapped((stream) => {
      const count = countFor([], stream)?.[1] ?? null
      return count === null ? stream : f(stream, count)
    })
  }

  private mapped(f: (stream: RngStream) => RngStream): Rngs {
    return new Rngs(Object.fromEntries(this.items().map(([name, stream]) => [name, f(stream)])))
  }

  /**
   * New streams whose keys are the next ones of these.
   *
   * @param options.split - how many keys; streams for which there is no number get one
   */
  fork({ split = null }: { readonly split?: StreamCounts | null } = {}): Rngs {
    const count = countOf(split)
    return this.mapped((stream) => stream.fork({ split: count([], stream)?.[1] ?? null }))
  }

  /**
   * New streams of several keys each, for `vmap` over them.
   *
   * @param counts - how many keys; streams for which there is no number, or `null`, keep their keys and count from 0
   * @example
   * const rngs = new nnx.Rngs({ params: 1, dropout: 2, noise: 3 })
   * const split = rngs.split({ params: 5, dropout: null, '...': [2, 5] })
   * ;[split.params.key.shape, split.dropout.key.shape, split.noise.key.shape] // => [[5], [], [2, 5]]
   */
  split(counts: StreamCounts): Rngs {
    return this.replaced(counts, (stream, count) => stream.split(count))
  }

  /**
   * New streams of one key several times, for `vmap`s that draw alike.
   *
   * @param counts - how many keys, as in {@link split}
   */
  broadcast(counts: StreamCounts | null): Rngs {
    return this.replaced(counts, (stream, count) => stream.broadcast(count))
  }
}
// Only what is found nowhere else gets to the Proxy: fields and methods stay as fast as they are.
Object.setPrototypeOf(RngsClass.prototype, fallback)

/**
 * Streams of random keys by name. Names without a stream of their own fall back to `default`.
 *
 * @example
 * const rngs = new nnx.Rngs({ params: 1, dropout: 2 })
 * rngs.params().shape // => []
 * rngs.dropout.count.value.item() // => 0
 * new nnx.Rngs(0).normal([2, 3]).shape // => [2, 3]
 */
export type Rngs = (() => PRNGKey) & RngsClass & Samplers & InitializerMakers & StreamsByName

/**
 * `new Rngs(0)`: one stream `default`; `new Rngs({ params: 1 })`: streams by name; `new Rngs(0, { params: 1 })`: both.
 *
 * @throws ArgumentError if a seed is neither a whole number nor a key
 */
export const Rngs = RngsClass as unknown as new (
  ...args: readonly [seeds?: Seed | Seeds] | readonly [defaultSeed: Seed, seeds?: Seeds]
) => Rngs
