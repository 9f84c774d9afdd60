/** One run of a workload: `node workload.js <w1..w5> <onnax|jaxjs> <steps>` prints values and times as JSON. */
import { timings } from './measure.js'

const [workload = 'w1', library = 'onnax', steps = '60'] = process.argv.slice(2)
const warmup = 10

type Step = () => number

/** Only what is asked for is loaded: the time to the first loss counts loading. */
const makers: Readonly<Record<string, () => Promise<Step>>> = {
  'w1 onnax': async () => (await import('./workloads/mlp.js')).mlp(),
  'w1 jaxjs': async () => (await import('./peers/jaxjs-mlp.js')).mlp(),
  'w2 onnax': async () => (await import('./workloads/cnn.js')).cnn(),
  'w3 onnax': async () => (await import('./workloads/gpt.js')).gpt(),
  'w4 onnax': async () => (await import('./workloads/adam.js')).adam(),
  'w5 onnax': async () => (await import('./workloads/matmul.js')).matmul(),
}
const make = makers[`${workload} ${library}`]
if (make === undefined)
  throw new Error(`workload requires one of ${Object.keys(makers).join(', ')}, got ${workload} ${library}`)
const step = await make()
const values: number[] = []
const times: number[] = []
let firstAt = 0
for (let i = 0; i < Number(steps); i++) {
  const start = performance.now()
  values.push(step())
  times.push(performance.now() - start)
  if (i === 0) firstAt = performance.now()
}
console.log(
  JSON.stringify({
    values,
    firstAt,
    firstStep: times[0],
    step: timings(times.length > warmup ? times.slice(warmup) : times),
    maxRssMegabytes: process.resourceUsage().maxRSS / 1024,
  }),
)
