/** Cost of a jitted call that does almost nothing: n small arrays in, n out. */
import { jit, type NDArray, np, runtimeStats } from 'onnax'
import { time } from './measure.js'

type Tree = Readonly<Record<string, NDArray>>

const negated = (tree: Tree): Tree => Object.fromEntries(Object.entries(tree).map(([k, v]) => [k, v.neg()]))

const rows = [1, 10, 100].flatMap((n) => {
  const make = (): Tree => Object.fromEntries(Array.from({ length: n }, (_, i) => [`p${i}`, np.array([1, 2, 3, 4])]))
  const f = jit(negated)
  const x = make()
  const plain = time(() => f(x), { warmup: 300, repeats: 2000 })
  const g = jit(negated, { donateArgnums: 0 })
  let y = g(make())
  const donated = time(() => (y = g(y)), { warmup: 300, repeats: 2000 })
  const { buffersAllocated } = runtimeStats()
  for (let i = 0; i < 100; i++) y = g(y)
  return [
    { name: `jit, ${n} in and out`, microseconds: plain.median * 1000, least: plain.min * 1000 },
    {
      name: `jit, ${n} in and out, donated`,
      microseconds: donated.median * 1000,
      least: donated.min * 1000,
      newBuffersIn100Calls: runtimeStats().buffersAllocated - buffersAllocated,
    },
  ]
})
const a = np.array([1, 2, 3, 4])
const eager = {
  'x + 1': () => a.add(1),
  'x + x': () => a.add(a),
  'np.tanh(x)': () => np.tanh(a),
  'np.sum(x)': () => np.sum(a),
  'x.item()': () => np.array(1).item(),
}
const eagerRows = Object.entries(eager).map(([name, f]) => {
  const { median, min } = time(f, { warmup: 300, repeats: 2000 })
  return { name: `eager ${name}`, microseconds: median * 1000, least: min * 1000 }
})
console.log(JSON.stringify([...rows, ...eagerRows]))
