/** W1 to W7 side by side: libraries take turns, each run in a process of its own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import {
  type Library,
  machine,
  median,
  rounded,
  type Row,
  run,
  type Run,
  versionsOf,
  type Workload,
  workloads,
} from './runs.js'

/** One measure in each library. */
export interface Measure {
  /** `w1` to `w5`, `w6`, or `w7 w1` and `w7 w4`; their `own`: without pages of files. */
  readonly workload: string
  readonly unit: string
  /** Medians over the runs. */
  readonly values: Readonly<Partial<Record<Library, number>>>
  /** The least of all steps: what a quiet machine would give. */
  readonly least: Readonly<Partial<Record<Library, number>>>
}

export interface Plan {
  /** This library first. */
  readonly libraries: readonly Library[]
  readonly rounds: number
  /** How many steps a run takes; 0 leaves it out. */
  readonly steps: (workload: Workload, library: Library) => number
}

const names: Readonly<Record<string, string>> = {
  w1: 'W1 MLP, Adam',
  w2: 'W2 CNN, Adam',
  w3: 'W3 transformer, AdamW',
  w4: 'W4 Adam on 10 million parameters',
  w5: 'W5 matrix product 1024',
  w6: 'W6 start of the process to the first loss of W1',
  'w7 w1': 'W7 most memory, W1',
  'w7 w4': 'W7 most memory, W4',
  'w7 w1 own': 'W7 memory written to, W1',
  'w7 w4 own': 'W7 memory written to, W4',
}

const byLibrary = (
  runs: ReadonlyMap<Library, readonly Run[]>,
  of: (runs: readonly Run[]) => number,
): Readonly<Partial<Record<Library, number>>> =>
  Object.fromEntries([...runs].map(([library, all]) => [library, of(all)]))

const turns = (
  workload: Workload,
  libraries: readonly Library[],
  rounds: number,
  steps: (library: Library) => number,
): ReadonlyMap<Library, readonly Run[]> => {
  const runs = new Map<Library, Run[]>()
  for (let i = 0; i < rounds; i++) {
    for (const library of libraries) {
      const count = steps(library)
      if (count > 0) runs.set(library, [...(runs.get(library) ?? []), run(workload, library, count)])
    }
  }
  return runs
}

/** All measures of a plan. @throws Error where a library computes another loss than JAX */
export const suite = ({ libraries, rounds, steps }: Plan): readonly Measure[] => {
  const measures: Measure[] = []
  const add = (
    workload: string,
    unit: string,
    runs: ReadonlyMap<Library, readonly Run[]>,
    of: (r: Run) => number,
  ): void => {
    measures.push({
      workload,
      unit,
      values: byLibrary(runs, (all) => median(all.map(of))),
      least: byLibrary(runs, (all) => Math.min(...all.map(unit === 'ms a step' ? (r) => r.step.min : of))),
    })
  }
  const memory: (readonly [string, ReadonlyMap<Library, readonly Run[]>])[] = []
  for (const workload of workloads) {
    const runs = turns(workload, libraries, rounds, (library) => steps(workload, library))
    add(workload, 'ms a step', runs, (r) => r.step.median)
    if (workload === 'w1' || workload === 'w4') memory.push([workload, runs])
  }
  const cold = turns('w1', libraries, 5, () => 1)
  add('w6', 'ms', cold, (r) => r.firstAt)
  for (const [workload, runs] of memory) add(`w7 ${workload}`, 'MB', runs, (r) => r.maxRssMegabytes)
  const isKnown = memory.every(([, runs]) => [...runs.values()].flat().every((r) => r.ownMegabytes !== null))
  if (isKnown) for (const [workload, runs] of memory) add(`w7 ${workload} own`, 'MB', runs, (r) => r.ownMegabytes!)
  return measures
}

/** How many times the figure of this library the best of the others has. */
export const ahead = ({ values: { onnax, ...others } }: Measure): number | undefined => {
  const figures = Object.values(others)
  return figures.length === 0 || onnax === undefined ? undefined : Math.min(...figures) / onnax
}

/** Measures as rows of a table, with goals for {@link ahead} where there are some. */
export const table = (measures: readonly Measure[], goals: Readonly<Record<string, number>> = {}): readonly Row[] =>
  rounded(
    measures.map((measure) => ({
      workload: names[measure.workload],
      unit: measure.unit,
      ...measure.values,
      'best of others / onnax': ahead(measure),
      ...(measure.workload in goals ? { goal: goals[measure.workload] } : {}),
    })),
  )

/** Write measures, and what else there is, with the machine and the versions. */
export const save = (
  name: string,
  libraries: readonly Library[],
  measures: readonly Measure[],
  more: object = {},
): void => {
  mkdirSync('bench/results', { recursive: true })
  const result = { machine, versions: versionsOf(libraries), measuredAt: new Date().toISOString(), measures, ...more }
  writeFileSync(`bench/results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`)
}
