/** Ways to break files of every format, from a seed, and what reading them must do: refuse with a typed error. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ArgumentError,
  DecodeError,
  io,
  type NDArray,
  np,
  random,
  runtimeStats,
  ShapeError,
  tree,
} from '../../src/index.js'
import { decodeModel, encodeModel } from '../../src/onnx/index.js'
import { noSeal, seal } from '../../src/io/seal.js'
import { sameTree } from './arbitraries.js'

/** Numbers below `n`, the same for the same seed (mulberry32). */
export type Draw = (n: number) => number
export const drawing = (seed: number): Draw => {
  let state = seed
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * n)
  }
}

export type Files = Readonly<Record<string, Buffer>>
/** One way to break files; `other` are valid ones of the same kind. */
export type Break = (files: Files, other: Files, draw: Draw) => Files

export interface Format {
  readonly name: string
  /** Valid files with arrays of so many elements, which `seed` tells from others. */
  readonly make: (elements: number, seed: number) => Promise<Files>
  /** What is in files; reads them as users do. */
  readonly read: (files: Files) => unknown
  readonly breaks: Readonly<Record<string, Break>>
}

export const typedErrors = [
  io.SafetensorsError,
  io.CheckpointError,
  io.OnnxFileError,
  io.WeightsError,
  DecodeError,
  ArgumentError,
  ShapeError,
] as const

const folder = mkdtempSync(join(tmpdir(), 'onnax-corrupt-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const pick = (files: Files, draw: Draw): string => Object.keys(files)[draw(Object.keys(files).length)]!
const changed = (files: Files, name: string, bytes: Buffer): Files => ({ ...files, [name]: bytes })

const flips: Break = (files, _, draw) => {
  const name = pick(files, draw)
  const bytes = Buffer.from(files[name]!)
  for (let i = 0; i <= draw(4); i++) bytes[draw(bytes.length)]! ^= 1 << draw(8)
  return bytes.equals(files[name]!) ? flips(files, files, draw) : changed(files, name, bytes)
}
const truncation: Break = (files, _, draw) => {
  const name = pick(files, draw)
  return changed(files, name, files[name]!.subarray(0, draw(files[name]!.length)))
}
const extension: Break = (files, _, draw) => {
  const name = pick(files, draw)
  return changed(files, name, Buffer.concat([files[name]!, Buffer.alloc(1 + draw(1000), draw(256))]))
}
const missing: Break = (files, _, draw) => changed(files, pick(files, draw), Buffer.alloc(0))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The header of a safetensors file as text, and what follows. */
const split = (bytes: Buffer): readonly [string, Buffer] => {
  const end = 8 + Number(bytes.readBigUInt64LE(0))
  return [bytes.toString('utf8', 8, end), bytes.subarray(end)]
}
const joined = (header: string, data: Buffer, length?: bigint): Buffer => {
  const text = Buffer.from(header)
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(length ?? BigInt(text.length))
  return Buffer.concat([start, text, data])
}

const hugeNumbers = ['1099511627776', '9007199254740991', '18446744073709551615', '1e308', '-1', '4294967295']
/** One of the numbers in a text is another, huge one. */
const withHugeNumber = (text: string, draw: Draw, pattern = /(?<=[[,:])\d+(?=[\],}])/g): string => {
  const found = [...text.matchAll(pattern)]
  const { index, 0: old } = found[draw(found.length)]!
  return text.slice(0, index) + hugeNumbers[draw(hugeNumbers.length)]! + text.slice(index + old.length)
}
const nested = (draw: Draw, size: number): string => {
  const depth = Math.max(3000, Math.floor(size / 4)) + draw(1000)
  return draw(2) === 0
    ? `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    : '{"a":'.repeat(depth >> 2) + '1' + '}'.repeat(depth >> 2)
}
/** A name in a header is another one. */
const renamed = (header: string, draw: Draw, to: string): string => {
  const names = [...header.matchAll(/"([^"]+)":\{"dtype"/g)]
  const { index, 1: name } = names[draw(names.length)]!
  return `${header.slice(0, index)}${JSON.stringify(to)}${header.slice(index + name!.length + 2)}`
}
const outside = ['../../../etc/passwd', '/etc/passwd', '..\\..\\x', 'a/../../b', '\\u0000']
const polluting = ['__proto__', '\\u005f_proto__']

/** Breaks of the header of a safetensors file; `close` makes its checksum right again. */
const headerBreaks = (file: string, close: (bytes: Buffer) => Buffer): Readonly<Record<string, Break>> => {
  const onHeader =
    (change: (header: string, draw: Draw, size: number) => string): Break =>
    (files, _, draw) => {
      const [header, data] = split(files[file]!)
      return changed(files, file, close(joined(change(header, draw, files[file]!.length), data)))
    }
  return {
    'a header of another file': (files, other) => {
      const [header] = split(other[file]!)
      return changed(files, file, close(joined(header, split(files[file]!)[1])))
    },
    'a huge length of the header': (files, _, draw) => {
      const [header, data] = split(files[file]!)
      const length = [2n ** 63n, 2n ** 64n - 1n, 10n ** 8n + 1n, BigInt(files[file]!.length)][draw(4)]
      return changed(files, file, close(joined(header, data, length)))
    },
    'huge numbers in the header': onHeader((header, draw) => withHugeNumber(header, draw)),
    'names that lead elsewhere': onHeader((header, draw) => renamed(header, draw, outside[draw(outside.length)]!)),
    'polluting names': onHeader((header, draw) =>
      renamed(header, draw, '!').replace('"!"', `"${polluting[draw(polluting.length)]!}"`),
    ),
    'a name twice': onHeader((header, draw) => renamed(renamed(header, draw, 'x'), draw, 'x')),
    'deep nesting': onHeader((_, draw, size) => nested(draw, size)),
  }
}

const arraysOf = (elements: number, seed: number) => ({
  w: np.full([Math.ceil(elements / 4), 4], seed + 0.5),
  b: np
    .arange(Math.ceil(elements / 2))
    .astype('int32')
    .add(seed),
  h: np.ones([7], { dtype: 'float16' }).mul(seed),
  m: np.equal(np.arange(9 + seed), seed),
  k: random.keyData(random.key(seed)),
})

const safetensors: Format = {
  name: 'safetensors',
  make: (elements, seed) => Promise.resolve({ file: Buffer.from(io.encodeSafetensors(arraysOf(elements, seed), { metadata: { by: 'onnax' } })) }), // prettier-ignore
  read: ({ file }) => {
    const path = join(folder, 'file')
    writeFileSync(path, file!)
    const { tensors } = io.readSafetensors(path)
    // Names, shapes and dtypes are those that the reader asks for.
    const like = arraysOf(Math.max(1, (tensors['w']?.size ?? 0) & ~3), 1)
    return io.loadWeights(like, tensors).tree
  },
  breaks: {
    'flipped bits in the header': (files, _, draw) => {
      const [header, data] = split(files['file']!)
      const start = Buffer.from(files['file']!.subarray(0, 8 + Buffer.byteLength(header)))
      start[draw(start.length)]! ^= 1 << draw(8)
      return changed(files, 'file', Buffer.concat([start, data]))
    },
    truncation,
    extension,
    nothing: missing,
    ...headerBreaks('file', (bytes) => bytes),
  },
}

interface Run {
  readonly name: string
  readonly state: Readonly<Record<string, NDArray>>
}
const codec = io.binaryCodec(io.treeCodec<Run>({ form: 'bytes' }))
/** Make the checksum in bytes right. */
const resealed = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  const at = copy.lastIndexOf('{"sha256":"') + '{"sha256":"'.length
  if (at > 10 && at + noSeal.length <= copy.length) seal([copy], at)
  return copy
}
const binary: Format = {
  name: 'binaryCodec',
  make: (elements, seed) => Promise.resolve({ file: Buffer.from(codec.encode({ name: 'run', state: arraysOf(elements, seed) })) }), // prettier-ignore
  read: ({ file }) => io.decodeOrThrow('file', codec, file),
  breaks: {
    'flipped bits': flips,
    truncation,
    extension,
    nothing: missing,
    'deep nesting of the value': (files, _, draw) => {
      const [header, data] = split(files['file']!)
      const text = `{"value":${nested(draw, files['file']!.length)},"bytes":[]}`
      const replaced = header.replace(/"onnax":"(?:[^"\\]|\\.)*"/, () => `"onnax":${JSON.stringify(text)}`)
      return changed(files, 'file', resealed(joined(replaced, data)))
    },
    'huge shapes in the value': (files, _, draw) => {
      const [header, data] = split(files['file']!)
      const text = withHugeNumber(header, draw, /(?<=shape\\":\[)\d+(?=[\],])/g)
      return changed(files, 'file', resealed(joined(text, data)))
    },
    ...headerBreaks('file', resealed),
  },
}

const manifestFile = 'manifest.json'
const arraysFile = 'arrays.safetensors'
/** Change a manifest and make its checksum right. */
const onManifest =
  (change: (text: string, draw: Draw, size: number) => string): Break =>
  (files, _, draw) => {
    const text = files[manifestFile]!.toString('utf8').replace(/,"checksum":"[0-9a-f]{64}"}$/, '}')
    const next = change(text, draw, files[arraysFile]!.length)
    return changed(files, manifestFile, Buffer.from(`${next.slice(0, -1)},"checksum":"${sha256(next)}"}`))
  }
let made = 0
const checkpoint: Format = {
  name: 'checkpoint',
  async make(elements, seed) {
    const path = join(folder, `made${made++}`)
    const manager = new io.CheckpointManager(path)
    await manager.save(1, { name: 'run', state: arraysOf(elements, seed), key: random.key(seed) })
    await manager.wait()
    const files = Object.fromEntries(
      [manifestFile, arraysFile].map((name) => [name, readFileSync(join(path, 'step_0000000001', name))]),
    )
    rmSync(path, { recursive: true })
    return files
  },
  read: (files) => {
    const path = join(folder, 'checkpoints', 'step_0000000001')
    mkdirSync(path, { recursive: true })
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes)
    return new io.CheckpointManager(join(folder, 'checkpoints')).restore(1)!.tree
  },
  breaks: {
    'flipped bits': flips,
    truncation,
    extension,
    nothing: missing,
    'the manifest of another': (files, other) => changed(files, manifestFile, other[manifestFile]!),
    'the arrays of another': (files, other) => changed(files, arraysFile, other[arraysFile]!),
    'huge numbers in the manifest': onManifest((text, draw) =>
      withHugeNumber(text, draw, /(?<="(?:bytes|pieceBytes|step|version)":)\d+|(?<="crc32":\[)\d+/g),
    ),
    'names that lead elsewhere in the manifest': onManifest((text, draw) =>
      text.replace(/"ref":"state\/[wbhmk]"/, () => `"ref":${JSON.stringify(outside[draw(outside.length)])}`),
    ),
    'polluting names in the manifest': onManifest((text, draw) =>
      text.replace(/"state":/, () => `"${polluting[draw(2)]!}":`),
    ),
    'deep nesting of the manifest': onManifest((text, draw, size) =>
      text.replace(/"tree":\{/, () => `"tree":{"deep":${nested(draw, size)},`),
    ),
    ...headerBreaks(arraysFile, (bytes) => bytes),
  },
}

const x = np.ones([2, 4])
const modelBreak =
  (change: (model: ReturnType<typeof decodeModel>, draw: Draw) => object): Break =>
  (files, _, draw) => {
    const model = decodeModel(files['model']!)
    return changed(files, 'model', resealed(Buffer.from(encodeModel({ ...model, ...change(model, draw) }))))
  }
const onWeights = (change: (proto: any, draw: Draw) => object): Break =>
  modelBreak(({ graph }, draw) => {
    const chosen = draw(graph.initializer!.length)
    return {
      graph: { ...graph, initializer: graph.initializer!.map((p, i) => (i === chosen ? { ...p, ...change(p, draw) } : p)) }, // prettier-ignore
    }
  })
const onSignature = (change: (text: string, draw: Draw) => string): Break =>
  modelBreak(({ metadataProps }, draw) => {
    const [{ key, value }] = metadataProps as any
    return { metadataProps: [{ key, value: change(value, draw) }] }
  })
const fields = (proto: any, to: Readonly<Record<string, string>>) => ({
  dataLocation: 1,
  rawData: undefined,
  externalData: ['location', 'offset', 'length'].map((key) => ({
    key,
    value: to[key] ?? proto.externalData?.find((entry: any) => entry.key === key)?.value ?? '0',
  })),
})
const onnx: Format = {
  name: 'ONNX',
  make: (elements, seed) => {
    // Enough for both to be beside the model.
    const columns = Math.max(400, Math.ceil(elements / 4))
    const w = np.full([4, columns], seed)
    const b = np.arange(columns).astype('float32').add(seed)
    const exported = io.exportOnnx((x: NDArray) => [np.matmul(x, w).add(b), np.sum(w)], [x], {
      names: { inputs: ['x'], weights: { w, b } },
      weights: 'external',
      location: 'weights',
    })
    return Promise.resolve({ model: Buffer.from(exported.bytes), weights: Buffer.from(exported.external!.toBytes()) })
  },
  read: (files) => {
    const path = join(folder, 'onnx')
    mkdirSync(path, { recursive: true })
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes)
    return io.readOnnx<[NDArray], unknown>(join(path, 'model'))(x)
  },
  breaks: {
    'flipped bits': flips,
    truncation,
    'an extended model': (files, _, draw) => changed(files, 'model', extension({ model: files['model']! }, files, draw)['model']!), // prettier-ignore
    nothing: missing,
    'the model of another': (files, other) => changed(files, 'model', other['model']!),
    'the weights of another': (files, other) => changed(files, 'weights', other['weights']!),
    'the start of another': (files, other, draw) => {
      const at = 1 + draw(files['model']!.length - 1)
      const bytes = Buffer.concat([other['model']!.subarray(0, at), files['model']!.subarray(at)])
      return changed(files, 'model', bytes.equals(files['model']!) ? bytes.subarray(1) : bytes)
    },
    'huge shapes of weights': onWeights((_, draw) => ({ dims: [2 ** 40, 2 ** (20 + draw(20))] })),
    'huge offsets and lengths': onWeights((proto, draw) =>
      fields(proto, { [['offset', 'length'][draw(2)]!]: hugeNumbers[draw(hugeNumbers.length)]! }),
    ),
    'weights that lead elsewhere': onWeights((proto, draw) => fields(proto, { location: outside[draw(outside.length)]! })), // prettier-ignore
    'huge sizes in the signature': onSignature((text, draw) => withHugeNumber(text, draw, /(?<="shape":\[)\d+/g)),
    'polluting names in the signature': onSignature((text, draw) =>
      text.replace(/"args":\[0\]/, `"args":[{"${polluting[draw(2)]!}":0}]`),
    ),
    'deep nesting in the signature': onSignature((text, draw) =>
      text.replace(/"args":\[0\]/, () => `"args":[${nested(draw, 100_000)}]`),
    ),
    'unknown operators and types': modelBreak(({ graph }, draw) => ({
      graph: {
        ...graph,
        node: graph.node.map((node, i) => (i === draw(2) ? { ...node, opType: 'None', input: ['nobody'] } : node)),
        initializer: graph.initializer!.map((p) => ({ ...p, dataType: 99 })),
      },
    })),
  },
}

export const formats: readonly Format[] = [safetensors, checkpoint, binary, onnx]

/** What became of some broken files. */
export interface Outcome {
  readonly format: string
  readonly files: number
  readonly refused: number
  /** Files whose content is what it was: a space of the header is another one, for example. */
  readonly unchanged: number
  /** Most bytes of arrays that were allocated for a file, over the size of the file. */
  readonly mostAllocated: number
  readonly slowestMs: number
  readonly errors: Readonly<Record<string, number>>
}

/** Read `count` broken files of a format, all kinds of breaks in turns. @throws if one is read, or throws something else */
export const corrupt = async (format: Format, count: number, draw: Draw, elements = 200): Promise<Outcome> => {
  const files = await format.make(elements, 1)
  const other = await format.make(elements, 2)
  const whole = format.read(files)
  const errors: Record<string, number> = {}
  let [refused, unchanged, mostAllocated, slowestMs] = [0, 0, 0, 0]
  const kinds = Object.entries(format.breaks)
  for (let i = 0; i < count; i++) {
    const [kind, breakIt] = kinds[i % kinds.length]!
    const broken = breakIt(files, other, draw)
    const size = Object.values(broken).reduce((sum, { length }) => sum + length, 0)
    const before = runtimeStats().bytesAllocated
    const start = performance.now()
    const complain = (what: string): never => {
      throw new Error(`${format.name}, ${kind}, file ${i}: ${what}`)
    }
    try {
      const value = format.read(broken)
      if (sameTree(value, whole)) unchanged++
      else complain(`was read as ${tree.leaves(value).map(String).join(', ').slice(0, 300)}`)
    } catch (error) {
      if (!typedErrors.some((known) => error instanceof known)) complain(String((error as Error).stack ?? error))
      refused++
      const { name } = error as Error
      errors[name] = (errors[name] ?? 0) + 1
    }
    slowestMs = Math.max(slowestMs, performance.now() - start)
    mostAllocated = Math.max(mostAllocated, (runtimeStats().bytesAllocated - before) / Math.max(size, 4096))
    if (({} as Record<string, unknown>)['dtype'] !== undefined) complain('polluted prototypes')
  }
  return { format: format.name, files: count, refused, unchanged, mostAllocated, slowestMs, errors }
}
