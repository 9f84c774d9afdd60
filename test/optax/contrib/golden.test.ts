/** Trajectories of real `optax.contrib`, eager and jitted: values, params, states. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { np, optax } from '../../../src/index.js'
import { allClose } from '../../helpers/arrays.js'
import { matches, run, type Run, tolerances } from './recorded.js'
import { originals, variations } from './variations.js'

const golden = JSON.parse(readFileSync('test/golden/optax-contrib.json', 'utf8')) as {
  readonly runs: Readonly<Record<string, Run>>
  readonly eval_params: Readonly<Record<string, Readonly<Record<'b' | 'w', readonly number[]>>>>
}
const original = JSON.parse(readFileSync('test/golden/optax-golden.json', 'utf8')) as {
  optimizers: Readonly<Record<string, readonly { readonly value: number; readonly params: readonly number[] }[]>>
}

const names = Object.keys(golden.runs)
test('each run has its transformation', (t) => {
  t.deepEqual(
    names.filter((name) => !(name.replace('bfloat16 ', '') in variations)),
    [],
  )
})

for (const name of names)
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} ${name}`, (t) => {
      const { dtype } = golden.runs[name]!
      const history = matches(t, name, variations[name.replace('bfloat16 ', '')]!, golden.runs[name]!, jitted)
      const { rtol, atol } = tolerances[dtype]!
      const evaluated = golden.eval_params[name]
      if (evaluated !== undefined) {
        const { params: p, state: s } = history.at(-1)!
        const found = optax.contrib.scheduleFreeEvalParams(s as optax.contrib.ScheduleFreeState, p)
        for (const k of ['b', 'w'] as const) allClose(t, found[k], evaluated[k], { rtol, atol }, `average of ${k}`)
      }
    })

for (const [name, tx] of Object.entries(originals))
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} trajectory of ${name}`, (t) => {
      const steps = original.optimizers[name]!
      const [, history] = run(tx, 'float32', steps.length, jitted)
      steps.forEach(({ value, params }, i) => {
        const { b, w } = history[i]!.params
        allClose(t, history[i]!.value.ravel(), [value], { rtol: 4e-6 }, `value ${i}`)
        allClose(t, np.concatenate([b, w.ravel()]), params, tolerances.float32, `params after ${i + 1} steps`)
      })
    })
