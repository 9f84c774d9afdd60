/**
 * `npm run bench:python`: W1 to W5 here and in JAX on the CPU, in turns; `ONNAX_PYTHON` names a Python that has JAX and Optax.
 * Prints a table, and writes `bench/results/python.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { machine, median, rounded, run, summary, turns } from './runs.js'

const rows = ['w1', 'w2', 'w3', 'w4', 'w5'].map((workload) => {
  const [ours, jax] = turns(3, ['onnax', 'jax'], (library) => run(workload, library, 50)).map(summary)
  return {
    workload,
    onnaxMs: ours!.stepMs,
    jaxMs: jax!.stepMs,
    timesAsFast: jax!.stepMs / ours!.stepMs,
    onnaxLeastMs: ours!.leastStepMs,
    jaxLeastMs: jax!.leastStepMs,
    onnaxMegabytes: ours!.maxRssMegabytes,
    jaxMegabytes: jax!.maxRssMegabytes,
  }
})
const [ours, jax] = turns(5, ['onnax', 'jax'], (library) => run('w1', library, 1)).map((runs) =>
  median(runs.map((r) => r.firstAt)),
)
const start = { onnaxMs: ours!, jaxMs: jax!, timesAsFast: jax! / ours! }

console.log('\nMilliseconds a step (medians of three runs in turns), and most memory')
console.table(rounded(rows))
console.log('\nStart of the process to the first loss of W1, milliseconds')
console.table(rounded([start]))

mkdirSync('bench/results', { recursive: true })
writeFileSync('bench/results/python.json', `${JSON.stringify({ machine, rows, start }, null, 2)}\n`)
