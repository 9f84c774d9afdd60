import * as E from 'fp-ts/lib/Either.js'
import test from 'ava'
import fc from 'fast-check'
import { ArgumentError, DecodeError, io, lax, type NDArray, nnx, np, optax, random } from '../../src/index.js'
import { sameTree } from './arbitraries.js'

class Net extends nnx.Module<[x: NDArray], NDArray> {
  readonly first: nnx.Linear
  readonly same: nnx.Linear
  readonly rest: nnx.Sequential
  readonly sizes = { depth: 2, names: ['a', 'b'] }
  readonly activation = nnx.tanh
  readonly nothing = null
  constructor(seed: number) {
    super()
    const rngs = new nnx.Rngs({ params: seed, dropout: seed })
    this.first = new nnx.Linear(3, 3, { rngs })
    this.same = this.first
    this.rest = new nnx.Sequential(new nnx.BatchNorm(3, { rngs }), nnx.relu, new nnx.Dropout(0.5, { rngs }))
  }
  override call(x: NDArray): NDArray {
    return this.activation(this.rest(this.same(this.first(x))))
  }
}
const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adam(1e-2))
const options = { classes: { Net }, values: { tx } }
const throughJson = <M>(codec: ReturnType<typeof io.modelCodec<M>>, model: M): M =>
  io.decodeOrThrow('json', codec, JSON.parse(JSON.stringify(codec.encode(model))))

const x = random.normal(random.key(5), [6, 3])
const train = (optimizer: nnx.Optimizer<Net>): number => {
  const [loss, grads] = nnx.valueAndGrad((net: Net) => np.mean(np.square(net(x).sub(1))))(optimizer.model)
  optimizer.update(grads)
  return loss.item()
}

test('a whole optimizer goes on where it was saved, bit for bit', (t) => {
  const optimizer = new nnx.Optimizer(new Net(0), tx)
  train(optimizer)
  const back = throughJson(io.modelCodec<nnx.Optimizer<Net>>(options), optimizer)
  t.true(back instanceof nnx.Optimizer && back.model instanceof Net)
  t.is(back.model.first, back.model.same)
  t.deepEqual(back.model.sizes, optimizer.model.sizes)
  t.is(back.step.value.item(), 1)
  t.deepEqual([train(back), train(back)], [train(optimizer), train(optimizer)])
  t.true(sameTree(nnx.state(back), nnx.state(optimizer)))
})

test('structures come back equal, and what has no name is refused', (t) => {
  const graphdef = nnx.graphdef(new Net(0))
  const codec = io.graphDefCodec(options)
  const back = io.decodeOrThrow('json', codec, JSON.parse(JSON.stringify(codec.encode(graphdef))))
  t.true(back.equals(nnx.graphdef(new Net(1))))
  t.deepEqual([back.numLeaves, back.numObjects], [graphdef.numLeaves, graphdef.numObjects])
  t.throws(() => io.graphDefCodec().encode(graphdef), {
    instanceOf: ArgumentError,
    message: /the root requires classes/,
  })
  const own = new nnx.Sequential((y: NDArray) => y)
  t.throws(() => io.graphDefCodec().encode(nnx.graphdef(own)), { message: /layers\/0|layers.*functions named/ })
  t.true(E.isLeft(io.graphDefCodec().decode(codec.encode(graphdef))))
})

test('functions of np, lax and nnx have names, whether they check their arguments or not', (t) => {
  const codec = io.graphDefCodec()
  for (const activation of [np.tanh, lax.tanh, nnx.tanh, nnx.relu]) {
    const graphdef = nnx.graphdef(new nnx.Sequential(activation as (x: NDArray) => NDArray))
    const back = io.decodeOrThrow('json', codec, JSON.parse(JSON.stringify(codec.encode(graphdef))))
    t.true(back.equals(graphdef), activation.name)
  }
})

test('a whole optimizer as bytes', (t) => {
  const optimizer = new nnx.Optimizer(new Net(0), tx)
  train(optimizer)
  const codec = io.binaryCodec(io.modelCodec<nnx.Optimizer<Net>>({ ...options, form: 'bytes' }))
  const back = io.decodeOrThrow('bytes', codec, codec.encode(optimizer))
  t.true(sameTree(nnx.state(back), nnx.state(optimizer)))
  t.deepEqual([train(back), train(back)], [train(optimizer), train(optimizer)])
})

test('all faults of a model are told, and none that follows from another', (t) => {
  const codec = io.modelCodec<Net>(options)
  const faults = (change: (json: any) => void): readonly string[] => {
    const json = JSON.parse(JSON.stringify(codec.encode(new Net(0))))
    change(json)
    const result = codec.decode(json)
    return E.isLeft(result) ? result.left.map(({ message }) => message!.replace(/: .*/, '')) : []
  }
  const at = new Map<number, number>()
  const all = faults(({ graphdef, state }) => {
    // Where the two Variables of the layer are among its fields.
    for (const [i, { leaf }] of graphdef.children[1].children.entries()) at.set(leaf, i)
    graphdef.class = 'Other'
    graphdef.children[1].children.find((child: any) => child.leaf === 0).leaf = 9
    graphdef.children[1].children.find((child: any) => child.leaf === 1).type.name = 'x'
    graphdef.children[0].name = 'nobody'
    state.entries.first.$ = 'x'
  })
  t.deepEqual(all, [
    'graphdef/class',
    'graphdef/children/0/name',
    `graphdef/children/1/children/${at.get(0)}/leaf`,
    `graphdef/children/1/children/${at.get(1)}/type/name`,
    'state/entries/first/$',
  ])
  // What follows a node that can't be read is not counted, and so not said to be in the wrong order.
  t.deepEqual(
    faults(({ graphdef }) => (graphdef.children[1] = null)),
    ['graphdef/children/1'],
  )
  // A reference to what was lost, before and after it.
  t.deepEqual(
    faults(({ graphdef }) => (graphdef.children[1] = graphdef.children[3] = null)),
    ['graphdef/children/1', 'graphdef/children/3'],
  )
  t.deepEqual(
    faults(({ graphdef }) => graphdef.children[1].children.pop()),
    ['graphdef/children/1/children'],
  )
})

test('states that do not fit the structure', (t) => {
  const codec = io.modelCodec<Net>(options)
  const json = JSON.parse(JSON.stringify(codec.encode(new Net(0))))
  delete json.state.entries.first
  const result = codec.decode(json)
  t.true(E.isLeft(result))
  t.regex(E.isLeft(result) ? new DecodeError('json', result.left).message : '', /state: .*first/)
  for (const data of [null, {}, { graphdef: json.graphdef }, { graphdef: 1, state: json.state }, []]) {
    t.true(E.isLeft(codec.decode(data)))
  }
})

test('300 altered structures decode or are refused, never crash', (t) => {
  const codec = io.graphDefCodec(options)
  const json = JSON.stringify(codec.encode(nnx.graphdef(new nnx.Optimizer(new Net(0), tx))))
  let count = 0
  JSON.parse(json, () => void count++)
  const strange = fc.constantFrom<unknown>(
    null,
    -1,
    7,
    1e300,
    '',
    'constructor',
    '__proto__',
    [],
    {},
    { kind: 'ref' },
    [[]],
  )
  let refused = 0
  fc.assert(
    fc.property(fc.nat(count), strange, (at, other) => {
      let next = 0
      const changed: unknown = JSON.parse(json, (_key, value: unknown) => (next++ === at ? other : value))
      if (E.isLeft(codec.decode(changed))) refused++
    }),
    { numRuns: 300 },
  )
  t.true(refused > 150, `${refused}`)
  const deep = '{"kind":"array","steps":[],"children":['.repeat(5000) + ']}'.repeat(5000)
  t.true(E.isLeft(codec.decode(JSON.parse(deep))))
})

/** Modules from 3 features to 3, some of them nested, some twice in one model. */
const modules: fc.Arbitrary<(rngs: nnx.Rngs) => (x: NDArray) => NDArray> = fc.letrec<{
  layer: (rngs: nnx.Rngs) => (x: NDArray) => NDArray
}>((tie) => ({
  layer: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      () => nnx.relu,
      () => nnx.tanh,
    ),
    fc.boolean().map((useBias) => (rngs: nnx.Rngs) => new nnx.Linear(3, 3, { useBias, rngs })),
    fc.constantFrom(0.5, 0.9).map((momentum) => (rngs: nnx.Rngs) => new nnx.BatchNorm(3, { momentum, rngs })),
    fc.boolean().map((useScale) => (rngs: nnx.Rngs) => new nnx.LayerNorm(3, { useScale, rngs })),
    fc.constantFrom(0, 0.5).map((rate) => (rngs: nnx.Rngs) => new nnx.Dropout(rate, { rngs })),
    fc.tuple(fc.array(tie('layer'), { minLength: 1, maxLength: 3 }), fc.boolean()).map(([makers, twice]) => {
      return (rngs: nnx.Rngs) => {
        const layers = makers.map((make) => make(rngs))
        return new nnx.Sequential(...layers, ...(twice ? [layers[0]!] : []))
      }
    }),
  ),
})).layer

test('random models come back: structures, states, and what they compute', (t) => {
  const json = io.modelCodec<nnx.Sequential>()
  const bytes = io.binaryCodec(io.modelCodec<nnx.Sequential>({ form: 'bytes' }))
  const structures = io.graphDefCodec<nnx.Sequential>()
  const seen = { layers: 0 }
  const property = fc.property(fc.array(modules, { minLength: 1, maxLength: 3 }), fc.nat(), (makers, seed) => {
    const make = (of: number): nnx.Sequential => {
      const rngs = new nnx.Rngs({ params: of, dropout: of })
      return new nnx.Sequential(...makers.map((maker) => maker(rngs)))
    }
    const model = make(seed)
    model(x)
    const graphdef = nnx.graphdef(model)
    const text = JSON.stringify(structures.encode(graphdef))
    const again = io.decodeOrThrow('json', structures, JSON.parse(text))
    seen.layers += graphdef.numObjects
    const backs = [throughJson(json, model), io.decodeOrThrow('bytes', bytes, bytes.encode(model))]
    const same = backs.map((back) => nnx.graphdef(back).equals(graphdef) && sameTree(nnx.state(back), nnx.state(model)))
    const result = model(x)
    return again.equals(graphdef) && same.every(Boolean) && backs.every((back) => sameTree(back(x), result))
  })
  fc.assert(property, { numRuns: 40 })
  t.true(seen.layers > 100, `${seen.layers}`)
})
