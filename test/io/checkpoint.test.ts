/** Checkpoints: what is saved and kept, and comes back. */
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import type { NDArray } from '../../src/index.js'
import {
  ArgumentError,
  DecodeError,
  io,
  jit,
  nnx,
  np,
  optax,
  OptionsError,
  random,
  ShapeDtypeStruct,
} from '../../src/index.js'
import { writePieces } from '../../src/io/pieces.js'
import { HeldFile } from '../../src/io/snapshot.js'
import { sameTree, trees } from './arbitraries.js'
import { Trainer } from './killing.js'
import { newFolder, saved } from './checkpointFolders.js'

test('any tree comes back bit for bit', async (t) => {
  const manager = new io.CheckpointManager(newFolder(), { keep: 1 })
  let step = 0
  await fc.assert(
    fc.asyncProperty(trees(true), async (value) => {
      await manager.save(step++, value, { metrics: { nan: NaN } })
      await manager.wait()
      const { tree, metrics } = manager.restore()!
      return sameTree(tree, value) && Number.isNaN(metrics['nan'])
    }),
    { numRuns: 40 },
  )
  await manager.save(step, { weak: 1, also: np.array([1]).mul(2) })
  t.pass()
})

test('saves every N steps or seconds, and when it must', async (t) => {
  const manager = new io.CheckpointManager(newFolder(), { everySteps: 3, keep: 100 })
  const done = []
  for (let step = 0; step < 8; step++) done.push(await manager.save(step, {}))
  t.deepEqual(done, [true, false, false, true, false, false, true, false])
  t.true(await manager.save(7, {}, { force: true }))
  await manager.wait()
  t.deepEqual(manager.steps(), [0, 3, 6, 7])
  t.false(await manager.save(6, {}))
  const timed = new io.CheckpointManager(newFolder(), { everySeconds: 0.5 })
  t.false(await timed.save(1, {}))
  await new Promise((resolve) => setTimeout(resolve, 550))
  t.true(await timed.save(2, {}))
  t.false(await timed.save(3, {}))
  await timed.wait()
  for (const options of [{ keep: 0 }, { everySteps: 0.5 }, { everySeconds: -1 }]) {
    t.throws(() => new io.CheckpointManager(newFolder(), options), { instanceOf: ArgumentError })
  }
  await t.throwsAsync(manager.save(-1, {}), { instanceOf: ArgumentError })
})

test('keeps the last and the best, in both directions, without those that have no metric', async (t) => {
  const losses = [5, 1, 4, NaN, 3, 2, 6]
  for (const [mode, best] of [
    ['min', 2],
    ['max', 7],
  ] as const) {
    const folder = newFolder()
    const manager = new io.CheckpointManager(folder, { keep: 2, best: { metric: 'loss', mode } })
    for (const [i, loss] of losses.entries()) await manager.save(i + 1, { i: np.array(i) }, { metrics: { loss } })
    await manager.wait()
    t.deepEqual(manager.steps(), best === 2 ? [2, 6, 7] : [6, 7])
    t.is(manager.best()!.step, best)
    t.is(manager.best()!.metrics['loss'], losses[best - 1])
    t.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    )
  }
})

test('the newest whole checkpoint is restored; what was skipped is said', async (t) => {
  const folder = newFolder()
  const manager = await saved(folder, 3)
  truncateSync(join(folder, 'step_0000000003', 'arrays.safetensors'), 100)
  rmSync(join(folder, 'step_0000000002', 'manifest.json'))
  const { step, tree, skipped } = manager.restore<{ w: NDArray }>()!
  t.is(step, 1)
  t.is(tree.w.slice([0, 1]).item(), 1)
  t.deepEqual(
    skipped.map(({ name }) => name),
    ['CheckpointError', 'CheckpointError'],
  )
  t.throws(() => manager.restore(3), { instanceOf: io.CheckpointError, message: /bytes of its checksums, got 100/ })
  t.throws(() => manager.restore(2), { instanceOf: io.CheckpointError, message: /manifest\.json, got ENOENT/ })
  t.throws(() => manager.restore(9), { instanceOf: io.CheckpointError })
  t.deepEqual(
    manager.list().map((info) => info.step),
    [1, 3],
  )
  // A broken one can be saved again.
  t.true(await manager.save(2, { w: np.ones([1]) }))
  await manager.wait()
  t.is(manager.restore(2)!.step, 2)
  rmSync(join(folder, 'step_0000000001', 'manifest.json'))
  rmSync(join(folder, 'step_0000000002', 'manifest.json'))
  t.throws(() => manager.restore(), { instanceOf: io.CheckpointError })
  t.is(new io.CheckpointManager(newFolder()).restore(), null)
})

test('a tree that is not like the one given is refused, naming the path', async (t) => {
  const manager = await saved(newFolder(), 2)
  const like = { w: np.zeros([40], { dtype: 'int32' }) }
  const restored = manager.restore({ like })!
  t.deepEqual([restored.step, restored.tree.w.shape], [2, [40]])
  t.is(manager.restore(1, { like })!.step, 1)
  t.is(manager.restore<unknown>({ like: { w: new ShapeDtypeStruct([40], 'int32') } })!.step, 2)
  const wrong = t.throws(() => manager.restore({ like: { w: np.zeros([3]) } }), { instanceOf: DecodeError })
  t.regex(wrong.message, /step_0+2: w: requires float32\[3\], got int32\[40\]/)
  t.throws(() => manager.restore({ like: { v: like.w } }), { instanceOf: DecodeError })
  t.throws(() => manager.restore({ step: 1 } as never), { instanceOf: OptionsError })
})

test('a piece that is donated while it is written is written again', async (t) => {
  const x = np.arange(6).astype('float32')
  const held = new HeldFile(Uint8Array.of(9, 9), [x, np.ones([2])])
  const [part, ...others] = held.parts(6, 8)
  t.deepEqual(others, [])
  t.is(part!.buffer, (x.data({ copy: false }) as Float32Array).buffer)
  jit((y: NDArray) => y.add(1), { donateArgnums: 0 })(x)
  const bytesAt = (position: number, length: number): Uint8Array => Buffer.concat(held.parts(position, length))
  t.not(held.parts(6, 8)[0]!.buffer, part!.buffer)
  t.deepEqual([...new Float32Array(Uint8Array.from(bytesAt(6, 8)).buffer)], [1, 2])
  t.deepEqual([...bytesAt(0, 4)], [9, 9, 0, 0])
  t.deepEqual([...bytesAt(24, 6)], [160, 64, 0, 0, 128, 63])
  held.release(26)
  t.deepEqual([...bytesAt(26, 8)], [0, 0, 128, 63, 0, 0, 128, 63])

  const contents = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]
  // For the first writing, the checksum, whether it is still there, and whether it is again.
  const turns = [0, 0, 1, 1]
  const path = join(newFolder(), 'file')
  const source = { byteLength: 2, parts: () => [contents[turns.shift()!]!], release: () => undefined }
  await writePieces(path, source)
  t.deepEqual(turns, [])
  t.deepEqual([...readFileSync(path)], [3, 4])
})

test('arrays of several pieces, donated while they are written', async (t) => {
  const manager = new io.CheckpointManager(newFolder(), { keep: 10 })
  const step = jit((x: NDArray, y: NDArray) => [x.add(1), y.add(1)] as const, { donateArgnums: [0, 1] })
  let [x, y] = [np.zeros([3_000_000]), np.zeros([5], { dtype: 'float16' })] as readonly [NDArray, NDArray]
  const key = random.key(1)
  for (let i = 0; i < 4; i++) {
    await manager.save(i, { x, y, key })
    for (let k = 0; k < 3; k++) {
      // At different times of the writing.
      for (let turn = 0; turn < i * k; turn++) await new Promise((resolve) => setImmediate(resolve))
      ;[x, y] = step(x, y)
    }
  }
  await manager.wait()
  for (let i = 0; i < 4; i++) {
    const { tree, skipped } = manager.restore<{ x: NDArray; y: NDArray }>(i)!
    t.deepEqual(skipped, [])
    t.true((tree.x.data() as Float32Array).every((value) => value === 3 * i))
    t.deepEqual(tree.y.toArray(), new Array(5).fill(3 * i))
  }
})

test('saves take turns, and donated arrays are copied before', async (t) => {
  const manager = new io.CheckpointManager(newFolder(), { keep: 10 })
  const step = jit((x: NDArray) => x.add(1), { donateArgnums: 0 })
  let x = np.zeros([100_000])
  for (let i = 0; i < 6; i++) {
    await manager.save(i, { x })
    x = step(x)
  }
  await Promise.all([10, 11, 12].map((at) => manager.save(at, { x })))
  await manager.wait()
  for (let i = 0; i < 6; i++) {
    t.true((manager.restore<{ x: NDArray }>(i)!.tree.x.data() as Float32Array).every((value) => value === i))
  }
  t.deepEqual(manager.steps(), [0, 1, 2, 3, 4, 5, 10, 11, 12])
})

class Net extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear: nnx.Linear
  readonly dropout: nnx.Dropout
  readonly norm: nnx.BatchNorm
  constructor(seed: number) {
    super()
    const rngs = new nnx.Rngs({ params: seed, dropout: seed + 1 })
    this.linear = new nnx.Linear(3, 4, { rngs })
    this.dropout = new nnx.Dropout(0.5, { rngs })
    this.norm = new nnx.BatchNorm(4, { rngs })
  }
  override call(x: NDArray): NDArray {
    return this.dropout(this.norm(this.linear(x)))
  }
}

test('a run that is resumed goes on bit for bit, random state and statistics included', async (t) => {
  const make = (seed: number) => new nnx.Optimizer(new Net(seed), optax.adamw(1e-2))
  const x = random.normal(random.key(9), [8, 3])
  const train = nnx.jit((optimizer: nnx.Optimizer<Net>) => {
    const [loss, grads] = nnx.valueAndGrad((net: Net) => np.mean(np.square(net(x))))(optimizer.model)
    optimizer.update(grads)
    return loss
  })
  const manager = new io.CheckpointManager(newFolder())
  const through = make(0)
  for (let i = 0; i < 3; i++) train(through)
  await manager.save(3, nnx.state(through))
  const losses = [0, 0, 0].map(() => train(through).item())
  await manager.wait()
  const resumed = make(100)
  nnx.update(resumed, manager.restore<nnx.AnyState>()!.tree)
  t.deepEqual(
    [0, 0, 0].map(() => train(resumed).item()),
    losses,
  )
  t.true(sameTree(nnx.state(resumed), nnx.state(through)))
  t.is(new Set(losses).size, 3)
})

test('a training killed while it saves leaves whole checkpoints and goes on bit for bit, three times', async (t) => {
  t.timeout(170_000)
  const folder = newFolder()
  const program = ['--import=tsx', 'test/io/saveLoop.ts']
  const said = new Map<number, string>()
  const trainers = [0, 1, 2, 3].map(() => new Trainer(program))
  let last = 0
  for (const [i, trainer] of trainers.slice(0, 3).entries()) {
    const found = await trainer.kill(join(folder, 'killed'), i * 15, 4)
    t.true(found.whole)
    t.is(found.resumed, last)
    for (const [step, loss] of found.losses) {
      t.is(said.get(step) ?? loss, loss)
      said.set(step, loss)
    }
    // What had been saved before the last begun save is there.
    last = found.restored
    t.true(last >= Math.max(...found.losses.keys()) - 2)
  }
  const through = await trainers[3]!.run(join(folder, 'whole'), Math.max(...said.keys()))
  t.deepEqual([...said], [...through])
  t.true(new Set(said.values()).size > 7)
  t.deepEqual(
    readdirSync(join(folder, 'killed')).filter((name) => name.startsWith('.')),
    [],
  )
})
