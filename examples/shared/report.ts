/** What a person sees of a training: a progress bar, or lines where there is no terminal; a chart at the end. */
import { SingleBar } from 'cli-progress'
import { init } from 'echarts'

export interface Progress {
  /** After each step. */
  step(loss: number): void
  /** A line of text that stays. */
  line(text: string): void
  end(): void
}

/** Shows nothing. */
export const silent: Progress = { step: () => undefined, line: () => undefined, end: () => undefined }

/** Progress over `steps` steps, on the terminal or as lines. */
export const progress = (steps: number): Progress => {
  if (!process.stdout.isTTY) {
    return {
      ...silent,
      line: (text) => {
        console.log(text)
      },
    }
  }
  const bar = new SingleBar({
    format: '{bar} {value}/{total} steps | loss {loss} | {eta_formatted} left',
    hideCursor: true,
    stream: process.stdout,
  })
  bar.start(steps, 0, { loss: '-' })
  return {
    step: (loss) => {
      bar.increment({ loss: loss.toFixed(4) })
    },
    line: (text) => {
      process.stdout.write(`\r\u001b[K${text}\n`)
      bar.updateETA()
    },
    end: () => {
      bar.stop()
    },
  }
}

/** A step and a loss. */
export type Point = readonly [step: number, loss: number]

export interface Curves {
  readonly title: string
  /** Name of the axis of the losses. */
  readonly loss: string
  /** Of each step. */
  readonly losses: readonly number[]
  /** Of data that isn't trained on. */
  readonly heldOut: readonly Point[]
}

/** The losses of all steps, their running mean, and those of the held-out data, as SVG text. */
export const lossChart = ({ title, loss, losses, heldOut }: Curves): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 800, height: 400 })
  let mean = losses[0] ?? 0
  const curve = (name: string, data: readonly Point[], lineStyle: object, showSymbol = false): object => ({
    name,
    type: 'line',
    showSymbol,
    lineStyle,
    data,
  })
  chart.setOption({
    animation: false,
    title: { text: title, left: 'center' },
    legend: { bottom: 0 },
    xAxis: { type: 'value', name: 'step', nameLocation: 'middle', nameGap: 24, max: losses.length },
    yAxis: { type: 'log', name: loss },
    series: [
      curve('each batch', losses.map((y, i): Point => [i, y]), { width: 1, opacity: 0.4 }), // prettier-ignore
      curve('running mean', losses.map((y, i): Point => [i, (mean += 0.05 * (y - mean))]), { width: 2 }), // prettier-ignore
      curve('held out', heldOut, { width: 2 }, true),
    ],
  })
  const svg = chart.renderToSVGString()
  // Its timers would keep the process alive.
  chart.dispose()
  return svg
}
