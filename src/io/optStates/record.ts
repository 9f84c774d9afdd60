/** Makers of codecs of states: records with closed sets of fields, each with what it must hold. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { isFloat, NDArray } from '../../core/index.js'
import type { ArrayTree } from '../../optax/index.js'
import * as tree from '../../pytree/index.js'
import { PRNGKey } from '../../random/index.js'
import { failAt, isRecord, stepInto } from '../arrayCodec.js'
import { isSafeName } from '../bytes.js'
import { describe, errorsOf, fit } from '../like.js'
import { treeCodec } from '../treeCodec.js'
import type { Json } from '../treeFormat.js'

/** The codec of a state. */
export type StateCodec<S> = t.Type<S, Json>

/** The codec of a part of a state, of your own or one of these; what it writes must be JSON. */
export type PartCodec<S> = t.Type<S, unknown>

/** The codec of whatever it may be. */
export type AnyCodec = PartCodec<any> // eslint-disable-line @typescript-eslint/no-explicit-any

const anyTree = treeCodec()

/** What a test holds for, written as a tree. */
const refined = <A>(name: string, is: (u: unknown) => u is A, expected = name): StateCodec<A> =>
  new t.Type<A, Json, unknown>(
    name,
    is,
    (u, context) => {
      if (u === undefined) return failAt(context, u, `requires ${expected}, got nothing`)
      const read = anyTree.validate(u, context)
      if (E.isLeft(read)) return read
      return is(read.right)
        ? t.success(read.right)
        : failAt(context, u, `requires ${expected}, got ${describe(read.right)}`)
    },
    (x) => anyTree.encode(x),
  )

const isArrayWhere =
  (holds: (x: NDArray) => boolean) =>
  (u: unknown): u is NDArray =>
    u instanceof NDArray && holds(u)

/** Updates so far, and other numbers of things. */
export const count = refined(
  'int32[]',
  isArrayWhere((x) => x.dtype === 'int32' && x.ndim === 0),
)
export const flag = refined(
  'bool[]',
  isArrayWhere((x) => x.dtype === 'bool' && x.ndim === 0),
)
/** A number in the dtype of some params. */
export const scalar = refined(
  'Scalar',
  isArrayWhere((x) => isFloat(x.dtype) && x.ndim === 0),
  'a float[]',
)
/** A list of numbers in the dtype of some params. */
export const vector = refined(
  'Vector',
  isArrayWhere((x) => isFloat(x.dtype) && x.ndim === 1),
  'a float[n]',
)
export const matrix = refined(
  'Coefficients',
  isArrayWhere((x) => isFloat(x.dtype) && (x.ndim === 1 || x.ndim === 2)),
  'a float[3] or float[n,3]',
)
/** A random key, not several. */
export const key: StateCodec<PRNGKey> = refined(
  'Key',
  (u): u is PRNGKey => u instanceof PRNGKey && u.ndim === 0,
  'a random key',
)
/** Any array. */
export const array = refined('Array', (u): u is NDArray => u instanceof NDArray, 'an array')
/** Any tree. */
export const anything: StateCodec<unknown> = refined('Tree', (u): u is unknown => u !== undefined, 'a tree')

/** Trees whose leaves a test holds for; errors name the leaf. */
const treeOf = (name: string, holds: (x: unknown) => boolean, expected: string): StateCodec<ArrayTree> =>
  new t.Type<ArrayTree, Json, unknown>(
    name,
    (u): u is ArrayTree => u !== undefined && tree.leaves<unknown>(u).every(holds),
    (u, context) => {
      const read = anyTree.validate(u, context)
      if (E.isLeft(read)) return read
      const faults = tree.leavesWithPath<unknown>(read.right).flatMap(([path, leaf]): t.Errors => {
        if (holds(leaf)) return []
        const at = path.reduce((above, entry) => stepInto(above, `${entry.key}`, leaf, 'Tree'), context)
        return errorsOf(failAt(at, leaf, `requires ${expected}, got ${describe(leaf)}`))
      })
      return faults.length > 0 ? t.failures(faults) : t.success(read.right as ArrayTree)
    },
    (x) => anyTree.encode(x),
  )

const isArray = (x: unknown): boolean => x instanceof NDArray

/** Arrays, as many as there are. */
export const arrays = treeOf('Arrays', isArray, 'an array')
/** Arrays in the structure of the params, of their shapes: those of one state are alike. */
export const likeParams = treeOf('ArraysLikeParams', isArray, 'an array')
export const flags = treeOf('Flags', (x) => flag.is(x), 'bool[]')

/** The codecs of the fields of a state: all of them. */
export type Fields<S> = { readonly [K in keyof S]-?: PartCodec<S[K]> }

const checkFields = (
  fields: Readonly<Record<string, AnyCodec>>,
  u: Readonly<Record<string, unknown>>,
  context: t.Context,
): t.Validation<Readonly<Record<string, unknown>>> => {
  const faults: t.ValidationError[] = []
  const collect = (result: t.Validation<unknown>): void => {
    if (E.isLeft(result)) faults.push(...result.left)
  }
  const value: Record<string, unknown> = {}
  /** The first field that is like the params. */
  let params: readonly [name: string, value: unknown] | null = null
  for (const [name, codec] of Object.entries(fields)) {
    const at = stepInto(context, name, u[name], codec.name)
    if (!Object.hasOwn(u, name)) {
      collect(failAt(at, undefined, 'requires a field, got nothing'))
      continue
    }
    const result = codec.validate(u[name], at)
    collect(result)
    if (E.isLeft(result)) continue
    value[name] = result.right
    if ((codec as unknown) !== likeParams) continue
    if (params === null) params = [name, result.right]
    else {
      faults.push(...fit(params[1], result.right, at, { shapesOf: params[0] }))
    }
  }
  const known = Object.keys(fields)
  for (const name of Object.keys(u).filter((field) => !known.includes(field))) {
    const at = stepInto(context, name, u[name], 'Unknown')
    collect(failAt(at, u[name], `requires no field of this name; known: ${known.join(', ') || 'none'}`))
  }
  return faults.length > 0 ? t.failures(faults) : t.success(value)
}

const encodeFields = (
  fields: Readonly<Record<string, AnyCodec>>,
  state: Readonly<Record<string, unknown>>,
): { readonly [name: string]: Json } =>
  Object.fromEntries(Object.entries(fields).map(([name, codec]) => [name, codec.encode(state[name]) as Json]))

/** The codec of states with these fields, all of them and no others. */
export const record = <S>(name: string, fields: Fields<S>): StateCodec<S> => {
  const codecs = fields as Readonly<Record<string, AnyCodec>>
  return new t.Type<S, Json, unknown>(
    name,
    (u): u is S =>
      isRecord(u) &&
      Object.keys(u).every((field) => Object.hasOwn(codecs, field)) &&
      Object.entries(codecs).every(([field, codec]) => codec.is(u[field])),
    (u, context) =>
      isRecord(u)
        ? (checkFields(codecs, u, context) as t.Validation<S>)
        : failAt(context, u, `requires an object with the fields ${Object.keys(codecs).join(', ') || 'none'}`),
    (state) => encodeFields(codecs, state as Readonly<Record<string, unknown>>),
  )
}

/** The codec of lists with one item for each of these codecs. */
export const list = <S extends readonly unknown[]>(
  name: string,
  codecs: { readonly [K in keyof S]: PartCodec<S[K]> },
): StateCodec<S> => {
  const items = codecs as unknown as readonly AnyCodec[]
  return new t.Type<S, Json, unknown>(
    name,
    (u): u is S => Array.isArray(u) && u.length === items.length && items.every((codec, i) => codec.is(u[i])),
    (u, context) => {
      if (!Array.isArray(u) || u.length !== items.length) {
        const got = Array.isArray(u) ? `${u.length}` : typeof u
        return failAt(context, u, `requires a list of ${items.length} states, got ${got}`)
      }
      const results = items.map((codec, i): t.Validation<unknown> =>
        codec.validate(u[i], stepInto(context, `${i}`, u[i], codec.name)),
      )
      const faults = results.flatMap((result) => (E.isLeft(result) ? result.left : []))
      if (faults.length > 0) return t.failures(faults)
      return t.success(results.map((result) => (E.isRight(result) ? result.right : null)) as unknown as S)
    },
    (states) => items.map((codec, i) => codec.encode(states[i]) as Json),
  )
}

/** The codec of a value that may be `null`. */
export const orNull = <S>(codec: PartCodec<S>): StateCodec<S | null> =>
  new t.Type<S | null, Json, unknown>(
    `${codec.name} or null`,
    (u): u is S | null => u === null || codec.is(u),
    (u, context): t.Validation<S | null> =>
      u === null ? t.success(null) : (codec as PartCodec<S | null>).validate(u, context),
    (x) => (x === null ? null : (codec.encode(x) as Json)),
  )

/** The codec of objects whose fields all hold the same kind of thing, under any names. */
export const recordOf = <S>(name: string, codec: PartCodec<S>): StateCodec<Readonly<Record<string, S>>> =>
  new t.Type<Readonly<Record<string, S>>, Json, unknown>(
    name,
    (u): u is Readonly<Record<string, S>> => isRecord(u) && Object.values(u).every((item) => codec.is(item)),
    (u, context) => {
      if (!isRecord(u)) return failAt(context, u, 'requires an object')
      const names = Object.keys(u)
      if (!names.every(isSafeName)) return failAt(context, u, 'requires keys other than __proto__')
      const fields = Object.fromEntries(names.map((field) => [field, codec]))
      return checkFields(fields, u, context) as t.Validation<Readonly<Record<string, S>>>
    },
    (value) => encodeFields(Object.fromEntries(Object.keys(value).map((field) => [field, codec])), value),
  )
