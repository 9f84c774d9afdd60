/**
 * `npm run bench:peers`: W1 to W7 here, in @jax-js/jax and in TensorFlow.js, both on WebAssembly. `bench/peers` has packages of its own.
 * Some steps take 10 seconds: 10 minutes in all. Prints a table, and writes `bench/results/peers.json`.
 */
import { type Library, type Workload } from './runs.js'
import { ahead, save, suite, table } from './suite.js'

const libraries: readonly Library[] = ['onnax', 'jaxjs', 'tfjs']
/** How many times as fast as the better of the two. */
const goals = { w1: 6, w2: 40, w3: 6, w4: 2, w5: 6, w6: 1, 'w7 w1': 1, 'w7 w4': 1 }

/** As many in all libraries where memory is measured. */
const steps: Readonly<Record<Workload, number>> = { w1: 100, w2: 60, w3: 60, w4: 40, w5: 40 }
const slow: Readonly<Partial<Record<Workload, Readonly<Partial<Record<Library, number>>>>>> = {
  w2: { jaxjs: 2, tfjs: 3 },
  w3: { jaxjs: 12, tfjs: 3 },
}
const rounds = Number(process.argv[2] ?? 1)
const measures = suite({
  libraries,
  rounds,
  steps: (workload, library) => slow[workload]?.[library] ?? steps[workload],
})
console.log('\nMedians; the last columns: the better of the two others over onnax, and what it should be')
console.table(table(measures, goals))
const missed = measures.filter((m) => (ahead(m) ?? Infinity) < (goals as Readonly<Record<string, number>>)[m.workload]!)
console.log(missed.length === 0 ? 'All goals are reached.' : `Missed: ${missed.map((m) => m.workload).join(', ')}`)
save('peers', libraries, measures, { goals })
