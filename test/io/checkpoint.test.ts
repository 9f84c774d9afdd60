import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import type { NDArray } from '../../src/index.js'
import { ArgumentError, io, jit, nnx, np, optax, random } from '../../src/index.js'
import { sameTree, trees } from './arbitraries.js'
import { killOnce } from './killing.js'

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'onnax-checkpoint-'))
const saved = async (folder: string, steps: number, options: io.CheckpointManagerOptions = {}) => {
  const manager = new io.CheckpointManager(folder, options)
  for (let step = 1; step <= steps; step++) await manager.save(step, { w: np.full([40], step) })
  await manager.wait()
  return manager
}

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
  const timed = new io.CheckpointManager(newFolder(), { everySeconds: 0.05 })
  t.false(await timed.save(1, {}))
  await new Promise((resolve) => setTimeout(resolve, 60))
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
  t.throws(() => manager.restore(3), { instanceOf: io.CheckpointError, message: /bytes of its checksum, got 100/ })
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

test('a folder that can not be written, and trees that can not', async (t) => {
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
  // As good as read-only, for root too: nothing can be made in it.
  rmSync(inner, { recursive: true })
  mkdirSync(inner)
  t.true(await manager.save(1, { a: np.ones([1]) }))
  rmSync(inner, { recursive: true, force: true })
  await manager.wait().catch((error: unknown) => t.true(error instanceof io.CheckpointError))
  await t.throwsAsync(manager.save(2, {}), { instanceOf: io.CheckpointError, message: /a folder that can be read/ })
  await t.throwsAsync(new io.CheckpointManager(newFolder()).save(1, { a: [() => 0] }), {
    instanceOf: ArgumentError,
    message: /encode at a\/0/,
  })
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

test('a process killed while it saves leaves whole checkpoints, ten times', async (t) => {
  t.timeout(170_000)
  const folder = newFolder()
  for (let i = 0; i < 10; i++) {
    const found = await killOnce(folder, i * 3)
    t.true(found.whole, JSON.stringify(found))
    // What had been saved before the last begun save is there.
    t.true(found.restored >= found.begun - 1, JSON.stringify(found))
  }
  t.true(existsSync(folder))
  t.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  )
})
