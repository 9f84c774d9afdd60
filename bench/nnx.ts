/** What `nnx.jit` costs more than `jit` of plain trees: the walk over the model, and the writes. */
import { jit, type NDArray, nnx, np } from 'onnax'
import { compare } from './measure.js'
import { stepRows } from './nnxSteps.js'

class Many extends nnx.Object {
  readonly list: readonly nnx.Variable[]
  constructor(n: number) {
    super()
    this.list = Array.from({ length: n }, () => new nnx.Param(np.array([1, 2, 3, 4])))
  }
}

const rows = [100, 1000].flatMap((n) => {
  const model = new Many(n)
  const x = np.array([1, 1, 1, 1])
  const repeats = n === 1000 ? 200 : 1000
  const trees = model.list.map((v) => v.value)
  const kinds = {
    'one written': {
      modules: nnx.jit((m: Many, x: NDArray) => void (m.list[0]!.value = m.list[1]!.value.add(x))),
      plain: jit((xs: readonly NDArray[], x: NDArray): readonly NDArray[] => [xs[1]!.add(x)]),
    },
    'all written': {
      modules: nnx.jit((m: Many, x: NDArray) => {
        for (const v of m.list) v.value = v.value.add(x)
      }),
      plain: jit((xs: readonly NDArray[], x: NDArray): readonly NDArray[] => xs.map((y) => y.add(x))),
    },
  }
  return Object.entries(kinds).map(([name, { modules, plain }]) => {
    const times = compare(
      () => {
        modules(model, x)
      },
      () => plain(trees, x),
      { warmup: 50, repeats },
    )
    return { name: `nnx.jit, ${n} Variables, ${name}`, ...times }
  })
})
console.log(JSON.stringify([...rows, ...stepRows()]))
