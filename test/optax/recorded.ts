/** Trajectories that real Optax recorded. */
import type { ExecutionContext } from 'ava'
import type { optax } from '../../src/index.js'
import { type DType, type NDArray, random, tree } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { describe, run, type RunOptions } from './problem.js'

export interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
export interface Run {
  readonly dtype: DType
  readonly init: unknown
  readonly after1: unknown
  readonly updates1: Readonly<Record<'b' | 'w', Encoded>>
  readonly steps: readonly { readonly value: number; readonly params: Readonly<Record<'b' | 'w', readonly number[]>> }[]
  readonly final: readonly Encoded[]
}

/** Classes of nodes as plain objects, keys by what they are made of. */
const plain = (x: unknown): unknown =>
  JSON.parse(
    JSON.stringify(x, (_, value: unknown) =>
      value instanceof random.PRNGKey ? { data: value.data, impl: value.impl } : value,
    ),
  )

/** A state tree of Optax as ours: no class names, camelCase fields. */
const asOurs = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(asOurs)
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(
    Object.entries(x)
      .filter(([key]) => key !== 'class')
      .map(([key, value]) => [key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()), asOurs(value)]),
  )
}

interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

/** Golden runs are eager XLA: its powers and roots differ from ONNX Runtime's in the last bit. Half precision doubles bits. */
export const tolerances: Readonly<Partial<Record<DType, Tolerance>>> = {
  float64: { rtol: 1e-12, atol: 1e-12 },
  float32: { rtol: 1e-6, atol: 1e-6 },
  bfloat16: { rtol: 2 ** -7, atol: 1e-5 },
  float16: { rtol: 2 ** -10, atol: 1e-5 },
}

/** Our steps are those of Optax, and so are the structures of the states, the first updates and the last state. */
export const matchesRun = (
  t: ExecutionContext,
  tx: optax.GradientTransformation<unknown, { readonly value: NDArray }>,
  golden: Run,
  options: RunOptions & { readonly tolerance?: Tolerance },
): void => {
  const { tolerance = tolerances[options.dtype ?? 'float32']! } = options
  const [init, steps] = run(tx, options)
  t.deepEqual(plain(describe(init)), asOurs(golden.init))
  t.deepEqual(plain(describe(steps[0]!.state)), asOurs(golden.after1))
  for (const k of ['b', 'w'] as const) {
    const { dtype, shape, data } = golden.updates1[k]
    t.is(steps[0]!.updates[k].dtype, dtype)
    t.deepEqual(steps[0]!.updates[k].shape, shape)
    allClose(t, steps[0]!.updates[k], data, tolerance, `first update of ${k}`)
  }
  golden.steps.forEach(({ value, params }, i) => {
    allClose(t, steps[i]!.value.ravel(), [value], { rtol: Math.max(2e-6, tolerance.rtol) }, `value ${i}`)
    for (const k of ['b', 'w'] as const) {
      t.is(steps[i]!.params[k].dtype, golden.dtype)
      allClose(t, steps[i]!.params[k], params[k], tolerance, `${k} after ${i + 1} steps`)
    }
  })
  const leaves = tree.leaves(steps.at(-1)!.state as optax.ArrayTree)
  t.deepEqual(leaves.map((x) => [x.dtype, x.shape]), golden.final.map(({ dtype, shape }) => [dtype, shape])) // prettier-ignore
  leaves.forEach((x, i) => {
    // A moment's dtype may be coarser than that of the run.
    const own = tolerances[x.dtype] ?? { rtol: 0, atol: 0 }
    const rtol = Math.max(own.rtol, x.dtype.startsWith('int') ? 0 : tolerance.rtol)
    allClose(t, x, golden.final[i]!.data, { rtol: 4 * rtol, atol: tolerance.atol }, `state leaf ${i}`)
  })
}
