/** `npm run bench:chart`: SVG charts of `bench/results/*.json`, in `docs/charts`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { init } from 'echarts'
import type { Growth } from './growth.js'
import type { Measure } from './suite.js'

const folder = 'docs/charts'

const read = <T>(name: string): T | null => {
  const path = `bench/results/${name}.json`
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null
}

const write = (name: string, width: number, height: number, option: object): void => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({ animation: false, backgroundColor: '#fff', ...option })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${name}.svg`, `${chart.renderToSVGString()}\n`)
  // Its timers would keep the process alive.
  chart.dispose()
}

const libraries = {
  torch: { name: 'PyTorch', color: '#ee6c4d' },
  jax: { name: 'JAX', color: '#7b61c9' },
  onnax: { name: 'onnax', color: '#1a7f64' },
  jaxjs: { name: '@jax-js/jax, wasm', color: '#e0a526' },
  tfjs: { name: 'TensorFlow.js, wasm', color: '#b0b7bf' },
} as const
const workloads = {
  w1: 'MLP, Adam',
  w2: 'CNN, Adam',
  w3: 'transformer, AdamW',
  w4: 'Adam’s update alone',
  w5: 'matrix product',
  w6: 'start to first loss',
} as const

/** Times of each library over those of this one, measured in one run. */
const speed = (): void => {
  const results = ['python', 'peers'].flatMap((name) => read<{ readonly measures: readonly Measure[] }>(name) ?? [])
  const ratio = (workload: string, library: keyof typeof libraries): number | null => {
    const found = results
      .map(({ measures }) => measures.find((m) => m.workload === workload))
      .find((m) => m?.values[library] !== undefined)
    return found === undefined ? null : found.values[library]! / found.values.onnax!
  }
  const label = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(value >= 2 ? 1 : 2))
  const keys = Object.keys(libraries) as (keyof typeof libraries)[]
  const measured = keys.filter((key) => Object.keys(workloads).some((w) => ratio(w, key) !== null))
  write('speed', 860, 420, {
    title: { text: 'Time of a training step, as multiples of onnax’s (shorter is faster)', left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 60, right: 20, top: 50, bottom: 70 },
    xAxis: { type: 'category', data: Object.values(workloads), axisLabel: { interval: 0 } },
    yAxis: { type: 'log', min: 0.1, name: '× onnax', axisLabel: { formatter: '{value}' } },
    series: measured.map((key) => ({
      name: libraries[key].name,
      type: 'bar',
      itemStyle: { color: libraries[key].color },
      label: { show: true, position: 'top', fontSize: 10, formatter: ({ value }: { value: number }) => label(value) },
      data: Object.keys(workloads).map((w) => ratio(w, key) ?? '-'),
    })),
  })
}

/** Times over sizes, both as logarithms, so that what grows linearly is a straight line of slope 1. */
const growth = (): void => {
  const results = read<{ readonly growth: readonly Growth[] }>('growth')
  if (results === null) return
  const panels = [
    { title: 'A training step', of: ['batch', 'layers'] },
    { title: 'Tracing and compiling', of: ['equations'] },
  ]
  const series = results.growth.map(({ name, of, points, exponent }) => {
    const panel = panels.findIndex((p) => p.of.includes(of))
    const legend = `${name}: n^${exponent.toFixed(2)}`
    return { name: legend, type: 'line', xAxisIndex: panel, yAxisIndex: panel, data: points, symbolSize: 5 }
  })
  write('growth', 860, 420, {
    title: panels.map(({ title }, i) => ({ text: title, left: i === 0 ? '24%' : '74%', textAlign: 'center' })),
    legend: { bottom: 0 },
    grid: [
      { left: 50, width: 350, top: 50, bottom: 100 },
      { left: 480, width: 350, top: 50, bottom: 100 },
    ],
    xAxis: panels.map(({ of }, i) => ({
      type: 'log',
      gridIndex: i,
      name: of.join(', '),
      nameLocation: 'middle',
      nameGap: 26,
      min: i === 0 ? 1 : 100,
    })),
    yAxis: panels.map((_, i) => ({ type: 'log', gridIndex: i, name: 'ms' })),
    series,
  })
}

speed()
growth()
