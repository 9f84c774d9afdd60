import { appendFileSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { ArgumentError, io, nnx, np, tree } from '../../src/index.js'
import { pythonTest, runPython } from '../helpers/python.js'
import { arrays, sameTree } from './arbitraries.js'

const folder = mkdtempSync(join(tmpdir(), 'onnax-io-'))
const path = (name: string): string => join(folder, name)

const names = fc
  .string({ maxLength: 6, unit: 'grapheme' })
  .filter((name) => !['__proto__', '__metadata__'].includes(name))
const files = fc.record({
  tensors: fc.dictionary(names, arrays(true), { maxKeys: 5, noNullPrototype: true }),
  metadata: fc.dictionary(names, fc.string({ unit: 'grapheme' }), { maxKeys: 2, noNullPrototype: true }),
})

test('files come back bit for bit, from memory and from disk, whole and piece by piece', (t) => {
  fc.assert(
    fc.property(files, ({ tensors, metadata }) => {
      const bytes = io.encodeSafetensors(tensors, { metadata })
      io.writeSafetensors(path('a'), tensors, { metadata })
      if (Buffer.compare(readFileSync(path('a')), bytes) !== 0) return false
      const file = new io.SafetensorsFile(path('a'))
      const read = Object.fromEntries(file.names.map((name) => [name, file.read(name)]))
      file.close()
      return [
        io.decodeSafetensors(bytes),
        io.readSafetensors(path('a')),
        { tensors: read, metadata: file.metadata },
      ].every(
        (got) =>
          sameTree(got.tensors, tensors) && JSON.stringify(sorted(got.metadata)) === JSON.stringify(sorted(metadata)),
      )
    }),
    { numRuns: 100 },
  )
  t.deepEqual(
    readdirSync(folder).filter((name) => name.includes('tmp')),
    [],
  )
})
const sorted = (record: object): object =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

test('the data of each array are aligned, in the order of the Python package', (t) => {
  const bytes = io.encodeSafetensors({
    b: np.ones([3], { dtype: 'bool' }),
    a: np.ones([1]),
    c: np.ones([1], { dtype: 'float64' }),
  })
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  t.is(length % 8, 0)
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString())
  t.deepEqual(header, {
    c: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
    a: { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
    b: { dtype: 'BOOL', shape: [3], data_offsets: [12, 15] },
  })
})

test('a header in another order than the data', (t) => {
  const bytes = file({ b: info(1, 4), e: info(4, 4, [0]), a: info(0, 1) }, 4)
  bytes.set([1, 2, 3, 4], bytes.byteLength - 4)
  writeFileSync(path('order'), bytes)
  for (const { tensors } of [io.decodeSafetensors(bytes), io.readSafetensors(path('order'))]) {
    t.deepEqual([tensors['a']!.toArray(), tensors['b']!.toArray(), tensors['e']!.toArray()], [[1], [2, 3, 4], []])
  }
})

test('texts with brackets, many metadata, and 64 axes are no excess', (t) => {
  const metadata = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, '[[[[{{{{\\"[,,']))
  const tensors = { '[[[[[[{{{,,,\\"': np.ones(new Array<number>(64).fill(1)) }
  const back = io.decodeSafetensors(io.encodeSafetensors(tensors, { metadata }))
  t.deepEqual(back.metadata, metadata)
  t.true(sameTree(back.tensors, tensors))
})

test('metadata are first, and names in the order of their data, numbers among them', (t) => {
  const one = np.ones([1])
  const bytes = Buffer.from(io.encodeSafetensors({ b: one, 1: one, 10: one, 9: one }, { metadata: { format: 'pt' } }))
  t.deepEqual(
    [...bytes.toString('latin1').matchAll(/"(\w+)":\{/g)].map(([, name]) => name),
    ['__metadata__', '1', '10', '9', 'b'],
  )
})

test('data that are not aligned, in Buffers too', (t) => {
  const data = Buffer.alloc(16)
  data.writeBigInt64LE(-3n, 0)
  data.writeDoubleLE(0.5, 8)
  const header = { a: { dtype: 'I64', shape: [], data_offsets: [0, 8] }, b: { dtype: 'F64', shape: [1], data_offsets: [8, 16] } } // prettier-ignore
  for (let spaces = 0; spaces < 8; spaces++) {
    const bytes = Buffer.concat([file(JSON.stringify(header) + ' '.repeat(spaces)), data])
    writeFileSync(path('unaligned'), bytes)
    for (const { tensors } of [
      io.decodeSafetensors(bytes),
      io.decodeSafetensors(Uint8Array.from(bytes)),
      io.readSafetensors(path('unaligned')),
    ]) {
      t.deepEqual([tensors['a']!.item(), tensors['b']!.toArray()], [-3, [0.5]])
    }
  }
})

/** A file of any header. */
const file = (header: unknown, data = 0): Uint8Array => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(BigInt(json.byteLength))
  return Buffer.concat([start, json, Buffer.alloc(data)])
}
const info = (begin: number, end: number, shape: readonly unknown[] = [end - begin], dtype: unknown = 'U8') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})
const lengthOf = (length: bigint): Uint8Array => {
  const bytes = Buffer.alloc(24, ' ')
  bytes.writeBigUInt64LE(length)
  return bytes
}

for (const [what, bytes, expected] of [
  ['nothing', new Uint8Array(), /at least 8 bytes, got 0/],
  ['7 bytes', new Uint8Array(7), /at least 8 bytes/],
  ['a length beyond the file', lengthOf(17n), /a header of at most 16 bytes, got a length of 17/],
  ['a huge length', lengthOf(2n ** 64n - 1n), /got a length of 18446744073709551615/],
  ['no JSON', file('{"a":'), /a header of JSON/],
  ['a list', file('[]'), /starts with '{'/],
  ['a space first', file(' {}'), /starts with '{'/],
  [
    'invalid UTF-8',
    Buffer.concat([lengthOf(4n).subarray(0, 8), Buffer.from([0x7b, 0xff, 0xfe, 0x7d])]),
    /header of JSON/,
  ],
  ['an unknown dtype', file({ a: info(0, 1, [1], 'F8_E4M3') }, 1), /tensor 'a' requires a dtype of .*got "F8_E4M3"/],
  ['a dtype of the prototype', file({ a: info(0, 1, [1], 'constructor') }, 1), /requires a dtype/],
  ['a dtype that is no text', file({ a: info(0, 1, [1], 3) }, 1), /requires a dtype/],
  ['overlaps', file({ a: info(0, 4), b: info(2, 6) }, 6), /without holes or overlaps: 'b' to begin at 4, got 2/],
  ['one place for two', file({ a: info(0, 4), b: info(0, 4) }, 4), /without holes or overlaps/],
  ['a hole', file({ a: info(0, 4), b: info(6, 8) }, 8), /'b' to begin at 4, got 6/],
  ['a hole at the start', file({ a: info(1, 4) }, 4), /'a' to begin at 0/],
  ['too little data', file({ a: info(0, 4) }, 3), /4 bytes of data, got 3; is the file cut off/],
  ['too much data', file({ a: info(0, 4) }, 5), /4 bytes of data, got 5/],
  ['a shape of another length', file({ a: info(0, 4, [5]) }, 4), /5 bytes for uint8\[5\]/],
  ['a shape that overflows', file({ a: info(0, 4, [2 ** 32, 2 ** 32]) }, 4), /Infinity bytes/],
  ['a negative size', file({ a: info(0, 4, [-2, -2]) }, 4), /whole sizes/],
  ['a fractional size', file({ a: info(0, 4, [0.5, 8]) }, 4), /whole sizes/],
  ['offsets that run back', file({ a: info(4, 0, [4]) }, 4), /4 bytes for uint8\[4\]/],
  ['three offsets', file({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1, 2] } }, 1), /two offsets/],
  ['other fields', file({ a: { ...info(0, 1), more: 1 } }, 1), /only dtype, shape and data_offsets, got more/],
  [
    'a name twice',
    file(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
    /each key once, got "a" twice/,
  ],
  ['a field twice', file('{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}'), /"shape" twice/],
  [
    'a polluting name',
    file('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    /names other than __proto__/,
  ],
  ['polluting metadata', file('{"__metadata__":{"__proto__":"x"}}'), /keys other than __proto__/],
  ['metadata that are no text', file({ __metadata__: { a: 1 } }), /text for 'a' in __metadata__, got number/],
  ['metadata that are a list', file({ __metadata__: [] }), /__metadata__ to be an object/],
  [
    'a flood of sizes',
    file(`{"a":{"dtype":"U8","shape":[${'1,'.repeat(64)}1],"data_offsets":[0,1]}}`, 1),
    /more than 64 items/,
  ],
  ['more ends', file('{}}'), /more ends than beginnings/],
  ['null for a tensor', file({ a: null }), /an object with dtype/],
  ['deep nesting', file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /got more than 3 levels/],
] as const) {
  test(`refused: ${what}`, (t) => {
    t.throws(() => io.decodeSafetensors(bytes), { instanceOf: io.SafetensorsError, message: expected })
    writeFileSync(path(what.replaceAll(/\W/g, '_')), bytes)
    t.throws(() => io.readSafetensors(path(what.replaceAll(/\W/g, '_'))), { instanceOf: io.SafetensorsError })
    t.is(({} as Record<string, unknown>)['dtype'], undefined)
  })
}

test('400 broken files: truncations and changed headers are refused with a typed error, nothing else is thrown', (t) => {
  const whole = io.encodeSafetensors(
    { a: np.ones([3, 2]), b: np.ones([4], { dtype: 'bool' }) },
    { metadata: { k: 'v' } },
  )
  const headerEnd = whole.byteLength - 28
  let refused = 0
  for (let i = 0; i < whole.byteLength; i++) {
    t.throws(() => io.decodeSafetensors(whole.subarray(0, i)), { instanceOf: io.SafetensorsError })
  }
  fc.assert(
    fc.property(fc.nat(headerEnd - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const broken = Uint8Array.from(whole)
      broken[at]! ^= flip
      try {
        // What is still valid has the data in its place.
        const { tensors } = io.decodeSafetensors(broken)
        return Object.values(tensors).every((x) => x.size <= 24)
      } catch (error) {
        refused++
        return error instanceof io.SafetensorsError
      }
    }),
    { numRuns: 400 },
  )
  t.true(refused > 250, `${refused} of 400`)
})

test('a file that is cut off or grows after it was opened', (t) => {
  io.writeSafetensors(path('cut'), { a: np.ones([100]) })
  const opened = new io.SafetensorsFile(path('cut'))
  truncateSync(path('cut'), 120)
  t.throws(() => opened.read('a'), {
    instanceOf: io.SafetensorsError,
    message: /tensor 'a' requires 400 bytes, got \d+/,
  })
  t.throws(() => opened.read('toString'), { instanceOf: io.SafetensorsError, message: /a name in the file/ })
  opened.close()
  t.throws(() => opened.read('a'), { message: /an open file/ })
  io.writeSafetensors(path('grown'), { a: np.ones([2]) })
  appendFileSync(path('grown'), 'x')
  t.throws(() => io.readSafetensors(path('grown')), { instanceOf: io.SafetensorsError })
})

test('names that the format can not have', (t) => {
  for (const name of ['__metadata__', '\ud800']) {
    t.throws(() => io.encodeSafetensors({ [name]: np.ones([]) }), { instanceOf: io.SafetensorsError })
  }
  t.throws(() => io.encodeSafetensors(JSON.parse('{"__proto__":1}')), { instanceOf: io.SafetensorsError })
})

test('a write that fails leaves the old file and no temporary one', (t) => {
  const inner = mkdtempSync(join(folder, 'failing-'))
  io.writeSafetensors(join(inner, 'a'), { a: np.ones([1]) })
  const bad = {
    a: np.ones([1]),
    b: {
      dtype: 'float32',
      shape: [1],
      data: () => {
        throw new Error('no data')
      },
    } as unknown as never,
  }
  t.throws(() => io.writeSafetensors(join(inner, 'a'), bad), { message: 'no data' })
  t.deepEqual(readdirSync(inner), ['a'])
  t.true(sameTree(io.readSafetensors(join(inner, 'a')).tensors, { a: np.ones([1]) }))
})

const linear = () => nnx.state(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }), nnx.Param)

test('weights by name: strict, renamed, partial, cast', (t) => {
  const weights = { kernel: np.ones([2, 3]), bias: np.ones([3]) }
  const loaded = io.loadWeights(linear(), weights)
  t.true(sameTree(io.namedArrays(loaded.tree), weights))
  t.true(tree.structure(loaded.tree).equals(tree.structure(linear())))
  t.deepEqual(loaded.loaded, ['bias', 'kernel'])
  const wrong = { kernel: np.ones([3, 2]), extra: np.ones([1]) }
  const error = t.throws(() => io.loadWeights(linear(), wrong), { instanceOf: io.WeightsError })
  t.deepEqual(
    [error.missing, error.leftOver, error.mismatched],
    [['bias'], ['extra'], ['kernel: got float32[3,2], for float32[2,3]']],
  )
  const partial = io.loadWeights(linear(), wrong, { mode: 'partial' })
  t.deepEqual([partial.missing, partial.leftOver, partial.loaded], [['bias'], ['extra'], []])
  t.true(sameTree(partial.tree, linear()))
  const half = { w: np.ones([2, 3], { dtype: 'float16' }), bias: np.ones([3]), skip: np.ones([1]) }
  t.throws(() => io.loadWeights(linear(), half, { rename: { w: 'kernel', skip: null } }), {
    message: /got float16\[2,3\]|other types/,
  })
  const cast = io.loadWeights(linear(), half, {
    rename: (name) => ({ w: 'kernel', skip: null })[name] ?? (name === 'skip' ? null : name),
    cast: true,
  })
  t.is(cast.tree.kernel.value.dtype, 'float32')
  t.deepEqual([cast.missing, cast.leftOver, cast.mismatched], [[], [], []])
  t.throws(() => io.loadWeights(linear(), { ...weights, w: np.ones([2, 3]) }, { rename: { w: 'kernel' } }), {
    instanceOf: ArgumentError,
  })
})

const dtypesOfNumpy = np.dtypes.filter((dtype) => dtype !== 'bfloat16')

pythonTest('Python reads our files and we read its files, every dtype', (t) => {
  const tensors = Object.fromEntries(
    dtypesOfNumpy.map((dtype) => [dtype, np.array([0, 1, 1], { dtype: 'float32' }).astype(dtype)]),
  )
  io.writeSafetensors(path('ours'), { ...tensors, nan: np.array([NaN, Infinity, -0]) }, { metadata: { format: 'np' } })
  const program = `
import sys, json, numpy
from safetensors.numpy import load_file, save_file
from safetensors import safe_open
x = load_file(sys.argv[1])
with safe_open(sys.argv[1], 'np') as f: meta = f.metadata()
save_file(x, sys.argv[2], metadata={'by': 'python'})
print(json.dumps([{k: [str(v.dtype), v.astype('float64').tolist()] for k, v in x.items() if k != 'nan'}, meta, str(x['nan'].tolist())]))
`
  const [read, metadata, nan] = JSON.parse(runPython(program, path('ours'), path('theirs')))
  t.deepEqual(read, Object.fromEntries(dtypesOfNumpy.map((dtype) => [dtype, [dtype, [0, 1, 1]]])))
  t.deepEqual(metadata, { format: 'np' })
  t.is(nan, '[nan, inf, -0.0]')
  const theirs = io.readSafetensors(path('theirs'))
  t.deepEqual(theirs.metadata, { by: 'python' })
  t.true(sameTree(theirs.tensors, io.readSafetensors(path('ours')).tensors))
  // Ours is the file that Python writes, byte for byte.
  const again = io.encodeSafetensors(theirs.tensors, { metadata: theirs.metadata })
  t.is(Buffer.compare(readFileSync(path('theirs')), again), 0)
})
