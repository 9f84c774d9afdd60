import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import * as t_ from 'io-ts'
import test from 'ava'
import fc from 'fast-check'
import { DecodeError, io, type NDArray, nnx, np, optax, random, tree } from '../../src/index.js'
import { weakLiteral } from '../../src/core/index.js'
import { fromElements } from '../../src/numpy/convert.js'
import { arrays, sameTree, trees } from './arbitraries.js'

const runs = { numRuns: 150 }

const throughJson = <A>(codec: t_.Type<A, unknown, unknown>, value: A): A =>
  io.decodeOrThrow('json', codec, JSON.parse(JSON.stringify(codec.encode(value))))

for (const form of ['base64', 'numbers'] as const) {
  test(`arrays of every dtype come back bit for bit from ${form}`, (t) => {
    fc.assert(
      fc.property(arrays(form === 'base64'), (x) => sameTree(throughJson(io.arrayCodec({ form }), x), x)),
      runs,
    )
    t.pass()
  })

  test(`trees come back from ${form}`, (t) => {
    const codec = io.treeCodec({ form })
    fc.assert(
      fc.property(trees(form === 'base64'), (value) => sameTree(throughJson(codec, value), value)),
      runs,
    )
    t.pass()
  })
}

const throughBytes = <A>(codec: t_.Type<A, unknown, unknown>, value: A): A => {
  const binary = io.binaryCodec(codec)
  return io.decodeOrThrow('bytes', binary, Uint8Array.from(binary.encode(value)))
}

test('arrays and trees come back bit for bit from bytes', (t) => {
  fc.assert(
    fc.property(arrays(true), (x) => sameTree(throughBytes(io.arrayCodec({ form: 'bytes' }), x), x)),
    runs,
  )
  for (const form of ['bytes', 'base64'] as const) {
    const codec = io.treeCodec({ form })
    fc.assert(
      fc.property(trees(true), (value) => sameTree(throughBytes(codec, value), value)),
      runs,
    )
  }
  t.pass()
})

const Run = t_.type({ name: t_.string, steps: t_.array(t_.number), params: io.treeCodec({ form: 'bytes' }) })
const run = () => ({ name: 'a', steps: [1, 2], params: { w: np.ones([2, 3]), k: random.key(1), h: np.ones([3], { dtype: 'float16' }), b: [true, null] } }) // prettier-ignore

test("bytes are a safetensors file with the arrays of a user's own codec", (t) => {
  const back = throughBytes(Run, run())
  t.deepEqual([back.name, back.steps], ['a', [1, 2]])
  t.true(sameTree(back.params, run().params))
  const bytes = io.binaryCodec(Run).encode(run())
  const { tensors, metadata } = io.decodeSafetensors(bytes)
  t.deepEqual(Object.keys(tensors).sort(), ['params/h', 'params/k', 'params/w'])
  t.true(sameTree(tensors['params/w'], np.ones([2, 3])))
  t.is(tensors['params/h']!.dtype, 'float16')
  t.deepEqual(Object.keys(metadata).sort(), ['onnax', 'sha256'])
  // Names that collide, and that the format lacks.
  const odd = { 'a/b': np.ones([1]), a: { b: np.zeros([1]) }, __metadata__: np.ones([2]), '': np.ones([3]), '\ud800': np.ones([4]) } // prettier-ignore
  t.true(sameTree(throughBytes(io.treeCodec<object>({ form: 'bytes' }), odd), odd))
})

test('any change of any byte, and any cut, is refused', (t) => {
  const codec = io.binaryCodec(Run)
  const bytes = codec.encode(run())
  for (let i = 0; i < bytes.byteLength; i++) {
    const changed = Uint8Array.from(bytes)
    changed[i]! ^= 1 << (i % 8)
    t.regex(message(codec, changed), /binaryCodec requires/)
    if (i % 16 === 0) t.regex(message(codec, bytes.subarray(0, i)), /binaryCodec requires/)
  }
  t.regex(message(codec, Buffer.concat([bytes, Buffer.from('x')])), /the bytes of their checksum/)
  t.regex(message(codec, 'text'), /requires bytes/)
  t.regex(message(codec, io.encodeSafetensors({ a: np.ones([1]) })), /bytes of a binaryCodec/)
})

/** Bytes with a right checksum around any content. */
const forged = (content: unknown): Uint8Array => {
  const metadata = { sha256: '0'.repeat(64), onnax: typeof content === 'string' ? content : JSON.stringify(content) }
  const bytes = Buffer.from(io.encodeSafetensors({ a: np.ones([2], { dtype: 'uint8' }) }, { metadata }))
  const at = bytes.indexOf(metadata.sha256)
  bytes.write(createHash('sha256').update(bytes).digest('hex'), at)
  return bytes
}

test('bytes with a right checksum and a wrong content', (t) => {
  const codec = io.binaryCodec(io.treeCodec({ form: 'bytes' }))
  const array = { $: 'array', array: { dtype: 'uint8', shape: [2], data: null } }
  const right = { value: array, bytes: [['a', 'array', 'data']] }
  t.true(sameTree(io.decodeOrThrow('a', codec, forged(right)), np.ones([2], { dtype: 'uint8' })))
  for (const content of [
    '{',
    '['.repeat(50_000),
    [],
    { value: array },
    { ...right, bytes: [['b', 'array', 'data']] },
    { ...right, bytes: [['a', 'array', 'toString']] },
    { ...right, bytes: [['a', 'array', 'dtype']] },
    { ...right, bytes: [['a', 'array', 'data', 'x']] },
    { ...right, bytes: [['a', '__proto__', 'polluted']] },
    { ...right, bytes: [['a', ['array'], 'data']] },
    { ...right, bytes: ['a'] },
    { ...right, bytes: [['a', 'array', 'data'], ['a', 'array', 'data']] }, // prettier-ignore
  ]) {
    t.regex(message(codec, forged(content)), /places of bytes in it/)
  }
  t.is(({} as Record<string, unknown>)['polluted'], undefined)
  const long = { $: 'array', array: { dtype: 'uint8', shape: [3], data: null } }
  t.regex(
    message(codec, forged({ ...right, value: long })),
    /array\/data: requires 3 bytes for uint8\[3\], got 2 bytes/,
  )
  const bool = { $: 'array', array: { dtype: 'bool', shape: [2], data: null } }
  t.true(sameTree(io.decodeOrThrow('a', codec, forged({ ...right, value: bool })), np.ones([2], { dtype: 'bool' })))
})

test('NaN, infinities, -0 and 64-bit integers', (t) => {
  const codec = io.arrayCodec({ form: 'numbers' })
  const x = np.array(Float64Array.of(NaN, Infinity, -Infinity, -0, 1e-310))
  t.deepEqual(codec.encode(x).data, ['NaN', 'Infinity', '-Infinity', '-0', 1e-310])
  t.true(sameTree(throughJson(codec, x), x))
  const whole = np.array(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n))
  t.true(sameTree(throughJson(codec, whole), whole))
  const payload = fromElements(Uint32Array.of(0x7fc12345, 0xffc00001), [2], 'uint32')
  const nans = np.array(new Float32Array((payload.data() as Uint32Array).buffer))
  t.true(sameTree(throughJson(io.arrayCodec(), nans), nans))
})

test('weakly typed scalars stay weak', (t) => {
  const weak = throughJson(io.treeCodec<{ x: NDArray }>(), { x: weakLiteral(2) })
  t.true(weak.x.weakType)
  t.is(np.array([1], { dtype: 'float16' }).mul(weak.x).dtype, 'float16')
})

test('keys keep their implementation, and draw the same numbers', (t) => {
  const keys = random.split(random.key(3), 4)
  const back = throughJson(io.keyCodec(), keys)
  t.is(random.normal(back.at(2)).item(), random.normal(keys.at(2)).item())
  const foreign = { ...io.keyCodec().encode(keys), impl: 'rbg' }
  t.regex(message(io.keyCodec(), foreign), /impl: requires the implementation threefry2x32/)
})

test('every state of Optax that holds arrays, masks and nodes', (t) => {
  const params = { w: np.array([1, 2]), b: np.array([3]) }
  const codec = io.treeCodec()
  for (const tx of [
    optax.adam(1e-3),
    optax.masked(optax.adam(1e-3), { w: true, b: false }),
    optax.chain(
      optax.clipByGlobalNorm(1),
      optax.adamw((count) => count),
    ),
    optax.sgd(0.1, { momentum: 0.9 }),
  ] as readonly optax.GradientTransformation[]) {
    const [, state] = tx.update(params, tx.init(params), params)
    const back = throughJson(codec, state)
    t.true(sameTree(back, state))
    t.true(sameTree(tx.update(params, back, params)[0], tx.update(params, state, params)[0]))
  }
})

test('states of models with random state', (t) => {
  const model = new nnx.Sequential(
    new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }),
    new nnx.Dropout(0.5, { rngs: new nnx.Rngs(1) }),
  )
  const state = nnx.state(model)
  const back = throughJson(io.stateCodec(), state)
  t.true(sameTree(back, state))
  t.true(tree.structure(back).equals(tree.structure(state)))
  t.is(E.isLeft(io.stateCodec().decode({ a: 1 })), true)
})

class Own extends nnx.Variable {}
class Point {
  constructor(readonly x: unknown) {}
}
tree.registerNode(Point, {
  flatten: ({ x }) => ({ children: [x], aux: { unit: 'm' } }),
  unflatten: (_aux, [x]) => new Point(x),
})

test('classes and kinds of users are named, or refused with their path', (t) => {
  const value = { p: new Point(np.array([1])), s: new nnx.State({ v: new nnx.VariableState(Own, np.array([2])) }) }
  t.true(sameTree(throughJson(io.treeCodec<unknown>({ nodes: { Point }, kinds: { Own } }), value), value))
  t.throws(() => io.treeCodec({ kinds: { Own } }).encode(value), { message: /^encode at p requires classes named/ })
  t.throws(() => io.treeCodec({ nodes: { Point } }).encode(value), { message: /^encode at s\/v requires kinds of Var/ })
  const json = io.treeCodec({ nodes: { Point }, kinds: { Own } }).encode(value)
  t.regex(message(io.treeCodec(), json), /p\/class: requires a class of nodes/)
  t.throws(() => io.treeCodec().encode({ a: [() => 0] }), { message: /^encode at a\/0 requires arrays, keys/ })
})

const message = (codec: t_.Decoder<unknown, unknown>, data: unknown): string => {
  const result = codec.decode(data)
  return E.isLeft(result) ? new DecodeError('data', result.left).message : 'no error'
}

const array = (json: object): object => ({ a: [{ $: 'array', array: json }] })

for (const [what, data, expected] of [
  ['an unknown dtype', array({ dtype: 'float8', shape: [], data: '' }), /a\/0\/array\/dtype: requires a dtype/],
  ['a dtype from the prototype', array({ dtype: 'constructor', shape: [], data: '' }), /requires a dtype/],
  ['a shape that overflows', array({ dtype: 'int8', shape: [2 ** 40, 2 ** 40], data: '' }), /Infinity base64 char/],
  ['a huge shape', array({ dtype: 'int8', shape: [2 ** 50], data: 'AAAA' }), /requires \d+ base64 characters/],
  ['a huge shape in numbers', array({ dtype: 'int8', shape: [2 ** 50], data: [1] }), /requires \d+ elements/],
  ['a negative size', array({ dtype: 'int8', shape: [-1], data: '' }), /array\/shape: requires at most/],
  ['a fractional size', array({ dtype: 'int8', shape: [0.5], data: '' }), /array\/shape/],
  ['too many axes', array({ dtype: 'int8', shape: new Array<number>(1000).fill(1), data: [1] }), /at most 64 sizes/],
  ['other characters', array({ dtype: 'int8', shape: [3], data: 'A!AA' }), /data: requires base64/],
  ['bits past the end', array({ dtype: 'int8', shape: [1], data: 'AB==' }), /data: requires base64/],
  ['a boolean of 2', array({ dtype: 'bool', shape: [1], data: 'Ag==' }), /booleans as bytes 0 and 1/],
  [
    'too large an integer',
    array({ dtype: 'uint8', shape: [1], data: [256] }),
    /data\/0: requires an element of uint8, got 256/,
  ],
  ['too large a bigint', array({ dtype: 'int64', shape: [1], data: ['9223372036854775808'] }), /element of int64/],
  ['a number for a boolean', array({ dtype: 'bool', shape: [1], data: [1] }), /element of bool/],
  ['text for a float', array({ dtype: 'float32', shape: [1], data: ['toString'] }), /element of float32/],
  ['a polluting key', JSON.parse('{"a":{"__proto__":{"polluted":1}}}'), /a\/__proto__: requires keys other/],
  ['an unknown tag', { $: 'code', code: '1' }, /\$: requires a known kind/],
  ['a kind of Variable from the prototype', { $: 'kind', name: 'constructor' }, /requires a kind of Variable/],
  [
    'a class from the prototype',
    { $: 'node', class: 'toString', children: [], aux: null },
    /requires a class of nodes/,
  ],
  [
    'a key twice in a Map',
    {
      $: 'map',
      entries: [
        ['a', 1],
        ['a', 2],
      ],
    },
    /entries\/1: requires each key once/,
  ],
] as const) {
  test(`refused with its path: ${what}`, (t) => {
    t.regex(message(io.treeCodec(), data), expected)
    t.is(({} as Record<string, unknown>)['polluted'], undefined)
  })
}

const faults = (codec: t_.Decoder<unknown, unknown>, data: unknown): readonly string[] => {
  const result = codec.decode(data)
  return E.isLeft(result) ? result.left.map(({ message }) => message!.replace(/: .*/, '')) : []
}

test('all faults of a tree are told, each with its path', (t) => {
  const bad = { dtype: 'x', shape: [-1], data: '' }
  const data = {
    a: { $: 'array', array: bad },
    b: [1, { $: 'what' }, { $: 'key', impl: 'rbg', data: bad }],
    c: { $: 'variable', kind: 'None', value: { $: 'bigint', value: 'x' }, metadata: { m: { $: 'number', value: 1 } } },
    d: { $: 'map', entries: [['k', { $: 'kind', name: 1 }], 3, ['k', 1]] }, // prettier-ignore
    e: { $: 'node', class: 'MaskedNode', children: [{ $: '' }], aux: { $: 'x' } },
    f: { $: 'array', array: { dtype: 'int8', shape: [3], data: [1, 300, 'x'] } },
  }
  t.deepEqual(faults(io.treeCodec(), data), [
    'a/array/dtype',
    'a/array/shape',
    'b/1/$',
    'b/2/data/dtype',
    'b/2/data/shape',
    'b/2/impl',
    'c/kind',
    'c/value/value',
    'c/metadata/m/value',
    'd/entries/0/k/name',
    'd/entries/1',
    'd/entries/2',
    'e/children/0/$',
    'e/aux/$',
    'f/array/data/1',
    'f/array/data/2',
  ])
  const many = Array.from({ length: 5000 }, () => ({ $: '' }))
  t.is(faults(io.treeCodec(), many).length, 1000)
  t.regex(message(io.treeCodec(), many), /^data: 0\/\$: .*; and 980 more$/)
})

test('deep nesting is refused, by reading and by writing', (t) => {
  const text = '['.repeat(50_000) + ']'.repeat(50_000)
  t.regex(message(io.treeCodec(), JSON.parse(text)), /requires at most 400 levels/)
  let deep: unknown = 1
  for (let i = 0; i < 500; i++) deep = [deep]
  t.throws(() => io.treeCodec().encode(deep), { message: /requires at most 400 levels/ })
})

test('JSON with anything at any place changed decodes or is refused, never crashes', (t) => {
  const codec = io.treeCodec()
  const strange = fc.constantFrom<unknown>(null, -1, 1e300, '', 'x', [], {}, true, { $: 'array' }, { $: 'node' }, [[]])
  let refused = 0
  fc.assert(
    fc.property(trees(true), fc.nat(), strange, (value, at, other) => {
      const json = JSON.stringify(codec.encode(value))
      let next = 0
      const count = [...json.matchAll(/[[{"\d]/g)].length
      const changed: unknown = JSON.parse(json, (_key, x: unknown) => (next++ === at % (count + 1) ? other : x))
      if (E.isLeft(codec.decode(changed))) refused++
    }),
    { numRuns: 300 },
  )
  t.true(refused > 0)
})

test('composes with codecs of users; the path goes through both', (t) => {
  const Run = t_.type({ steps: t_.number, params: io.treeCodec() })
  t.regex(message(Run, { steps: 1, params: array({ dtype: 'x', shape: [], data: '' }) }), /params\/a\/0\/array\/dtype/)
})
