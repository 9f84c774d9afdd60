/** Trajectories that real Optax recorded, with extra arguments and states as flat data. */
import type { ExecutionContext } from 'ava'
import { type DType, grad, jit, NDArray, np, optax, tree, valueAndGrad } from '../../../src/index.js'
import { allClose } from '../../helpers/arrays.js'
import { describe, loss, params, toArrays, type Weights } from '../problem.js'
import type { AnyTx } from './variations.js'

export interface Run {
  readonly dtype: DType
  readonly init: unknown
  readonly after1: unknown
  readonly steps: readonly { readonly value: number; readonly params: Readonly<Record<'b' | 'w', readonly number[]>> }[]
  readonly state: unknown
}

export interface Step {
  readonly value: NDArray
  readonly params: Weights
  readonly state: unknown
}

const gradFn = (p: Weights) => grad(loss)(p)

/** The state before the first step, and all steps: updates get the loss, its value and its gradients. */
export const run = (any: AnyTx, dtype: DType, steps: number, jitted: boolean): readonly [unknown, readonly Step[]] => {
  const tx = any as unknown as optax.GradientTransformation<unknown>
  const step = (p: Weights, s: unknown): Step => {
    const [value, g] = valueAndGrad(loss)(p)
    const [updates, state] = tx.update(g, s, p, { value, objFn: loss, gradFn })
    return { value, params: optax.applyUpdates(p, updates), state }
  }
  const taken = jitted ? jit(step) : step
  let p = toArrays(params, dtype)
  const init = tx.init(p)
  let state = init
  const history: Step[] = []
  for (let i = 0; i < steps; i++) {
    const next = taken(p, state)
    history.push(next)
    ;({ params: p, state } = next)
  }
  return [init, history]
}

/** A state of Optax as ours: no class names, camelCase fields; one raw key of the old kind as a key. */
export const asOurs = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(asOurs)
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(
    Object.entries(x)
      .filter(([key]) => key !== 'class')
      .map(([key, value]) => [key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()), asOurs(value)]),
  )
}

/** Our state as plain data: no node without leaves, keys as their words. */
const plain = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(plain)
  if (typeof x !== 'object' || x === null) return x
  if (x instanceof NDArray) return x
  if ('impl' in x) return plain((x as unknown as { data: unknown }).data)
  return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, plain(value)]))
}

export const tolerances: Readonly<Record<string, { readonly rtol: number; readonly atol: number }>> = {
  float32: { rtol: 2e-6, atol: 1e-6 },
  bfloat16: { rtol: 2 ** -6, atol: 1e-5 },
}

/** Singular vectors have no sign, and what is projected on them neither. */
const isSignless = (name: string): boolean => name.includes('galore')

/** Our steps are those of Optax, and so are the structures of the states and the last state. Gives our steps. */
export const matches = (
  t: ExecutionContext,
  name: string,
  tx: AnyTx,
  { dtype, init, after1, steps, state }: Run,
  jitted: boolean,
): readonly Step[] => {
  const [first, history] = run(tx, dtype, steps.length, jitted)
  const { rtol, atol } = tolerances[dtype]!
  t.deepEqual(plain(describe(first)), asOurs(init))
  t.deepEqual(plain(describe(history[0]!.state)), asOurs(after1))
  steps.forEach(({ value, params }, i) => {
    allClose(t, history[i]!.value.ravel(), [value], { rtol: Math.max(4e-6, rtol) }, `value ${i}`)
    for (const k of ['b', 'w'] as const) {
      t.is(history[i]!.params[k].dtype, dtype)
      allClose(t, history[i]!.params[k], params[k], { rtol, atol }, `${k} after ${i + 1} steps`)
    }
  })
  const ours = tree.leaves(plain(history.at(-1)!.state) as optax.ArrayTree)
  const theirs = tree.leaves<readonly number[]>(asOurs(state) as never, { isLeaf: (x: unknown) => Array.isArray(x) && x.every((y) => typeof y !== 'object') }) // prettier-ignore
  t.is(ours.length, theirs.length)
  ours.forEach((x, i) => {
    const isInteger = !x.dtype.includes('float')
    const own = isInteger ? { rtol: 0, atol: 0 } : x.dtype === 'bfloat16' ? tolerances.bfloat16! : { rtol: 8 * rtol, atol } // prettier-ignore
    const absolute = (y: readonly number[]) => y.map((z) => (isSignless(name) ? Math.abs(z) : z))
    const actual = isSignless(name) ? np.abs(x) : x
    allClose(t, actual, typeof theirs[i] === 'object' ? absolute(theirs[i]) : [theirs[i]!], own, `leaf ${i} of the state`) // prettier-ignore
  })
  return history
}
