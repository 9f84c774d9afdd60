import test from 'ava'
import { GraphBuilder, elementTypes, type ElementType } from '../../src/onnx/index.js'
import { TensorBuffer } from '../../src/runtime/buffer.js'
import { RuntimeError, SessionArityError, SessionReleasedError } from '../../src/runtime/errors.js'
import { Session } from '../../src/runtime/session.js'
import { runtimeStats } from '../../src/runtime/stats.js'
import { empty, floats, sessionOf, values } from './fixtures.js'

const add = (optimize: 'none' | 'all' = 'none') =>
  sessionOf([['n'], ['n']], ['n'], (graph, x, y) => graph.op('Sub', [x, y]), optimize)

test('run writes the results to the outputs given, inputs in their order', (t) => {
  for (const optimize of ['none', 'all'] as const) {
    const session = add(optimize)
    const output = empty([3])
    session.run([floats(5, 7, 9), floats(1, 2, 3)], [output])
    t.deepEqual(values(output), [4, 5, 6])
    session.run([floats(0, 0, 0), output], [empty([3])])
    t.deepEqual(values(output), [4, 5, 6], 'an input stays as it is')
  }
})

test('every element type goes in and out', (t) => {
  const samples: Partial<Record<ElementType, readonly (number | bigint)[]>> = { int64: [-5n, 7n], uint64: [5n, 7n] }
  for (const type of elementTypes) {
    const graph = new GraphBuilder()
    const x = graph.input(type, [2], 'x')
    graph.output(graph.op('Unsqueeze', [x, graph.ints([0])]), type, [1, 2], 'y')
    const session = new Session(graph.encode(), { inputs: ['x'], outputs: ['y'], optimize: 'none' })
    const data = samples[type] ?? (type === 'bool' ? [1, 0] : [3, 100])
    const input = empty([2], type)
    data.forEach((value, index) => (input.view()[index] = value))
    const output = empty([1, 2], type)
    session.run([input], [output])
    t.deepEqual(values(output), data, type)
  }
})

test('subgraphs, constants of the outermost graph, and tensors without axes', (t) => {
  const graph = new GraphBuilder()
  const x = graph.input('float32', [], 'x')
  const positive = graph.op('Greater', [x, graph.scalar('float32', 0)])
  const yes = graph.subgraph()
  yes.output(yes.op('Mul', [x, yes.scalar('float32', 10)]), 'float32', [])
  const no = graph.subgraph()
  no.output(x, 'float32', [])
  graph.output(graph.op('If', [positive], { then_branch: yes, else_branch: no }), 'float32', [], 'y')
  const session = new Session(graph.encode(), { inputs: ['x'], outputs: ['y'], optimize: 'all' })
  for (const [input, expected] of [
    [2, 20],
    [-2, -2],
  ] as const) {
    const output = empty([])
    session.run([TensorBuffer.from('float32', [], Float32Array.of(input))], [output])
    t.deepEqual(values(output), [expected])
  }
})

test('graphs without inputs and tensors without elements', (t) => {
  const graph = new GraphBuilder()
  const { name } = graph.output(graph.scalar('int32', 7), 'int32', [])
  const constant = empty([], 'int32')
  new Session(graph.encode(), { inputs: [], outputs: [name], optimize: 'none' }).run([], [constant])
  t.deepEqual(values(constant), [7])

  const output = empty([0])
  add().run([empty([0]), empty([0])], [output])
  t.deepEqual(values(output), [])
})

test('com.microsoft operators run', (t) => {
  const session = sessionOf([[2], [2]], [], (graph, x, y) =>
    graph.op('FusedMatMul', [x, y], {}, { domain: 'com.microsoft' }),
  )
  const output = empty([])
  session.run([floats(1, 2), floats(3, 4)], [output])
  t.deepEqual(values(output), [11])
})

test('a hundred inputs and outputs keep their places', (t) => {
  const graph = new GraphBuilder()
  const inputs = Array.from({ length: 100 }, () => graph.input('float32', [1]))
  const outputs = inputs.map((input) => graph.output(graph.op('Neg', [input]), 'float32', [1]))
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)
  const session = new Session(graph.encode(), { inputs: names(inputs), outputs: names(outputs), optimize: 'all' })
  const results = outputs.map(() => empty([1]))
  session.run(
    inputs.map((_, index) => floats(index + 1)),
    results,
  )
  t.deepEqual(
    results.flatMap(values),
    inputs.map((_, index) => -index - 1),
  )
})

test('denormals count as zero in a run, on the calling thread too, and stay in JavaScript', (t) => {
  const session = sessionOf([['n']], ['n'], (graph, x) => graph.op('Mul', [x, graph.scalar('float32', 0.5)]))
  for (const size of [4, 1 << 20]) {
    const output = empty([size])
    session.run([TensorBuffer.from('float32', [size], new Float32Array(size).fill(1e-39))], [output])
    t.true(output.view().every((value: number | bigint) => value === 0))
  }
  const tiny = Number('1e-310')
  t.not(tiny / 2, 0)
})

test('a run that fails throws what the runtime says, and the session goes on', async (t) => {
  const session = sessionOf([['n'], ['m']], ['k'], (graph, x, y) => graph.op('Add', [x, y]))
  const call = [[floats(1, 2), floats(1, 2, 3)], [empty([2])]] as const
  const error = t.throws(() => session.run(...call), { instanceOf: RuntimeError })
  t.is(error.code, 'FAIL')
  t.is(error.where, "run of 'subject'")
  t.regex(error.detail, /broadcast/)
  const rejected = await t.throwsAsync(session.runAsync(...call), { instanceOf: RuntimeError })
  t.is(rejected.message, error.message)
  const output = empty([1])
  session.run([floats(1), floats(2)], [output])
  t.deepEqual(values(output), [3])
})

test('a model that the runtime refuses is an error naming the session', (t) => {
  const unknown = new GraphBuilder()
  unknown.output(unknown.op('Nope', [unknown.input('float32', [])]), 'float32', [])
  const options = { inputs: [], outputs: [], optimize: 'none', name: 'refused' } as const
  const invalid = t.throws(() => new Session(unknown.encode(), options), { instanceOf: RuntimeError })
  t.is(invalid.code, 'INVALID_GRAPH')
  t.is(invalid.where, "session 'refused'")
  const garbage = t.throws(() => new Session(Uint8Array.of(1, 2, 3), options), { instanceOf: RuntimeError })
  t.is(garbage.code, 'INVALID_PROTOBUF')
})

test('the number of buffers is checked', async (t) => {
  const session = add()
  const inputs = t.throws(() => session.run([floats(1)], [empty([1])]), { instanceOf: SessionArityError })
  t.like(inputs, { kind: 'inputs', expected: 2, got: 1, session: 'subject' })
  const outputs = t.throws(() => session.run([floats(1), floats(1)], []), { instanceOf: SessionArityError })
  t.like(outputs, { kind: 'outputs', expected: 1, got: 0 })
  await t.throwsAsync(session.runAsync([], [empty([1])]), { instanceOf: SessionArityError })
})

test.serial('asynchronous runs of one session overlap, with more of them than may be under way', async (t) => {
  const session = add('all')
  let settled = false
  const outputs = Array.from({ length: 500 }, () => empty([2]))
  const runs = Promise.all(
    outputs.map((output, index) => session.runAsync([floats(index, 1), floats(1, index)], [output])),
  ).then(() => (settled = true))
  const meanwhile = empty([1])
  session.run([floats(8), floats(1)], [meanwhile])
  t.deepEqual(values(meanwhile), [7])
  t.false(settled)
  await runs
  t.deepEqual(
    outputs.map(values),
    outputs.map((_, index) => [index - 1, 1 - index]),
  )
})

test.serial('a released session refuses runs, and is freed after those under way', async (t) => {
  const session = add()
  const { sessionsLive } = runtimeStats()
  const output = empty([1])
  const running = session.runAsync([floats(3), floats(1)], [output])
  session.release()
  session.release()
  t.true(session.released)
  t.is(runtimeStats().sessionsLive, sessionsLive)
  const error = t.throws(() => session.run([floats(1), floats(1)], [output]), { instanceOf: SessionReleasedError })
  t.is(error.session, 'subject')
  await t.throwsAsync(session.runAsync([floats(1), floats(1)], [output]), { instanceOf: SessionReleasedError })
  await running
  t.deepEqual(values(output), [2])
  t.is(runtimeStats().sessionsLive, sessionsLive - 1)
})

test.serial('sessions and runs are counted', (t) => {
  const before = runtimeStats()
  const session = add()
  session.run([floats(1), floats(1)], [empty([1])])
  session.release()
  const after = runtimeStats()
  t.is(after.sessionsCreated, before.sessionsCreated + 1)
  t.is(after.sessionsLive, before.sessionsLive)
  t.is(after.runs, before.runs + 1)
})

test('constants are folded only when asked', (t) => {
  // Expand of 64 MB: folded, the session would hold it.
  const graph = new GraphBuilder()
  const x = graph.input('float32', [], 'x')
  const ones = graph.op('Expand', [graph.scalar('float32', 1), graph.ints([1 << 24])])
  graph.output(graph.op('ReduceSum', [graph.op('Mul', [x, ones])], { keepdims: 0 }), 'float32', [], 'y')
  const create = (foldConstants?: boolean) => {
    const start = process.memoryUsage.rss()
    const options = { inputs: ['x'], outputs: ['y'], optimize: 'all' } as const
    const session = new Session(graph.encode(), foldConstants === undefined ? options : { ...options, foldConstants })
    const grown = process.memoryUsage.rss() - start
    const output = empty([])
    session.run([TensorBuffer.from('float32', [], Float32Array.of(2))], [output])
    t.deepEqual(values(output), [2 ** 25])
    return grown
  }
  t.true(create() < 32 << 20)
})
