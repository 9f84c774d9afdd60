/** `npm run bench`: every measurement in processes of their own, side by side; tables, and `bench/results/bench.json`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { machine, median, node, rounded, type Row, run, summary, turns } from './runs.js'

const [ours, theirs] = turns(3, ['onnax', 'jaxjs'], (library) => run('w1', library, 110)).map(summary)
const [coldOurs, coldTheirs] = turns(5, ['onnax', 'jaxjs'], (library) => run('w1', library, 1)).map((runs) =>
  median(runs.map((r) => r.firstAt)),
)
const w1 = {
  onnax: { ...ours!, firstLossMs: coldOurs! },
  jaxjs: { ...theirs!, firstLossMs: coldTheirs! },
  timesAsFast: theirs!.stepMs / ours!.stepMs,
  firstLossRatio: coldOurs! / coldTheirs!,
}
const others = ['w2', 'w3', 'w4', 'w5'].map((workload) => ({ workload, ...summary([run(workload, 'onnax', 50)]) }))
const dispatch = node<readonly Row[]>('dispatch.js')
const memory = node<readonly Row[]>('memory.js')
const modules = node<readonly Row[]>('nnx.js')
const saving = node<readonly Row[]>('save.js')

console.log('\nW1: MLP 784-512-512-10, batch 128, Adam; milliseconds')
console.table(rounded([{ library: 'onnax', ...w1.onnax }, { library: '@jax-js/jax', ...w1.jaxjs }])) // prettier-ignore
console.log(
  `steps ${w1.timesAsFast.toFixed(1)} times as fast as @jax-js/jax; first loss after ${w1.firstLossRatio.toFixed(2)} of its time`,
)
console.log(
  '\nonnax alone: W2 CNN, W3 transformer, W4 Adam on 10 million parameters, W5 matrix product 1024; milliseconds',
)
console.table(rounded(others))
console.log('\nDispatch, microseconds')
console.table(rounded(dispatch))
console.log('\nCalls of nnx.jit, microseconds: in all, of plain trees, and more than those')
console.table(rounded(modules))
console.log('\nMemory')
console.table(rounded(memory))
console.log('\nSaving and restoring; ratios to a plain write with fsync')
console.table(rounded(saving))

mkdirSync('bench/results', { recursive: true })
writeFileSync(
  'bench/results/bench.json',
  `${JSON.stringify({ machine, w1, others, dispatch, modules, memory, saving }, null, 2)}\n`,
)
