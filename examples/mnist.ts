/** `npm start`: train a small convolutional network on handwritten digits. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { io, np, nnx, optax, random } from 'onnax'
import { type Batch, batches, loadDigits } from './mnist/data.js'
import { Cnn } from './mnist/model.js'
import { lossChart, progress } from './mnist/report.js'

const epochs = 10
const batchSize = 50

const { train, test } = loadDigits()
const stepsPerEpoch = Math.floor(train.count / batchSize)
const steps = epochs * stepsPerEpoch

const model = new Cnn(new nnx.Rngs(0))
const schedule = optax.warmupCosineDecaySchedule(1e-4, 3e-3, stepsPerEpoch, steps, { endValue: 1e-5 })
const optimizer = new nnx.Optimizer(model, optax.adamw(schedule, { weightDecay: 1e-3 }), { wrt: nnx.Param })
const metrics = new nnx.MultiMetric({ loss: new nnx.metrics.Average('loss'), accuracy: new nnx.metrics.Accuracy() })

const trainStep = nnx.jit(
  (optimizer: nnx.Optimizer<Cnn>, metrics: nnx.MultiMetric, { images, labels }: Batch) => {
    const lossOf = (model: Cnn) => {
      const logits = model(images)
      return [np.mean(optax.softmaxCrossEntropyWithIntegerLabels(logits, labels)), logits] as const
    }
    const [[loss, logits], grads] = nnx.valueAndGrad(lossOf, { hasAux: true })(optimizer.model)
    metrics.update({ loss, logits, labels })
    optimizer.update(grads)
    return loss
  },
  { donateArgnums: [0, 1] },
)

const evalStep = nnx.jit((model: Cnn, { images, labels }: Batch) =>
  np.sum(np.equal(np.argmax(model(images), { axis: -1 }), labels)),
)

const testAccuracy = (): number => {
  model.eval()
  let correct = 0
  for (const batch of batches(
    test,
    Int32Array.from({ length: test.count }, (_, i) => i),
    250,
  )) {
    correct += evalStep(model, batch).item()
  }
  model.train()
  return correct / test.count
}

const started = performance.now()
const report = progress(steps)
const losses: number[] = []
let key = random.key(1)
for (let epoch = 1; epoch <= epochs; epoch++) {
  const [next, shuffle] = random.split(key)
  key = next!
  const order = random.permutation(shuffle!, train.count).data() as Int32Array
  metrics.reset()
  for (const batch of batches(train, order, batchSize)) {
    losses.push(trainStep(optimizer, metrics, batch).item())
    const { loss, accuracy } = metrics.compute()
    report.step(loss.item(), accuracy.item())
  }
  const { loss, accuracy } = metrics.compute()
  report.epoch(epoch, loss.item(), accuracy.item(), testAccuracy())
}
report.end()

mkdirSync('out', { recursive: true })
writeFileSync('out/mnist-loss.svg', lossChart(losses))
io.writeSafetensors('out/mnist.safetensors', io.namedArrays(nnx.state(model, [nnx.Param, nnx.BatchStat])))
console.log(`trained ${steps} steps in ${((performance.now() - started) / 1000).toFixed(0)} s`)
console.log(`test accuracy ${(100 * testAccuracy()).toFixed(1)} %`)
