import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { io, type NDArray, np, OptionsError } from '../../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'onnax-io-options-'))
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true })
})
const f = (x: NDArray): NDArray => x.add(1)
const exported = io.exportOnnx(f, [np.ones([2])])
const path = (name: string): string => join(folder, name)
io.writeOnnx(path('f.onnx'), exported)

const takers: Readonly<Record<string, (options: never) => unknown>> = {
  arrayCodec: (o) => io.arrayCodec(o),
  keyCodec: (o) => io.keyCodec(o),
  treeCodec: (o) => io.treeCodec(o),
  stateCodec: (o) => io.stateCodec(o),
  graphDefCodec: (o) => io.graphDefCodec(o),
  modelCodec: (o) => io.modelCodec(o),
  encodeSafetensors: (o) => io.encodeSafetensors({}, o),
  writeSafetensors: (o) => {
    io.writeSafetensors(path('none'), {}, o)
  },
  loadWeights: (o) => io.loadWeights({}, {}, o),
  exportOnnx: (o) => io.exportOnnx(f, [np.ones([2])], o),
  importOnnx: (o) => io.importOnnx(exported.bytes, o),
  readOnnx: (o) => io.readOnnx(path('f.onnx'), o),
  CheckpointManager: (o) => new io.CheckpointManager(path('checkpoints'), o),
}
const wrong: readonly (readonly [name: string, options: object])[] = [
  ...Object.keys(takers).map((name) => [name, { unknwon: 1 }] as const),
  ['arrayCodec', { form: 'hex' }],
  ['treeCodec', { form: 'hex' }],
  ['stateCodec', { like: 1 }],
  ['loadWeights', { mode: 'lenient' }],
  ['exportOnnx', { weights: 'beside' }],
  ['exportOnnx', { names: { input: ['x'] } }],
  ['importOnnx', { verify: 'no' }],
  ['CheckpointManager', { best: { metric: 'loss', mode: 'least' } }],
]

test('unknown options and values of another kind are refused', async (t) => {
  for (const [name, options] of wrong) {
    t.throws(() => takers[name]!(options as never), { instanceOf: OptionsError }, `${name} ${JSON.stringify(options)}`)
    t.notThrows(() => takers[name]!({} as never), name)
  }
  const manager = new io.CheckpointManager(path('checkpoints'))
  const save = manager.save(1, {}, { forced: true } as never)
  await t.throwsAsync(save, { instanceOf: OptionsError, message: /unknown option forced/ })
})

const missing = path('missing')
const inMissing = join(missing, 'file')
mkdirSync(path('folder'))
const external = io.exportOnnx((x: NDArray) => x.add(np.ones([1000])), [np.ones([1000])], { weights: 'external' })

for (const [name, call, error, code] of [
  ['writeSafetensors', () => io.writeSafetensors(inMissing, {}), io.SafetensorsError, 'ENOENT'],
  ['readSafetensors', () => io.readSafetensors(missing), io.SafetensorsError, 'ENOENT'],
  ['readSafetensors of a folder', () => io.readSafetensors(path('folder')), io.SafetensorsError, ''],
  ['SafetensorsFile', () => new io.SafetensorsFile(join(path('f.onnx'), 'a')), io.SafetensorsError, 'ENOTDIR'],
  ['writeOnnx', () => io.writeOnnx(inMissing, exported), io.OnnxFileError, 'ENOENT'],
  ['writeOnnx with weights beside', () => io.writeOnnx(inMissing, external), io.OnnxFileError, 'ENOENT'],
  ['readOnnx', () => io.readOnnx(missing), io.OnnxFileError, 'ENOENT'],
  ['readOnnx of a folder', () => io.readOnnx(path('folder')), io.OnnxFileError, 'EISDIR'],
] as const) {
  test(`${name} names the file, the fault and what helps`, (t) => {
    const { message } = t.throws(call, { instanceOf: error })
    t.true(message.includes(folder), message)
    if (code !== '') t.regex(message, new RegExp(`got ${code}, .*: (check|give)`))
  })
}

test.serial('a full disk: a typed error, and the old file stays', (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'onnax-io-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'onnax', disk], { stdio: 'ignore' })
  } catch {
    rmSync(disk, { recursive: true })
    t.log('skipped: only root can mount a file system')
    t.pass()
    return
  }
  try {
    for (const [error, write] of [
      [io.SafetensorsError, (to: string) => io.writeSafetensors(to, { x: np.zeros([100_000]) })],
      [io.OnnxFileError, (to: string) => io.writeOnnx(to, { bytes: new Uint8Array(400_000), external: null })],
    ] as const) {
      const to = join(disk, 'file')
      writeFileSync(to, 'old')
      const full = { instanceOf: error, message: /got ENOSPC, a full disk: make room/ }
      t.throws(() => {
        write(to)
      }, full)
      t.is(readFileSync(to, 'utf8'), 'old')
      t.deepEqual(readdirSync(disk), ['file'])
    }
  } finally {
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  }
})
