/** What the laws hold for: a new transformation is a new row. */
import { type NDArray, np, optax, random, tree } from '../../../src/index.js'

/** A transformation that may need any of the {@link Extras}. */
export type AnyTx = optax.GradientTransformation<unknown, never>

export interface Row {
  /** The exported name that it covers, and after a comma which options are special. */
  readonly name: string
  /** @param key - for what draws random numbers */
  readonly make: (learningRate: optax.ScalarOrSchedule, key: random.PRNGKey) => AnyTx
  /** Of optimizers: one with which it converges on a parabola. */
  readonly learningRate?: number
  /** One for Rosenbrock's function; default the same. */
  readonly onRosenbrock?: number
  /** Steps that it may take; default 10,000. */
  readonly steps?: number
  /** Why it doesn't converge on Rosenbrock's function. */
  readonly leavesValley?: string
  /** The params to evaluate, for optimizers that compute gradients elsewhere. */
  readonly evaluated?: (state: never, params: NDArray) => NDArray
  /** Whether its learning rate may be a schedule; default true. */
  readonly scheduled?: boolean
  /** Whether the size of a first gradient decides on the steps, and the learning rate doesn't; default false. */
  readonly scaleFree?: boolean
  /** Whether it holds arrays of a dtype of its own, with which those of the updates join; default false. */
  readonly promotes?: boolean
  /** Whether in float16 an eps or a square is 0, in Optax as well, and 0 / 0 isn't finite; default false. */
  readonly underflows?: boolean
  /** Updates after which the structure of the state is that of all later ones; default 0. */
  readonly settles?: number
}

/** The learning rate of parts: they have none. */
export const part = (name: string, tx: AnyTx, options: Partial<Row> = {}): Row => ({ name, make: () => tx, ...options })

/** A learning rate of optimizers that take no schedule. */
export const fixed = (learningRate: optax.ScalarOrSchedule): optax.ScalarLike => learningRate as optax.ScalarLike

/** A mask of everything. */
export const always = (of: optax.ArrayTree): unknown => tree.map((): boolean => true, of)

/** A mask of matrices. */
export const matrices = (of: optax.ArrayTree): unknown => tree.map((x: NDArray) => x.ndim > 1, of)

/** Half, a quarter, a sixth: a schedule. */
export const fewer = (count: NDArray): NDArray => np.divide(0.5, np.add(count, 1))

/** A transformation of gradients of single examples, as one of gradients: those of two examples, of which it is the mean. */
export const ofTwoExamples = (tx: AnyTx): AnyTx => {
  const examples = optax.stateless((updates) => tree.map((g: NDArray) => np.stack([g.mul(0.5), g.mul(1.5)]), updates))
  return optax.chain(examples, tx)
}

/** `lookahead` as a transformation of the fast params: the slow ones are in the state. */
export const withSlowParams = (tx: optax.LookaheadTransformation<unknown>): AnyTx =>
  optax.GradientTransformation<{ readonly inner: optax.LookaheadState; readonly slow: optax.Params }>(
    (params) => ({ inner: tx.init(params), slow: params }),
    (updates, { inner, slow }, params, extra) => {
      const [both, next] = tx.update(updates, inner, new optax.LookaheadParams(params, slow), extra)
      return [both.fast, { inner: next, slow: optax.applyUpdates(slow, both.slow) }]
    },
  )

/** What updates need beyond the params; the same for all. */
export type Extras = Readonly<{
  value: NDArray
  grad: unknown
  valueFn: (p: never) => NDArray
  objFn: (p: never) => NDArray
  gradFn: (p: never) => unknown
}>

/** A row's transformation, whose types are forgotten. */
export const txOf = (
  row: Row,
  learningRate: optax.ScalarOrSchedule = row.learningRate ?? 0.1,
  key: random.PRNGKey = random.key(7),
): optax.GradientTransformation<unknown> =>
  row.make(learningRate, key) as unknown as optax.GradientTransformation<unknown>
