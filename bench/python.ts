/**
 * `npm run bench:python`: W1 to W7 here, in JAX and in PyTorch with its fused optimizers, on the CPU. `ONNAX_PYTHON` names a Python that has JAX
 * and Optax, `ONNAX_PYTHON_TORCH` one that has PyTorch; what is not installed is left out.
 * Prints a table, and writes `bench/results/python.json`.
 */
import { isInstalled, type Library } from './runs.js'
import { save, suite, table } from './suite.js'

const libraries: readonly Library[] = ['onnax', ...(['jax', 'torch'] as const).filter(isInstalled)]
if (libraries.length === 1) {
  throw new Error(
    'bench:python requires JAX or PyTorch, got neither; set ONNAX_PYTHON or ONNAX_PYTHON_TORCH to a Python that has one',
  )
}
console.log(`Measured: ${libraries.join(', ')}`)
/** No workload slower than 1.3 times the better of the two; the first loss 5 times earlier. */
const goals = { w1: 1 / 1.3, w2: 1 / 1.3, w3: 1 / 1.3, w4: 1 / 1.3, w5: 1 / 1.3, w6: 5 }
/** Short steps are taken longer: engines of JavaScript compile as they run, and loops get their workers after 0.2 s. */
const steps = { w1: 2000, w2: 60, w3: 60, w4: 150, w5: 150 }
const measures = suite({ libraries, rounds: Number(process.argv[2] ?? 3), steps: (workload) => steps[workload] })
console.log('\nMedians; the last columns: the better of the others over onnax, and what it should be')
console.table(table(measures, goals))
save('python', libraries, measures, { goals })
