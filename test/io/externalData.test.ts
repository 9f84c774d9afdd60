/** Weights in files beside the ONNX file. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { NDArray } from '../../src/index.js'
import { ArgumentError, io, np } from '../../src/index.js'
import { encodeModel, decodeModel } from '../../src/onnx/index.js'
import { near } from './arbitraries.js'
import { deep, xWide, exportDeep } from './exported.js'

test('weights in a file beside the model: aligned, and read by plain ONNX Runtime, importOnnx and readOnnx', async (t) => {
  const exported = exportDeep()
  const folder = mkdtempSync(join(tmpdir(), 'onnax-onnx-'))
  const path = join(folder, 'deep.onnx')
  io.writeOnnx(path, exported)
  t.deepEqual(readdirSync(folder).sort(), ['deep.onnx', 'deep.weights'])
  const { location, byteLength } = exported.external!
  const data = exported.external!.toBytes()
  t.is(location, 'deep.weights')
  t.is(data.byteLength, byteLength)
  t.is(Buffer.compare(readFileSync(join(folder, location)), data), 0)
  const places = decodeModel(exported.bytes).graph.initializer!.flatMap(({ name, externalData = [] }) =>
    externalData.length > 0 ? [[name, Object.fromEntries(externalData.map(({ key, value }) => [key, value]))]] : [],
  )
  // The largest is at a multiple of 64 KiB, the others at one of a page; small ones stay in the model.
  t.deepEqual(Object.fromEntries(places), {
    shift: { location, offset: '0', length: '2400' },
    'wide.kernel': { location, offset: '65536', length: '1200000' },
    'wide.bias': { location, offset: '1265664', length: '2000' },
  })
  t.true(exported.bytes.byteLength < 20_000)

  const session = await InferenceSession.create(path)
  const feeds = { x: new Tensor('float32', xWide.data() as Float32Array, [3, 600]) }
  const { y } = await session.run(feeds)
  t.true(near(np.reshape(np.array(y!.data as Float32Array), [3, 3]), deep(xWide)))
  const inMemory = await InferenceSession.create(exported.bytes, { externalData: [{ path: location, data }] })
  t.deepEqual([...(await inMemory.run(feeds)).y!.data], [...y!.data])

  for (const f of [
    io.readOnnx<[NDArray], NDArray>(path),
    io.importOnnx<[NDArray], NDArray>(exported.bytes, { external: { [location]: data } }),
  ]) {
    t.true(near(f(xWide), deep(xWide)))
    t.true(near(f(xWide.slice([0, 2])), deep(xWide.slice([0, 2]))))
  }
  t.throws(() => io.importOnnx(exported.bytes), { instanceOf: ArgumentError, message: /the file deep\.weights in/ })
  t.throws(() => io.exportOnnx(deep, [xWide], { weights: 'external', location: '../x' }), { instanceOf: ArgumentError })
  const inside = io.exportOnnx(deep, [xWide])
  t.is(inside.external, null)
  // What a tool makes of a file.
  const altered = encodeModel({ ...decodeModel(inside.bytes), producerName: 'a tool' })
  t.throws(() => io.importOnnx(altered), {
    instanceOf: io.OnnxFileError,
    message: /checksum in the file.*verify: false/,
  })
  t.true(near(io.importOnnx<[NDArray], NDArray>(altered, { verify: false })(xWide), deep(xWide)))
  io.writeOnnx(path, inside)
  t.true(near(io.readOnnx<[NDArray], NDArray>(path)(xWide), deep(xWide)))
})

test('weights in other files: what leads out of the folder, is too short, shared or of another length is refused', (t) => {
  const exported = exportDeep()
  const model = decodeModel(exported.bytes)
  const folder = mkdtempSync(join(tmpdir(), 'onnax-onnx-'))
  mkdirSync(join(folder, 'inner'))
  const path = join(folder, 'inner', 'deep.onnx')
  io.writeOnnx(path, exported)
  writeFileSync(join(folder, 'secret'), exported.external!.toBytes())
  symlinkSync(join(folder, 'secret'), join(folder, 'inner', 'link'))
  const withFields = (change: Readonly<Record<string, string>>, dims?: readonly number[]) =>
    encodeModel({
      ...model,
      graph: {
        ...model.graph,
        initializer: model.graph.initializer!.map((proto) =>
          (proto.externalData ?? []).length === 0
            ? proto
            : {
                ...proto,
                dims: dims ?? proto.dims!,
                externalData: proto.externalData!.map(({ key, value }) => ({ key, value: change[key] ?? value })),
              },
        ),
      },
    })
  const none = encodeModel({
    ...model,
    graph: { ...model.graph, initializer: model.graph.initializer!.map((proto) => ({ ...proto, externalData: [] })) },
  })
  for (const [bytes, expected] of [
    [withFields({ location: '../secret' }), /a file in the folder of the model, got "\.\.\/secret"/],
    [withFields({ location: join(folder, 'secret') }), /a file in the folder of the model/],
    [withFields({ location: 'a/../../secret' }), /a file in the folder of the model/],
    [withFields({ location: '..\\secret' }), /a file in the folder of the model/],
    [withFields({ location: 'deep.weights\0' }), /a file in the folder of the model/],
    [withFields({ location: '' }), /a file in the folder of the model/],
    [none, /a file in the folder of the model, got ""/],
    [withFields({ location: 'link' }), /a link out of it/],
    [withFields({ location: 'missing' }), /got ENOENT/],
    [withFields({ location: '.' }), /a file in the folder/],
    [withFields({ offset: '0' }), /data from \d+ on, got an offset of 0/],
    [withFields({ offset: '-1' }), /an offset, got -1/],
    [withFields({ offset: '0.5' }), /an offset/],
    [withFields({ offset: '1e15' }), /bytes of deep\.weights, got \d+/],
    [withFields({ length: '1999' }), /requires \d+ bytes, got 1999/],
    [withFields({}, [2 ** 40, 2 ** 40]), /requires Infinity bytes/],
    [withFields({}, [-1]), /sizes of axes/],
  ] as const) {
    writeFileSync(path, bytes)
    t.throws(() => io.readOnnx(path, { verify: false }), { instanceOf: io.OnnxFileError, message: expected })
    t.throws(() => io.readOnnx(path), { instanceOf: io.OnnxFileError })
  }
  writeFileSync(path, exported.bytes)
  const flipped = Buffer.from(exported.external!.toBytes())
  flipped[70_000]! ^= 1
  writeFileSync(join(folder, 'inner', 'deep.weights'), flipped)
  t.throws(() => io.readOnnx(path), { message: /weight 'wide.kernel' requires the data of its checksum/ })
  t.is(typeof io.readOnnx(path, { verify: false }), 'function')
  truncateSync(join(folder, 'inner', 'deep.weights'), 100_000)
  t.throws(() => io.readOnnx(path), { instanceOf: io.OnnxFileError, message: /bytes of deep\.weights, got 100000/ })
  const short = { 'deep.weights': exported.external!.toBytes().subarray(0, 100_000) }
  t.throws(() => io.importOnnx(exported.bytes, { external: short }), { instanceOf: io.OnnxFileError })
})
