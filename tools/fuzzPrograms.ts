/**
 * Looks for programs that are computed differently when they are compiled, differentiated or mapped: `npm run fuzz:programs -- [minutes] [seed]`.
 *
 * Random programs are held against the laws of `test/helpers/programs`, in 64-bit floats with all steps and in 32-bit floats, which the fused
 * loops compute, with those that rounding does not break. What contradicts a law shrinks to the steps that it needs.
 */
import fc from 'fast-check'
import { contradiction } from '../test/helpers/programs/laws.js'
import { type Program, programsOf } from '../test/helpers/programs/program.js'
import { all, smooth } from '../test/helpers/programs/steps.js'

const [minutes = 5, seed = Date.now() % 1e6] = process.argv.slice(2).map(Number)
const end = performance.now() + minutes * 60_000
const kinds = [
  { dtype: 'float64', steps: all },
  { dtype: 'float32', steps: smooth },
] as const

const told = (program: Program): string => program.map(({ op, numbers }) => `${op}(${numbers.join()})`).join(' ')

let programs = 0
const findings: string[] = []
for (let run = seed; performance.now() < end; run++) {
  const { dtype, steps } = kinds[run % kinds.length]!
  const faultOf = (program: Program): string | null => {
    programs++
    try {
      return contradiction(steps, program, dtype)
    } catch (error) {
      return `thrown: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 1500) : String(error)}`
    }
  }
  const outcome = fc.check(
    fc.property(programsOf(steps, 16), (program) => faultOf(program) === null),
    { seed: run, numRuns: 20, interruptAfterTimeLimit: Math.max(1, end - performance.now()) },
  )
  const [found] = outcome.counterexample ?? []
  if (found === undefined) continue
  const finding = `${dtype}, seed ${run}: ${faultOf(found)}\n  ${told(found)}`
  findings.push(finding)
  console.log(`${finding}\n`)
}
console.log(`${programs} programs, ${findings.length} findings`)
process.exitCode = findings.length === 0 ? 0 : 1
