/** Random programs keep the laws of compiling, differentiating and mapping; `npm run fuzz:programs` looks at many more. */
import test from 'ava'
import fc from 'fast-check'
import { contradiction, laws } from '../helpers/programs/laws.js'
import { applicable, argumentsOf, programsOf } from '../helpers/programs/program.js'
import type { Step } from '../helpers/programs/given.js'
import { all, smooth } from '../helpers/programs/steps.js'

const kept = (steps: Readonly<Record<string, Step>>, dtype: 'float64' | 'float32', law: string): void =>
  fc.assert(
    fc.property(programsOf(steps, 10), (program) => {
      const found = contradiction(steps, program, dtype, [law])
      if (found !== null) throw new Error(found)
    }),
    { seed: 11, numRuns: 12 },
  )

for (const law of Object.keys(laws))
  test(`${law}: of random programs`, (t) => {
    t.notThrows(() => kept(all, 'float64', law))
    t.notThrows(() => kept(smooth, 'float32', law))
  })

test('every step applies to something', (t) => {
  const args = argumentsOf('float64')
  const applied = fc
    .sample(programsOf(all, 40), { numRuns: 60, seed: 3 })
    .flatMap((program) => applicable(all, program, args).map(({ op }) => op))
  t.deepEqual(
    Object.keys(all).filter((name) => !applied.includes(name)),
    [],
  )
})

test('a program that breaks a law is found', (t) => {
  let calls = 0
  const steps = { sin: smooth['sin']!, broken: ({ float }: Parameters<Step>[0]) => float().mul(++calls) }
  const error = t.throws(() => kept(steps, 'float64', 'jit computes what single operations do'))
  t.regex((error.cause as Error).message, /^jit computes .* is \S+, expected \S+\n.*broken/)
})
