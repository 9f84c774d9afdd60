/** The law that optimizers converge, each step of them inside a scan. */
import test from 'ava'
import { jit, lax, type NDArray, np, optax, valueAndGrad } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { type Row, txOf } from './table/index.js'

interface Problem {
  readonly start: readonly number[]
  readonly end: readonly number[]
  readonly loss: (p: NDArray) => NDArray
  readonly rate: (row: Row) => number | undefined
}

const problems: Readonly<Record<string, Problem>> = {
  parabola: {
    start: [-1, 10, 1],
    end: [1, -1, 1],
    loss: (p) => np.sum(p.sub(np.array([1, -1, 1])).square()),
    rate: ({ learningRate }) => learningRate,
  },
  "Rosenbrock's function": {
    start: [0, 0],
    end: [1, 1],
    loss: (p) => {
      const [x, y] = np.split(p, 2) as [NDArray, NDArray]
      return np.sum(np.subtract(1, x).square().add(y.sub(x.square()).square().mul(100)))
    },
    rate: ({ learningRate, onRosenbrock, leavesValley }) =>
      leavesValley === undefined ? (onRosenbrock ?? learningRate) : undefined,
  },
}

const stepsAtOnce = 250

type At = readonly [params: NDArray, state: unknown]

/** Tests that all optimizers among these converge. */
export const converge = (rows: readonly Row[]): void => {
  for (const row of rows)
    for (const [problem, { start, end, loss, rate }] of Object.entries(problems)) {
      const learningRate = rate(row)
      if (learningRate === undefined) continue
      test(`${row.name} converges: ${problem}`, (t) => {
        const tx = txOf(row, learningRate)
        const gradFn = (p: NDArray) => valueAndGrad(loss)(p)[1]
        const step = ([p, s]: At): readonly [At, null] => {
          const [value, grad] = valueAndGrad(loss)(p)
          const [u, next] = tx.update(grad, s, p, { value, grad, valueFn: loss, objFn: loss, gradFn })
          return [[optax.applyUpdates(p, u), next], null]
        }
        const some = jit((at: At) => lax.scan(step, at, null, { length: stepsAtOnce })[0])
        let at: At = [np.array(start), tx.init(np.array(start))]
        const reached = () => row.evaluated?.(at[1] as never, at[0]) ?? at[0]
        const isFar = () => elements(reached()).some((x, i) => !(Math.abs(x - end[i]!) < 1e-2))
        for (let i = 0; i < (row.steps ?? 10_000) && isFar(); i += stepsAtOnce) at = some(at)
        allClose(t, reached(), end, { rtol: 3e-2, atol: 3e-2 })
        t.is(some.traceCount, 1)
      })
    }
}
