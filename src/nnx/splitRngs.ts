/** The streams of whole models: split, forked, broadcast, brought back, and given new keys. */
/// <reference lib="esnext.disposable" preserve="true" />
import { ArgumentError, type Shape } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import { type Filter, type Path, showFilter, toPredicate } from './filter.js'
import { iterGraph } from './graph.js'
import { recursiveMap } from './graphMaps.js'
import { countOf, Rngs, RngStream, type Seeds, type StreamCounts } from './rngs.js'

type PRNGKey = random.PRNGKey

/** The streams in a model. */
const streamsOf = (node: unknown): readonly (readonly [path: Path, stream: RngStream])[] =>
  [...iterGraph(node)].flatMap(([path, value]) => (value instanceof RngStream ? [[path, value] as const] : []))

/** The key, and the count, that a stream had. */
export type StreamBackup = readonly [stream: RngStream, key: PRNGKey, count?: np.ArrayLike]

/**
 * Give streams the keys and counts back that they had before {@link splitRngs}, {@link forkRngs} or {@link backupKeys}.
 *
 * @throws ArgumentError if something in the list is no backup of a stream
 */
export const restoreRngs = (backups: Iterable<StreamBackup>): void => {
  for (const [stream, key, count] of backups) {
    if (!((stream as unknown) instanceof RngStream)) {
      throw new ArgumentError('restoreRngs', 'backups as nnx.splitRngs gives them', `${typeof stream} for a stream`)
    }
    stream.key.value = key
    if (count !== undefined) stream.count.value = np.asarray(count)
  }
}

/** What streams were before they were split or forked; `using backups = nnx.splitRngs(…)` restores them at the block's end. */
export class SplitBackups implements Iterable<StreamBackup> {
  constructor(readonly backups: readonly StreamBackup[]) {}

  [Symbol.iterator](): IterableIterator<StreamBackup> {
    return this.backups[Symbol.iterator]()
  }
  /** As {@link restoreRngs}. */
  restore(): void {
    restoreRngs(this)
  }
  /** As {@link restoreRngs}. */
  [Symbol.dispose](): void {
    this.restore()
  }
}

/** The keys of the streams of a model, for {@link restoreRngs}; counts are left as they are. */
export const backupKeys = (node: unknown): readonly StreamBackup[] =>
  streamsOf(node).map(([, stream]) => [stream, stream.key.value])

/** Give a stream the key and count of another. @returns what it had, its count one higher */
const replace = (stream: RngStream, by: RngStream): StreamBackup => {
  const backup = [stream, stream.key.value, stream.count.value] as const
  stream.key.value = by.key.value
  stream.count.value = by.count.value
  return backup
}

const holds = (filter: Filter): ((path: Path, stream: RngStream) => boolean) => {
  const predicate = toPredicate(filter)
  return (path, { key, count }) => predicate([...path, 'key'], key) && predicate([...path, 'count'], count)
}

/** Makes another function, of the same arguments and result, of a function. */
type Wrapper = <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R

/** A function that has the name of another. */
const named = <F extends (...args: never) => unknown>(wrapped: F, f: { readonly name: string }): F =>
  Object.defineProperty(wrapped, 'name', { value: f.name, configurable: true })

/** A function whose arguments' streams are changed by `before`, and restored afterwards. */
const during =
  (before: (args: readonly unknown[]) => SplitBackups): Wrapper =>
  (f) =>
    named((...args) => {
      const backups = before(args)
      try {
        return f(...args)
      } finally {
        backups.restore()
      }
    }, f)

export interface SplitRngsOptions {
  /** How many keys each stream gets. */
  readonly splits: number | Shape
  /** Which streams, by name (a tag), class or path; default all. */
  readonly only?: Filter
  /** Whether a stream that is split into 1 gets that key without an axis; default false. */
  readonly squeeze?: boolean
}

/**
 * Split the streams of a model, for `vmap` over the keys. Each new stream counts from 0.
 *
 * @returns what {@link restoreRngs} needs to give the streams their keys back; their counts are then one higher. Without
 * a model, what makes a function one that splits the streams of its arguments while it runs.
 * @throws ArgumentError if a stream is split already, or for `squeeze` of other splits than 1
 * @example
 * const rngs = new nnx.Rngs({ params: 0, dropout: 1 })
 * const backups = nnx.splitRngs(rngs, { splits: 5, only: 'params' })
 * ;[rngs.params.key.shape, rngs.dropout.key.shape] // => [[5], []]
 * backups.restore()
 * rngs.params.key.shape // => []
 * const shapeOfKeys = nnx.splitRngs({ splits: 3 })((r: nnx.Rngs) => r.params.key.shape)
 * shapeOfKeys(rngs) // => [3]
 */
export function splitRngs(node: unknown, options: SplitRngsOptions): SplitBackups
export function splitRngs(options: SplitRngsOptions): Wrapper
export function splitRngs(...args: readonly [unknown, SplitRngsOptions] | readonly [SplitRngsOptions]): unknown {
  const [node, options] = args.length === 1 ? ([undefined, args[0]] as const) : args
  const { splits, only = true, squeeze = false } = options
  if (squeeze && splits !== 1) {
    throw new ArgumentError('splitRngs', 'splits: 1 with squeeze: true', Array.isArray(splits) ? `[${splits.join()}]` : String(splits)) // prettier-ignore
  }
  if (args.length === 1) return during((given) => splitRngs(given, options))
  const isChosen = holds(only)
  const chosen = streamsOf(node).filter(([path, stream]) => isChosen(path, stream))
  return new SplitBackups(
    chosen.map(([, stream]) => replace(stream, squeeze ? squeezed(stream) : stream.split(splits))),
  )
}

const squeezed = (stream: RngStream): RngStream => new RngStream(random.split(stream(), 1).at(0), { tag: stream.tag })

export interface ForkRngsOptions {
  /** How many keys which streams get; default one, for all. With filters, streams that none holds for are left alone. */
  readonly split?: StreamCounts | null
}

/**
 * Give the streams of a model the next of their keys, counted from 0: what is drawn afterwards doesn't move the streams
 * that {@link restoreRngs} brings back.
 *
 * @returns what {@link restoreRngs} needs; without a model, what makes a function one that forks the streams of its
 * arguments while it runs
 * @throws ArgumentError if a stream is split
 */
export function forkRngs(node?: undefined, options?: ForkRngsOptions): Wrapper
export function forkRngs(node: object, options?: ForkRngsOptions): SplitBackups
export function forkRngs(...args: readonly [node?: unknown, options?: ForkRngsOptions]): unknown {
  const [node, { split = null } = {}] = args
  if (node === undefined) return during((given) => forkRngs(given, args[1]))
  const countFor = countOf(split ?? { '...': null })
  const rules = streamsOf(node).map(([path, stream]) => [stream, countFor(path, stream)] as const)
  return new SplitBackups(
    rules.flatMap(([stream, rule]) => (rule === null ? [] : [replace(stream, stream.fork({ split: rule[1] }))])),
  )
}

export interface WithRngsOptions {
  /** How many keys which streams are split into. */
  readonly split?: StreamCounts | null
  /** Which streams are forked: a filter, or several. */
  readonly fork?: Filter
  /** How many times which streams repeat one key. */
  readonly broadcast?: StreamCounts | null
  /** Which streams at all; default all. */
  readonly only?: Filter
}

const isGeneral = (filter: Filter): boolean => filter === '...' || filter === true

/**
 * A copy of a model, with new streams by the rules: split, else broadcast, else forked. Other streams and all Variables
 * are shared with the model, whose streams have then given one key each to the new ones.
 *
 * Without a model, what makes a function one that gets such copies of its arguments.
 *
 * @throws ArgumentError if several rules name one stream, unless all but one are general (`'...'`)
 * @example
 * const rngs = new nnx.Rngs({ params: 0, dropout: 1 })
 * const both = nnx.withRngs(rngs, { split: { params: 4 }, fork: nnx.Not('params') })
 * ;[both.params.key.shape, both.dropout.key.shape, rngs.params.key.shape] // => [[4], [], []]
 */
export function withRngs<M extends object>(node: M, options: WithRngsOptions): M
export function withRngs(options: WithRngsOptions): Wrapper
export function withRngs(...args: readonly [unknown, WithRngsOptions] | readonly [WithRngsOptions]): unknown {
  if (args.length === 1) {
    const wrapper: Wrapper = (f) => named((...given) => f(...withRngs(given, args[0])), f)
    return wrapper
  }
  const [node, { split = null, fork = null, broadcast = null, only = true }] = args
  const [splitOf, broadcastOf] = [countOf(split), countOf(broadcast)]
  const forks = (Array.isArray(fork) ? (fork as readonly Filter[]) : [fork]).map((f) => [f, toPredicate(f)] as const)
  const isChosen = toPredicate(only)
  return recursiveMap((path, value) => {
    if (!(value instanceof RngStream) || !isChosen(path, value)) return value
    const [splitRule, broadcastRule] = [splitOf(path, value), broadcastOf(path, value)]
    const forkRule = forks.find(([, predicate]) => predicate(path, value))
    const named = [splitRule, broadcastRule, forkRule].flatMap((rule) =>
      rule === null || rule === undefined || isGeneral(rule[0]) ? [] : [showFilter(rule[0])],
    )
    if (named.length > 1) {
      throw new ArgumentError('withRngs', `one rule for the stream at ${path.join('/')}`, named.join(' and '))
    }
    if (splitRule !== null) return splitRule[1] === null ? value : value.split(splitRule[1])
    if (broadcastRule !== null) return broadcastRule[1] === null ? value : value.broadcast(broadcastRule[1])
    return forkRule === undefined ? value : value.fork()
  }, node)
}

/** The key that a stream of keys of a shape gets from a single new one. */
export type ReseedPolicy = (path: Path, key: PRNGKey, shape: Shape) => PRNGKey

const policies: Readonly<Record<string, ReseedPolicy>> = {
  scalars_only(path, key, shape) {
    if (shape.length === 0) return key
    throw new ArgumentError(
      'reseed',
      "streams of a single key, or policy: 'match_shape'",
      `keys of shape [${shape.join()}] at ${path.join('/')}`,
    )
  },
  match_shape: (_path, key, shape) => (shape.length === 0 ? key : random.split(key, shape)),
}

export interface ReseedOptions {
  /** `scalars_only` (default) refuses split streams, `match_shape` splits their new key; or a function. */
  readonly policy?: 'scalars_only' | 'match_shape' | ReseedPolicy
}

/**
 * Give the streams of a model new keys, by name; their counts start from 0.
 *
 * @param seeds - by name of stream: the streams of a name in a model get the keys that a stream of this seed gives, one
 * after the other
 * @throws ArgumentError if a stream was split, unless the policy is another
 */
export const reseed = (node: unknown, seeds: Seeds, { policy = 'scalars_only' }: ReseedOptions = {}): void => {
  const given = typeof policy === 'function' ? policy : policies[policy]
  if (given === undefined) {
    throw new ArgumentError('reseed', `a policy among ${Object.keys(policies).join(', ')}, or a function`, String(policy)) // prettier-ignore
  }
  const rngs = new Rngs(seeds)
  for (const [path, stream] of streamsOf(node)) {
    if (!Object.hasOwn(seeds, stream.tag)) continue
    const key = given(path, rngs.get(stream.tag)(), stream.key.value.shape)
    stream.key.value = key
    stream.count.value = np.zeros(key.shape, { dtype: 'uint32' })
  }
}
