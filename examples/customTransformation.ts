/**
 * A gradient transformation of one's own, with a state and a codec of it: in a `chain`, that in a `partition`; trained, saved and
 * restored. `npx tsx examples/customTransformation.ts` runs it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as t from 'io-ts'
import { io, jit, type NDArray, np, optax, random, tree, valueAndGrad } from 'onnax'

/** State of {@link clipByAverageNorm}. */
export interface ClipByAverageNormState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Moving average of the norms of the gradients, `float32[]`. */
  readonly average: NDArray
}

/** Its codec: that of a plain object whose fields have codecs of arrays. */
export const ClipByAverageNormState: t.Type<ClipByAverageNormState, unknown> = t.type({
  count: io.arrayCodec({ form: 'numbers' }),
  average: io.arrayCodec({ form: 'numbers' }),
})

/** Gradients are scaled down to `factor` times the moving average of their norms, if their norm is greater. */
export const clipByAverageNorm = (
  factor: optax.ScalarLike,
  decay: optax.ScalarLike = 0.9,
): optax.GradientTransformation<ClipByAverageNormState> =>
  optax.GradientTransformation<ClipByAverageNormState>(
    () => ({ count: np.zeros([], { dtype: 'int32' }), average: np.zeros([]) }),
    (grads, state) => {
      const norm = optax.globalNorm(grads)
      const count = optax.safeIncrement(state.count)
      const average = optax.tree.updateMoment(norm, state.average, decay, 1)
      const bound = np.multiply(factor, optax.biasCorrection(average, decay, count))
      const scale = np.minimum(1, np.divide(bound, np.maximum(norm, 1e-12)))
      return [tree.map((g: NDArray) => g.mul(scale), grads), { count, average }]
    },
  )

interface Params {
  readonly bias: NDArray
  readonly kernel: NDArray
}

const fast = optax.chain(clipByAverageNorm(1.5), optax.adam(0.05))
const slow = optax.sgd(0.01, { momentum: 0.9 })
const tx = optax.partition({ fast, slow }, { bias: 'slow', kernel: 'fast' })
type State = optax.StateOf<typeof tx>

/** All that a run needs to go on. Codecs compose: ours stands where its state is, those of trees around it. */
const Checkpoint = t.type({
  step: t.number,
  params: io.treeCodec<Params>(),
  state: t.type({
    innerStates: t.type({
      fast: t.type({
        innerState: t.readonly(t.tuple([ClipByAverageNormState, io.treeCodec<optax.StateOf<typeof fast>[1]>()])),
      }),
      slow: io.treeCodec<State['innerStates']['slow']>(),
    }),
  }),
})

const loss = ({ bias, kernel }: Params, x: NDArray, y: NDArray): NDArray =>
  np.mean(x.matmul(kernel).add(bias).sub(y).square())

const step = jit((params: Params, state: State, x: NDArray, y: NDArray) => {
  const [value, grads] = valueAndGrad(loss)(params, x, y)
  const [updates, next] = tx.update(grads, state, params)
  return [optax.applyUpdates(params, updates), next, value] as const
})

interface Run {
  readonly losses: readonly number[]
  readonly params: Params
  readonly state: State
}

/** Steps number `from` to `to`; every tenth batch has an outlier. */
const run = (params: Params, state: State, from: number, to: number): Run => {
  const losses: number[] = []
  for (let i = from; i < to; i++) {
    const x = random.normal(random.foldIn(random.key(1), i), [32, 3])
    const y = x.matmul(np.array([[1], [-2], [3]])).add(0.5) // prettier-ignore
    const [nextParams, nextState, value] = step(params, state, x, i % 10 === 9 ? y.at(0).mul(20) : y)
    ;[params, state] = [nextParams, nextState]
    losses.push(value.item())
  }
  return { losses, params, state }
}

/** Trains, saves after half of the steps, goes on; and goes on from the file. */
export const train = (steps = 300): { readonly whole: Run; readonly resumed: Run; readonly saved: string } => {
  const start: Params = { bias: np.zeros([1]), kernel: np.zeros([3, 1]) }
  const half = run(start, tx.init(start), 0, steps / 2)
  const folder = mkdtempSync(join(tmpdir(), 'onnax-'))
  const file = join(folder, 'run.json')
  writeFileSync(file, JSON.stringify(Checkpoint.encode({ step: steps / 2, params: half.params, state: half.state })))
  const saved = readFileSync(file, 'utf8')
  const restored = io.decodeOrThrow(file, Checkpoint, JSON.parse(saved))
  rmSync(folder, { recursive: true })
  return {
    whole: run(half.params, half.state, steps / 2, steps),
    resumed: run(restored.params, restored.state, restored.step, steps),
    saved,
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { whole, resumed } = train()
  console.log(whole.params)
  console.log('the resumed run ends with the same numbers:', optax.tree.allclose(whole.params, resumed.params, { rtol: 0, atol: 0 })) // prettier-ignore
}
