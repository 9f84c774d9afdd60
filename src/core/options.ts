/** Options are decoded once, by closed io-ts codecs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { ArgumentError, OptionsError } from './errors.js'

/**
 * A codec that refuses keys it does not know, where `t.exact` drops them silently.
 *
 * @example
 * import * as t from 'io-ts'
 *
 * closed(t.partial({ eps: t.number })).decode({ epsilon: 1 })._tag // => 'Left'
 * @internal
 */
export const closed = <P extends t.Props>(
  codec: t.PartialC<P>,
): t.Type<t.TypeOf<t.PartialC<P>>, t.OutputOf<t.PartialC<P>>> => {
  const known = Object.keys(codec.props)
  return new t.Type(
    codec.name,
    codec.is,
    (u, context) => {
      const unknown = u !== null && typeof u === 'object' ? Object.keys(u).filter((k) => !known.includes(k)) : []
      return unknown.length > 0
        ? t.failure(u, context, `unknown option ${unknown.join(', ')}; known: ${known.join(', ')}`)
        : codec.validate(u, context)
    },
    codec.encode,
  )
}

/** A number in a range, described by `name` in errors. */
export const numberWhere = (name: string, holds: (x: number) => boolean): t.Type<number> =>
  new t.Type(
    name,
    (u): u is number => typeof u === 'number' && holds(u),
    (u, context) =>
      typeof u === 'number' && holds(u)
        ? t.success(u)
        : t.failure(u, context, `${context[context.length - 1]?.key ?? ''} must be ${name}, got ${String(u)}`),
    t.identity,
  )

/** Decoded options. @throws OptionsError */
export const decodeOptions = <A>(where: string, codec: t.Decoder<unknown, A>, options: unknown): A =>
  pipe(
    codec.decode(options),
    E.getOrElse<t.Errors, A>((errors) => {
      throw new OptionsError(where, errors)
    }),
  )

/** Edits that make one name of another. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

/** The known name that is meant, if one is near: written otherwise, a part of it, or but for a third of its letters. */
const nearest = (name: string, known: readonly string[]): string | null => {
  const plain = (x: string): string => x.replaceAll('_', '').toLowerCase()
  const given = plain(name)
  const far = (other: string): number => {
    const x = plain(other)
    if (given.length > 2 && (x.endsWith(given) || x.startsWith(given))) return 0.3
    return distance(given, x) / Math.max(x.length, given.length)
  }
  const [best] = known.map((other) => [far(other), other] as const).sort(([a], [b]) => a - b)
  return best !== undefined && best[0] <= 1 / 3 ? best[1] : null
}

/** Refuse options with unknown names. @throws OptionsError; ArgumentError for what is no object */
export const checkOptions = (where: string, options: object, known: readonly string[]): void => {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError(where, `options { ${known.join(', ')} }`, `${String(given)}; leave it out, or write { … }`)
  }
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  const meant = unknown.map((name) => nearest(name, known)).filter((name) => name !== null)
  const hint = meant.length === 0 ? '' : `; did you mean ${meant.join(', ')}?`
  const message = `unknown option ${unknown.join(', ')}; known: ${known.join(', ')}${hint}`
  throw new OptionsError(where, [{ value: options, context: [], message }])
}
