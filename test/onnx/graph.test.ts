import test from 'ava'
import {
  AttributeError,
  DuplicateNameError,
  GraphBuilder,
  ModelDecodeError,
  TensorSizeError,
  decodeModel,
  encodeModel,
  float,
  floats,
  modelType,
  strings,
  tensor,
  type ModelProto,
} from '../../src/onnx/index.js'

function everything(big: number | bigint = 2n ** 62n): GraphBuilder {
  const graph = new GraphBuilder()
  const x = graph.input('float32', ['batch', 3], 'x')
  const condition = graph.input('bool', [])
  const scaled = graph.op('Mul', [x, graph.scalar('float32', 0.5)])
  const large = graph.constant('int64', [20], new BigInt64Array(20).fill(-1n))
  graph.op('Made', [large], {
    int: -3,
    big,
    flag: true,
    float: float(2),
    floats: floats([0.25, 3]),
    text: 'näh',
    texts: strings(['a', 'b']),
    ints: [1, -1],
    none: [],
    absent: undefined,
    value: tensor('float16', [2], [1, -2]),
  })
  const [first, second] = graph.ops('Split', [scaled, null], { axis: 1 }, { outputs: 2 })
  const yes = graph.subgraph()
  yes.output(yes.op('Add', [first!, yes.scalar('float32', 0.5)]), 'float32', ['batch', 3])
  const no = graph.subgraph()
  no.output(second!, 'float32', ['batch', 3])
  const chosen = graph.op('If', [condition], { then_branch: yes, else_branch: no })
  const fused = graph.op('FusedMatMul', [chosen, x], { alpha: float(1.5) }, { domain: 'com.microsoft' })
  graph.output(fused, 'float32', ['batch', 3], 'y')
  graph.output(graph.ints([3, 4]), 'int64', [2])
  return graph
}

test('text shows types, small constants in place, omitted inputs, attributes and subgraphs', (t) => {
  t.is(
    everything().text(),
    `(x: float32[batch,3], x0: bool[]) {
  c1: int64[20]
  v0 = Mul(x, float32[]{0.5})
  v1 = Made(c1) {int=-3 big=4611686018427387904 flag=true float=2.0 floats=[0.25, 3.0] text="näh" texts=["a","b"] ints=[1, -1] none=[] value=float16[2]{15360, 49152}}
  v2, v3 = Split(v0, _) {axis=1}
  v6 = If(x0) {then_branch=() {
    v4 = Add(v2, float32[]{0.5})
    return v4: float32[batch,3]
  } else_branch=() {
    v5 = Identity(v3)
    return v5: float32[batch,3]
  }}
  y = com.microsoft.FusedMatMul(v6, x) {alpha=1.5}
  v8 = Identity(int64[2]{3, 4})
  return y: float32[batch,3], v8: int64[2]
}`,
  )
})

test("the writer gives the bytes that protobufjs' own encoder gives", (t) => {
  // protobufjs cannot write bigints.
  const model = everything(7).toModel({ metadata: { made: 'here', empty: '' } })
  const theirs = modelType().encode(model)
  t.deepEqual(Buffer.from(encodeModel(model)), Buffer.from(theirs.finish()))
})

test('a decoded model says what was encoded', (t) => {
  const model = decodeModel(everything().encode({ opset: 21, metadata: { key: 'value' } }))
  t.is(model.irVersion, 10)
  t.deepEqual(model.opsetImport, [
    { domain: '', version: 21 },
    { domain: 'com.microsoft', version: 1 },
  ])
  t.deepEqual(model.metadataProps, [{ key: 'key', value: 'value' }])
  t.deepEqual(
    model.graph.node.map((node) => node.opType),
    ['Mul', 'Made', 'Split', 'If', 'FusedMatMul', 'Identity'],
  )
  t.deepEqual(model.graph.input![0], {
    name: 'x',
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'batch' }, { dimValue: 3 }] } } },
  })
  const made = new Map(model.graph.node[1]!.attribute!.map((attribute) => [attribute.name, attribute]))
  t.deepEqual([...made.keys()], ['int', 'big', 'flag', 'float', 'floats', 'text', 'texts', 'ints', 'none', 'value'])
  t.like(made.get('int'), { type: 2, i: -3 })
  t.like(made.get('big'), { type: 2, i: 2 ** 62 })
  t.like(made.get('float'), { type: 1, f: 2 })
  t.like(made.get('floats'), { type: 6, floats: [0.25, 3] })
  t.is(Buffer.from(made.get('text')!.s!).toString(), 'näh')
  t.deepEqual(made.get('ints')!.ints, [1, -1])
  t.like(made.get('none'), { type: 7, ints: [] })
  t.like(made.get('value')!.t, { dims: [2], dataType: 10 })
  t.deepEqual(model.graph.node[2]!.input, ['v0', ''])
  const branch = model.graph.node[3]!.attribute![0]!.g!
  t.deepEqual(branch.node[0]!.input, ['v2', 'c0'])
  t.deepEqual(branch.initializer, [])
})

test('numbers of every size survive', (t) => {
  const dims = [
    0,
    1,
    127,
    128,
    16383,
    16384,
    2097151,
    2097152,
    268435456,
    2147483647,
    2147483648,
    2 ** 40,
    -1,
    -(2 ** 40),
  ]
  const model: ModelProto = {
    irVersion: 10,
    opsetImport: [],
    graph: { name: '', node: [], initializer: [{ dataType: 11, dims, doubleData: [0.1], floatData: [0.5] }] },
  }
  const [initializer] = decodeModel(encodeModel(model)).graph.initializer!
  t.deepEqual(initializer!.dims, dims)
  t.deepEqual(initializer!.doubleData, [0.1])
  t.deepEqual(initializer!.floatData, [0.5])
})

test('equal constants are one, in subgraphs too; type, shape and content tell them apart', (t) => {
  const graph = new GraphBuilder()
  const inner = graph.subgraph().subgraph()
  t.is(graph.ints([1, 2]), inner.constant('int64', [2], BigInt64Array.of(1n, 2n)))
  t.is(graph.scalar('bfloat16', 1), inner.constant('bfloat16', [], Uint16Array.of(0x3f80)))
  const distinct = [
    graph.ints([1, 2]),
    graph.ints([2, 1]),
    graph.constant('int64', [1, 2], [1, 2]),
    graph.constant('uint64', [2], [1n, 2n]),
    graph.scalar('float32', 0),
    graph.scalar('float32', -0),
    graph.scalar('bool', true),
  ]
  t.is(new Set(distinct).size, distinct.length)
})

test('constants keep a copy of their data', (t) => {
  const graph = new GraphBuilder()
  const data = Float32Array.of(1, 2)
  graph.constant('float32', [2], data)
  data[0] = 9
  const [initializer] = decodeModel(graph.encode()).graph.initializer!
  t.deepEqual(new Float32Array(new Uint8Array(initializer!.rawData!).buffer), Float32Array.of(1, 2))
})

test('names are unique over the whole model', (t) => {
  const graph = new GraphBuilder()
  const x = graph.input('float32', [], 'v0')
  const error = t.throws(() => graph.subgraph().input('float32', [], 'v0'), { instanceOf: DuplicateNameError })
  t.is(error.value, 'v0')
  t.is(graph.op('Neg', [x]).name, 'v1')
  t.throws(() => graph.output(graph.op('Neg', [x]), 'float32', [], 'v1'), { instanceOf: DuplicateNameError })
})

test('an output renames its node, also where a subgraph uses the value; a second output copies it', (t) => {
  const graph = new GraphBuilder()
  const value = graph.op('Neg', [graph.input('float32', [])])
  const inner = graph.subgraph()
  inner.output(inner.op('Abs', [value]), 'float32', [])
  graph.op('If', [graph.scalar('bool', true)], { then_branch: inner, else_branch: inner })
  t.is(graph.output(value, 'float32', [], 'a').name, 'a')
  t.is(graph.output(value, 'float32', [], 'b').name, 'b')
  const { node, output } = decodeModel(graph.encode()).graph
  t.deepEqual(node[0]!.output, ['a'])
  t.deepEqual(node[1]!.attribute![0]!.g!.node[0]!.input, ['a'])
  t.like(node[2], { opType: 'Identity', input: ['a'], output: ['b'] })
  t.deepEqual(
    output!.map(({ name }) => name),
    ['a', 'b'],
  )
})

test('com.microsoft is imported only where it is used', (t) => {
  const graph = new GraphBuilder()
  graph.output(graph.op('Neg', [graph.input('float32', [])]), 'float32', [])
  t.deepEqual(decodeModel(graph.encode()).opsetImport, [{ domain: '', version: 18 }])
})

test('what cannot be written is refused with the repair', (t) => {
  const graph = new GraphBuilder()
  graph.op('LeakyRelu', [graph.input('float32', [])], { alpha: 0.5 })
  const attribute = t.throws(() => graph.encode(), { instanceOf: AttributeError })
  t.is(attribute.message, 'attribute alpha requires an integer, got 0.5; for a float write float(0.5) or floats([…]).')
  const size = t.throws(() => graph.constant('int8', [2, 3], [1]), { instanceOf: TensorSizeError })
  t.like(size, { type: 'int8', got: 1 })
  const bytes = t.throws(() => decodeModel(Uint8Array.of(1, 2, 3)), { instanceOf: ModelDecodeError })
  t.is(bytes.byteLength, 3)
  t.throws(() => decodeModel(new Uint8Array(0)), { instanceOf: ModelDecodeError })
})

test('prune drops what no output depends on, in subgraphs too', (t) => {
  const graph = new GraphBuilder()
  const [x, condition] = [graph.input('float32', [2], 'x'), graph.input('bool', [])]
  const used = graph.op('Mul', [x, graph.scalar('float32', 0.5)])
  graph.op('Add', [graph.op('Neg', [x]), graph.constant('float32', [20], Array(20).fill(3))])
  const [yes, no] = [graph.subgraph(), graph.subgraph()]
  yes.op('Exp', [x])
  yes.output(yes.op('Abs', [used]), 'float32', [2])
  no.output(no.op('Sin', [x]), 'float32', [2])
  graph.output(graph.op('If', [condition], { then_branch: yes, else_branch: no }), 'float32', [2], 'y')
  graph.prune()
  const text = graph.text()
  t.deepEqual(text.match(/= \w+/g), ['= Mul', '= If', '= Abs', '= Sin'])
  t.is(graph.toProto().initializer?.length, 1)
})

test('a Reshape of a Reshape takes what the first takes, or is that; one that may copy sizes is left alone', (t) => {
  const graph = new GraphBuilder()
  const x = graph.input('float32', [2, 3], 'x')
  const flat = graph.op('Reshape', [x, graph.ints([6])])
  const column = graph.op('Reshape', [flat, graph.ints([6, 1])])
  const copied = graph.op('Reshape', [column, graph.ints([0, 1, 1])])
  const row = graph.op('Reshape', [copied, graph.ints([1, 6, 1])], { allowzero: 1 })
  t.is(graph.op('Reshape', [flat, graph.ints([2, 3])]), x)
  t.is(graph.op('Reshape', [graph.scalar('float32', 3), graph.ints([])]), graph.scalar('float32', 3))
  graph.output(column, 'float32', [6, 1], 'column')
  graph.output(copied, 'float32', [6, 1, 1], 'copied')
  graph.output(row, 'float32', [1, 6, 1], 'row')
  graph.prune()
  const reshapes = graph.text().match(/\w+ = Reshape\(\w+/g)
  t.deepEqual(reshapes, ['column = Reshape(x', 'copied = Reshape(column', 'row = Reshape(column'])
})
