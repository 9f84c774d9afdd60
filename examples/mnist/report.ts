/** What a person sees of the training: a progress bar, or lines where there is no terminal; a chart at the end. */
import { SingleBar } from 'cli-progress'
import { init } from 'echarts'

export interface Progress {
  /** After each step: running averages of the epoch. */
  step(loss: number, accuracy: number): void
  /** After each epoch, with the accuracy on the test digits. */
  epoch(epoch: number, loss: number, accuracy: number, test: number): void
  end(): void
}

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`

/** Progress over `steps` steps, on the terminal or as lines. */
export const progress = (steps: number): Progress => {
  const line = (epoch: number, loss: number, accuracy: number, test: number): string =>
    `epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)}, test accuracy ${percent(test)}`
  if (!process.stdout.isTTY) {
    return {
      step: () => undefined,
      epoch: (...args) => {
        console.log(line(...args))
      },
      end: () => undefined,
    }
  }
  const bar = new SingleBar({
    format: '{bar} {value}/{total} steps | loss {loss} | accuracy {accuracy} | {eta_formatted} left',
    hideCursor: true,
    stream: process.stdout,
  })
  bar.start(steps, 0, { loss: '-', accuracy: '-' })
  return {
    step: (loss, accuracy) => {
      bar.increment({ loss: loss.toFixed(4), accuracy: percent(accuracy) })
    },
    epoch: (...args) => {
      process.stdout.write(`\r\u001b[K${line(...args)}\n`)
      bar.updateETA()
    },
    end: () => {
      bar.stop()
    },
  }
}

/** The losses of all steps, and their running mean, as SVG text. */
export const lossChart = (losses: readonly number[]): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 800, height: 400 })
  let mean = losses[0]!
  const means = losses.map((loss, i) => [i, (mean += 0.05 * (loss - mean))])
  chart.setOption({
    animation: false,
    title: { text: 'Training loss', left: 'center' },
    legend: { bottom: 0 },
    xAxis: { type: 'value', name: 'step', nameLocation: 'middle', nameGap: 24, max: losses.length },
    yAxis: { type: 'log', name: 'cross-entropy' },
    series: [
      {
        name: 'each batch',
        type: 'line',
        showSymbol: false,
        lineStyle: { width: 1, opacity: 0.4 },
        data: losses.map((y, i) => [i, y]),
      },
      { name: 'running mean', type: 'line', showSymbol: false, lineStyle: { width: 2 }, data: means },
    ],
  })
  const svg = chart.renderToSVGString()
  // Its timers would keep the process alive.
  chart.dispose()
  return svg
}
