/** Checkpoints that are altered, or could not be written: refused, and never half there. */
import { execFileSync } from 'node:child_process'
import { cpSync, promises, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { NDArray } from '../../src/index.js'
import { ArgumentError, DeletedArrayError, io, jit, np } from '../../src/index.js'
import {} from './arbitraries.js'
import { newFolder, saved } from './checkpointFolders.js'

test('300 altered files: each is refused with a typed error', async (t) => {
  const folder = newFolder()
  const manager = await saved(folder, 1)
  const path = join(folder, 'step_0000000001')
  const refused = (): void => {
    t.throws(() => manager.restore(), { instanceOf: io.CheckpointError })
  }
  for (const name of ['manifest.json', 'arrays.safetensors']) {
    const whole = readFileSync(join(path, name))
    fc.assert(
      fc.property(fc.nat(whole.byteLength - 1), fc.nat(7), (at, bit) => {
        const broken = Buffer.from(whole)
        broken[at]! ^= 1 << bit
        writeFileSync(join(path, name), broken)
        refused()
      }),
      { numRuns: 100 },
    )
    for (let i = 0; i < 50; i++) {
      writeFileSync(join(path, name), whole.subarray(0, Math.floor((i * whole.byteLength) / 50)))
      refused()
    }
    writeFileSync(join(path, name), `{"tree":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)
    refused()
    writeFileSync(join(path, name), whole)
    t.is(manager.restore()!.step, 1)
  }
  const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'))
  for (const change of [{ version: 2 }, { format: 'other' }, { bytes: 1e18 }, { step: '1' }, { tree: { ref: 'x' } }]) {
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ ...manifest, ...change }))
    refused()
  }
})

test('the arrays of another checkpoint are refused', async (t) => {
  const folder = newFolder()
  const manager = await saved(folder, 2)
  cpSync(join(folder, 'step_0000000001', 'arrays.safetensors'), join(folder, 'step_0000000002', 'arrays.safetensors'))
  t.throws(() => manager.restore(2), { instanceOf: io.CheckpointError, message: /bytes of its checksum/ })
})

test('a folder that is none, that goes, and trees that can not be saved', async (t) => {
  const folder = newFolder()
  writeFileSync(join(folder, 'file'), '')
  t.throws(() => new io.CheckpointManager(join(folder, 'file')), {
    instanceOf: io.CheckpointError,
    message: /got EEXIST/,
  })
  t.throws(() => new io.CheckpointManager(join(folder, 'file', 'inner')), { instanceOf: io.CheckpointError })
  const inner = join(folder, 'inner')
  const manager = new io.CheckpointManager(inner)
  await manager.wait()
  rmSync(inner, { recursive: true })
  await t.throwsAsync(manager.save(2, {}), { instanceOf: io.CheckpointError, message: /a folder that can be read/ })
  await t.throwsAsync(new io.CheckpointManager(newFolder()).save(1, { a: [() => 0] }), {
    instanceOf: ArgumentError,
    message: /encode at a\/0/,
  })
  const donated = np.ones([3])
  jit((x: NDArray) => x.add(1), { donateArgnums: 0 })(donated)
  await t.throwsAsync(new io.CheckpointManager(newFolder()).save(1, { donated }), { instanceOf: DeletedArrayError })
})

/** A save that must fail with `code`, and leave the checkpoint before as it was and nothing else; then one that works. */
const failsOnce = async (
  t: ExecutionContext,
  folder: string,
  code: string,
  begin: () => void,
  end: () => void,
  size = 40,
): Promise<void> => {
  const manager = await saved(folder, 1)
  begin()
  try {
    t.true(await manager.save(2, { w: np.full([size], 2) }))
    await t.throwsAsync(manager.wait(), { instanceOf: io.CheckpointError, message: new RegExp(`got ${code}`) })
    // A failure is told once, by `wait` or by the next save.
    await manager.wait()
    await manager.save(2, { w: np.full([size], 2) })
    await t.throwsAsync(manager.save(3, {}), { instanceOf: io.CheckpointError, message: new RegExp(`got ${code}`) })
    t.deepEqual(readdirSync(folder), ['step_0000000001'])
    t.is(manager.restore<{ w: NDArray }>()!.tree.w.slice([0, 1]).item(), 1)
    t.is(new io.CheckpointManager(folder).restore()!.step, 1)
  } finally {
    end()
  }
  t.true(await manager.save(2, { w: np.full([40], 2) }))
  await manager.wait()
  t.deepEqual(manager.steps(), [1, 2])
}

for (const [call, code] of [
  ['mkdir', 'EROFS'],
  ['open', 'EACCES'],
  ['rename', 'EROFS'],
] as const) {
  test.serial(`${call} fails with ${code}: a typed error, the old checkpoints stay`, async (t) => {
    const own = promises[call]
    const fail = () => Promise.reject(Object.assign(new Error(code), { code }))
    const set = (f: unknown): void => {
      Object.assign(promises, { [call]: f })
      syncBuiltinESMExports()
    }
    await failsOnce(
      t,
      newFolder(),
      code,
      () => set(fail),
      () => set(own),
    )
  })
}

for (const [call, code] of [
  ['writev', 'ENOSPC'],
  ['writeFile', 'ENOSPC'],
  ['sync', 'EIO'],
] as const) {
  test.serial(`${call} of a file fails with ${code}: a typed error, the old checkpoints stay`, async (t) => {
    const handle = await promises.open(join(newFolder(), 'x'), 'w')
    const prototype = Object.getPrototypeOf(handle)
    await handle.close()
    const own = prototype[call]
    await failsOnce(
      t,
      newFolder(),
      code,
      () => (prototype[call] = () => Promise.reject(Object.assign(new Error(code), { code }))),
      () => (prototype[call] = own),
    )
  })
}

/** A file system of its own, of 1 MB; only root may make one. */
const smallDisk = (): string | null => {
  const folder = newFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'onnax', folder], { stdio: 'ignore' })
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return null
  }
}

test.serial('a disk that is full, and one that is read-only', async (t) => {
  const folder = smallDisk()
  if (folder === null) {
    t.log('skipped: only root can mount a file system')
    t.pass()
    return
  }
  const nothing = () => undefined
  try {
    await failsOnce(t, folder, 'ENOSPC', nothing, nothing, 400_000)
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const manager = new io.CheckpointManager(folder)
    await manager.save(3, { w: np.ones([1]) })
    await t.throwsAsync(manager.wait(), { instanceOf: io.CheckpointError, message: /got EROFS/ })
    t.deepEqual(manager.steps(), [1, 2])
    t.is(manager.restore()!.step, 2)
  } finally {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  }
})

test('a checkpoint in the folder of another step is refused', async (t) => {
  const folder = newFolder()
  const manager = await saved(folder, 1)
  renameSync(join(folder, 'step_0000000001'), join(folder, 'step_0000000007'))
  t.throws(() => manager.restore(), { instanceOf: io.CheckpointError, message: /of step 7, got one of 1/ })
})
