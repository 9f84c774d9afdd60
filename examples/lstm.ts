/** `npx tsx examples/lstm.ts`: an LSTM learns to add two marked numbers of a sequence. */
import { type NDArray, nnx, np, optax, random } from 'onnax'
import { isMain, type Losses, train } from './shared/training.js'

/** Sequences `[batch, steps, 2]` to a number each, `[batch]`. */
export class Adder extends nnx.Module<[x: NDArray], NDArray> {
  readonly rnn: nnx.RNN<nnx.LSTMCarry>
  readonly out: nnx.Linear

  constructor(hidden: number, rngs: nnx.Rngs) {
    super()
    this.rnn = new nnx.RNN(new nnx.OptimizedLSTMCell(2, hidden, { rngs }))
    this.out = new nnx.Linear(hidden, 1, { rngs })
  }

  override call(x: NDArray): NDArray {
    const [[, last]] = this.rnn(x, { returnCarry: true })
    return np.squeeze(this.out(last), -1)
  }
}

export interface Sums {
  /** `[batch, steps, 2]`: numbers in [0, 1), and marks: 1 at one place of each half, else 0 */
  readonly x: NDArray
  /** The sum of the two marked numbers, `[batch]` */
  readonly y: NDArray
}

/** Problems of even length. */
export const sums = (key: random.PRNGKey, batch: number, steps: number): Sums => {
  const [numbersKey, placesKey] = random.split(key) as Iterable<random.PRNGKey> as [random.PRNGKey, random.PRNGKey]
  const numbers = random.uniform(numbersKey, [batch, steps])
  const places = random.randint(placesKey, [batch, 2], 0, steps / 2)
  const marks = nnx.oneHot(places, steps / 2).reshape([batch, steps])
  return { x: np.stack([numbers, marks], { axis: -1 }), y: np.sum(numbers.mul(marks), { axis: -1 }) }
}

export interface LstmOptions {
  /** Default 2,000. */
  readonly steps?: number
  readonly batchSize?: number
  /** Of the sequences, even; default 40. */
  readonly length?: number
  readonly hidden?: number
  readonly report?: boolean
}

/**
 * Trains an {@link Adder}. Who always says 1 has a squared error of 1/6.
 *
 * @see Hochreiter and Schmidhuber, Long short-term memory, 1997, experiment 4
 */
export const trainLstm = ({
  steps = 2000,
  batchSize = 64,
  length = 40,
  hidden = 48,
  report = true,
}: LstmOptions = {}): Losses => {
  const model = new Adder(hidden, new nnx.Rngs(0))
  const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adam(optax.cosineDecaySchedule(5e-3, steps)))
  const optimizer = new nnx.Optimizer(model, tx, { wrt: nnx.Param })

  const lossOf = (model: Adder, { x, y }: Sums): NDArray => np.mean(optax.squaredError(model(x), y))
  const trainStep = nnx.jit(
    (optimizer: nnx.Optimizer<Adder>, key: random.PRNGKey) => {
      const [loss, grads] = nnx.valueAndGrad(lossOf)(optimizer.model, sums(key, batchSize, length))
      optimizer.update(grads)
      return loss
    },
    { donateArgnums: 0 },
  )
  const testStep = nnx.jit((model: Adder, key: random.PRNGKey) => lossOf(model, sums(key, 1000, length)))

  const keys = [...random.split(random.key(1), steps)]
  const titles = { name: 'lstm', title: `The sum of two of ${length} numbers`, loss: 'squared error' }
  return train({
    ...titles,
    steps,
    every: Math.ceil(steps / 10),
    report,
    step: (i) => trainStep(optimizer, keys[i]!).item(),
    evaluate: () => ({ loss: testStep(model, random.key(2)).item() }),
  })
}

if (isMain(import.meta.url)) trainLstm()
