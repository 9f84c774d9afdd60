/** One run of W1: `node mlp.js <onnax|jaxjs> <steps>` prints losses and times as JSON. */
import { timings } from './measure.js'

const [library = 'onnax', steps = '60'] = process.argv.slice(2)
const warmup = 10

const step =
  library === 'onnax' ? (await import('./workloads/mlp.js')).mlp() : await (await import('./peers/jaxjs-mlp.js')).mlp()
const losses: number[] = []
const times: number[] = []
let firstLossAt = 0
for (let i = 0; i < Number(steps); i++) {
  const start = performance.now()
  losses.push(step())
  times.push(performance.now() - start)
  if (i === 0) firstLossAt = performance.now()
}
const counted = times.length > warmup ? times.slice(warmup) : times
console.log(
  JSON.stringify({
    library,
    losses,
    firstLossAt,
    firstStep: times[0],
    step: timings(counted),
    maxRssMegabytes: process.resourceUsage().maxRSS / 1024,
  }),
)
