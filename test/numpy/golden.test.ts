import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, lax, type NDArray, nn, np, vjp } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string | boolean)[]
}
type Inputs = Readonly<Record<string, Encoded>>
type Refused = { readonly error: string }

const read = <T>(name: string): T => JSON.parse(readFileSync(`test/golden/${name}.json`, 'utf8')) as T
const special: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }
const decode = ({ dtype, shape, data }: Encoded): NDArray => {
  const number = (x: number | string | boolean): number =>
    typeof x === 'string' ? (special[x] ?? Number(x)) : Number(x)
  return np.array(data.map(number), { dtype }).reshape(shape)
}
const camel = (name: string): string => name.replace(/_(\w)/g, (_m, c: string) => c.toUpperCase())

// reductions

interface Reduction {
  readonly fn: string
  readonly x: string
  readonly axis: number | readonly number[] | null
  readonly options: Readonly<Record<string, unknown>>
  readonly out: Encoded | Refused
}
type Reduce = (x: NDArray, options: Readonly<Record<string, unknown>>) => NDArray

const reductions = read<{
  readonly inputs: Inputs
  readonly values: Readonly<Record<string, Reduction>>
  readonly where: Readonly<Record<string, { readonly x: string; readonly axis: number; readonly out: Encoded }>>
  readonly grads: Readonly<Record<string, Omit<Reduction, 'out'> & { readonly ct: Encoded; readonly dx: Encoded }>>
}>('reductions')

const reducers: Readonly<Record<string, Reduce>> = {
  'linalg.norm': (x, { ord, ...options }) =>
    np.linalg.norm(x, { ...options, ...(ord === undefined ? {} : { ord: special[ord as string] ?? (ord as number) }) }),
  logsumexp: (x, options) => nn.logsumexp(x, options),
}
/** Those of `lax` are tested beside it; softmax in `nn`. */
const elsewhere = new Set(['cummax', 'cummin', 'cumlogsumexp', 'softmax', 'log_softmax'])

const reducerOf = (fn: string): Reduce =>
  reducers[fn] ?? (np as unknown as Readonly<Record<string, Reduce>>)[camel(fn)]!

test('reductions: values are those of JAX', (t) => {
  let count = 0
  for (const [call, { fn, x, axis, options, out }] of Object.entries(reductions.values)) {
    // Integer dtypes of means are not there; `sum(i)` overflows, which is the primitive's matter.
    if (
      elsewhere.has(fn) ||
      (fn === 'sum' && x === 'i') ||
      ((fn === 'mean' || fn === 'prod') && options['dtype'] !== undefined)
    )
      continue
    const at = axis === null ? (fn.startsWith('arg') || fn.startsWith('nanarg') ? {} : { axis: null }) : { axis }
    const f = (): NDArray => reducerOf(fn)(decode(reductions.inputs[x]!), { ...options, ...at })
    count += 1
    if ('error' in out) {
      t.throws(() => void f(), undefined, call)
      continue
    }
    const y = f()
    t.deepEqual(y.shape, out.shape, call)
    t.is(y.dtype, out.dtype, call)
    allClose(t, y, out.data, { rtol: 3e-6, atol: 2e-6 }, call)
  }
  t.true(count > 500, `${count} calls`)
})

test('reductions: of the elements where a mask is true', (t) => {
  const mask = decode((reductions.where as unknown as { readonly mask: Encoded }).mask)
  for (const fn of ['sum', 'mean', 'var', 'max', 'min', 'prod', 'any', 'all']) {
    const { x, axis, out } = reductions.where[fn]!
    const initial = { max: { initial: -Infinity }, min: { initial: Infinity } }[fn] ?? {}
    const given = decode(reductions.inputs[x]!)
    const y = reducerOf(fn)(fn === 'any' || fn === 'all' ? given.gt(1) : given, { axis, where: mask, ...initial })
    allClose(t, y, out.data, { rtol: 1e-6, atol: 1e-6 }, fn)
  }
})

test('reductions: derivatives, of ties and zeros too, are those of JAX', (t) => {
  for (const [call, { fn, x, axis, ct, dx }] of Object.entries(reductions.grads)) {
    if (elsewhere.has(fn)) continue
    const [, pullback] = vjp(
      (z: NDArray) => reducerOf(fn)(z, { axis }),
      decode({ ...reductions.inputs[x]!, dtype: 'float64' }),
    )
    allClose(t, pullback(decode(ct))[0], dx.data, { rtol: 1e-6, atol: 1e-6 }, call)
  }
})

// shapes, order

interface Shaping {
  readonly fn: string
  readonly operands: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
  readonly out: Encoded | readonly Encoded[]
  readonly ct?: Encoded | readonly Encoded[]
  readonly wrt?: readonly number[]
  readonly grads?: readonly Encoded[]
}
const shaping = read<{ readonly inputs: Inputs; readonly cases: Readonly<Record<string, Shaping>> }>('shaping')

interface Parameters {
  readonly shape: readonly number[]
  readonly axes: readonly number[] | null
  readonly axis: number
  readonly source: number
  readonly destination: number
  readonly axis1: number
  readonly axis2: number
  readonly offset: number
  readonly pad_width: np.PadWidth
  readonly mode: np.PadMode
  readonly indices_or_sections: number
  readonly reps: number
  readonly repeats: number
  readonly shift: number
  readonly k: number
  readonly q: number
  readonly indexing: 'xy'
  readonly side: 'left' | 'right'
}
/** Python's parameters as ours. */
type Apply = (xs: readonly NDArray[], params: Parameters) => NDArray | readonly NDArray[]
const shapers: Readonly<Record<string, Apply>> = {
  reshape: ([x], { shape }) => np.reshape(x!, shape),
  transpose: ([x], { axes }) => (axes === null ? np.transpose(x!) : np.transpose(x!, axes)),
  moveaxis: ([x], { source, destination }) => np.moveaxis(x!, source, destination),
  swapaxes: ([x], { axis1, axis2 }) => np.swapaxes(x!, axis1, axis2),
  expand_dims: ([x], { axis }) => np.expandDims(x!, axis),
  'jnp.pad': ([x], { pad_width, mode }) => np.pad(x!, pad_width, { mode }),
  array_split: ([x], { indices_or_sections }) => np.arraySplit(x!, indices_or_sections),
  split: ([x], { indices_or_sections, axis }) => np.split(x!, indices_or_sections, { axis }),
  tile: ([x], { reps }) => np.tile(x!, reps),
  repeat: ([x], { repeats, axis }) => np.repeat(x!, repeats, { axis }),
  roll: ([x], { shift, axis }) => np.roll(x!, shift, axis),
  rot90: ([x]) => np.rot90(x!),
  tril: ([x], { k }) => np.tril(x!, k),
  triu: ([x], { k }) => np.triu(x!, k),
  diag: ([x], { k }) => np.diag(x!, k),
  diagonal: ([x], params) => np.diagonal(x!, params),
  trace: ([x]) => np.trace(x!),
  meshgrid: (xs, { indexing }) => np.meshgrid(xs, { indexing }),
  sort: ([x], options) => np.sort(x!, options),
  argsort: ([x], options) => np.argsort(x!, options),
  searchsorted: ([x, v], { side }) => np.searchsorted(lax.sort(x!), v!, { side }),
  median: ([x], { axis }) => np.median(x!, { axis }),
  quantile: ([x], { q }) => np.quantile(x!, q),
  diff: ([x]) => np.diff(x!),
  lexsort: ([x]) => np.lexsort([x!.slice(0), x!.slice(2)]),
}

test('shapes and order: values and gradients are those of JAX', (t) => {
  let count = 0
  for (const [name, { fn, operands, params, out, ct, wrt = [], grads = [] }] of Object.entries(shaping.cases)) {
    const apply = shapers[fn]
    // Other modes of padding are not there; the values searched from the right are not in the file.
    if (apply === undefined || /linear_ramp|maximum|mean|searchsorted right/.test(name)) continue
    count += 1
    const xs = operands.map((x) => decode(shaping.inputs[x]!))
    const expected = Array.isArray(out) ? (out as readonly Encoded[]) : [out as Encoded]
    const run = (...zs: NDArray[]): readonly NDArray[] => {
      const y = apply(zs, params as unknown as Parameters)
      return Array.isArray(y) ? (y as readonly NDArray[]) : [y as NDArray]
    }
    run(...xs).forEach((y, i) => {
      t.deepEqual(y.shape, expected[i]!.shape, name)
      t.is(y.dtype, expected[i]!.dtype, name)
      allClose(t, y, expected[i]!.data, { rtol: 1e-6, atol: 1e-6 }, name)
    })
    if (ct === undefined || grads.length === 0) continue
    const doubles = operands.map((x) => decode({ ...shaping.inputs[x]!, dtype: 'float64' }))
    const [, pullback] = vjp(run, ...doubles)
    const cotangents = (Array.isArray(ct) ? (ct as readonly Encoded[]) : [ct as Encoded]).map((c) =>
      decode({ ...c, dtype: 'float64' }),
    )
    const gradients = pullback(cotangents) as readonly NDArray[]
    wrt.forEach((argnum, i) => {
      allClose(t, gradients[argnum]!, grads[i]!.data, { rtol: 1e-6, atol: 1e-6 }, `${name}, gradient ${argnum}`)
    })
  }
  t.true(count > 50, `${count} cases`)
})

// products

interface Product {
  readonly fn: string
  readonly params: { readonly subscripts?: string }
  readonly args: readonly Encoded[]
  readonly ct: Encoded
  readonly out: Encoded
  readonly grads: readonly Encoded[]
}
const dots = read<{
  readonly einsum: Readonly<Record<string, Product>>
  readonly other: Readonly<Record<string, Product>>
}>('dot')

test('einsum, kron, cross and other products: values and gradients are those of JAX', (t) => {
  for (const [name, { fn, params, args, ct, out, grads }] of [
    ...Object.entries(dots.einsum),
    ...Object.entries(dots.other),
  ]) {
    const f = (...xs: NDArray[]): NDArray =>
      fn === 'einsum'
        ? np.einsum(params.subscripts!, ...xs)
        : (np as unknown as Readonly<Record<string, (...zs: NDArray[]) => NDArray>>)[fn]!(...xs)
    const [y, pullback] = vjp(f, ...args.map(decode))
    t.deepEqual(y.shape, out.shape, name)
    allClose(t, y, out.data, { rtol: 1e-5, atol: 1e-5 }, name)
    ;(pullback(decode(ct)) as readonly NDArray[]).forEach((g, i) => {
      allClose(t, g, grads[i]!.data, { rtol: 1e-5, atol: 1e-5 }, `${name}, gradient ${i}`)
    })
  }
})

test('einsum refuses what it can make no sense of', (t) => {
  t.throws(() => np.einsum('ij,jk', np.ones([2, 3]), np.ones([4, 5])), { message: /one size for the label 'j'/ })
  t.throws(() => np.einsum('ij->ijk', np.ones([2, 3])), { message: /'k' of the result is unknown/ })
  t.throws(() => np.einsum('ij', np.ones([2])), { message: /2 axes for 'ij', got float32\[2\]/ })
  t.throws(() => np.einsum('ij,jk', np.ones([2, 3])), { message: /for 1 operands/ })
})
