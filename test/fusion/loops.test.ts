/** Loops at run time: memory, threads, settings. */
import { spawnSync } from 'node:child_process'
import test from 'ava'
import {
  config,
  DeletedArrayError,
  FloatingPointError,
  jit,
  type NDArray,
  np,
  optax,
  profile,
  random,
  runtimeStats,
} from '../../src/index.js'
import { bits, bothWays } from './fused.js'

const update = (p: NDArray, m: NDArray, g: NDArray): readonly [NDArray, NDArray] => {
  const next = m.mul(0.9).add(g.mul(0.1))
  return [p.sub(next.mul(0.01)), next]
}
const normal = (seed: number, shape: readonly number[]): NDArray => random.normal(random.key(seed), shape)

test.serial('donated arrays are overwritten in place: a steady loop allocates nothing', (t) => {
  const step = jit(update, { donateArgnums: [0, 1] })
  const g = normal(1, [300, 40])
  let [p, m] = [normal(2, [300, 40]), np.zeros([300, 40])]
  const first = p
  for (let i = 0; i < 3; i++) [p, m] = step(p, m, g)
  t.throws(() => first.data(), { instanceOf: DeletedArrayError })
  const before = runtimeStats()
  const memory = (): ReadonlySet<unknown> =>
    new Set([p, m].map((x) => (x.data({ copy: false }) as Float32Array).buffer))
  const places = memory()
  for (let i = 0; i < 5; i++) [p, m] = step(p, m, g)
  const after = runtimeStats()
  t.is(after.buffersAllocated, before.buffersAllocated)
  t.true([...memory()].every((place) => places.has(place)))
})

test('arrays that are not donated keep their values', (t) => {
  const [p, m, g] = [normal(1, [999]), normal(2, [999]), normal(3, [999])]
  const before = [p, m, g].map(bits)
  const step = jit(update)
  step(p, m, g)
  const again = jit(update, { donateArgnums: [0] })
  again(np.add(p, 0), m, g)
  t.deepEqual([p, m, g].map(bits), before)
})

test('an argument that the head and a loop read is overwritten when both have read it', (t) => {
  const f = (p: NDArray, q: NDArray): readonly NDArray[] => {
    const half = p.mul(0.5)
    return [half.add(1).mul(p).sub(half), q.mul(2).add(q).mul(q.slice(0)).sub(1)]
  }
  const [p, q] = [normal(1, [500]), normal(2, [500])]
  const expected = config.using('fusedLoops', false, () => jit(f)(p, q).map(bits))
  const actual = jit(f, { donateArgnums: [0, 1] })(np.add(p, 0), np.copy(q)).map(bits)
  t.deepEqual(actual, expected)
})

test('many blocks on several threads give what one thread gives', (t) => {
  const shapes = [[1_000_003], [511, 700], [3], [64, 1024]]
  const arrays = shapes.flatMap((shape, i) => [normal(i, shape), normal(10 + i, shape), normal(20 + i, shape)])
  const f = (...xs: readonly NDArray[]): readonly NDArray[] =>
    shapes.flatMap((_, i) => update(xs[3 * i]!, xs[3 * i + 1]!, xs[3 * i + 2]!))
  const [, plain] = bothWays(f, ...arrays)
  const expected = plain.map(bits)
  const step = jit(f)
  // Until there are other threads.
  for (const end = performance.now() + 500; performance.now() < end;) step(...arrays)
  for (let i = 0; i < 12; i++) t.deepEqual(step(...arrays).map(bits), expected)
})

test('asynchronous calls run the loops, too', async (t) => {
  const step = jit(update)
  const [p, m, g] = [normal(1, [2000]), normal(2, [2000]), normal(3, [2000])]
  const expected = step(p, m, g).map(bits)
  const results = await Promise.all([step.async(p, m, g), step.async(p, m, g)])
  for (const result of results) t.deepEqual(result.map(bits), expected)
})

type Arrays = readonly [NDArray, NDArray]
const trained = (p: NDArray, m: NDArray, x: NDArray): Arrays => {
  const slope = np.matmul(x.T, np.matmul(x, p))
  const next = m.mul(0.9).add(slope.mul(0.1))
  return [p.sub(next.mul(0.01)), next]
}

test('asynchronous calls with donated arguments, one after the other', async (t) => {
  const step = jit(trained, { donateArgnums: [0, 1] })
  const x = normal(1, [8, 100])
  const start = (): Arrays => [normal(2, [100, 90]), normal(3, [100, 90])]
  let expected = start()
  for (let i = 0; i < 4; i++) expected = step(...expected, x)
  let actual = start()
  for (let i = 0; i < 4; i++) {
    const given = actual
    actual = await step.async(...given, x)
    t.throws(() => given[0].data(), { instanceOf: DeletedArrayError })
  }
  t.deepEqual(actual.map(bits), expected.map(bits))
})

test('what an asynchronous call will read in its loops is not overwritten by another call', async (t) => {
  const step = jit(trained)
  const [p, m, x] = [normal(2, [100, 90]), normal(3, [100, 90]), normal(1, [3000, 100])]
  const expected = step(p, m, x).map(bits)
  const other = jit(update, { donateArgnums: [0, 1] })
  const pending = step.async(p, m, x)
  other(p, m, np.ones([100, 90]))
  t.deepEqual((await pending).map(bits), expected)
})

test.serial('debugNans names the operation although memory was donated', (t) => {
  const step = jit((p: NDArray, g: NDArray) => p.sub(np.sqrt(g).mul(0.1).add(p)), { donateArgnums: [0] })
  config.using('debugNans', true, () => {
    const error = t.throws(() => step(np.ones([100]), np.ones([100]).neg()), { instanceOf: FloatingPointError })
    t.regex(error.message, /sqrt/)
  })
})

test.serial('profiles show the loops', (t) => {
  const step = jit(update)
  const { rows } = profile(() => step(normal(1, [5000]), normal(2, [5000]), normal(3, [5000])))
  t.true(rows.some(({ name, calls }) => name === 'fused loops' && calls === 1))
})

/** Calls a step of 1.5 million elements for so long; says whether it computed, and how many workers there are. */
const workersAfter = (milliseconds: number, threads: number): string => {
  const program = `
    import { jit, np } from './src/index.js'
    const step = jit((p, m, g) => { const n = m.mul(0.9).add(g.mul(0.1)); return [p.sub(n.mul(0.01)), n] }, { donateArgnums: [0, 1] })
    const g = np.ones([1000, 300])
    let [p, m] = step(np.ones([1000, 300]), np.zeros([1000, 300]), g)
    const end = performance.now() + ${milliseconds}
    do [p, m] = step(p, m, g)
    while (performance.now() < end)
    console.log(p.slice(0, 0).item() < 1, process.report.getReport().workers.length)`
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import=tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ONNAX_NUM_THREADS: `${threads}` } },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

test('the process ends by itself although workers wait, and one thread needs none', (t) => {
  const [none] = workersAfter(0, 1).split(' ').slice(1).map(Number) as [number]
  t.is(workersAfter(1500, 1), `true ${none}`)
  t.is(workersAfter(1500, 3), `true ${none + 2}`)
})

test('who computes for a short time gets no workers', (t) => {
  t.is(workersAfter(0, 3), workersAfter(0, 1))
})

test('without WebAssembly, or address space for its memory, ONNX Runtime computes everything', (t) => {
  const program = `
    const { jit, np } = await import('./src/index.js')
    const step = jit((p, g) => p.sub(g.mul(0.1)).add(p.mul(0.01)))
    console.log(step(np.ones([1000]), np.ones([1000])).slice(0).item().toFixed(5))`
  const crowded = 'WebAssembly.Memory = class { constructor() { throw new RangeError() } }'
  const options = ['--import=tsx', '--input-type=module', '--eval']
  for (const args of [
    ['--jitless', ...options, program],
    [...options, crowded + program],
  ]) {
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
    t.is(stdout.trim(), '0.91000', stderr)
  }
})

test('every optimizer of a list gives the same bits with and without loops', (t) => {
  const optimizers = {
    adam: optax.adam(1e-2),
    adamw: optax.chain(optax.clipByGlobalNorm(0.5), optax.adamw(1e-2)),
    lion: optax.lion(1e-2),
    sgd: optax.sgd(0.1, { momentum: 0.9, nesterov: true }),
    rmsprop: optax.rmsprop(1e-2),
    adagrad: optax.adagrad(0.1),
    adamax: optax.adamax(1e-2),
    lamb: optax.lamb(1e-2),
    nadam: optax.nadam(1e-2),
  }
  for (const [name, tx] of Object.entries(optimizers)) {
    const run = (fused: boolean): readonly string[] =>
      config.using('fusedLoops', fused, () => {
        let params: readonly NDArray[] = [normal(1, [70, 30]), normal(2, [17])]
        const grads = [normal(3, [70, 30]), normal(4, [17])]
        let state = tx.init(params) as never
        const step = jit(
          (p: typeof params, s: never) => {
            const [updates, next] = tx.update(grads, s, p)
            return [optax.applyUpdates(p, updates), next as never] as const
          },
          { donateArgnums: [0, 1] },
        )
        for (let i = 0; i < 5; i++) [params, state] = step(params, state)
        return params.map(bits)
      })
    t.deepEqual(run(true), run(false), name)
  }
})

test('more arrays than the memory of a loop holds are left to ONNX Runtime', (t) => {
  const arrays = Array.from({ length: 300 }, (_, i) => np.full([70], i, { dtype: 'float32' }))
  const sum = jit((...xs: readonly NDArray[]) => xs.reduce((a, b) => a.add(b)))
  t.is(
    sum(...arrays)
      .slice(0)
      .item(),
    (299 * 300) / 2,
  )
})
