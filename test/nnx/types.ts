/** What the types of nnx must say; checked by the compiler. */

import { type NDArray, nnx, np, optax, type random } from '../../src/index.js'

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => undefined

declare class Mlp extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear: nnx.Linear
  readonly layers: readonly nnx.Linear[]
  readonly byName: { readonly a: nnx.BatchStat }
  readonly width: number
  readonly activation: (x: NDArray) => NDArray
  readonly dropout: nnx.Dropout | null
  override call(x: NDArray): NDArray
}
declare class Other extends nnx.Module<[], number> {
  override call(): number
}
declare const model: Mlp
declare const other: Other
declare const x: NDArray

export const y: NDArray = model(x)
// @ts-expect-error a wrong argument
model('x')
// @ts-expect-error too few arguments
model()
export const n: number = other()

// States know the fields of their models.
const state = nnx.state(model)
export const kernel: NDArray = state.linear.kernel.value
export const first: NDArray | undefined = state.layers[0]?.kernel.value
export const stat: NDArray = state.byName.a.value
export const count: NDArray | undefined = state.dropout?.rngs?.count.value
export const key: random.PRNGKey | undefined = state.dropout?.rngs?.key.value
// @ts-expect-error settings are not in a state
void state.width
// @ts-expect-error nor are methods
void state.call
// @ts-expect-error nor functions
void state.activation
// @ts-expect-error a bias may be absent
void state.linear.bias.value
// @ts-expect-error nothing of this name
void state.nothing
// @ts-expect-error states are frozen
state.linear = nnx.state(model).linear

same<typeof state, nnx.State<Mlp>>(true)
same<nnx.State<Mlp>, nnx.State<Other>>(false)
// @ts-expect-error the states of two models are two types
export const wrong: nnx.State<Other & { readonly w: nnx.Param }> = state

// split gives one state for each filter.
const [graphdef, params, rest] = nnx.split(model, nnx.Param, '...')
same<typeof graphdef, nnx.GraphDef<Mlp>>(true)
same<typeof params, nnx.State<Mlp>>(true)
export const back: Mlp = nnx.merge(graphdef, params, rest)
// @ts-expect-error there is no fourth
void nnx.split(model, nnx.Param, '...')[3]
export const [a, b] = nnx.state(model, nnx.Param, true)
same<typeof b, nnx.State<Mlp>>(true)
export const copy: Mlp = nnx.clone(model)

// Gradients.
const loss = (m: Mlp, x: NDArray): NDArray => np.sum(m(x))
same<ReturnType<ReturnType<typeof nnx.grad<[Mlp, NDArray], NDArray>>>, nnx.State<Mlp>>(true)
const g0 = nnx.grad(loss)(model, x)
same<typeof g0, nnx.State<Mlp>>(true)
const g1 = nnx.grad(loss, { argnums: nnx.DiffState(0, nnx.Param) })(model, x)
same<typeof g1, nnx.State<Mlp>>(true)
const g2 = nnx.grad(loss, { argnums: [0, 1] })(model, x)
same<typeof g2, readonly [nnx.State<Mlp>, NDArray]>(true)
const g3 = nnx.grad(loss, { argnums: [new nnx.DiffState(0, nnx.BatchStat), 1] })(model, x)
same<typeof g3, readonly [nnx.State<Mlp>, NDArray]>(true)
const withAux = (m: Mlp) => [np.sum(m(x)), { logits: x }] as const
const v0 = nnx.valueAndGrad(withAux, { hasAux: true })(model)
same<typeof v0, readonly [readonly [NDArray, { readonly logits: NDArray }], nnx.State<Mlp>]>(true)
const g4 = nnx.grad(withAux, { hasAux: true })(model)
same<typeof g4, readonly [nnx.State<Mlp>, { readonly logits: NDArray }]>(true)
const g5 = nnx.grad((v: nnx.Param, p: { w: NDArray; k: number }) => np.sum(v.value.mul(p.w)), { argnums: [0, 1] })
same<ReturnType<typeof g5>, readonly [nnx.VariableState, { readonly w: NDArray; readonly k: NDArray }]>(true)
export const gKernel: NDArray = g0.linear.kernel.value
// @ts-expect-error a loss is an array
nnx.grad((m: Mlp) => 3)
// @ts-expect-error without hasAux a loss is one array
nnx.grad(withAux)
// @ts-expect-error the arguments are those of the loss
nnx.grad(loss)(other, x)

// jit has the type of the function.
const step = nnx.jit((m: Mlp, x: NDArray) => ({ y: m(x) }), { donateArgnums: [0] })
same<ReturnType<typeof step>, { y: NDArray }>(true)
// @ts-expect-error the arguments are those of the function
step(x, model)
export const compiled: NDArray = nnx.jit(model)(x)

// Optimizers.
const optimizer = new nnx.Optimizer(model, optax.adam(1e-3), { wrt: nnx.Param })
export const held: Mlp = optimizer.model
optimizer.update(g0)
optimizer.update({ grads: g0 })
optimizer.update(model, g0, { value: x })
// @ts-expect-error gradients of another model
optimizer.update(nnx.grad((m: nnx.Linear) => np.sum(m(x)))(new nnx.Linear(1, 1, { rngs: new nnx.Rngs(0) })))
export class TrainState extends nnx.Optimizer<Mlp> {
  declare readonly metrics: nnx.metrics.Average
  override update({ grads, ...values }: { grads: nnx.State<Mlp>; loss: NDArray }): nnx.State<Mlp> {
    this.metrics.update(values)
    return super.update(grads)
  }
}

// Variables, kinds, filters.
const v = new nnx.Param(x)
same<typeof v.value, NDArray>(true)
const pair = new nnx.Variable({ a: x })
same<typeof pair.value, { a: NDArray }>(true)
class Custom extends nnx.Variable {}
export const filters: readonly nnx.Filter[] = [
  Custom,
  nnx.Param,
  'tag',
  true,
  null,
  [nnx.Param, Custom],
  nnx.Not(Custom),
  (path) => path.length > 0,
]
// @ts-expect-error a class of modules is no filter of Variables
export const noFilter: nnx.Filter = nnx.Linear

// Streams.
const rngs = new nnx.Rngs({ params: 1 })
same<ReturnType<typeof rngs.params>, random.PRNGKey>(true)
export const sampled: NDArray = rngs.normal([2, 3])
export const forked: nnx.Rngs = rngs.fork()
export const next: random.PRNGKey = rngs()
// @ts-expect-error a shape is a list of numbers
rngs.normal('x')

// Metrics.
const metrics = new nnx.MultiMetric({ loss: new nnx.metrics.Average(), spread: new nnx.metrics.Welford() })
const computed = metrics.compute()
same<typeof computed.loss, NDArray>(true)
same<typeof computed.spread, nnx.metrics.Statistics>(true)
export const anyGroup: nnx.MultiMetric = metrics
// @ts-expect-error no metric of this name
void metrics.compute().accuracy

// Sequential is a layer of arrays unless said otherwise.
const sequential = new nnx.Sequential(model, nnx.relu, (z: NDArray) => z)
same<ReturnType<typeof sequential>, NDArray>(true)
