/** Every primitive with every dtype that it takes: what `bench/gpu` and the test of lowerings run. */
import type * as Onnax from 'onnax'
import type { DType, NDArray } from 'onnax'

type Api = typeof Onnax

/** One function of arrays of one dtype. */
export interface PrimitiveCase {
  /** Of the primitive, with the form where there are several: `gather fill`. */
  readonly name: string
  readonly dtypes: readonly DType[]
  /** Arguments in the given dtype. */
  readonly args: (dtype: DType) => readonly NDArray[]
  readonly f: (...args: readonly NDArray[]) => NDArray | readonly NDArray[]
}

const floats: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']
const signed: readonly DType[] = ['int8', 'int16', 'int32', 'int64']
const unsigned: readonly DType[] = ['uint8', 'uint16', 'uint32', 'uint64']
const integers: readonly DType[] = [...signed, ...unsigned]
const numbers: readonly DType[] = [...floats, ...integers]
const all: readonly DType[] = [...numbers, 'bool']

/** All cases; shapes are small, values such that every dtype holds them. */
export const primitiveCases = ({ grad, lax, np, random, nn }: Api): readonly PrimitiveCase[] => {
  const cases: PrimitiveCase[] = []
  const values = (shape: readonly number[], dtype: DType, from = 1): NDArray => {
    const size = shape.reduce((a, b) => a * b, 1)
    const flat = Array.from({ length: size }, (_, i) => ((i * 7 + from * 3) % 11) + from)
    return np.reshape(np.array(flat).astype(dtype), shape)
  }
  const fractions = (shape: readonly number[], dtype: DType): NDArray => {
    const size = shape.reduce((a, b) => a * b, 1)
    const flat = Array.from({ length: size }, (_, i) => (((i * 5) % 17) + 1) / 20)
    return np.reshape(np.array(flat, { dtype: 'float64' }).astype(dtype), shape)
  }
  const add = (
    name: string,
    dtypes: readonly DType[],
    args: PrimitiveCase['args'],
    f: (...args: NDArray[]) => NDArray | readonly NDArray[],
  ): void => void cases.push({ name, dtypes, args, f: f })

  const one = (dtype: DType): readonly NDArray[] => [values([2, 3], dtype)]
  const two = (dtype: DType): readonly NDArray[] => [values([2, 3], dtype), values([2, 3], dtype, 2)]
  const unit = (dtype: DType): readonly NDArray[] => [fractions([2, 3], dtype)]

  const unary = {
    exp: unit, log: one, expm1: unit, log1p: one, sqrt: one, rsqrt: one, cbrt: one, sin: one, cos: one, tan: unit,
    asin: unit, acos: unit, atan: one, sinh: unit, cosh: unit, asinh: one, acosh: one, atanh: unit, tanh: unit,
    logistic: unit, erf: unit, erfc: unit, erfInv: unit, lgamma: one, digamma: one, 
    floor: unit, ceil: unit, round: unit, isFinite: unit, exp2: unit,
  } as const // prettier-ignore
  for (const [name, args] of Object.entries(unary)) {
    const f = lax[name as keyof typeof unary] as (x: NDArray) => NDArray
    add(name, floats, args, (x) => f(x))
  }
  for (const name of ['neg', 'abs', 'sign', 'square'] as const) add(name, numbers, one, (x) => lax[name](x))
  add('not', [...integers, 'bool'], one, (x) => lax.not(x))
  add('integerPow', numbers, one, (x) => lax.integerPow(x, 3))
  for (const name of ['add', 'sub', 'mul', 'div', 'rem', 'max', 'min'] as const)
    add(name, numbers, two, (x, y) => lax[name](x, y))
  add(
    'pow',
    floats,
    (d) => [fractions([2, 3], d), fractions([2, 3], d)],
    (x, y) => lax.pow(x, y),
  )
  add('atan2', floats, two, (x, y) => lax.atan2(x, y))
  add('nextafter', ['float32', 'float64'], two, (x, y) => lax.nextafter(x, y))
  for (const name of ['and', 'or', 'xor'] as const) add(name, [...integers, 'bool'], two, (x, y) => lax[name](x, y))
  for (const name of ['shiftLeft', 'shiftRightLogical', 'shiftRightArithmetic'] as const)
    add(
      name,
      integers,
      (d) => [values([2, 3], d), np.ones([2, 3], { dtype: d })],
      (x, y) => lax[name](x, y),
    )
  for (const name of ['populationCount', 'clz'] as const) add(name, integers, one, (x) => lax[name](x))
  for (const name of ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const) add(name, all, two, (x, y) => lax[name](x, y))
  const mask = np.array([[true, false, true], [false, true, true]]) // prettier-ignore
  add('select', all, two, (x, y) => lax.select(mask, x, y))
  add('clamp', numbers, two, (x, y) => lax.clamp(y, x, y))
  for (const to of all) add(`convert to ${to}`, all, one, (x) => lax.convertElementType(x, to))
  add('bitcast', ['float32'], one, (x) => lax.bitcastConvertType(x, 'int32'))
  add('reducePrecision', ['float32', 'float64'], unit, (x) => lax.reducePrecision(x, 5, 10))

  add('reshape', all, one, (x) => lax.reshape(x, [3, 2]))
  add('transpose', all, one, (x) => lax.transpose(x, [1, 0]))
  add('broadcast', all, one, (x) => lax.broadcastInDim(x, [4, 2, 3], [1, 2]))
  add('rev', all, one, (x) => lax.rev(x, [1]))
  add('concatenate', all, two, (x, y) => lax.concatenate([x, y], 0))
  add('pad', all, one, (x) => lax.pad(x, np.zeros([], { dtype: x.dtype }), [[1, 2, 1], [-1, 1, 0]])) // prettier-ignore
  add('slice', all, one, (x) => lax.slice(x, [0, 1], [2, 3], [1, 1]))
  add('iota', numbers, one, (x) => lax.iota(x.dtype, 5))
  const index = np.array(1, { dtype: 'int32' })
  add('dynamicSlice', all, one, (x) => lax.dynamicSlice(x, [index, index], [1, 2]))
  add('dynamicUpdateSlice', all, (d) => [values([4, 3], d), values([2, 2], d)], (x, y) => lax.dynamicUpdateSlice(x, y, [index, index])) // prettier-ignore
  const rows = np.array([1, 0, 5], { dtype: 'int32' })
  add('take', all, one, (x) => np.take(x, rows, { axis: 0 }))
  add('gather clip', all, one, (x) => x.at(rows).get({ mode: 'clip' }))
  add('takeAlongAxis', all, one, (x) => np.takeAlongAxis(x, np.array([[0, 2], [1, 1]], { dtype: 'int32' }), 1)) // prettier-ignore
  for (const mode of ['set', 'add', 'mul', 'min', 'max'] as const)
    add(`scatter ${mode}`, numbers, (d) => [values([4, 3], d), values([3, 3], d)], (x, y) => x.at(np.array([1, 0, 1], { dtype: 'int32' }))[mode](y)) // prettier-ignore

  for (const name of ['sum', 'prod', 'max', 'min', 'argmax', 'argmin'] as const)
    add(`reduce ${name}`, numbers, one, (x) => np[name](x, { axis: 1 }))
  for (const name of ['all', 'any'] as const) add(`reduce ${name}`, ['bool'], one, (x) => np[name](x, { axis: 0 }))
  for (const name of ['cumsum', 'cumprod', 'cummax', 'cummin'] as const) add(name, numbers, one, (x) => lax[name](x, 1))
  add('cumlogsumexp', floats, one, (x) => lax.cumlogsumexp(x, 1))
  add('sort', all, one, (x) => lax.sort(x))
  add('argsort', all, one, (x) => np.argsort(x))
  add('topK', numbers, one, (x) => lax.topK(x, 2))
  add('softmax', floats, one, (x) => nn.softmax(x))
  add('logsumexp', floats, one, (x) => nn.logsumexp(x, { axis: 1 }))
  add('logSoftmax', floats, one, (x) => nn.logSoftmax(x))

  add(
    'dot',
    numbers,
    (d) => [values([2, 3], d), values([3, 4], d)],
    (x, y) => np.matmul(x, y),
  )
  add(
    'dot batched',
    numbers,
    (d) => [values([2, 2, 3], d), values([2, 3, 4], d)],
    (x, y) => np.matmul(x, y),
  )
  add(
    'einsum',
    numbers,
    (d) => [values([2, 3], d), values([4, 3], d)],
    (x, y) => np.einsum('ab,cb->ca', x, y),
  )
  const image = (d: DType): readonly NDArray[] => [values([1, 2, 5, 5], d), values([3, 2, 3, 3], d)]
  const conv = (x: NDArray, k: NDArray): NDArray => lax.convGeneralDilated(x, k, [1, 1], 'SAME')
  add('conv', floats, image, (x, k) => conv(x, k))
  add('conv gradients', ['float32', 'float16'], image, (x, k) => grad((a: NDArray, b: NDArray) => np.sum(conv(a, b)), { argnums: [0, 1] })(x, k)) // prettier-ignore
  const strided = (x: NDArray, k: NDArray): NDArray => lax.convGeneralDilated(x, k, [2, 2], [[0, 1], [0, 1]]) // prettier-ignore
  const even = (d: DType): readonly NDArray[] => [values([1, 2, 8, 8], d), values([3, 2, 3, 3], d)]
  add('strided conv gradients', ['float32', 'float16'], even, (x, k) => grad((a: NDArray, b: NDArray) => np.sum(strided(a, b)), { argnums: [0, 1] })(x, k)) // prettier-ignore
  const window = (d: DType): readonly NDArray[] => [values([1, 4, 4, 2], d)]
  add('maxPool', floats, window, (x) => nn.maxPool(x, [2, 2], { strides: [2, 2] }))
  add('maxPool gradient', ['float32', 'float16'], window, (x) => grad((a: NDArray) => np.sum(nn.maxPool(a, [2, 2], { strides: [2, 2] })))(x)) // prettier-ignore
  add('avgPool', floats, window, (x) => nn.avgPool(x, [2, 2], { strides: [1, 1] }))

  add('scan', numbers, one, (x) => lax.scan((c: NDArray, r: NDArray) => [c.add(r), c.mul(r)] as const, x.slice(0), x)) // prettier-ignore
  add('while', numbers, one, (x) => lax.whileLoop((c: readonly [NDArray, NDArray]) => c[0].lt(3), ([i, c]) => [i.add(1), c.add(c)] as const, [np.array(0, { dtype: 'int32' }), x] as const)[1]) // prettier-ignore
  add('cond', numbers, one, (x) => lax.cond(np.any(x.gt(3)), (y: NDArray) => y.add(y), (y: NDArray) => y, x)) // prettier-ignore

  const square = (d: DType): readonly NDArray[] => [np.add(np.eye(3).astype(d).mul(30), values([3, 3], d))]
  const wide: readonly DType[] = ['float32', 'float64']
  add('cholesky', wide, square, (x) => np.linalg.cholesky(x.add(x.T)))
  add('solve', wide, square, (x) => np.linalg.solve(x, np.ones([3], { dtype: x.dtype })))
  add('qr', wide, square, (x) => np.linalg.qr(x))
  add('eigh', wide, square, (x) => np.linalg.eigh(x.add(x.T)))
  add('svd', wide, square, (x) => np.linalg.svd(x, { fullMatrices: false })[1])

  const key = random.key(3)
  add('bits', unsigned, () => [], () => random.bits(key, [4])) // prettier-ignore
  add('uniform', floats, one, (x) => random.uniform(key, [4], { dtype: x.dtype }))
  add('normal', floats, one, (x) => random.normal(key, [4], { dtype: x.dtype }))
  add('randint', ['int32', 'int64', 'uint32'], one, (x) => random.randint(key, [4], 0, 10, { dtype: x.dtype }))
  add('permutation', ['int32'], one, () => random.permutation(key, 8))
  return cases
}
