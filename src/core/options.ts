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

/** Refuse options with unknown names. @throws OptionsError; ArgumentError for what is no object */
export const checkOptions = (where: string, options: object, known: readonly string[]): void => {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError(where, `options { ${known.join(', ')} }`, `${String(given)}; leave it out, or write { … }`)
  }
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  const message = `unknown option ${unknown.join(', ')}; known: ${known.join(', ')}`
  throw new OptionsError(where, [{ value: options, context: [], message }])
}
