/** Recorded runs, on a fake device: it replays addresses, as a GPU does, so that what is not there is computed wrong. */
process.env['ONNAX_FAKE_DEVICES'] = '2'
process.env['ONNAX_FAKE_GRAPHS'] = '1'

import test, { type ExecutionContext } from 'ava'
import {
  blockUntilReady,
  clearCaches,
  DeletedArrayError,
  type Device,
  devicePut,
  devices,
  defaultDevice,
  GraphCaptureError,
  grad,
  jit,
  lax,
  makeJaxpr,
  type NDArray,
  nnx,
  np,
  optax,
  random,
  runtimeStats,
} from '../../../src/index.js'
import { Device as DeviceClass } from '../../../src/core/index.js'
import type { GraphMode } from '../../../src/runtime/devices/driver.js'
import { fakeDriver } from '../../../src/runtime/devices/fake.js'
import { DeviceTarget } from '../../../src/runtime/devices/target.js'
import { EnvironmentVariableError, RuntimeError } from '../../../src/runtime/errors.js'

const [device] = devices('fake') as [Device]

/** An array on the device. */
const on = (...values: readonly number[]): NDArray => devicePut(np.array(values), device)
const replaysOf = (f: () => void): number => {
  const before = runtimeStats().replays
  f()
  return runtimeStats().replays - before
}
const shows = (t: ExecutionContext, x: NDArray, ...values: readonly number[]): void => {
  t.deepEqual(x.toArray(), values)
}

const withMode = <T>(mode: string, f: () => T): T => {
  const before = process.env['ONNAX_FAKE_GRAPHS']
  process.env['ONNAX_FAKE_GRAPHS'] = mode
  try {
    return f()
  } finally {
    process.env['ONNAX_FAKE_GRAPHS'] = before
  }
}

test.serial('results of earlier calls stay as they are', (t) => {
  const f = jit((x: NDArray) => x.mul(2).add(1))
  const results = [1, 2, 3, 4, 5, 6].map((i) => f(on(i, i)))
  results.forEach((y, i) => {
    shows(t, y, 2 * i + 3, 2 * i + 3)
  })
  // One call is watched, one recorded.
  t.is(
    replaysOf(() => f(on(9, 9))),
    1,
  )
})

test.serial('donated arguments whose results come back change places: nothing is copied or allocated', (t) => {
  const step = jit((x: NDArray, k: NDArray) => x.mul(k).add(1), { donateArgnums: 0 })
  const k = on(2, 3)
  let x = on(0, 0)
  let expected = [0, 0]
  const advance = (steps: number): void => {
    for (let i = 0; i < steps; i++) {
      x = step(x, k)
      expected = [(expected[0]! * 2 + 1) % 2 ** 24, expected[1]! * 3 + 1]
    }
  }
  advance(4)
  const before = { ...device.memoryStats()!, allocated: runtimeStats().buffersAllocated }
  t.is(replaysOf(() => advance(6)), 6) // prettier-ignore
  const { bytesInUse, arrays } = device.memoryStats()!
  t.deepEqual({ bytesInUse, arrays, allocated: runtimeStats().buffersAllocated }, { bytesInUse: before.bytesInUse, arrays: before.arrays, allocated: before.allocated }) // prettier-ignore
  shows(t, x, ...expected)
  const gone = x
  x = step(x, k)
  t.throws(() => gone.toArray(), { instanceOf: DeletedArrayError })
})

test.serial('states that change places with one another are not mixed up', (t) => {
  const swap = jit((a: NDArray, b: NDArray) => [b.add(1), a.mul(2)] as const, { donateArgnums: [0, 1] })
  let [a, b] = [on(1), on(10)]
  let [p, q] = [1, 10]
  for (let i = 0; i < 9; i++) {
    ;[a, b] = swap(a, b)
    ;[p, q] = [q + 1, p * 2]
    // Now and then the other way around, which no recording expects.
    if (i % 3 === 2) {
      ;[a, b] = [b, a]
      ;[p, q] = [q, p]
    }
  }
  shows(t, a, p)
  shows(t, b, q)
})

test.serial('several trainings with one program, by turns', (t) => {
  const step = jit((x: NDArray) => x.mul(2).add(1), { donateArgnums: 0 })
  const states = [on(0), on(100), on(7)]
  const expected = [0, 100, 7]
  for (let i = 0; i < 12; i++) {
    const which = (i * i) % 3
    states[which] = step(states[which]!)
    expected[which] = expected[which]! * 2 + 1
  }
  t.deepEqual(
    states.map((x) => x.item()),
    expected,
  )
})

test.serial('arguments that come again are read where they are; later ones are copied', (t) => {
  const f = jit((w: NDArray, x: NDArray) => np.matmul(w, x))
  const call = (w: NDArray, a: number): number => np.sum(f(w, on(a, a))).item()
  const [first, second, third] = [1, 2, 3].map((i) => devicePut(np.full([2, 2], i), device)) as [NDArray, NDArray, NDArray] // prettier-ignore
  t.deepEqual([1, 2, 3].map((a) => call(first, a)), [4, 8, 12]) // prettier-ignore
  t.deepEqual([call(second, 1), call(first, 1), call(second, 2), call(third, 1), call(third, 2)], [8, 4, 16, 12, 24])
  // Weights that are not there any more, and others where they were.
  for (let i = 1; i <= 20; i++) t.is(call(devicePut(np.full([2, 2], i), device), 1), 4 * i)
})

test.serial('memory that is used again for another array is not taken for the same', (t) => {
  const consume = jit((x: NDArray) => np.sum(x), { donateArgnums: 0 })
  const f = jit((x: NDArray) => x.add(1))
  for (let i = 0; i < 8; i++) {
    const x = on(i, i, i)
    shows(t, f(x), i + 1, i + 1, i + 1)
    t.is(consume(x).item(), 3 * i)
  }
})

test.serial('numbers, and arguments that become numbers', (t) => {
  const f = jit((x: NDArray, rate: NDArray | number) => x.mul(rate))
  const x = on(1, 2)
  for (const rate of [3, 3, 4, 4, 5, 3]) shows(t, f(x, rate), rate, 2 * rate)
  const scaled = [f(x, 6), f(x, 7)]
  shows(t, scaled[0]!, 6, 12)
  shows(t, scaled[1]!, 7, 14)
})

test.serial('a result that stays an argument of the program that made it', (t) => {
  const f = jit((x: NDArray, y: NDArray) => [x.add(y), x] as const)
  let [a, b] = [on(1), on(1)]
  const seen: NDArray[] = []
  for (let i = 0; i < 10; i++) {
    ;[a, b] = f(a, b)
    seen.push(a)
  }
  t.deepEqual(seen.map((x) => x.item()), [2, 3, 5, 8, 13, 21, 34, 55, 89, 144]) // prettier-ignore
  // The same array twice.
  for (let i = 0; i < 4; i++) t.is(f(a, a)[0].item(), 288)
})

test.serial('random calls, against the CPU', (t) => {
  const body = (a: NDArray, b: NDArray, c: NDArray): readonly NDArray[] => [a.add(b), b.sub(c), np.sum(a.mul(c))]
  const donating = jit(body, { donateArgnums: [0, 1] })
  const keeping = jit(body)
  let seed = 1
  const draw = (n: number): number => (seed = (seed * 48271) % 2147483647) % n
  // What is alive, with its value.
  let live: { readonly x: NDArray; readonly value: number }[] = []
  for (let i = 0; i < 300; i++) {
    while (live.length < 4) {
      const value = draw(10)
      live.push({ x: devicePut(np.full([3], value), device), value })
    }
    const [a, b, c] = [draw(live.length), draw(live.length), draw(live.length)]
    const isDonating = draw(3) > 0 && a !== b && b !== c && a !== c
    const [p, q, r] = [live[a]!, live[b]!, live[c]!]
    const results = (isDonating ? donating : keeping)(p.x, q.x, r.x)
    if (isDonating) live = live.filter((_, k) => k !== a && k !== b)
    live.push({ x: results[0]!, value: p.value + q.value }, { x: results[1]!, value: q.value - r.value })
    if (draw(2) === 0) t.is(results[2]!.item() + 0, 3 * p.value * r.value + 0)
    live = live.map((one) => (Math.abs(one.value) < 1e3 ? one : { x: on(1, 1, 1), value: 1 }))
    while (live.length > 9) live.splice(draw(live.length), 1)
    if (i % 10 === 0) for (const { x, value } of live) t.true((x.toArray() as number[]).every((e) => e === value)) // prettier-ignore
    if (i === 150) clearCaches()
  }
})

test.serial('asynchronous calls run in the ordinary way, and what they read is not overwritten', async (t) => {
  const step = jit((x: NDArray) => x.mul(2).add(1), { donateArgnums: 0 })
  const slow = jit((x: NDArray) => np.max(np.matmul(x, x.T)))
  let x = devicePut(np.ones([256, 256]), device)
  for (let i = 0; i < 3; i++) x = step(x)
  const runs: Promise<NDArray>[] = []
  for (let i = 0; i < 4; i++) {
    runs.push(slow.async(x))
    x = jit((y: NDArray) => y.add(1))(x)
    x = step(x)
  }
  const sums = (await Promise.all(runs)).map((y) => y.item())
  let value = 15
  t.deepEqual(sums, sums.map(() => {
    const sum = 256 * value * value
    value = (value + 1) * 2 + 1
    return sum
  })) // prettier-ignore
  const later = await step.async(x)
  t.is(blockUntilReady(later).device, device)
})

const train = (steps: number): readonly number[] => {
  const model = new nnx.Sequential(new nnx.Linear(3, 8, { rngs: new nnx.Rngs(0) }), np.tanh, new nnx.Linear(8, 1, { rngs: new nnx.Rngs(1) })) // prettier-ignore
  const optimizer = new nnx.Optimizer(model, optax.adam(1e-2), { wrt: nnx.Param })
  const x = random.normal(random.key(2), [16, 3])
  const y = np.sum(x, { axis: 1, keepdims: true })
  const step = nnx.jit((m: typeof model, o: typeof optimizer, a: NDArray, b: NDArray) => {
    const [loss, grads] = nnx.valueAndGrad((inner: typeof model) => np.mean(inner(a).sub(b).square()))(m)
    o.update(grads)
    return loss
  })
  return Array.from({ length: steps }, (_, i) => step(model, optimizer, x.add(i % 2), y).item())
}

test.serial('training gives the same losses as without', (t) => {
  let recorded: readonly number[] = []
  const replays = replaysOf(() => {
    recorded = withMode('auto', () => defaultDevice(device, () => train(8)))
  })
  t.true(replays >= 4, `${replays}`)
  clearCaches()
  t.deepEqual(
    recorded,
    withMode('0', () => defaultDevice(device, () => train(8))),
  )
})

test.serial('arrays outlive the program whose memory they stand on', (t) => {
  const f = jit((x: NDArray) => x.add(1), { donateArgnums: 0 })
  let x = on(0, 0)
  for (let i = 0; i < 5; i++) x = f(x)
  clearCaches()
  const others = Array.from({ length: 20 }, (_, i) => on(i, i))
  shows(t, x, 5, 5)
  t.is(others.length, 20)
  for (let i = 0; i < 5; i++) x = f(x)
  shows(t, x, 10, 10)
})

test.serial('under memory pressure the program gives its memory up', (t) => {
  const MiB = 1 << 20
  const f = jit((x: NDArray, y: NDArray) => x.add(y))
  clearCaches()
  const wide = devicePut(np.ones([MiB]), device)
  for (let i = 0; i < 4; i++) f(wide, devicePut(np.full([MiB], i), device))
  const result = f(wide, wide)
  const held = device.memoryStats()!.bytesInUse
  process.env['ONNAX_MEMORY_LIMIT'] = `${held + 2 * MiB}`
  try {
    // Dropped arrays, the pool, and the places of the program.
    const more = [1, 2, 3, 4].map((i) => devicePut(np.full([MiB], i), device))
    t.is(more.length, 4)
    t.is(np.max(f(wide, more[3]!)).item(), 5)
  } finally {
    delete process.env['ONNAX_MEMORY_LIMIT']
  }
  t.is(np.max(result).item(), 2)
})

test.serial('control flow: an error that names the node, or the ordinary way', (t) => {
  const loop = (x: NDArray): NDArray => lax.whileLoop((y: NDArray) => np.sum(y).lt(100), (y: NDArray) => y.mul(2), x) // prettier-ignore
  const error = t.throws(() => jit(loop)(on(1, 2)), { instanceOf: GraphCaptureError })
  t.like(error, { program: 'loop', device: 'fake:0' })
  t.deepEqual(error.nodes.map(({ operator, count }) => [operator, count]), [['Loop', 1]]) // prettier-ignore
  t.regex(error.message, /^'loop' requires nothing but kernels on fake:0 .* got 1 × Loop: the host decides .*=auto/)
  withMode('auto', () => {
    const f = jit((x: NDArray) => loop(x).add(0))
    for (let i = 0; i < 4; i++) shows(t, f(on(1, 2)), 64, 128) // prettier-ignore
    t.is(
      replaysOf(() => f(on(1, 2))),
      0,
    )
  })
  withMode('0', () => {
    const f = jit((x: NDArray) => x.add(17))
    t.is(
      replaysOf(() => [1, 2, 3, 4].forEach((i) => f(on(i)))),
      0,
    )
  })
  withMode('yes', () => {
    t.throws(() => jit((x: NDArray) => x.add(18))(on(1)), { instanceOf: EnvironmentVariableError })
  })
})

/** A device that refuses recordings. */
const refusing = (
  mode: GraphMode,
  id: number,
  atSession = false,
): { readonly target: DeviceTarget; readonly ended: () => number } => {
  let ended = 0
  const graphs = fakeDriver.graphs!(0)!
  const detail = 'This session cannot use the graph capture feature as requested by the user as the model has …'
  const refusal = {
    name: `refusing ${id}`,
    runOptions: null,
    configure: () => {
      throw new RuntimeError('FAIL', 'session', detail)
    },
  }
  const driver = {
    ...fakeDriver,
    graphs: () => ({
      ...graphs,
      mode: () => mode,
      provider: (of: number) => (atSession ? refusal : graphs.provider(of)),
      run: () => {
        throw new RuntimeError('FAIL', 'run', 'CUDA failure 900: operation not permitted when stream is capturing')
      },
      abandon: () => void ended++,
    }),
  }
  return { target: new DeviceTarget(new DeviceClass('fake', id), driver), ended: () => ended }
}

test.serial('a device that can’t record a program after all', (t) => {
  const jaxpr = makeJaxpr((x: NDArray) => x.mul(3))(np.ones([2]))
  const call = ({ memory, make }: DeviceTarget, times: number): readonly number[] => {
    const program = make(jaxpr, 'triple', 'all')
    return Array.from({ length: times }, (_, i) => {
      const storage = memory.uploadData('float32', [2], Float32Array.of(i, i))
      const [result] = program.run([{ storage } as never], null)
      return new Float32Array(result!.read().slice().buffer)[1]!
    })
  }
  const lenient = refusing('auto', 5)
  t.deepEqual(call(lenient.target, 4), [0, 3, 6, 9])
  t.is(lenient.ended(), 1)
  const strict = refusing('required', 6)
  const error = t.throws(() => call(strict.target, 4), { instanceOf: GraphCaptureError })
  t.regex(error.message, /'triple' requires .* got .*CUDA failure 900/)
  t.is(strict.ended(), 1)
  t.deepEqual(call(refusing('auto', 7, true).target, 4), [0, 3, 6, 9])
  t.throws(() => call(refusing('required', 8, true).target, 1), {
    instanceOf: GraphCaptureError,
    message: /'triple' requires .* got .*cannot use the graph capture feature/,
  })
})

test.serial('gradients and several results', (t) => {
  const f = jit((x: NDArray) => [np.sum(np.sin(x)), grad((y: NDArray) => np.sum(np.sin(y)))(x)] as const)
  const all = [0, 0.5, 1, 1.5].map((i) => f(on(i)))
  all.forEach(([y, dy], i) => {
    t.true(Math.abs(y.item() - Math.sin(i / 2)) < 1e-6)
    t.true(Math.abs(dy.item() - Math.cos(i / 2)) < 1e-6)
  })
})
