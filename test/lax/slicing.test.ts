import test from 'ava'
import fc from 'fast-check'
import type { NDArray } from '../../src/index.js'
import { DTypeError, type DType, jit, np, ShapeError, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import type { PaddingConfig } from '../../src/lax/slicing.js'
import { elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { checkShaping } from '../helpers/golden.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'
import { range, counted, indices, offset, start } from './counted.js'

const allDtypes: readonly DType[] = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
]

/** Small numbers that every dtype but bool holds; of bool 0 and 1. */
const valuesFor = (dtype: DType, shape: readonly number[]): NDArray => {
  const size = shape.reduce((a, b) => a * b, 1)
  return np
    .array(range(size).map((i) => (dtype === 'bool' ? i % 2 : (i * 7) % 11)))
    .reshape(shape)
    .astype(dtype)
}

// references, by definition

const padReference = (x: NDArray, value: number, config: readonly PaddingConfig[]): readonly [number[], number[]] => {
  const shape = config.map(([low, high, k], d) => low + high + x.shape[d]! + Math.max(x.shape[d]! - 1, 0) * k)
  const data = elements(x)
  const values = indices(shape).map((index) => {
    const from = index.map((i, d) => (i - config[d]![0]) / (config[d]![2] + 1))
    return from.every((i, d) => Number.isInteger(i) && i >= 0 && i < x.shape[d]!) ? data[offset(x.shape, from)]! : value
  })
  return [shape, values]
}

const axisSpec = fc
  .nat({ max: 5 })
  .chain((n) => fc.tuple(fc.constant(n), fc.nat({ max: n }), fc.nat({ max: n }), fc.integer({ min: 1, max: 3 })))
  .map(([n, a, b, stride]) => ({ n, start: Math.min(a, b), limit: Math.max(a, b), stride }))

test('slice takes every stride-th element from start to before limit', (t) => {
  fc.assert(
    fc.property(fc.array(axisSpec, { minLength: 1, maxLength: 3 }), (axes) => {
      const x = counted(axes.map((a) => a.n))
      const taken = axes.map((a) =>
        range(a.n).filter((i) => i >= a.start && i < a.limit && (i - a.start) % a.stride === 0),
      )
      const y = lax.slice(
        x,
        axes.map((a) => a.start),
        axes.map((a) => a.limit),
        axes.map((a) => a.stride),
      )
      t.deepEqual(
        y.shape,
        taken.map((list) => list.length),
      )
      const expected = indices(y.shape).map((index) =>
        offset(
          x.shape,
          index.map((i, d) => taken[d]![i]!),
        ),
      )
      t.deepEqual(elements(y), expected)
    }),
    { numRuns: 60 },
  )
})

const paddedAxis = fc.tuple(
  fc.nat({ max: 3 }),
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -3, max: 3 }),
  fc.nat({ max: 2 }),
)

test('pad puts values around and between, and crops where it is negative', (t) => {
  fc.assert(
    fc.property(fc.array(paddedAxis, { minLength: 1, maxLength: 3 }), (axes) => {
      const size = ([n, low, high, k]: readonly number[]): number => low! + high! + n! + Math.max(n! - 1, 0) * k!
      fc.pre(axes.every((a) => size(a) >= 0))
      const x = counted(axes.map(([n]) => n))
      const config = axes.map(([, low, high, k]): PaddingConfig => [low, high, k])
      const y = lax.pad(x, -1, config)
      const [shape, values] = padReference(x, -1, config)
      t.deepEqual(y.shape, shape)
      t.deepEqual(elements(y), values)
    }),
    { numRuns: 100 },
  )
})

test('cropping beyond one edge takes from the padding of the other', (t) => {
  t.deepEqual(elements(lax.pad(counted([2]), 9, [[-3, 4, 0]])), [9, 9, 9])
  t.deepEqual(elements(lax.pad(counted([2]), 9, [[4, -3, 0]])), [9, 9, 9])
  t.deepEqual(elements(lax.pad(counted([3]), 9, [[-1, -1, 1]])), [9, 1, 9])
})

test('slice undoes pad, and concatenate undoes slices', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }),
      fc.nat({ max: 2 }),
      fc.nat({ max: 2 }),
      fc.nat({ max: 2 }),
      fc.nat(),
      (shape, low, high, k, seed) => {
        const x = sample(shape, seed)
        const padded = lax.pad(
          x,
          NaN,
          shape.map(() => [low, high, k]),
        )
        const back = lax.slice(
          padded,
          shape.map((n) => Math.min(low, low + n)),
          padded.shape.map((n) => n - high),
          shape.map(() => k + 1),
        )
        t.deepEqual(back.shape, shape)
        t.deepEqual(elements(back), elements(x))

        const axis = seed % shape.length
        const at = seed % (shape[axis]! + 1)
        const parts = [lax.sliceInDim(x, 0, at, 1, axis), lax.sliceInDim(x, at, shape[axis]!, 1, axis)]
        const whole = lax.concatenate(parts, axis)
        t.deepEqual(whole.shape, shape)
        t.deepEqual(elements(whole), elements(x))
      },
    ),
    { numRuns: 50 },
  )
})

test('rev reverses axes, and undoes itself', (t) => {
  const x = counted([2, 3])
  t.deepEqual(lax.rev(x, [1]).toArray(), [
    [2, 1, 0],
    [5, 4, 3],
  ])
  t.deepEqual(elements(lax.rev(x, [0, 1])), [5, 4, 3, 2, 1, 0])
  t.deepEqual(elements(lax.rev(lax.rev(x, [0]), [0])), elements(x))
  t.deepEqual(lax.rev(counted([0, 3]), [0, 1]).shape, [0, 3])
})

// dynamic slices

// all dtypes, zero-size operands, other devices

for (const dtype of allDtypes) {
  test(`${dtype}: slice, pad, concatenate, rev and dynamic slices keep every element`, (t) => {
    const x = valuesFor(dtype, [3, 4])
    const data = elements(x)
    const one: PaddingConfig[] = [[1, 0, 1], [-1, 2, 0]] // prettier-ignore
    const start = [np.array(1, { dtype: 'int32' }), np.array(0, { dtype: 'int32' })]
    const results: readonly (readonly [NDArray, readonly number[]])[] = [
      [lax.slice(x, [0, 1], [3, 4], [2, 2]), [1, 3, 9, 11].map((i) => data[i]!)],
      [lax.pad(x, 1, one), padReference(x, 1, one)[1]],
      [lax.concatenate([x, lax.slice(x, [0, 0], [1, 4])], 0), [...data, ...data.slice(0, 4)]],
      [lax.rev(x, [0, 1]), [...data].reverse()],
      [lax.dynamicSlice(x, start, [1, 4]), data.slice(4, 8)],
      [
        lax.dynamicUpdateSlice(x, lax.slice(x, [0, 0], [1, 4]), start),
        [...data.slice(0, 4), ...data.slice(0, 4), ...data.slice(8)],
      ],
    ]
    results.forEach(([y, expected], i) => {
      t.is(y.dtype, dtype)
      t.deepEqual(elements(y), expected, `result ${i}`)
    })
  })
}

test('CUDA has no integer Pad: blocks are concatenated, to the same end', (t) => {
  const x = counted([2, 3], 'int32')
  for (const config of [
    [
      [1, 2, 0],
      [0, 1, 0],
    ],
    [
      [0, 0, 2],
      [1, 1, 1],
    ],
    [
      [-1, 2, 0],
      [0, 0, 1],
    ],
  ] as PaddingConfig[][]) {
    const f = (a: NDArray): NDArray => lax.pad(a, 7, config)
    t.false(operators(f, [x], 'cuda').includes('Pad'))
    t.deepEqual(runLoweredFor('cuda', f, [x]), padReference(x, 7, config)[1])
  }
  t.true(operators((a) => lax.pad(a, 7, [[1, 1, 0], [0, 0, 0]]), [counted([2, 3])], 'cuda').includes('Pad')) // prettier-ignore
})

test('zero-size operands', (t) => {
  const x = np.zeros([0, 3])
  t.deepEqual(lax.slice(x, [0, 1], [0, 3]).shape, [0, 2])
  t.deepEqual(elements(lax.pad(x, 5, [[1, 1, 3], [0, 0, 0]])), [5, 5, 5, 5, 5, 5]) // prettier-ignore
  t.deepEqual(lax.concatenate([x, x], 0).shape, [0, 3])
  t.deepEqual(elements(lax.concatenate([x, np.ones([1, 3]), x], 0)), [1, 1, 1])
  t.deepEqual(lax.dynamicSlice(np.ones([2, 3]), [0, 0], [0, 3]).shape, [0, 3])
  t.deepEqual(elements(lax.dynamicUpdateSlice(np.ones([1, 3]), x, [0, 0])), [1, 1, 1])
})

test('jit gives the same', (t) => {
  const f = (x: NDArray, i: NDArray): NDArray =>
    lax.concatenate([lax.pad(lax.rev(x, [1]), 2, [[0, 1, 1], [1, 0, 0]]), lax.dynamicSlice(lax.pad(x, 0, [[0, 0, 0], [1, 0, 0]]), [i, 0], [1, 4])], 0) // prettier-ignore
  const args = [counted([2, 3]), np.array(1, { dtype: 'int32' })] as const
  t.deepEqual(jit(f)(...args).toArray(), f(...args).toArray())
})

// derivatives

const functions: Readonly<Record<string, readonly [(...xs: NDArray[]) => NDArray, readonly (readonly number[])[]]>> = {
  slice: [(x) => lax.slice(x, [1, 0], [4, 5], [2, 3]), [[5, 6]]],
  'slice of nothing': [(x) => lax.concatenate([x, lax.slice(x, [2, 0], [2, 3])], 0), [[3, 3]]],
  pad: [(x, v) => lax.pad(x, v.sum(), [[1, 2, 1], [-1, 1, 0]]), [[2, 3], [2]]],
  'pad with both edges cropped': [(x, v) => lax.pad(x, v.sum(), [[-1, -1, 2]]), [[4], [1]]],
  concatenate: [(x, y) => lax.concatenate([x, y, x], 1), [[2, 3], [2, 1]]],
  rev: [(x) => lax.rev(x, [0, 2]), [[2, 3, 2]]],
  dynamicSlice: [(x) => lax.dynamicSlice(x, [start(2), start(-1)], [2, 2]), [[3, 4]]],
  dynamicUpdateSlice: [(x, y) => lax.dynamicUpdateSlice(x, y, [start(1), start(9)]), [[3, 4], [2, 2]]],
} // prettier-ignore

for (const [name, [f, shapes]] of Object.entries(functions)) {
  test(`${name}: derivatives`, (t) => {
    // Squared, so that second derivatives aren't zero.
    const g = (...xs: NDArray[]): NDArray => f(...xs.map((x) => x.mul(x)))
    checkGrads(
      t,
      g,
      shapes.map((shape, i) => sample(shape, i + 1)),
    )
  })

  test(`${name}: vmap is a loop, over each subset of the arguments and any axis`, (t) => {
    for (const mask of range(2 ** shapes.length).slice(1)) {
      for (const axis of [0, 1]) {
        const mapped = shapes.map((_, i) => (mask >> i) % 2 === 1)
        const xs = shapes.map((shape, i) =>
          sample(mapped[i]! ? [...shape.slice(0, axis), 3, ...shape.slice(axis)] : shape, i + 1),
        )
        const inAxes = mapped.map((m) => (m ? axis : null))
        const y = vmap(f, { inAxes })(...xs)
        for (const i of range(3)) {
          const row = (x: NDArray, at: number | null): NDArray =>
            at === null ? x : lax.squeeze(lax.sliceInDim(x, i, i + 1, 1, at), [at])
          const expected = f(...xs.map((x, k) => row(x, inAxes[k]!)))
          t.deepEqual(elements(row(y, 0)), elements(expected), `${inAxes.join()} row ${i}`)
        }
      }
    }
  })
}

// as JAX

checkShaping({
  'lax.pad': (p: { padding_config: PaddingConfig[] }) => (x, value) => lax.pad(x, value, p.padding_config),
  'lax.slice': (p: { start: number[]; limit: number[]; strides: number[] | null }) => (x) =>
    lax.slice(x, p.start, p.limit, p.strides ?? undefined),
  'lax.rev': (p: { dimensions: number[] }) => (x) => lax.rev(x, p.dimensions),
  concatenate:
    (p: { axis: number }) =>
    (...xs) =>
      lax.concatenate(xs, (p.axis + xs[0]!.ndim) % xs[0]!.ndim),
  'lax.dynamic_slice': (p: { start: number[]; sizes: number[] }) => (x) => lax.dynamicSlice(x, p.start, p.sizes),
  'lax.dynamic_update_slice': (p: { start: number[] }) => (x, update) => lax.dynamicUpdateSlice(x, update, p.start),
  'lax.dynamic_index_in_dim': (p: { index: number; axis: number; keepdims: boolean }) => (x) =>
    lax.dynamicIndexInDim(x, p.index, p.axis, p.keepdims),
})

// what it becomes

test('one node each: Slice, Pad, Concat, and nothing where nothing changes', (t) => {
  const x = counted([4, 6])
  t.deepEqual(
    operators((a) => lax.slice(a, [0, 1], [4, 5], [1, 2]), [x]),
    ['Slice'],
  )
  t.deepEqual(operators((a) => lax.pad(a, 0, [[1, 0, 0], [0, 2, 0]]), [x]), ['Pad']) // prettier-ignore
  t.deepEqual(operators((a) => lax.pad(a, 0, [[-1, 0, 0], [0, -2, 0]]), [x]), ['Slice']) // prettier-ignore
  t.deepEqual(
    operators((a) => lax.rev(a, [0, 1]), [x]),
    ['Slice'],
  )
  const nothing = np.zeros([0, 6])
  t.deepEqual(
    operators((a) => lax.concatenate([a, nothing, a], 0), [x]),
    ['Concat'],
  )
  t.deepEqual(
    operators((a) => lax.slice(a, [0, 0], [4, 6]), [x]),
    [],
  )
  t.true(operators((a, i) => lax.dynamicSlice(a, [i, 0], [2, 6]), [x, start(1)]).includes('Slice'))
  t.false(operators((a, i) => lax.dynamicSlice(a, [i, 0], [2, 6]), [x, start(1)], 'cuda').includes('Slice'))
})

// errors

test('shapes and dtypes that do not fit', (t) => {
  const x = counted([3, 4])
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => lax.slice(x, [0, 0], [4, 4]), /slice requires 0 ≤ start ≤ limit ≤ size .*float32\[3,4\], got \[0,0\] to \[4,4\]/],
    [() => lax.slice(x, [2, 0], [1, 4]), /slice requires/],
    [() => lax.slice(x, [0, 0], [3, 4], [0, 1]), /slice requires/],
    [() => lax.slice(x, [0], [3]), /slice requires/],
    [() => lax.pad(x, 0, [[-4, 0, 0], [0, 0, 0]]), /pad requires .* no negative size, got \[\[-4,0,0\],\[0,0,0\]\]/],
    [() => lax.pad(x, 0, [[0, 0, -1], [0, 0, 0]]), /interior ≥ 0/],
    [() => lax.pad(x, 0, [[1, 1, 0]]), /pad requires/],
    [() => lax.pad(x, np.ones([2]), [[1, 1, 0], [0, 0, 0]]), /pad requires a scalar/],
    [() => lax.concatenate([x, counted([3, 5])], 0), /concatenate requires arrays of one shape but for axis 0, got float32\[3,4\] and float32\[3,5\]/],
    [() => lax.concatenate([x, x], 2), /concatenate requires/],
    [() => lax.concatenate([], 0), /concatenate requires at least one array/],
    [() => lax.rev(x, [2]), /rev requires different axes of float32\[3,4\], got \[2\]/],
    [() => lax.rev(x, [1, 1]), /rev requires/],
    [() => lax.dynamicSlice(x, [0, 0], [4, 1]), /dynamic_slice requires sizes from 0 to those of float32\[3,4\], got \[4,1\]/],
    [() => lax.dynamicSlice(x, [0], [1, 1]), /dynamic_slice requires a scalar start for each of 2 axes/],
    [() => lax.dynamicUpdateSlice(x, counted([4, 4]), [0, 0]), /dynamic_update_slice requires sizes/],
  ] // prettier-ignore
  for (const [f, message] of cases) t.throws(f, { instanceOf: ShapeError, message })
  t.throws(() => lax.concatenate([x, x.astype('int32')], 0), {
    instanceOf: DTypeError,
    message: /concatenate requires arrays of one dtype/,
  })
  t.throws(() => lax.pad(x, np.array(1, { dtype: 'int32' }), [[1, 0, 0], [0, 0, 0]]), { instanceOf: DTypeError, message: /pad requires/ }) // prettier-ignore
  t.throws(() => lax.dynamicSlice(x, [np.array(0.5), 0], [1, 1]), { instanceOf: DTypeError, message: /integer starts/ })
  t.throws(() => lax.dynamicUpdateSlice(x, counted([1, 1], 'int32'), [0, 0]), { instanceOf: DTypeError })
})
