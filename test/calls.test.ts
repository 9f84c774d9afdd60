/**
 * One table for all functions of arrays: every public function has a call whose results, and derivatives to second order, JAX made
 * (`calls-*.json`), or stands among those that other tests check by their own tables.
 */
import test from 'ava'
import {
  ArgumentError,
  DTypeError,
  image,
  jvp,
  lax,
  NDArray,
  nn,
  np,
  ops,
  scipy,
  ShapeError,
  vjp,
} from '../src/index.js'
import { allClose } from './helpers/arrays.js'
import { arrayFrom, type GoldenArray, readGolden } from './helpers/golden.js'

type Value = GoldenArray | number | string | boolean | null | readonly Value[] | { readonly [key: string]: Value }

interface Call {
  readonly args: readonly Value[]
  readonly out: readonly Value[]
  readonly options?: { readonly [key: string]: Value }
  readonly tol?: number
  readonly grad?: readonly (readonly (number | string)[])[]
  readonly hvp?: readonly (readonly (number | string)[])[]
}

const files = ['np', 'np2', 'linalg', 'lax'] as const
const calls = new Map(
  files.map((file) => [
    file,
    readGolden<{ readonly calls: Readonly<Record<string, readonly Call[]>> }>(`calls-${file}`).calls,
  ]),
)

type F = (...args: unknown[]) => unknown

const x2 = (x: NDArray): NDArray => x.mul(2)
/** Functions that take functions, with those that the program of the golden data has. */
const applied: Readonly<Record<string, F>> = {
  'np.fromfunction': () => np.fromfunction((i, j) => i.mul(10).add(j), [2, 3]),
  'np.piecewise': (x) =>
    np.piecewise(x as NDArray, [(x as NDArray).lt(0), (x as NDArray).gt(2)], [(v) => v.neg(), (v) => v.mul(v), 1]),
  'np.applyAlongAxis': (x) => np.applyAlongAxis((v) => np.outer(v, v), 1, x as NDArray),
  'np.applyOverAxes': (x) => np.applyOverAxes((v, axis) => np.sum(v, { axis }), x as NDArray, [0, 2]),
  'np.vectorize': np.vectorize((a: NDArray, b: NDArray) => [np.dot(a, b), a.mul(2)], {
    signature: '(n),(n)->(),(n)',
  }) as F,
  'np.linalg.eigh': (x) => {
    const [w, v] = np.linalg.eigh(x as NDArray)
    return [w, v.mul(w.square()).matmul(v.T)]
  },
  'np.linalg.svd': (x) => {
    const [u, s, vt] = np.linalg.svd(x as NDArray, { fullMatrices: false })
    return [s, u.mul(s.square()).matmul(vt)]
  },
  'np.linalg.lstsq': (a, b) => np.linalg.lstsq(a as NDArray, b as NDArray),
  'scipy.linalg.choFactor': (x) => scipy.linalg.choFactor(x as NDArray)[0],
  'lax.cond': (x) => lax.cond(np.array(true), x2, (y: NDArray) => y.neg(), x as NDArray),
  'lax.switch': (x) =>
    lax.switch(2, [(y: NDArray) => y, (y: NDArray) => y.neg(), (y: NDArray) => y.mul(y)], x as NDArray),
  'lax.scan': (x) =>
    lax.scan((c: NDArray, v: NDArray) => [c.mul(v), c.add(v)] as const, np.ones([], { dtype: (x as NDArray).dtype }), x as NDArray), // prettier-ignore
  'lax.foriLoop': (x) => lax.foriLoop(0, 3, (_i, c: NDArray) => c.mul(c).mul(0.5), x as NDArray),
  'lax.whileLoop': (x) =>
    lax.whileLoop(
      ([i]: readonly [NDArray, NDArray]) => i.lt(3),
      ([i, c]: readonly [NDArray, NDArray]) => [i.add(1), c.mul(1.5)] as const,
      [np.array(0, { dtype: 'int32' }), x as NDArray] as const,
    )[1],
  'lax.associativeScan': (x) => lax.associativeScan(([a], [b]) => [a!.mul(b!)], [x as NDArray], 0),
}

const roots: Readonly<Record<string, unknown>> = { image, lax, nn, np, ops, scipy }
const functionOf = (path: string): F =>
  applied[path] ??
  (path.split('.').reduce<unknown>((o, key) => (o as Readonly<Record<string, unknown>>)[key], roots) as F)

const isGolden = (v: Value): v is GoldenArray => typeof v === 'object' && v !== null && 'dtype' in v && 'shape' in v

/** The value that a golden file describes, floating arrays mapped by `f`. */
const decode = (v: Value, f: (x: GoldenArray) => NDArray): unknown => {
  if (isGolden(v)) return v.dtype.includes('float') ? f(v) : arrayFrom(v)
  if (Array.isArray(v)) return (v as readonly Value[]).map((item) => decode(item, f))
  if (typeof v !== 'object' || v === null) return v
  if ('float' in v) return { inf: Infinity, '-inf': -Infinity, nan: NaN }[v['float'] as string]
  // In the order of floatsOf.
  const record = v as Readonly<Record<string, Value>>
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, decode(record[key]!, f)]),
  )
}

/** Arrays and plain values of a result, records by sorted keys. */
const leaves = (x: unknown): readonly unknown[] => {
  if (x === null || x === undefined) return []
  if (x instanceof NDArray || typeof x !== 'object') return [x]
  if (Array.isArray(x)) return x.flatMap(leaves)
  return Object.keys(x)
    .sort()
    .flatMap((key) => leaves((x as Readonly<Record<string, unknown>>)[key]))
}

const floatsOf = (v: Value): readonly GoldenArray[] => {
  if (isGolden(v)) return v.dtype.includes('float') ? [v] : []
  if (Array.isArray(v)) return (v as readonly Value[]).flatMap(floatsOf)
  if (typeof v !== 'object' || v === null) return []
  return Object.keys(v)
    .sort()
    .flatMap((key) => floatsOf((v as Readonly<Record<string, Value>>)[key]!))
}

const wave = (f: (x: number) => number, shape: readonly number[]): NDArray => {
  const size = shape.reduce((a, b) => a * b, 1)
  return np.array(Float64Array.from({ length: size }, (_, i) => f(i + 1))).reshape(shape)
}

const run = (name: string, { args, options }: Call, f: (x: GoldenArray) => NDArray): readonly unknown[] => {
  const given = args.map((arg) => decode(arg, f))
  const extra = options === undefined ? [] : [decode(options, f)]
  return leaves(functionOf(name)(...given, ...extra))
}

/** Results that only a part of is in the golden file. */
const partial = new Set(['np.linalg.lstsq'])

for (const [file, table] of calls) {
  test(`${file}: results are those of JAX`, (t) => {
    for (const [name, list] of Object.entries(table)) {
      list.forEach((call, i) => {
        const what = `${name} ${i}`
        const results = run(name, call, (x) => arrayFrom(x))
        if (!partial.has(name)) t.is(results.length, call.out.length, what)
        const tolerance = call.tol ?? 3e-6
        call.out.forEach((expected, k) => {
          const y = results[k]
          if (!(y instanceof NDArray) || !isGolden(expected)) {
            const plain = decode(expected, arrayFrom)
            t.deepEqual(y, plain instanceof NDArray ? plain.item() : plain, what)
            return
          }
          t.deepEqual([y.shape, y.dtype], [expected.shape, expected.dtype], what)
          const exact = !expected.dtype.includes('float')
          allClose(t, y, expected.data, exact ? { rtol: 0, atol: 0 } : { rtol: tolerance, atol: tolerance }, what)
        })
      })
    }
  })

  test(`${file}: first and second derivatives are those of JAX`, (t) => {
    let count = 0
    for (const [name, list] of Object.entries(table)) {
      list.forEach((call, i) => {
        if (call.grad === undefined) return
        count += 1
        const inputs = call.args.flatMap(floatsOf)
        const f = (...xs: NDArray[]): readonly NDArray[] => {
          const rest = [...xs]
          const results = run(name, call, () => rest.shift()!)
          return results.filter((y): y is NDArray => y instanceof NDArray && y.dtype.includes('float'))
        }
        const pulled = (...xs: NDArray[]): readonly NDArray[] => {
          const [ys, pullback] = vjp(f, ...xs)
          const shown = partial.has(name) ? ys.slice(0, call.out.length) : ys
          return pullback(ys.map((y, k) => (k < shown.length ? wave(Math.cos, y.shape) : np.zerosLike(y))))
        }
        const at = inputs.map((x) => arrayFrom(x).astype('float64'))
        const directions = at.map((x) => wave(Math.sin, x.shape))
        const [grads, second] = call.hvp === undefined ? [pulled(...at), []] : jvp(pulled, at, directions)
        const tolerance = { rtol: 1e-6, atol: 1e-6 }
        call.grad.forEach((g, k) => allClose(t, grads[k]!, g, tolerance, `${name} ${i}: gradient ${k}`))
        call.hvp?.forEach((h, k) => allClose(t, second[k]!, h, tolerance, `${name} ${i}: second order ${k}`))
      })
    }
    t.true(count > 20, `${count} calls`)
  })
}

/** Functions that stand in another table, by the file that holds it. */
const elsewhere: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'test/transforms/stages.test.ts': 'lax.map lax.customRoot',
    'test/control/linearSolve.test.ts': 'lax.customLinearSolve',
    'test/nn/initializers.test.ts': 'nn.initializers.*',
    'test/transforms/collectives.test.ts':
      'lax.allGather lax.allToAll lax.axisIndex lax.axisSize lax.pbroadcast lax.pmax lax.pmean lax.pmin lax.ppermute lax.pshuffle lax.psum lax.psumScatter',
    'test/lax/bits.test.ts': 'lax.bitcastConvertType lax.clz lax.nextafter lax.populationCount lax.reducePrecision',
    'test/lax/forms.test.ts':
      'lax.approxMaxK lax.approxMinK lax.batchMatmul lax.conv lax.convDimensionNumbers lax.convGeneralDilatedPatches lax.fullLike lax.padtypeToPads lax.raggedDot lax.reduce lax.reduceWindow lax.selectN',
  }).flatMap(([file, names]) => names.split(' ').map((name) => [name, file])),
)

/** Namespaces are modules in the sources, and plain objects in the bundle. */
const isModule = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value) as object | null)

const exported = (path: string, value: unknown): readonly (readonly [string, F])[] => {
  if (typeof value === 'function') return [[path, value as F]]
  return isModule(value) ? Object.entries(value).flatMap(([key, inner]) => exported(`${path}.${key}`, inner)) : []
}

test('every public function of np, lax, nn, scipy, image and ops has a row', (t) => {
  const all = Object.entries(roots).flatMap(([name, value]) => exported(name, value))
  const rows = new Set([...calls.values()].flatMap((table) => Object.keys(table)))
  const known = new Set(all.filter(([name]) => rows.has(name)).map(([, f]) => f))
  const isElsewhere = (name: string): boolean =>
    Object.keys(elsewhere).some((key) => (key.endsWith('*') ? name.startsWith(key.slice(0, -1)) : name === key))
  const missing = all.filter(([name, f]) => !known.has(f) && !isElsewhere(name)).map(([name]) => name)
  t.deepEqual(missing, [])
  const stale = [...rows].filter((name) => !all.some(([other]) => other === name))
  t.deepEqual(stale, [])
  t.deepEqual(Object.keys(elsewhere).filter((key) => !all.some(([name]) => isElsewhere(name) && name.startsWith(key.replace('*', '')))), []) // prettier-ignore
})

test('what a caller without types may pass is refused by name', (t) => {
  const x = np.array([1, 2, 3, 4])
  const untyped = lax as unknown as Readonly<Record<string, F>>
  const refused: Readonly<Record<string, readonly [() => unknown, new (...args: never[]) => Error]>> = {
    'as many parts as there are numbers': [() => np.arraySplit(x, 2 ** 31), ArgumentError],
    'more bins than int32 counts': [() => np.histogramBinEdges(x, 2 ** 31), ArgumentError],
    'an infinite power by products': [() => lax.integerPow(x, -Infinity), ArgumentError],
    'numbers to sort': [() => untyped['sort']!(3), ArgumentError],
    'a number for an operand': [() => untyped['slice']!(-2.5, [0, 1], [2, 3]), ArgumentError],
    'a number for a kernel': [
      () => untyped['convGeneralDilated']!(np.ones([1, 2, 5]), -1, [2], 'VALID'),
      ArgumentError,
    ],
    'windows of a number': [() => untyped['reduceWindowMin']!(3, [1, 2], [1, 1], 'VALID'), ArgumentError],
    'a part of a number': [() => untyped['dynamicSlice']!(1, [0], [1]), ArgumentError],
    'a number in an array': [() => untyped['dynamicUpdateSlice']!(0, x, [0]), ArgumentError],
    'a number in more dimensions': [() => untyped['broadcastInDim']!(1, [2, 3], [1]), ArgumentError],
    'no list of axes': [() => untyped['transpose']!(x, 2), ArgumentError],
    'a choice by floats': [() => lax.select(x, x, x), DTypeError],
    'an infinite integer of 64 bits': [() => lax.add(Infinity, np.array([1], { dtype: 'int64' })), ArgumentError],
    'an iota along no axis': [() => lax.broadcastedIota('int32', [2, 7], 2), ShapeError],
    'shifted bits of a number': [() => untyped['shiftRightArithmetic']!(2, x), ArgumentError],
    'a type of no dtype': [() => np.resultType({ dtype: 'wrap' as 'int8', weakType: false }, x), DTypeError],
    'a common type of nothing': [() => np.resultType(), ArgumentError],
    'a grid beyond memory': [() => np.mgrid([1, 2, { count: Infinity }]), ShapeError],
    'widths that are no pairs': [() => np.pad(x, [[1, 2], 3] as never, { mode: 'median' }), ShapeError],
    'constants that are no pairs': [() => np.pad(x, 1, { constantValues: [undefined, [3, 4]] as never }), ShapeError],
    'lengths for other axes': [() => np.pad(x, 1, { mode: 'mean', statLength: [[1, 1], [1, 1], [1, 1]] }), ShapeError], // prettier-ignore
    'ends for other axes': [() => np.pad(x, 1, { mode: 'linear_ramp', endValues: [[1, 1], [1, 1], [1, 1]] }), ShapeError], // prettier-ignore
    'edges beyond memory': [() => np.pad(x, [[1, 1e15]], { mode: 'symmetric' }), ArgumentError],
    'pivots that are a number': [
      () => (scipy.linalg.luSolve as unknown as F)([np.eye(2), -5], np.ones([2])),
      ArgumentError,
    ],
    'contracted axes without partners': [
      () => lax.dotGeneral(x, x, { contract: [[0]] as never, batch: [[], []] }),
      ShapeError,
    ],
    'contracted axes that are not there': [
      () => lax.dotGeneral(x, x, { contract: [[], [1e15]], batch: [[], []] }),
      ShapeError,
    ],
    'a derivative of no order': [() => lax.polygamma(Infinity, x), ArgumentError],
    'a length beyond memory': [() => np.repeat(x, 1e15), ArgumentError],
    'an axis that is not there': [() => lax.reduceSum(x, [1]), ShapeError],
    'too many dimensions': [() => scipy.special.multigammaln(2, 2 ** 31), ArgumentError],
    'an axis of a number': [() => untyped['expandDims']!(-2.5, [1]), ArgumentError],
    'no dtype': [() => untyped['convertElementType']!(x, '__proto__'), DTypeError],
    'no shape': [() => lax.full([2.5], 1, 'float32'), ShapeError],
    'a number for an array': [() => untyped['cumsum']!(0.5, 0), ArgumentError],
    'more axes than there are': [() => np.tensordot(x, x, 2), ShapeError],
    'attention to a number': [() => (nn.dotProductAttention as unknown as F)(x, 0, x), ArgumentError],
  }
  for (const [what, [call, type]] of Object.entries(refused)) t.throws(() => void call(), { instanceOf: type }, what)
})
