/** One run of a workload: `node workload.js <w1..w5> <onnax|jaxjs> <steps>` prints values and times as JSON. */
import { report, type Step } from './report.js'

const [workload = 'w1', library = 'onnax', steps = '60'] = process.argv.slice(2)

/** Only what is asked for is loaded: the time to the first loss counts loading. */
const makers: Readonly<Record<string, () => Promise<Step>>> = {
  'w1 onnax': async () => (await import('./workloads/mlp.js')).mlp(),
  'w2 onnax': async () => (await import('./workloads/cnn.js')).cnn(),
  'w3 onnax': async () => (await import('./workloads/gpt.js')).gpt(),
  'w4 onnax': async () => (await import('./workloads/adam.js')).adam(),
  'w5 onnax': async () => (await import('./workloads/matmul.js')).matmul(),
  'w1 jaxjs': async () => (await import('./peers/jaxjs.js')).mlp(),
  'w2 jaxjs': async () => (await import('./peers/jaxjs.js')).cnn(),
  'w3 jaxjs': async () => (await import('./peers/jaxjs.js')).gpt(),
  'w4 jaxjs': async () => (await import('./peers/jaxjs.js')).adam(),
  'w5 jaxjs': async () => (await import('./peers/jaxjs.js')).matmul(),
  'mlp onnax': async () => (await import('./workloads/large.js')).mlp(),
  'resnet onnax': async () => (await import('./workloads/large.js')).resnet(),
  'transformer onnax': async () => (await import('./workloads/large.js')).transformer(),
}
const make = makers[`${workload} ${library}`]
if (make === undefined)
  throw new Error(`workload requires one of ${Object.keys(makers).join(', ')}, got ${workload} ${library}`)
await report(make, Number(steps))
