/** The loop of the examples. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { lossChart, type Point, progress, silent } from './report.js'

export interface Training {
  /** Of the chart, `out/<name>-loss.svg`. */
  readonly name: string
  readonly title: string
  /** What the loss is. */
  readonly loss: string
  readonly steps: number
  /** Steps between two evaluations. */
  readonly every: number
  /** Whether there is a progress bar and a chart; default true. */
  readonly report?: boolean
  /** One step; its loss. */
  readonly step: (i: number) => number
  /** The loss on held-out data, and what else there is to say. */
  readonly evaluate: () => { readonly loss: number; readonly text?: string }
}

/** The losses of a training. */
export interface Losses {
  /** Of each step. */
  readonly losses: readonly number[]
  /** On held-out data, after each evaluation. */
  readonly heldOut: readonly Point[]
  readonly seconds: number
}

/** Takes all steps, evaluates now and then and at the end. */
export const train = ({ name, steps, every, report = true, step, evaluate, ...titles }: Training): Losses => {
  const started = performance.now()
  const shown = report ? progress(steps) : silent
  const losses: number[] = []
  const heldOut: Point[] = []
  for (let i = 0; i < steps; i++) {
    losses.push(step(i))
    shown.step(losses[i]!)
    if ((i + 1) % every !== 0 && i + 1 !== steps) continue
    const { loss, text } = evaluate()
    heldOut.push([i + 1, loss])
    const recent = losses.slice(-every)
    const mean = recent.reduce((a, b) => a + b, 0) / recent.length
    const figures = [`step ${i + 1}: loss ${mean.toFixed(4)}`, `held out ${loss.toFixed(4)}`, ...(text ? [text] : [])]
    shown.line(figures.join(', '))
  }
  shown.end()
  const seconds = (performance.now() - started) / 1000
  if (report) {
    mkdirSync('out', { recursive: true })
    writeFileSync(`out/${name}-loss.svg`, lossChart({ ...titles, losses, heldOut }))
    console.log(`trained ${steps} steps in ${seconds.toFixed(0)} s; curves in out/${name}-loss.svg`)
  }
  return { losses, heldOut, seconds }
}

/** Whether a module is the program that runs. */
export const isMain = (url: string): boolean =>
  process.argv[1] !== undefined && url === pathToFileURL(process.argv[1]).href
