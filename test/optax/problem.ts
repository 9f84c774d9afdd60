/** The quadratic problem of the golden files: `loss = Σ weight · (p - target)²`, in float32 whatever the params are. */
import { type DType, jit, type NDArray, np, optax, tree, valueAndGrad } from '../../src/index.js'

export type Weights = Readonly<Record<'b' | 'w', NDArray>>
type Numbers = Readonly<Record<'b' | 'w', readonly (number | readonly number[])[]>>

export const toArrays = ({ b, w }: Numbers, dtype: DType = 'float32'): Weights => ({
  b: np.array(b, { dtype }),
  w: np.array(w, { dtype }),
})

export const params: Numbers = { b: [0.5, -1.5, 2], w: [[1, -2, 3], [0.25, 0.5, -0.75]] } // prettier-ignore
const target: Numbers = { b: [0.1, 0.2, -0.3], w: [[0.5, 0.5, -0.5], [1, -1, 2]] } // prettier-ignore
const weight: Numbers = { b: [1, 2, 0.5], w: [[1, 3, 0.2], [2, 0.7, 1.5]] } // prettier-ignore

export const loss = (p: Weights): NDArray => {
  const [t, a] = [toArrays(target), toArrays(weight)]
  const part = (k: 'b' | 'w') => np.sum(a[k].mul(p[k].astype('float32').sub(t[k]).square()))
  return part('b').add(part('w'))
}

export interface Step {
  readonly value: NDArray
  readonly updates: Weights
  readonly params: Weights
  readonly state: unknown
}

export interface RunOptions {
  readonly dtype?: DType
  /** Cast of the gradients; default none. */
  readonly gradDtype?: DType
  readonly steps?: number
  readonly jitted?: boolean
}

/** The state before the first step, and all steps. */
export const run = <S>(
  tx: optax.GradientTransformation<S, { readonly value: NDArray }>,
  { dtype = 'float32', gradDtype, steps = 5, jitted = false }: RunOptions = {},
): readonly [init: S, steps: readonly Step[]] => {
  const step = (p: Weights, s: S) => {
    const [value, g] = valueAndGrad(loss)(p)
    const grads = gradDtype === undefined ? g : tree.map((x: NDArray) => x.astype(gradDtype), g)
    const [updates, state] = tx.update(grads, s, p, { value })
    return { value, updates, params: optax.applyUpdates(p, updates), state }
  }
  const taken = jitted ? jit(step) : step
  let p = toArrays(params, dtype)
  const init = tx.init(p)
  let s = init
  const history: Step[] = []
  for (let i = 0; i < steps; i++) {
    const next = taken(p, s)
    history.push(next)
    ;({ params: p, state: s } = next)
  }
  return [init, history]
}

/** A tree with `float32[2,3]` in the place of its arrays. */
export const describe = (state: unknown): unknown =>
  tree.map((x: NDArray) => `${x.dtype}[${x.shape.join()}]`, state as optax.ArrayTree)

/** A described state of Optax as ours: no class names, camelCase fields. */
export const asOurs = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(asOurs)
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(
    Object.entries(x)
      .filter(([key]) => key !== 'class')
      .map(([key, value]) => [key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()), asOurs(value)]),
  )
}
