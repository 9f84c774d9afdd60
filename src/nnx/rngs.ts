/** Streams of random keys for models. */
import { ArgumentError, type NDArray, type Shape } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import { type Filter, toPredicate } from './filter.js'
import { iterGraph } from './graph.js'
import { CallableObject } from './object.js'
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

/** Samplers of `random`, those with a key first: methods of streams without it. */
const samplers = [
  'bits',
  'uniform',
  'normal',
  'truncatedNormal',
  'randint',
  'bernoulli',
  'permutation',
  'choice',
  'categorical',
  'gumbel',
  'exponential',
  'laplace',
  'logistic',
  'cauchy',
  'rademacher',
  'gamma',
  'beta',
  'dirichlet',
  'poisson',
] as const

/** The samplers that there are. */
type SamplerName = Extract<keyof typeof random, (typeof samplers)[number]>

/** The samplers of `random`, drawing their key from the stream. */
export type Samplers = {
  readonly [K in SamplerName]: (typeof random)[K] extends (key: PRNGKey, ...rest: infer A) => infer R
    ? (...rest: A) => R
    : never
}

abstract class StreamBase extends CallableObject {
  /** The next key. */
  abstract override call(): PRNGKey
}

for (const name of samplers) {
  const sample: unknown = (random as Readonly<Record<string, unknown>>)[name]
  if (typeof sample !== 'function') continue
  Object.defineProperty(StreamBase.prototype, name, {
    value(this: StreamBase, ...args: readonly unknown[]) {
      return (sample as (...args: readonly unknown[]) => unknown)(this.call(), ...args)
    },
    writable: true,
    configurable: true,
  })
}

/** One stream of keys: calling it gives the next. */
export interface RngStream extends Samplers {
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

  /** A new stream whose key is the next one of this. */
  fork(): RngStream {
    return new RngStream(this(), { tag: this.tag })
  }

  /** A new stream of `count` keys, for `vmap` over them. */
  split(count: number | Shape): RngStream {
    return new RngStream(random.split(this(), count), { tag: this.tag })
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

/** Seeds of streams by name. */
export type Seeds = Readonly<Record<string, Seed>>

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
    const seeds: Seeds = isSeed ? { default: first as Seed, ...named } : { ...first, ...named }
    const streams = this as unknown as Record<string, RngStream>
    for (const [tag, seed] of Object.entries(seeds)) {
      const given: unknown = seed
      streams[tag] = given instanceof RngStream ? given : new RngStream(keyOf('Rngs', given), { tag })
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
  entries(): readonly (readonly [name: string, stream: RngStream])[] {
    return Object.entries(this)
  }

  private mapped(f: (stream: RngStream, name: string) => RngStream): Rngs {
    return new Rngs(Object.fromEntries(this.entries().map(([name, stream]) => [name, f(stream, name)])) as never)
  }

  /** New streams whose keys are the next ones of these. */
  fork(): Rngs {
    return this.mapped((stream) => stream.fork())
  }

  /**
   * New streams of several keys each, for `vmap` over them.
   *
   * @param splits - how many keys, or how many by name; streams that aren't named are forked
   */
  split(splits: number | Shape | Readonly<Record<string, number | Shape>>): Rngs {
    return this.mapped((stream, name) => {
      const count =
        typeof splits === 'number' || Array.isArray(splits)
          ? (splits as number | Shape)
          : (splits as Readonly<Record<string, number | Shape>>)[name]
      return count === undefined ? stream.fork() : stream.split(count)
    })
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
export type Rngs = (() => PRNGKey) & RngsClass & Samplers & StreamsByName

/**
 * `new Rngs(0)`: one stream `default`; `new Rngs({ params: 1 })`: streams by name; `new Rngs(0, { params: 1 })`: both.
 *
 * @throws ArgumentError if a seed is neither a whole number nor a key
 */
export const Rngs = RngsClass as unknown as new (
  ...args: readonly [seeds?: Seed | Seeds] | readonly [defaultSeed: Seed, seeds?: Seeds]
) => Rngs

/** The streams in a model. */
const streamsOf = (node: unknown): readonly (readonly [path: readonly (string | number)[], stream: RngStream])[] =>
  [...iterGraph(node)].flatMap(([path, value]) => (value instanceof RngStream ? [[path, value] as const] : []))

/**
 * Give the streams of a model new keys, by name; their counts start from 0.
 *
 * @param seeds - by name of stream; a whole number gives the key that the first `fork` of a stream of this seed would
 * have, as in Flax
 * @throws ArgumentError if a stream was split
 */
export const reseed = (node: unknown, seeds: Seeds): void => {
  for (const [, stream] of streamsOf(node)) {
    const seed = seeds[stream.tag]
    if (seed === undefined) continue
    if (stream.count.shape.length > 0) {
      throw new ArgumentError(
        'reseed',
        'streams of a single key',
        `'${stream.tag}' of shape [${stream.count.shape.join()}]`,
      )
    }
    stream.key.value = random.foldIn(keyOf('reseed', seed), 0)
    stream.count.value = counter()
  }
}

/** The keys and counts that streams had before {@link splitRngs}. */
export type RngBackups = readonly (readonly [stream: RngStream, key: PRNGKey, count: NDArray])[]

export interface SplitRngsOptions {
  /** How many keys each stream gets. */
  readonly splits: number | Shape
  /** Which streams, by name (a tag), class or path; default all. */
  readonly only?: Filter
  /** Whether streams get the first of the keys, without an axis; default false. */
  readonly squeeze?: boolean
}

/**
 * Split the streams of a model, for `vmap` over the keys. Each new stream counts from 0.
 *
 * @returns what {@link restoreRngs} needs to give the streams their keys back; their counts are then one higher
 * @throws ArgumentError if a stream is split already
 */
export const splitRngs = (node: unknown, { splits, only = true, squeeze = false }: SplitRngsOptions): RngBackups => {
  const predicate = toPredicate(only)
  const chosen = streamsOf(node).filter(([path, { key }]) => predicate([...path, 'key'], key))
  return chosen.map(([, stream]) => {
    const keys = random.split(stream(), splits)
    const backup = [stream, stream.key.value, stream.count.value] as const
    const firstKey = (): PRNGKey => random.wrapKeyData(random.keyData(keys).slice(0))
    stream.key.value = squeeze ? firstKey() : keys
    stream.count.value = counter(stream.key.value.shape)
    return backup
  })
}

/**
 * Give the streams of a model the next of their keys, counted from 0: what is drawn afterwards doesn't move the streams
 * that {@link restoreRngs} brings back.
 *
 * @throws ArgumentError if a stream is split
 */
export const forkRngs = (node: unknown, { only = true }: { readonly only?: Filter } = {}): RngBackups => {
  const predicate = toPredicate(only)
  const chosen = streamsOf(node).filter(([path, { key }]) => predicate([...path, 'key'], key))
  return chosen.map(([, stream]) => {
    const key = stream()
    const backup = [stream, stream.key.value, stream.count.value] as const
    stream.key.value = key
    stream.count.value = counter()
    return backup
  })
}

/** Give streams the keys and counts back that they had before {@link splitRngs} or {@link forkRngs}. */
export const restoreRngs = (backups: RngBackups): void => {
  for (const [stream, key, count] of backups) {
    stream.key.value = key
    stream.count.value = count
  }
}
