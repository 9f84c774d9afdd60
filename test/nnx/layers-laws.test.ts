/** Laws that hold for every layer, with every option: the rows of layerTable.ts. */
import test from 'ava'
import type { Type } from 'io-ts'
import { type DType, io, type NDArray, nnx, np, random, tree, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { type AnyLayer, layerRows, type LayerRow } from './layerTable.js'

const leaves = (y: unknown): readonly NDArray[] => tree.leaves(y as NDArray)
/** Arrays of a state; some aren't in Variables. */
const stateLeaves = (module: unknown): readonly NDArray[] =>
  nnx
    .toFlatState(nnx.state(module, nnx.Not(nnx.RngKey)))
    .map(([, leaf]) => (leaf instanceof nnx.VariableState ? leaf.value : leaf))

const same = (t: any, a: readonly NDArray[], b: readonly NDArray[], what: string): void => {
  t.is(a.length, b.length, what)
  a.forEach((x, i) => {
    t.deepEqual(x.shape, b[i]!.shape, what)
    t.is(x.dtype, b[i]!.dtype, what)
    allClose(t, x, b[i]!, { rtol: 1e-5, atol: 1e-5 }, `${what} ${i}`)
  })
}

test('every layer has a row', (t) => {
  const isLayer = (x: unknown): boolean =>
    typeof x === 'function' && (x.prototype as unknown) instanceof nnx.Module && x !== nnx.RNNCellBase
  const layers = Object.entries(nnx).flatMap(([name, x]) => (isLayer(x) ? [name] : []))
  t.true(layers.length > 20)
  t.deepEqual(
    layers.filter((name) => !layerRows.some(({ layer }) => layer === (nnx as Record<string, unknown>)[name])),
    [],
  )
  t.is(new Set(layerRows.map(({ name }) => name)).size, layerRows.length)
})

/** Numbers of a state by path; keys as their words. */
const numbers = (module: unknown, filter: nnx.Filter = true): ReadonlyMap<string, string> =>
  new Map(
    nnx.toFlatState(nnx.state(module, filter)).map(([path, leaf]) => {
      const value = leaf instanceof nnx.VariableState ? (leaf.value as unknown) : leaf
      const x = value instanceof random.PRNGKey ? random.keyData(value) : (value as NDArray)
      return [path.join('/'), `${x.dtype}[${x.shape.join()}] ${elements(x).join()}`]
    }),
  )
const written = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after.keys()].filter((path) => after.get(path) !== before.get(path)).sort()

const throughJson = <A>(codec: Type<A, unknown>, x: A): A =>
  io.decodeOrThrow('json', codec, JSON.parse(JSON.stringify(codec.encode(x))))

const direct = (layer: AnyLayer, x: NDArray): unknown => layer(x)
const inputOf = ({ below }: LayerRow, shape: readonly number[], seed: number, dtype: DType = 'float32'): NDArray =>
  below === undefined
    ? sample(shape, seed, dtype)
    : np
        .floor(
          sample(shape, seed)
            .add(1)
            .mul(below / 2),
        )
        .astype('int32')

for (const row of layerRows) {
  const { name, make, shape, call = direct, order = 1, writes = false, writesInEval = false } = row
  const layer = (seed = 0): AnyLayer => make({ rngs: new nnx.Rngs(seed) })
  const x = inputOf(row, shape, 5)

  test(`${name}: merge undoes split`, (t) => {
    const model = layer()
    const [graphdef, state] = nnx.split(model)
    const merged = nnx.merge(graphdef, state)
    t.is(Object.getPrototypeOf(merged), Object.getPrototypeOf(model))
    same(t, leaves(call(merged, x)), leaves(call(model, x)), 'results')
    same(t, stateLeaves(merged), stateLeaves(model), 'state after the call')
    t.true(nnx.graphdef(merged).equals(nnx.graphdef(model)))
  })

  test(`${name}: jit = eager, twice`, (t) => {
    const [eager, jitted] = [layer(), layer()]
    const f = nnx.jit((m: AnyLayer, input: NDArray) => call(m, input) as NDArray)
    for (const i of [1, 2]) {
      const input = inputOf(row, shape, i)
      same(t, leaves(f(jitted, input)), leaves(call(eager, input)), `results of call ${i}`)
      same(t, stateLeaves(jitted), stateLeaves(eager), `state after call ${i}`)
    }
  })

  test(`${name}: vmap = loop`, (t) => {
    const [graphdef, state] = nnx.split(layer())
    const one = (input: NDArray): NDArray[] => [...leaves(call(nnx.merge(graphdef, state), input))]
    const xs = inputOf(row, [3, ...shape], 6)
    const loop = [0, 1, 2].map((i) => one(xs.slice(i)))
    const mapped = (vmap as any)(one)(xs) as NDArray[]
    same(t, mapped, loop[0]!.map((_, j) => np.stack(loop.map((ys) => ys[j]!))), 'results') // prettier-ignore
  })

  test(`${name}: the state goes through its codec, the model through its own`, (t) => {
    const model = layer()
    call(model, x)
    const other = layer(7)
    // The structure may have grown in the call.
    call(other, x)
    nnx.update(other, throughJson(io.stateCodec(), nnx.state(model)))
    t.deepEqual(numbers(other), numbers(model))
    const codec = io.modelCodec<AnyLayer>()
    const back = throughJson(codec, model)
    t.true(nnx.graphdef(back).equals(nnx.graphdef(model)))
    const expected = leaves(call(model, x))
    for (const copy of [other, back]) {
      t.deepEqual(leaves(call(copy, x)).map(elements), expected.map(elements))
      t.deepEqual(numbers(copy), numbers(model))
    }
  })

  test(`${name}: training and evaluation differ where they should`, (t) => {
    const [training, evaluating, back] = [layer(), layer(), layer()]
    training.train()
    evaluating.eval()
    back.eval()
    back.train()
    t.true(nnx.graphdef(back).equals(nnx.graphdef(training)))
    const before = numbers(training)
    const [trained, evaluated] = [training, evaluating].map((m) => leaves(call(m, x)).map(elements))
    const paths = (filter: nnx.Filter): string[] => [...numbers(training, filter).keys()].sort()
    t.deepEqual(written(before, numbers(training)), paths(writes), 'written in training')
    t.deepEqual(written(before, numbers(evaluating)), paths(writesInEval), 'written in evaluation')
    if (row.differs) t.notDeepEqual(trained, evaluated)
    else t.deepEqual(trained, evaluated)
    if (writesInEval === false) t.deepEqual(leaves(call(evaluating, x)).map(elements), evaluated, 'a second time')
  })

  if (row.dtype !== 'none')
    test(`${name}: dtypes of parameters and results`, (t) => {
      const dtypes = (settings: { readonly dtype?: DType; readonly paramDtype?: DType }): readonly DType[][] => {
        const made = nnx.evalShape(() => {
          const model = make({ rngs: new nnx.Rngs(0), ...settings })
          const parts = [nnx.Param, nnx.BatchStat].map((kind) => stateLeaves(nnx.state(model, kind)))
          return [...parts, leaves(call(model, x))]
        })
        return made.map((list) => [...new Set(list.map((y) => y.dtype))])
      }
      const plain = dtypes({})
      const float32 = nnx.toFlatState(nnx.state(layer(), nnx.Param)).length > 0 ? ['float32'] : []
      t.deepEqual(plain[0], float32)
      for (const dtype of ['float16', 'bfloat16', 'float64'] as const) {
        const whole = dtypes({ dtype, paramDtype: dtype })
        t.deepEqual([whole[0], whole[2]], [float32.map(() => dtype), [dtype]], `dtype and paramDtype ${dtype}`)
        // Where a float32 carry goes in, float64 would come out.
        if (row.dtype === 'promoted' && dtype === 'float64') continue
        const results = row.dtype === 'promoted' ? 'float32' : dtype
        t.deepEqual(dtypes({ dtype }), [float32, plain[1], [results]], `dtype ${dtype}`)
      }
    })

  if (order > 0) {
    test(`${name}: derivatives by parameters and input`, (t) => {
      const [graphdef, params, rest] = nnx.split(
        make({ rngs: new nnx.Rngs(0), paramDtype: 'float64' }),
        nnx.Param,
        true,
      )
      const [values, structure] = tree.flatten(params as never)
      const integers = row.below === undefined ? null : x
      const f = (...args: NDArray[]): NDArray => {
        const state = structure.unflatten(args.slice(0, values.length)) as nnx.AnyState
        const ys = leaves(call(nnx.merge(graphdef, state, rest), integers ?? args.at(-1)!))
        return ys.map((y) => np.sum(np.sin(y))).reduce((a, b) => a.add(b))
      }
      const moved = (values as readonly NDArray[]).map((v, i) => v.add(sample(v.shape, 20 + i).mul(0.3)))
      const point = integers === null ? [...moved, sample(shape, 7)] : moved
      t.true(point.every((v) => v.dtype === 'float64'))
      checkGrads(t, f, point, { order })
    })
  }
}
