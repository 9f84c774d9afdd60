/** The memory of fused loops: what moves there, when it comes back, and what is left behind. */
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import type { ConcreteArray } from '../../src/core/index.js'
import { config, jit, type NDArray, np, random } from '../../src/index.js'
import { TensorBuffer } from '../../src/runtime/buffer.js'
import { LoopMemory, settled } from '../../src/runtime/loopMemory.js'
import { bits } from '../fusion/fused.js'

const MEBIBYTE = 1 << 20
const floats = (memory: LoopMemory, length: number): TensorBuffer | null =>
  memory.allocate('float32', [length], 4 * length)

const collect = async (): Promise<void> => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    gc()
    await setImmediate()
  }
}

test('tensors do not overlap, are aligned, and keep what is written', (t) => {
  const memory = new LoopMemory(64 * MEBIBYTE)
  const tensors = Array.from({ length: 20 }, (_, i) => floats(memory, 5000 + 3 * i)!)
  tensors.forEach((x, i) => x.view().fill(i as never))
  tensors.forEach((x, i) => {
    t.is(x.loopOffset! % 64, 0)
    t.true(x.view().every((element) => element === i))
    const inMemory = new Float32Array(memory.memory.buffer, x.loopOffset!, x.size)
    t.is(inMemory[x.size - 1], i)
    t.is(x.address, memory.address + BigInt(x.loopOffset!))
  })
})

test('memory of loops is copied to other threads, not sent', (t) => {
  const { memory: buffer } = floats(new LoopMemory(8 * MEBIBYTE), 5000)!
  t.is(structuredClone(buffer).byteLength, 20_000)
  try {
    structuredClone(buffer, { transfer: [buffer] })
  } catch (error) {
    // Node 20 copies what must not be sent, later versions refuse.
    t.is((error as Error).name, 'DataCloneError')
  }
  t.is(buffer.byteLength, 20_000)
})

test('small tensors, and what is beyond the limit, are refused', (t) => {
  const memory = new LoopMemory(8 * MEBIBYTE)
  t.is(floats(memory, 100), null)
  const [first, second] = [floats(memory, MEBIBYTE), floats(memory, MEBIBYTE)]
  t.not(first, null)
  t.is(second, null)
})

test.serial('what nobody refers to is used again; a view alone keeps it', async (t) => {
  const memory = new LoopMemory(8 * MEBIBYTE)
  const make = (): Float32Array => {
    const view = floats(memory, MEBIBYTE)!.view() as Float32Array
    view.fill(7)
    return view
  }
  let view: Float32Array | null = make()
  await collect()
  t.is(floats(memory, MEBIBYTE), null)
  t.true(view.every((element) => element === 7))
  view = null
  await collect()
  t.is(view, null)
  const [half, other] = [floats(memory, MEBIBYTE / 2 - 100), floats(memory, MEBIBYTE / 2 - 100)]
  t.not(half, null)
  t.not(other, null)
})

test('a tensor moves once, and what stays behind can be freed', (t) => {
  const tensor = TensorBuffer.from(
    'float32',
    [8192],
    Float32Array.from({ length: 8192 }, (_, i) => i),
  )
  const moved = settled(tensor)
  t.not(moved, tensor)
  t.deepEqual(moved.view(), tensor.view())
  t.is(settled(moved), moved)
  tensor.discard()
  t.is(tensor.memory.byteLength, 0)
  moved.discard()
  t.is(moved.view()[8191], 8191)
})

const storageOf = (x: NDArray): TensorBuffer => (x as ConcreteArray).storage as TensorBuffer
const normal = (seed: number): NDArray => random.normal(random.key(seed), [200, 300])
const update = (p: NDArray, m: NDArray, g: NDArray): readonly [NDArray, NDArray] => {
  const next = m.mul(0.9).add(g.mul(0.1))
  return [p.sub(next.mul(0.01)), next]
}

test.serial('donated arguments move at the first call and stay, arguments that come again at the third', (t) => {
  const expected = config.using('fusedLoops', false, () => {
    const step = jit(update)
    let [p, m] = [normal(1), normal(2)]
    for (let i = 0; i < 5; i++) [p, m] = step(p, m, normal(3))
    return [p, m].map(bits)
  })
  const step = jit(update, { donateArgnums: [0, 1] })
  let [p, m] = [normal(1), normal(2)]
  const g = normal(3)
  const before = storageOf(p)
  const places = new Set<number | null>()
  for (let i = 0; i < 5; i++) {
    ;[p, m] = step(p, m, g)
    places.add(storageOf(p).loopOffset)
    t.is(storageOf(g).loopOffset === null, i < 2, `call ${i}`)
  }
  t.is(before.memory.byteLength, 0)
  t.true(places.size <= 2)
  t.false(places.has(null))
  t.deepEqual([p, m].map(bits), expected)
  t.deepEqual(bits(g), bits(normal(3)))
})

test.serial('views of arguments that were donated or moved keep their elements', (t) => {
  const step = jit(update, { donateArgnums: [0, 1] })
  let [p, m] = [normal(1), normal(2)]
  const g = normal(3)
  const [ofP, ofG] = [p.data({ copy: false }) as Float32Array, g.data({ copy: false }) as Float32Array]
  for (let i = 0; i < 4; i++) [p, m] = step(p, m, g)
  t.is(ofP.length, 60_000)
  t.deepEqual(ofG, normal(3).data())
})

test('loops over arrays of which some are in their memory', (t) => {
  const f = (a: NDArray, b: NDArray): readonly NDArray[] => [a.mul(b).add(a).sub(b), a.add(b).mul(0.5).mul(a)]
  const g = (a: NDArray, b: NDArray): NDArray => f(a, b)[0]!.add(0)
  const expected = config.using('fusedLoops', false, () => jit(f)(normal(4), normal(5)).map(bits))
  const [a, b] = [normal(4), normal(5)]
  for (let i = 0; i < 4; i++) jit(g)(a, np.copy(b))
  t.not(storageOf(a).loopOffset, null)
  t.is(storageOf(b).loopOffset, null)
  t.deepEqual(jit(f)(a, b).map(bits), expected)
  t.deepEqual(jit(f, { donateArgnums: [0] })(np.copy(a), b).map(bits), expected)
})
