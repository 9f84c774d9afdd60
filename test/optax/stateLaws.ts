/** The law that states survive their codecs, and that data which aren't such states are refused with their path. */
import * as E from 'fp-ts/lib/Either.js'
import type * as t_ from 'io-ts'
import test from 'ava'
import { io } from '../../src/index.js'
import { sameTree } from '../io/arbitraries.js'

type Json = Record<string, unknown>
type Place = readonly [path: string, json: Json]

const childrenOf = (json: unknown): readonly (readonly [key: string, json: unknown])[] => {
  if (typeof json !== 'object' || json === null) return []
  if (Array.isArray(json)) return json.map((item, i) => [`${i}`, item] as const)
  const { $: tag, entries } = json as {
    readonly $?: string
    readonly entries?: readonly (readonly [string, unknown])[]
  }
  return tag === 'map' ? entries! : tag === undefined ? Object.entries(json) : []
}

/** The objects of an encoded tree, with the paths of the tree. */
const places = (json: unknown, path = ''): readonly Place[] => [
  ...(typeof json === 'object' && json !== null && !Array.isArray(json) ? [[path, json as Json] as const] : []),
  ...childrenOf(json).flatMap(([key, child]) => places(child, path === '' ? key : `${path}/${key}`)),
]

const arraysIn = (all: readonly Place[]): readonly (readonly [path: string, array: Json])[] =>
  all.flatMap(([path, json]) =>
    json['$'] === 'array' ? [[path, json['array'] as Json]] : json['$'] === 'key' ? [[path, json['data'] as Json]] : [],
  )
const records = (all: readonly Place[]): readonly Place[] => all.filter(([, json]) => !('$' in json))

const otherDtypes: Readonly<Record<string, string>> = {
  int32: 'int16',
  float32: 'float64',
  bfloat16: 'float16',
  bool: 'uint8',
}

/** Ways to break data: what each breaks has the paths it gives. */
const breaks: Readonly<Record<string, (all: readonly Place[]) => readonly string[]>> = {
  'other shapes': (all) =>
    arraysIn(all).map(([path, array]) => {
      array['shape'] = [1, ...(array['shape'] as readonly number[])]
      return path
    }),
  'other dtypes': (all) =>
    arraysIn(all).flatMap(([path, array]) => {
      const dtype = otherDtypes[array['dtype'] as string]
      if (dtype === undefined) return []
      if (dtype === 'uint8') array['data'] = (array['data'] as readonly boolean[]).map(Number)
      array['dtype'] = dtype
      return [path]
    }),
  'weak types': (all) =>
    arraysIn(all).flatMap(([path, array]) => {
      if ('weakType' in array || array['dtype'] === 'uint32') return []
      array['weakType'] = true
      return [path]
    }),
  'unknown fields': (all) =>
    records(all).map(([path, json]) => {
      json['unheardOf'] = null
      return path === '' ? 'unheardOf' : `${path}/unheardOf`
    }),
}

const messageOf = (codec: t_.Decoder<unknown, unknown>, data: unknown): string => {
  const result = codec.decode(data)
  return E.isLeft(result) ? result.left.map(({ message }) => `: ${message ?? ''}`).join('; ') : ''
}

interface Fixture {
  readonly like: unknown
  readonly state: unknown
  /** What one more update makes of a state. */
  readonly after: (state: unknown) => unknown
}

/** Checks that a codec refuses broken data of a state. */
const refusesBroken = (
  check: (holds: boolean, message: string) => void,
  codec: t_.Type<unknown, unknown>,
  state: unknown,
): void => {
  const text = JSON.stringify(io.treeCodec({ form: 'numbers' }).encode(state))
  const read = (): unknown => JSON.parse(text)
  const refused = (what: string, json: unknown, paths: readonly string[]): void => {
    if (paths.length === 0) return
    const message = messageOf(codec, json)
    for (const path of paths) check(message.includes(path === '' ? 'requires' : `${path}: requires`), `${what} at ${path}: '${message}'`) // prettier-ignore
  }
  for (const [what, spoil] of Object.entries(breaks)) {
    const json = read()
    refused(what, json, spoil(places(json)))
  }
  records(places(read())).forEach((_, i) => {
    const json = read()
    const [path, record] = records(places(json))[i]!
    const [field] = Object.keys(record)
    if (field === undefined) return
    Reflect.deleteProperty(record, field)
    refused('a missing field', json, [path === '' ? field : `${path}/${field}`])
  })
}

export const survivesCodecs = (name: string, fixture: () => Fixture): void => {
  test(`${name}: the state survives its codecs, JSON and binary; broken data are refused with their path`, (t) => {
    const { like, state, after } = fixture()
    const json = io.treeCodec({ like })
    const numbers = io.treeCodec({ like, form: 'numbers' })
    const bytes = io.binaryCodec(io.treeCodec({ like, form: 'bytes' }))
    const through = <A>(codec: t_.Type<unknown, A>, write: (data: A) => unknown) =>
      io.decodeOrThrow(name, codec, write(codec.encode(state)))
    const text = (data: unknown): unknown => JSON.parse(JSON.stringify(data))
    const decoded = [through(json, text), through(numbers, text), through(bytes, (b) => b.slice())]
    for (const back of decoded) t.true(sameTree(back, state))
    t.true(sameTree(after(decoded[0]), after(state)), 'what comes after the decoded state')
    refusesBroken((holds, message) => t.true(holds, message), json, state)
  })
}
