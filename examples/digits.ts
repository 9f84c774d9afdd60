/** `npx tsx examples/digits.ts`: a convolutional network with batch normalization and dropout reads handwritten digits. */
import { io, type NDArray, nnx, np, optax, random } from 'onnax'
import { type Batch, batchOf, loadDigits } from './shared/digits.js'
import { isMain, type Losses, train } from './shared/training.js'

/** Convolutions with batch normalization, then half the size: `[batch, 2 n, 2 m, from]` to `[batch, n, m, to]`. */
class Block extends nnx.Module<[x: NDArray], NDArray> {
  readonly convs: readonly nnx.Conv[]
  readonly norms: readonly nnx.BatchNorm[]

  constructor(from: number, to: number, rngs: nnx.Rngs) {
    super()
    this.convs = [from, to].map((n) => new nnx.Conv(n, to, [3, 3], { useBias: false, rngs }))
    this.norms = this.convs.map(() => new nnx.BatchNorm(to, { rngs }))
  }

  override call(x: NDArray): NDArray {
    const y = this.convs.reduce((h, conv, i) => nnx.relu(this.norms[i]!(conv(h))), x)
    return nnx.maxPool(y, [2, 2], { strides: [2, 2] })
  }
}

/** `[batch, 28, 28, 1]` to logits `[batch, 10]`. */
export class Cnn extends nnx.Module<[images: NDArray], NDArray> {
  readonly blocks: readonly Block[]
  readonly dropout: nnx.Dropout
  readonly linear1: nnx.Linear
  readonly linear2: nnx.Linear

  constructor(rngs: nnx.Rngs) {
    super()
    this.blocks = [new Block(1, 16, rngs), new Block(16, 32, rngs), new Block(32, 64, rngs)]
    this.dropout = new nnx.Dropout(0.3, { rngs })
    this.linear1 = new nnx.Linear(3 * 3 * 64, 128, { rngs })
    this.linear2 = new nnx.Linear(128, 10, { rngs })
  }

  override call(images: NDArray): NDArray {
    const features = this.blocks.reduce((x, block) => block(x), images)
    const flat = features.reshape([images.shape[0]!, -1])
    return this.linear2(this.dropout(nnx.relu(this.linear1(this.dropout(flat)))))
  }
}

export interface DigitsOptions {
  /** Default 16 rounds over the 8,000 digits. */
  readonly steps?: number
  readonly batchSize?: number
  /** How many of the 2,000 test digits count; default all. */
  readonly tests?: number
  readonly report?: boolean
  /** Of the weights, the order of the digits and their variations; default 0. */
  readonly seed?: number
}

/** Trains a {@link Cnn}. @returns its accuracy on the test digits too */
export const trainDigits = ({
  batchSize = 50,
  steps = 16 * (8000 / batchSize),
  tests = 2000,
  report = true,
  seed = 0,
}: DigitsOptions = {}): Losses & { readonly accuracy: number } => {
  const digits = loadDigits()
  const perEpoch = Math.floor(digits.train.count / batchSize)
  const model = new Cnn(new nnx.Rngs(seed))
  const schedule = optax.warmupCosineDecaySchedule(1e-4, 2e-3, Math.min(perEpoch, steps / 2), steps, { endValue: 1e-5 })
  const optimizer = new nnx.Optimizer(model, optax.adamw(schedule, { weightDecay: 0.02 }), { wrt: nnx.Param })
  const metrics = new nnx.MultiMetric({ loss: new nnx.metrics.Average('loss'), accuracy: new nnx.metrics.Accuracy() })

  const lossOf = (model: Cnn, { images, labels }: Batch): NDArray => {
    const targets = optax.smoothLabels(nnx.oneHot(labels, 10), 0.1)
    return np.mean(optax.softmaxCrossEntropy(model(images), targets))
  }
  const trainStep = nnx.jit(
    (optimizer: nnx.Optimizer<Cnn>, batch: Batch) => {
      const [loss, grads] = nnx.valueAndGrad(lossOf)(optimizer.model, batch)
      optimizer.update(grads)
      return loss
    },
    { donateArgnums: 0 },
  )
  const testStep = nnx.jit((model: Cnn, metrics: nnx.MultiMetric, { images, labels }: Batch) => {
    const logits = model(images)
    const loss = optax.softmaxCrossEntropyWithIntegerLabels(logits, labels)
    metrics.update({ loss, logits, labels })
  })

  let accuracy = 0
  const evaluate = (): { readonly loss: number; readonly text: string } => {
    const size = Math.min(250, tests)
    model.eval()
    metrics.reset()
    for (let i = 0; i + size <= tests; i += size) {
      testStep(
        model,
        metrics,
        batchOf(
          digits.test,
          Int32Array.from({ length: size }, (_, j) => i + j),
        ),
      )
    }
    model.train()
    const figures = metrics.compute() as Readonly<Record<'loss' | 'accuracy', NDArray>>
    accuracy = figures.accuracy.item()
    return { loss: figures.loss.item(), text: `test accuracy ${(100 * accuracy).toFixed(2)} %` }
  }

  let [key, order] = [random.key(seed + 1), new Int32Array()]
  const step = (i: number): number => {
    const at = i % perEpoch
    const [next, shuffle, vary] = random.split(key, 3)
    key = next!
    if (at === 0) order = random.permutation(shuffle!, digits.train.count).data() as typeof order
    // Towards the end the digits are nearly those that are read afterwards.
    const strength = i < 0.8 * steps ? 1 : 0.4
    const batch = batchOf(digits.train, order.subarray(at * batchSize, (at + 1) * batchSize), { key: vary!, strength })
    return trainStep(optimizer, batch).item()
  }

  const titles = { name: 'digits', title: 'Handwritten digits', loss: 'cross-entropy' }
  const losses = train({ ...titles, steps, every: perEpoch, report, step, evaluate })
  if (report) {
    io.writeSafetensors('out/digits.safetensors', io.namedArrays(nnx.state(model, [nnx.Param, nnx.BatchStat])))
  }
  return { ...losses, accuracy }
}

if (isMain(import.meta.url)) trainDigits()
