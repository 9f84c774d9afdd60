/** Operations on bits against JAX's results. */
import test from 'ava'
import {
  ArgumentError,
  type DType,
  DTypeError,
  grad,
  jit,
  jvp,
  lax,
  type NDArray,
  np,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { type GoldenArray, readGolden } from '../helpers/golden.js'

interface Bits {
  readonly x: GoldenArray
  readonly nextafter: GoldenArray
  readonly bytes: GoldenArray
  readonly signed: GoldenArray
  readonly reduced?: Readonly<Record<string, GoldenArray>>
}
const { bits } = readGolden<{ readonly bits: Readonly<Record<string, Bits>> }>('lax')

const integers = ({ dtype, shape, data }: GoldenArray): NDArray =>
  np.array(dtype.endsWith('64') ? data.map((v) => BigInt(v)) : data.map(Number), { dtype }).reshape(shape)

/** Whether two arrays of words are equal, or both are a NaN of that float. */
const sameBits = (
  t: { deepEqual: (a: unknown, b: unknown, text?: string) => unknown },
  a: NDArray,
  b: NDArray,
  float: DType,
  what: string,
): void => {
  const isNaN = (x: NDArray): NDArray => np.isnan(lax.bitcastConvertType(x, float))
  const differ = lax.not(lax.or(a.eq(b), lax.and(isNaN(a), isNaN(b))))
  const places = elements(differ).flatMap((is, i) =>
    is === 1 ? [`${i}: ${a.slice(i).item()}, not ${b.slice(i).item()}`] : [],
  )
  t.deepEqual(places, [], what)
}

for (const [name, golden] of Object.entries(bits)) {
  const dtype = name as DType
  test(`${dtype}: reinterpretation, neighbours and precision are JAX's, bit for bit`, (t) => {
    const words = integers(golden.x)
    const x = lax.bitcastConvertType(words, dtype)
    const word = golden.x.dtype
    const all = jit((v: NDArray) => {
      const pairs = np.meshgrid([v, v]).map((p) => p.reshape([-1])) as [NDArray, NDArray]
      const reduced = Object.keys(golden.reduced ?? {}).map((format) => {
        const [e, m] = format.split(' ').map(Number) as [number, number]
        return lax.bitcastConvertType(lax.reducePrecision(v, e, m), word)
      })
      return {
        nextafter: lax.bitcastConvertType(lax.nextafter(...pairs), word),
        bytes: lax.bitcastConvertType(v, 'uint8'),
        signed: lax.bitcastConvertType(v, golden.signed.dtype),
        reduced,
      }
    })(x)
    sameBits(t, all.nextafter, integers(golden.nextafter), dtype, 'nextafter')
    t.true(np.arrayEqual(all.bytes, integers(golden.bytes)).item() === 1)
    t.true(np.arrayEqual(all.signed, integers(golden.signed)).item() === 1)
    t.true(np.arrayEqual(lax.bitcastConvertType(lax.bitcastConvertType(all.bytes, dtype), word), words).item() === 1)
    Object.entries(golden.reduced ?? {}).forEach(([format, expected], i) => {
      sameBits(t, all.reduced[i]!, integers(expected), dtype, format)
    })
  })
}

test('counts of bits: of every dtype, in the dtype', (t) => {
  for (const dtype of ['uint8', 'int16', 'uint32', 'int64'] as const) {
    const width = Number(dtype.replace(/\D/g, ''))
    const wide = width === 64
    const x = np.array(wide ? [0n, 1n, 12n, -1n] : [0, 1, 12, dtype === 'int16' ? -1 : 2 ** width - 1], { dtype })
    const [zeros, ones] = jit((v: NDArray) => [lax.clz(v), lax.populationCount(v)] as const)(x)
    t.is(zeros.dtype, dtype)
    allClose(t, zeros, [width, width - 1, width - 4, 0])
    allClose(t, ones, [0, 1, 2, width])
  }
  t.throws(() => lax.clz(np.ones([2])), { instanceOf: DTypeError })
})

test('derivatives: none through bits, rounded ones through precision; vmap', (t) => {
  const x = sample([3], 1)
  allClose(t, grad((a: NDArray) => np.sum(lax.nextafter(a, 2).mul(a)))(x), lax.nextafter(x, 2), {
    rtol: 1e-15,
    atol: 0,
  })
  allClose(t, grad((a: NDArray) => np.sum(lax.bitcastConvertType(lax.bitcastConvertType(a, 'int64'), 'float64')))(x), [0, 0, 0]) // prettier-ignore
  const [, tangent] = jvp((a: NDArray) => lax.reducePrecision(a, 5, 2), [x], [np.full([3], 1.2, { dtype: 'float64' })])
  allClose(t, tangent, [1.25, 1.25, 1.25])
  allClose(t, grad((a: NDArray) => np.sum(lax.reducePrecision(a, 5, 2).mul(1.2)))(x), [1.25, 1.25, 1.25])
  const m = sample([3, 2], 2)
  allClose(t, vmap((a: NDArray) => lax.reducePrecision(a, 5, 2), { inAxes: 1, outAxes: 1 })(m), lax.reducePrecision(m, 5, 2), { rtol: 0, atol: 0 }) // prettier-ignore
  t.deepEqual(vmap((a: NDArray) => lax.bitcastConvertType(a, 'uint32'))(m).shape, [3, 2, 2])
})

test('errors', (t) => {
  t.throws(() => lax.bitcastConvertType(np.array([true]), 'uint8'), { instanceOf: DTypeError })
  t.throws(() => lax.bitcastConvertType(np.array([1, 2, 3], { dtype: 'uint16' }), 'float32'), {
    instanceOf: ShapeError,
    message: 'bitcast_convert_type requires a last axis of 2 parts of float32, got uint16[3]',
  })
  t.throws(() => lax.nextafter(np.arange(2), np.arange(2)), { instanceOf: DTypeError })
  t.throws(() => lax.nextafter(1, 2), { instanceOf: ArgumentError })
  t.throws(() => lax.reducePrecision(np.ones([1]), 0, 3), { instanceOf: ArgumentError })
})
