/** `npm run bench`: every measurement in processes of their own, side by side; tables, and `bench/results/bench.json`. */
import { type Library, node, rounded, type Row } from './runs.js'
import { save, suite, table } from './suite.js'

const libraries: readonly Library[] = ['onnax', 'jaxjs']
// A step of W2 takes 9 seconds in @jax-js/jax, its first 28: `npm run bench:peers` waits for it.
const steps = (workload: string, library: Library): number =>
  workload === 'w1' ? 110 : library === 'onnax' ? 50 : workload === 'w2' ? 0 : 12
const measures = suite({ libraries, rounds: 3, steps })
const dispatch = node<readonly Row[]>('dispatch.js')
const memory = node<readonly Row[]>('memory.js')
const modules = node<readonly Row[]>('nnx.js')
const saving = node<readonly Row[]>('save.js')

console.log('\nThe workloads, losses checked: medians')
console.table(table(measures))
console.log('\nDispatch, microseconds')
console.table(rounded(dispatch))
console.log('\nCalls of nnx.jit, microseconds: in all, of plain trees, and more than those')
console.table(rounded(modules))
console.log('\nMemory')
console.table(rounded(memory))
console.log('\nSaving and restoring; ratios to a plain write with fsync')
console.table(rounded(saving))

save('bench', libraries, measures, { dispatch, modules, memory, saving })
