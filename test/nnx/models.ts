/** Models of the golden files, and their numbers. */
import { readFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { config, type DType, type NDArray, nnx, np, tree } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

export interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string | boolean)[]
}
export type FlatGolden = Readonly<Record<string, Encoded & { readonly type: string }>>

const load = (name: string): any => JSON.parse(readFileSync(`test/golden/${name}.json`, 'utf8'))

/** The training goldens, by layout of the random numbers. */
export const optimizerGolden = load('nnx-optimizer')
export const layersGolden = load('nnx-rng-golden')

export const layouts = [
  { layout: 'original', partitionable: false },
  { layout: 'partitionable', partitionable: true },
] as const

/** Run a test in one layout of the random numbers. */
export const inLayout = <T>(partitionable: boolean, f: () => T): T =>
  config.using('threefryPartitionable', partitionable, f)

export const decode = ({ dtype, shape, data }: Encoded): NDArray => np.array(data as number[], { dtype }).reshape(shape)

const flatten = (x: unknown): readonly number[] => (Array.isArray(x) ? x.flatMap(flatten) : [Number(x)])

/** Nested lists of a golden file. */
export const closeTo = (t: ExecutionContext, x: NDArray, nested: unknown, what = '', atol = 2e-6): void => {
  allClose(t, x, flatten(nested), { rtol: 2e-6, atol }, what)
}

/** Our path as Flax writes it. */
const flaxName = (path: nnx.Path): string =>
  path.map((part) => `${part}`.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)).join('/')

/** Names and values of a state; keys as their words. */
export const flatState = (
  state: nnx.AnyState,
): ReadonlyMap<string, { readonly type: string; readonly value: NDArray }> =>
  new Map(
    nnx.toFlatState(state).map(([path, leaf]) => {
      const value: unknown = leaf.value
      return [
        flaxName(path),
        {
          type: leaf.type.name,
          value: (value instanceof Object && 'impl' in value ? (value as any).data : value) as NDArray,
        },
      ]
    }),
  )

/** A state has just these paths, kinds, dtypes, shapes and values; `loose` are other tolerances by path. */
export const sameState = (
  t: ExecutionContext,
  state: nnx.AnyState,
  golden: FlatGolden,
  what = '',
  atol = 2e-6,
  loose: Readonly<Record<string, number>> = {},
): void => {
  const flat = flatState(state)
  t.deepEqual([...flat.keys()].sort(), Object.keys(golden).sort(), what)
  for (const [name, { type, value }] of flat) {
    const expected = golden[name]!
    t.is(type, expected.type, `${what} ${name}`)
    t.is(value.dtype, expected.dtype, `${what} ${name}`)
    t.deepEqual(value.shape, expected.shape, `${what} ${name}`)
    allClose(t, value, expected.data, { rtol: 5e-6, atol: loose[name] ?? atol }, `${what} ${name}`)
  }
}

export class Model extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear1: nnx.Linear
  readonly linear2: nnx.Linear

  constructor(rngs: nnx.Rngs) {
    super()
    this.linear1 = new nnx.Linear(2, 3, { rngs })
    this.linear2 = new nnx.Linear(3, 4, { rngs })
  }
  override call(x: NDArray): NDArray {
    return this.linear2(this.linear1(x))
  }
}

/** The user's kind of parameter, as in the documentation of `wrt`. */
export class Custom extends nnx.Variable {}

export class WithCustom extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear: nnx.Linear
  readonly scale = new Custom(np.array([1, -0.5, 2]))
  readonly shift = new Custom(np.array([0.1, 0.2, 0.3]))

  constructor(rngs: nnx.Rngs) {
    super()
    this.linear = new nnx.Linear(2, 3, { rngs })
  }
  override call(x: NDArray): NDArray {
    return this.linear(x).mul(this.scale.value).add(this.shift.value)
  }
}

export class Net extends nnx.Module<[x: NDArray], NDArray> {
  readonly conv: nnx.Conv
  readonly bn: nnx.BatchNorm
  readonly dropout: nnx.Dropout
  readonly out: nnx.Linear

  constructor(rngs: nnx.Rngs) {
    super()
    this.conv = new nnx.Conv(1, 3, [3, 3], { rngs })
    this.bn = new nnx.BatchNorm(3, { rngs })
    this.dropout = new nnx.Dropout(0.25, { rngs })
    this.out = new nnx.Linear(3 * 2 * 2, 4, { rngs })
  }
  override call(x: NDArray): NDArray {
    const h = nnx.maxPool(nnx.relu(this.bn(this.conv(x))), [2, 2], { strides: [2, 2] })
    return this.out(this.dropout(h.reshape([h.shape[0]!, -1])))
  }
}

/** The numbers of `common.ramp` of the oracle. */
export const ramp = (
  shape: readonly number[],
  seed: number,
  [lo, hi] = [-1, 1] as readonly [number, number],
): NDArray => {
  let s = (seed * 7919 + 12345) >>> 0
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return Math.round((lo + (hi - lo) * (s / 2 ** 32)) * 100) / 100
  })
  return np.array(values, { dtype: 'float32' }).reshape(shape)
}

export const weighted = (y: unknown): NDArray =>
  tree
    .leaves(y as NDArray)
    .map((leaf, i) => np.sum(leaf.mul(ramp(leaf.shape, 17 + i))))
    .reduce((a, b) => a.add(b))
