/**
 * A training loop by hand: nothing but `init`, `update` and `applyUpdates`. Two classes of points on a circle and around it, and a
 * network with one hidden layer, whose parameters are a plain object. `npx tsx examples/trainingLoop.ts` runs it.
 */
import { pathToFileURL } from 'node:url'
import { jit, nn, type NDArray, np, optax, random, valueAndGrad } from 'onnax'

interface Params {
  readonly hidden: { readonly kernel: NDArray; readonly bias: NDArray }
  readonly output: { readonly kernel: NDArray; readonly bias: NDArray }
}

const initParams = (key: random.PRNGKey): Params => {
  const [first, second] = random.split(key)
  const kernel = nn.initializers.lecunNormal()
  return {
    hidden: { kernel: kernel(first!, [2, 16]), bias: np.zeros([16]) },
    output: { kernel: kernel(second!, [16, 1]), bias: np.zeros([1]) },
  }
}

/** Logits, `[n]`, of points `[n, 2]`. */
const network = ({ hidden, output }: Params, x: NDArray): NDArray =>
  nn.relu(x.matmul(hidden.kernel).add(hidden.bias)).matmul(output.kernel).add(output.bias).ravel()

const loss = (params: Params, x: NDArray, labels: NDArray): NDArray =>
  np.mean(optax.sigmoidBinaryCrossEntropy(network(params, x), labels))

const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adam(optax.cosineDecaySchedule(0.05, 200)))

/** One compiled program; the state is an argument and a result like the params. */
const step = jit((params: Params, state: optax.StateOf<typeof tx>, x: NDArray, labels: NDArray) => {
  const [value, grads] = valueAndGrad(loss)(params, x, labels)
  const [updates, next] = tx.update(grads, state, params)
  return [optax.applyUpdates(params, updates), next, value] as const
})

export const train = (steps = 200): { readonly losses: readonly number[]; readonly accuracy: number } => {
  const x = random.normal(random.key(1), [256, 2])
  const labels = np.sum(x.square(), { axis: 1 }).lt(1.4).astype('float32')
  let params = initParams(random.key(0))
  let state = tx.init(params)
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const [nextParams, nextState, value] = step(params, state, x, labels)
    ;[params, state] = [nextParams, nextState]
    losses.push(value.item())
  }
  const right = network(params, x).gt(0).astype('float32').eq(labels)
  return { losses, accuracy: np.mean(right.astype('float32')).item() }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { losses, accuracy } = train()
  console.log(`loss ${losses[0]!.toFixed(3)} → ${losses.at(-1)!.toFixed(3)}, ${(100 * accuracy).toFixed(1)} % right`)
}
