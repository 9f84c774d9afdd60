/**
 * `npm run bench:passes`: what each pass and form of lowering brings: W1 to W3 with all of them, and without each in turn (`ONNAX_WITHOUT`).
 * Prints a table, and writes `bench/results/passes.json`. Times of the processor rather than of the clock: others' work counts less.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { machine, median, rounded, run, type Workload } from './runs.js'

// As in src/core/switches.ts, which isn't public.
const forms = ['cse', 'foldScalars', 'scatterSums', 'unexpand', 'addedBias', 'turnedProducts', 'matrixFlags', 'leadingSum', 'integerPower', 'perPlace', 'dilatedConv', 'blocks', 'epilogues', 'windowGradient', 'rowScatter'] as const // prettier-ignore
const workloads: readonly Workload[] = ['w1', 'w2', 'w3']
const rounds = Number(process.argv[2] ?? 3)

interface Cost {
  readonly cpuMs: number
  readonly leastMs: number
  readonly firstMs: number
}

const measure = (workload: Workload, without: string): Cost => {
  process.env['ONNAX_WITHOUT'] = without
  const { cpuMs, step, firstStep } = run(workload, 'onnax', 40)
  return { cpuMs, leastMs: step.min, firstMs: firstStep }
}

const rows = workloads.flatMap((workload) => {
  const costs = new Map<string, Cost[]>([['', []], ...forms.map((form): [string, Cost[]] => [form, []])])
  for (let i = 0; i < rounds; i++) for (const [without, all] of costs) all.push(measure(workload, without))
  const of = (form: string, key: keyof Cost): number => {
    const values = costs.get(form)!.map((cost) => cost[key])
    return key === 'leastMs' ? Math.min(...values) : median(values)
  }
  return [...costs.keys()].map((form) => ({
    workload,
    without: form === '' ? 'nothing' : form,
    cpuMs: of(form, 'cpuMs'),
    leastMs: of(form, 'leastMs'),
    firstMs: of(form, 'firstMs'),
    cpuRatio: of(form, 'cpuMs') / of('', 'cpuMs'),
    leastRatio: of(form, 'leastMs') / of('', 'leastMs'),
  }))
})
console.log('\nTimes without each form; ratios to those with all of them')
console.table(rounded(rows))
mkdirSync('bench/results', { recursive: true })
writeFileSync('bench/results/passes.json', `${JSON.stringify({ machine, rows }, null, 2)}\n`)
