import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import {
  ArgumentError,
  DecodeError,
  DifferentiationError,
  grad,
  io,
  jit,
  lax,
  NDArray,
  nn,
  nnx,
  np,
  optax,
  random,
  ShapeDtypeStruct,
  ShapeError,
  tree,
} from '../../src/index.js'
import { encodeModel, decodeModel } from '../../src/onnx/index.js'
import { pythonTest, runPython } from '../helpers/python.js'
import { near } from './arbitraries.js'
import { mlp, deep, xWide, exportDeep } from './exported.js'

const params = { w: random.normal(random.key(1), [4, 3]), b: np.zeros([3]) }

const tx = optax.adam(1e-2)

const trainStep = (p: typeof params, state: unknown, x: NDArray, y: NDArray) => {
  const loss = (q: typeof params) => np.mean(np.square(np.matmul(x, q.w).add(q.b).sub(y)))
  const [updates, next] = tx.update(grad(loss)(p), state as never, p)
  return { params: optax.applyUpdates(p, updates), state: next as unknown, loss: loss(p) }
}

/** Results of the file in plain ONNX Runtime, in the order of its outputs. */
const runPlain = async (
  exported: io.OnnxExport,
  args: readonly unknown[],
  weights = {},
): Promise<readonly NDArray[]> => {
  const session = await InferenceSession.create(exported.bytes)
  const feeds: Record<string, Tensor> = {}
  const leaves = tree.leaves(args) as readonly (NDArray | number)[]
  exported.inputs.forEach(({ name, dtype }, i) => {
    const leaf = leaves[i]!
    const x = leaf instanceof NDArray ? leaf : np.array(leaf, { dtype })
    feeds[name] = new Tensor(x.dtype as 'float32', x.data() as Float32Array, [...x.shape])
  })
  for (const [name, x] of Object.entries<NDArray>(weights)) {
    feeds[name] = new Tensor(x.dtype as 'float32', x.data() as Float32Array, [...x.shape])
  }
  const results = await session.run(feeds)
  return exported.outputs.map(({ name, dtype }) => {
    const { data, dims } = results[name]!
    return np.reshape(np.array(data as Float32Array), dims).astype(dtype)
  })
}

const x4 = random.normal(random.key(2), [5, 4])

const conv = new nnx.Conv(1, 2, [3, 3], { rngs: new nnx.Rngs(3) })

const cases: readonly (readonly [string, (...args: any[]) => unknown, readonly any[]])[] = [
  ['a model', (x) => mlp(x), [x4]],
  [
    'a jitted gradient',
    jit(
      grad((x: NDArray) =>
        np.sum(
          mlp(x)
            .mul(x.slice([0, 3], [0, 3]))
            .mul(0)
            .add(np.sum(np.sin(x))),
        ),
      ),
    ),
    [np.ones([3, 4])],
  ],
  ['a training step', trainStep, [params, tx.init(params), x4, np.ones([5, 3])]],
  [
    'a convolution and pooling',
    (x) => nn.avgPool(nnx.relu(conv(x)), [2, 2], { strides: [2, 2] }),
    [np.ones([2, 6, 6, 1])],
  ],
  ['a scan', (x) => lax.scan((c: NDArray, y: NDArray) => [c.add(y), c.mul(y)] as const, np.zeros([4]), x), [x4]],
  [
    'a branch',
    (x) =>
      lax.cond(
        np.greater(np.sum(x), 0),
        (y: NDArray) => y.mul(2),
        (y: NDArray) => y.sub(1),
        x,
      ),
    [x4],
  ],
  [
    'a loop',
    (x) =>
      lax.whileLoop(
        (s: NDArray) => np.less(np.sum(s), 100),
        (s: NDArray) => s.add(1),
        np.abs(x),
      ),
    [x4],
  ],
  ['random numbers', (k: random.PRNGKey) => random.normal(k, [3]), [random.key(0)]],
  [
    'numbers, an unused argument, one output twice',
    (a, _b, c) => [a, a, np.add(c, 1)],
    [np.ones([2]), np.zeros([3]), 2],
  ],
]

for (const [what, f, examples] of cases) {
  test(`${what}: plain ONNX Runtime, importOnnx and onnax agree`, async (t) => {
    const expected = tree.leaves(f(...examples)) as readonly NDArray[]
    const exported = io.exportOnnx(f, examples)
    const plain = await runPlain(exported, examples)
    const imported = tree.leaves(io.importOnnx(exported.bytes)(...examples)) as readonly NDArray[]
    t.is(plain.length, expected.length)
    expected.forEach((y, i) => {
      t.deepEqual([plain[i]!.shape, plain[i]!.dtype], [y.shape, y.dtype])
      t.true(near(plain[i]!, y), `plain output ${i}`)
      t.true(near(imported[i]!, y), `imported output ${i}`)
    })
  })
}

test('names of inputs, outputs and weights; weights as inputs', async (t) => {
  const names = { inputs: ['x'], outputs: ['y'], weights: nnx.state(mlp) }
  const f = (x: NDArray) => mlp(x)
  const inside = io.exportOnnx(f, [x4], { names })
  const model = decodeModel(inside.bytes)
  t.deepEqual(
    model.graph.input!.map(({ name }) => name),
    ['x'],
  )
  t.deepEqual(
    model.graph.output!.map(({ name }) => name),
    ['y'],
  )
  const weightNames = ['first.bias', 'first.kernel', 'last.bias', 'last.kernel']
  t.deepEqual(Object.keys(inside.weights).sort(), weightNames)
  t.true(weightNames.every((name) => model.graph.initializer!.some((w) => w.name === name)))
  const outside = io.exportOnnx(f, [x4], { names, weights: 'inputs' })
  t.true(outside.bytes.byteLength < inside.bytes.byteLength)
  t.deepEqual(decodeModel(outside.bytes).graph.input!.length, 5)
  t.true(near((await runPlain(outside, [x4], outside.weights))[0]!, mlp(x4)))
  const other = { ...outside.weights, 'last.kernel': np.zeros([8, 3]) }
  t.true(near(io.importOnnx<[NDArray], NDArray>(outside.bytes, { weights: outside.weights })(x4), mlp(x4)))
  t.false(near(io.importOnnx<[NDArray], NDArray>(outside.bytes, { weights: other })(x4), mlp(x4)))
  t.throws(() => io.importOnnx(outside.bytes), { instanceOf: ArgumentError, message: /the weight first\.\w+: float32/ })
})

test('a training step that is exported trains in plain ONNX Runtime', async (t) => {
  const target = random.normal(random.key(8), [4, 3])
  const xs = random.normal(random.key(9), [20, 4])
  const args = [params, tx.init(params), xs, np.matmul(xs, target)] as const
  const exported = io.exportOnnx(trainStep, args, { names: { inputs: ['params', 'state', 'x', 'y'] } })
  const session = await InferenceSession.create(exported.bytes)
  const tensorOf = (x: NDArray) => new Tensor(x.dtype as 'float32', x.data() as Float32Array, [...x.shape])
  let feeds: Record<string, Tensor> = Object.fromEntries(
    (tree.leaves(args) as readonly NDArray[]).map((x, i) => [exported.inputs[i]!.name, tensorOf(x)]),
  )
  let [p, state]: readonly [typeof params, unknown] = [params, tx.init(params)]
  const losses: number[][] = []
  for (let i = 0; i < 30; i++) {
    const results = await session.run(feeds)
    const ours = trainStep(p, state, args[2], args[3])
    losses.push([Number(results['output.loss']!.data[0]), ours.loss.item()])
    ;[p, state] = [ours.params, ours.state]
    // The state that comes out goes in again.
    feeds = Object.fromEntries(exported.inputs.map(({ name }) => [name, results[`output.${name}`] ?? feeds[name]!]))
  }
  losses.forEach(([plain, ours]) => t.true(Math.abs(plain! - ours!) <= 1e-5 * (1 + ours!), `${plain} ${ours}`))
  t.true(losses.at(-1)![0]! < 0.9 * losses[0]![0]!)
})

test('names that graphs use inside make way', async (t) => {
  const f = (x: NDArray) =>
    lax.cond(
      np.greater(np.sum(x), 0),
      (y: NDArray) => y.mul(3).add(1),
      (y: NDArray) => y,
      x,
    )
  const x = np.ones([3])
  for (const name of ['v0', 'v1', 'v2', 'v3', 'c0', 'i0', 'o0']) {
    const exported = io.exportOnnx(f, [x], { names: { inputs: [name], outputs: ['v4'] } })
    t.is(exported.inputs[0]!.name, name)
    t.true(near((await runPlain(exported, [x]))[0]!, f(x)))
  }
  t.throws(() => io.exportOnnx(f, [x], { names: { inputs: ['a'], outputs: ['a'] } }), { message: /'a' twice/ })
  t.throws(() => io.exportOnnx(f, [x], { names: { inputs: ['a', 'b'] } }), { message: /1 names of inputs, got 2/ })
})

const batched: readonly (readonly [string, (x: NDArray) => unknown, readonly number[]])[] = [
  ['a model', (x) => mlp(x), [4]],
  [
    'means, reshapes, broadcasts',
    (x) => np.mean(x, { axis: 0 }).add(np.reshape(x, [x.shape[0]! * 2, 2]).slice([0, 1], [0, 1])),
    [4],
  ],
  ['a gradient of a mean', grad((x: NDArray) => np.mean(np.square(mlp(x)))), [4]],
  ['a convolution', (x) => conv(x), [6, 6, 1]],
  ['the size itself', (x) => np.concatenate([x, x, np.zeros([2, 4])], { axis: 0 }).mul(x.shape[0]!), [4]],
  ['a scan over the batch', (x) => lax.scan((c: NDArray, y: NDArray) => [c.add(y), c] as const, np.zeros([4]), x), [4]],
]

for (const [what, f, rest] of batched) {
  test(`a symbolic batch size: ${what}`, async (t) => {
    const exported = io.exportOnnx(f, [new ShapeDtypeStruct([1, ...rest])], {
      names: { inputs: ['x'] },
      batch: { x: 0 },
    })
    const imported = io.importOnnx<[NDArray], unknown>(exported.bytes)
    t.is(decodeModel(exported.bytes).graph.input![0]!.type!.tensorType!.shape!.dim![0]!.dimParam, 'batch')
    for (const size of [1, 2, 7]) {
      const x = random.normal(random.key(size), [size, ...rest])
      const expected = tree.leaves(f(x)) as readonly NDArray[]
      const plain = await runPlain(exported, [x])
      const ours = tree.leaves(imported(x)) as readonly NDArray[]
      expected.forEach((y, i) => {
        t.deepEqual([plain[i]!.shape, ours[i]!.shape], [y.shape, y.shape])
        t.true(near(plain[i]!, y) && near(ours[i]!, y), `batch ${size}`)
      })
    }
  })
}

test('what depends on the batch size otherwise is refused', (t) => {
  const example = [new ShapeDtypeStruct([4, 2])] as const
  const options = { names: { inputs: ['x'] }, batch: { x: 0 } }
  const squared = (x: NDArray) => np.broadcastTo(np.sum(x), [x.shape[0]! ** 2])
  t.throws(() => io.exportOnnx(squared, example, options), {
    instanceOf: io.OnnxFileError,
    message: /linear in the batch/,
  })
  const branching = (x: NDArray) => (x.shape[0]! > 60 ? np.sin(x) : np.cos(x))
  t.throws(() => io.exportOnnx(branching, example, options), { instanceOf: io.OnnxFileError })
  const scaled = (x: NDArray) => x.mul(Math.sqrt(x.shape[0]!))
  t.throws(() => io.exportOnnx(scaled, example, options), { instanceOf: io.OnnxFileError })
  t.throws(() => io.exportOnnx(scaled, example, { batch: { y: 0 } }), {
    instanceOf: ArgumentError,
    message: /names of inputs/,
  })
  t.throws(() => io.exportOnnx(scaled, example, { batch: { input: 2 } }), {
    instanceOf: ArgumentError,
    message: /an axis of/,
  })
  t.throws(() => io.exportOnnx(scaled, example, { batch: {} }), { instanceOf: ArgumentError, message: /at least one/ })
})

test('an imported function checks its arguments, works in jit, has no gradient', (t) => {
  const { bytes } = io.exportOnnx((x: NDArray) => ({ y: mlp(x) }), [x4], { names: { inputs: ['x'] } })
  const f = io.importOnnx<[NDArray], { y: NDArray }>(bytes)
  t.throws(() => f(np.ones([4, 4])), { instanceOf: ShapeError, message: /x: float32\[5,4\], got float32\[4,4\]/ })
  t.throws(() => f(np.ones([5, 4], { dtype: 'int32' })), { instanceOf: ShapeError })
  t.throws(() => f({ x: x4 } as unknown as NDArray), {
    instanceOf: ArgumentError,
    message: /arguments of the structure/,
  })
  t.true(near(jit((x: NDArray) => f(f(x).y.mul(0).slice([0, 5], [0, 1]).add(x)).y)(x4), mlp(x4)))
  t.throws(() => grad((x: NDArray) => np.sum(f(x).y))(x4), { instanceOf: DifferentiationError })
  const again = io.importOnnx<[NDArray], { y: NDArray }>(io.exportOnnx((x: NDArray) => f(x), [x4]).bytes)
  t.true(near(again(x4).y, mlp(x4)))
})

test('broken files are refused with a typed error', (t) => {
  const { bytes } = io.exportOnnx((x: NDArray) => mlp(x), [x4])
  const model = decodeModel(bytes)
  const known = (error: unknown): boolean =>
    error instanceof io.OnnxFileError || error instanceof DecodeError || error instanceof ArgumentError
  const withMetadata = (value: string) => encodeModel({ ...model, metadataProps: [{ key: 'onnax', value }] })
  const signature = JSON.parse(model.metadataProps![0]!.value)
  for (const broken of [
    new Uint8Array(),
    Buffer.from('no model'),
    encodeModel({ ...model, metadataProps: [] }),
    encodeModel({ ...model, opsetImport: [{ domain: '', version: 13 }] }),
    withMetadata('{'),
    withMetadata('{}'),
    withMetadata('['.repeat(50_000)),
    withMetadata(JSON.stringify({ ...signature, version: 2 })),
    withMetadata(JSON.stringify({ ...signature, args: [0, 1] })),
    withMetadata(JSON.stringify({ ...signature, args: JSON.parse('{"__proto__":0}') })),
    withMetadata(JSON.stringify({ ...signature, result: 1 })),
    withMetadata(JSON.stringify({ ...signature, outputs: [{ ...signature.outputs[0], name: 'other' }] })),
    withMetadata(JSON.stringify({ ...signature, inputs: [{ ...signature.inputs[0], dtype: 'constructor' }] })),
  ]) {
    for (const verify of [true, false]) {
      const error = t.throws(() => io.importOnnx(broken, { verify }))
      t.true(known(error), String(error))
    }
  }
  for (let i = 0; i < bytes.byteLength - 1; i += 7) {
    t.throws(() => io.importOnnx(bytes.subarray(0, i)), { instanceOf: io.OnnxFileError })
    const error = t.throws(() => io.importOnnx(bytes.subarray(0, i), { verify: false }))
    t.true(known(error), `${i}: ${String(error)}`)
  }
  fc.assert(
    fc.property(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const broken = Uint8Array.from(bytes)
      broken[at]! ^= flip
      t.throws(() => io.importOnnx(broken), { instanceOf: io.OnnxFileError })
      try {
        io.importOnnx(broken, { verify: false })
        return true
      } catch (error) {
        return known(error)
      }
    }),
    { numRuns: 200 },
  )
})

pythonTest("Python's onnx checks our files, its onnxruntime runs them", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'onnax-onnx-'))
  const model = io.exportOnnx((x: NDArray) => mlp(x), [new ShapeDtypeStruct([1, 4])], {
    names: { inputs: ['x'], outputs: ['y'], weights: nnx.state(mlp) },
    batch: { x: 0 },
  })
  const step = io.exportOnnx(trainStep, [params, tx.init(params), x4, np.ones([5, 3])], {
    names: { inputs: ['params', 'state', 'x', 'y'] },
  })
  writeFileSync(join(folder, 'model.onnx'), model.bytes)
  writeFileSync(join(folder, 'step.onnx'), step.bytes)
  io.writeOnnx(join(folder, 'deep.onnx'), exportDeep())
  const stepArgs = [params, tx.init(params), x4, np.ones([5, 3])] as const
  const feeds = Object.fromEntries(tree.leaves(stepArgs).map((x, i) => [step.inputs[i]!.name, x]))
  io.writeSafetensors(join(folder, 'in.safetensors'), { ...feeds, 'model.x': x4, 'deep.x': xWide })
  const program = `
import sys, onnx, onnxruntime
from safetensors.numpy import load_file, save_file
d = sys.argv[1]
x = load_file(d + '/in.safetensors')
out = {}
for name, feeds in [('model', {'x': x.pop('model.x')}), ('deep', {'x': x.pop('deep.x')}), ('step', x)]:
    path = d + '/' + name + '.onnx'
    onnx.checker.check_model(path, full_check=True)
    s = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    for o, y in zip(s.get_outputs(), s.run(None, feeds)): out[name + '.' + o.name] = y
save_file(out, d + '/out.safetensors')
`
  runPython(program, folder)
  const { tensors } = io.readSafetensors(join(folder, 'out.safetensors'))
  t.true(near(tensors['model.y']!, mlp(x4)))
  t.true(near(tensors['deep.y']!, deep(xWide)))
  const expected = tree.leaves(trainStep(...stepArgs)) as readonly NDArray[]
  expected.forEach((y, i) => t.true(near(tensors[`step.${step.outputs[i]!.name}`]!, y), step.outputs[i]!.name))
})
