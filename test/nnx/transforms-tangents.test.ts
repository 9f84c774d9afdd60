/** Derivatives along directions and pullbacks, programs, partial application, and metadata that follow axes. */
import test from 'ava'
import { ArgumentError, DTypeError, jit, lax, type NDArray, nnx, np, OptionsError, tree } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const linear = (seed = 0): nnx.Linear => new nnx.Linear(2, 3, { rngs: new nnx.Rngs(seed) })
const x = np.array([[1, 2], [3, 4]]) // prettier-ignore

class Counting extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear = linear()
  readonly count = new nnx.Variable(np.zeros([], { dtype: 'int32' }))
  override call(y: NDArray): NDArray {
    this.count.value = this.count.add(1)
    return np.tanh(this.linear(y))
  }
}

test('vjp: cotangents as states, and what the function does, once', (t) => {
  const model = new Counting()
  const [y, pullback] = nnx.vjp((m: Counting, y: NDArray) => m(y), model, x)
  t.is(model.count.value.item(), 1)
  const ct = np.ones([2, 3])
  const [ofModel, ofInput] = pullback(ct)
  const [grads, byGrad] = nnx.grad((m: Counting, y: NDArray) => np.sum(m(y)), { argnums: [0, 1] })(model, x)
  allClose(t, ofModel.linear.kernel.value, grads.linear.kernel.value)
  allClose(t, ofModel.linear.bias!.value, grads.linear.bias!.value)
  allClose(t, ofInput, byGrad)
  t.false('count' in ofModel)
  t.is(model.count.value.item(), 2)
  const [same, back, aux] = nnx.vjpWithAux((m: Counting) => [{ y: m(x) }, m.count.value] as const, model)
  allClose(t, same.y, y)
  t.is(aux.item(), 3)
  allClose(t, back({ y: ct })[0].linear.bias!.value, grads.linear.bias!.value)
  t.throws(() => (nnx.vjpWithAux as any)((m: Counting) => m(x), model), {
    instanceOf: ArgumentError,
    message: /\[result, aux\]/,
  })
})

test('jvp: against vjp, with zeros for what is left out', (t) => {
  const model = new Counting()
  const direction = tree.map(np.onesLike, nnx.state(model, nnx.Param))
  const f = (m: Counting, y: NDArray): NDArray => m(y)
  const [y, dy] = nnx.jvp(f, [model, x], [direction, null])
  t.is(model.count.value.item(), 1)
  const [, pullback] = nnx.vjp(f, model, x)
  const [ofModel] = pullback(np.ones([2, 3]))
  const inner = np.add(np.sum(ofModel.linear.kernel.value), np.sum(ofModel.linear.bias!.value))
  allClose(t, np.sum(dy), inner, { rtol: 1e-5 })
  const biases = nnx.filterState(direction, nnx.PathContains('bias'))
  const [, ofBias, aux] = nnx.jvp((m: Counting) => [m(x), y] as const, [model], [biases], { hasAux: true })
  allClose(t, ofBias, np.subtract(1, np.square(y)), { rtol: 1e-5 })
  allClose(t, aux, y)
  const compiled = jit((s: typeof direction) => nnx.jvp((m: Counting, z: NDArray) => m(z), [nnx.merge(...nnx.split(new Counting())), x], [s, null])[1]) // prettier-ignore
  allClose(t, compiled(direction), dy, { rtol: 1e-5 })
  t.throws(() => nnx.jvp(f, [model, x], [null]), {
    instanceOf: ArgumentError,
    message: /a tangent for each of 2 primals, got 1/,
  })
})

test('jitPartial binds models, compiles once, and counts all arguments', (t) => {
  const model = new Counting()
  const step = nnx.jitPartial((m: Counting, y: NDArray, by: number) => m(y).mul(by), [model], { staticArgnums: [2] })
  step(x, 2)
  const y = step(x, 2)
  t.is(step.traceCount, 1)
  t.is(model.count.value.item(), 2)
  allClose(t, y, np.tanh(model.linear(x)).mul(2))
  step(x, 3)
  t.is(step.traceCount, 2)
})

test('makeJaxpr: from leaves to what is written and returned', (t) => {
  const { inputs, outputs } = nnx.makeJaxpr((m: Counting, y: NDArray) => m(y))(new Counting(), x)
  t.is(inputs.length, 4)
  t.deepEqual(outputs.map((v) => v.aval.dtype), ['int32', 'float32']) // prettier-ignore
  const power = (x: NDArray, n: number): NDArray => (n === 1 ? x : x.mul(power(x, n - 1)))
  const cubed = nnx.makeJaxpr(power, { staticArgnums: 1 })(np.ones([2]), 3)
  t.deepEqual([cubed.inputs.length, cubed.eqns.length], [1, 2]) // prettier-ignore
})

test('integers are differentiated where that is allowed; unknown options are errors', (t) => {
  const model = new Counting()
  const argnums = nnx.DiffState(0, '...')
  t.throws(() => nnx.grad((m: Counting) => np.sum(m(x)), { argnums })(model), { instanceOf: DTypeError })
  const grads = nnx.grad((m: Counting) => np.sum(m(x)), { argnums, allowInt: true })(model)
  t.is(grads.count.value.item(), 0)
  t.throws(() => nnx.grad((m: Counting) => np.sum(m(x)), { argnum: 0 } as never)(model), { instanceOf: OptionsError })
})

test('vmap names its axis, also through nnx.jit', (t) => {
  const mean = nnx.jit((y: NDArray) => lax.pmean(y, 'batch'))
  const f = nnx.vmap((m: Counting, y: NDArray) => m.linear(y).sub(mean(m.linear(y))), {
    inAxes: [null, 0],
    axisName: 'batch',
  })
  const model = new Counting()
  const y = model.linear(x)
  allClose(t, f(model, x), y.sub(y.mean({ axis: 0 })))
  const longer = np.ones([3, 2])
  allClose(t, f(model, longer), np.zeros([3, 3]), { atol: 1e-6 })
  t.is(mean.traceCount, 2)
})

test('metadata follow the axes of Variables', (t) => {
  const log: string[] = []
  const hooks = {
    onAddAxis: (_: unknown, index: number, name: string | null) => void log.push(`add ${index} ${name}`),
    onRemoveAxis: (_: unknown, index: number, name: string | null) => void log.push(`remove ${index} ${name}`),
  }
  const transformMetadata = { partitionName: 'layers', axes: 'layers' }
  const kernelInit = nnx.withMetadata(nnx.initializers.ones, { axes: ['in', 'out'], ...hooks })
  const rngs = new nnx.Rngs(0)
  nnx.splitRngs(rngs, { splits: 4 })
  const make = nnx.vmap((rngs: nnx.Rngs) => new nnx.Linear(3, 3, { rngs, kernelInit }), { transformMetadata })
  const layers = make(rngs)
  t.deepEqual(layers.kernel.metadata['axes'], ['layers', 'in', 'out'])
  t.deepEqual(log, ['add 0 layers'])
  const inside: unknown[] = []
  const forward = nnx.scan(
    (y: NDArray, layer: nnx.Linear) => {
      inside.push(layer.kernel.metadata['axes'])
      return layer(y)
    },
    { inAxes: [nnx.Carry, 0], outAxes: nnx.Carry, transformMetadata },
  )
  forward(np.ones([3]), layers)
  t.deepEqual(inside[0], ['in', 'out'])
  t.deepEqual(layers.kernel.metadata['axes'], ['layers', 'in', 'out'])
  t.true(log.includes('remove 0 layers'))
  const wrong = nnx.transformMetadata((m: nnx.Linear) => m, { partitionName: 'x', axes: 'heads' })
  t.throws(() => wrong(layers), { instanceOf: ArgumentError, message: /heads at 0 of the metadata axes, got layers/ })
})

test('customVjp: a DiffState says what of a module has cotangents', (t) => {
  class Product extends nnx.Object {
    readonly a = new nnx.Param(np.array(1))
    readonly b = new nnx.Param(np.array(2))
  }
  const isA = nnx.PathContains('a')
  const f = nnx.customVjp((m: Product) => np.sin(m.a.value).mul(m.b.value), { nondiffArgnums: [nnx.DiffState(0, isA)] })
  f.defvjp(
    (m) => [np.sin(m.a.value).mul(m.b.value), [np.cos(m.a.value), m.b.value]] as const,
    ([cos, b], [, ct]) => [{ a: cos.mul(b).mul(ct).mul(10) }],
  )
  const model = new Product()
  const grads = nnx.grad(f)(model)
  t.deepEqual(elements(grads.b.value), [0])
  allClose(t, grads.a.value, np.cos(np.array(1)).mul(20))
  f.defvjp(
    (m) => [np.sin(m.a.value).mul(m.b.value), null],
    () => [{ b: np.ones([]) }],
  )
  t.throws(() => nnx.grad(f)(model), {
    instanceOf: ArgumentError,
    message: /cotangents of what is differentiated, got one of 0\/b/,
  })
})
