import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, lax, type NDArray, np, nn, scipy, vmap, vjp } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string | boolean)[]
}
type Group = Readonly<Record<string, Encoded>>

const read = <T>(name: string): T => JSON.parse(readFileSync(`test/golden/${name}.json`, 'utf8')) as T
const special: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }
const decode = ({ dtype, shape, data }: Encoded): NDArray => {
  const isWide = dtype === 'int64' || dtype === 'uint64'
  const number = (x: number | string | boolean): number =>
    typeof x === 'string' ? (special[x] ?? Number(x)) : Number(x)
  return np.array(isWide ? data.map((x) => BigInt(x)) : data.map(number), { dtype }).reshape(shape)
}

type F = (...xs: NDArray[]) => NDArray
const renamed: Readonly<Record<string, F>> = {
  'lax.round (away from zero)': (x) => lax.round(x),
  'lax.round (to even)': (x) => lax.roundHalfEven(x),
  'jnp.divmod[1]': (x, y) => np.divmod(x, y)[1],
  'jnp.round(0)': (x) => np.round(x),
  'jnp.round(1)': (x) => np.round(x, 1),
  'jnp.round(-1)': (x) => np.round(x, -1),
  'jnp.relu': (x) => nn.relu(x),
  'jax.nn.relu': (x) => nn.relu(x),
  'lax.bitwise_and': (x, y) => lax.and(x, y),
  'lax.bitwise_or': (x, y) => lax.or(x, y),
  'lax.bitwise_xor': (x, y) => lax.xor(x, y),
  'lax.bitwise_not': (x) => lax.not(x),
  ...Object.fromEntries(
    [-3, -1, 0, 1, 2, 3, 5, 10].map((n): [string, F] => [`lax.integer_pow ${n}`, (x) => lax.integerPow(x, n)]),
  ),
}
const camel = (name: string): string => name.replace(/_(\w)/g, (_m, c: string) => c.toUpperCase())

/** Our function of a golden name like `lax.erf_inv`; `null` where there is none yet. */
const functionOf = (name: string): F | null => {
  if (renamed[name] !== undefined) return renamed[name]
  const [, namespace = '', short = ''] = /^(lax|jnp|jax\.nn|special)\.(\w+)$/.exec(name) ?? []
  const module = { lax, jnp: np, 'jax.nn': nn, special: scipy.special }[namespace] as
    Readonly<Record<string, unknown>> | undefined
  const found = module?.[camel(short)]
  return typeof found === 'function' ? (found as F) : null
}

const elementwise = read<{
  readonly inputs: Group
  readonly 'unary float32': Group
  readonly 'binary float32': Group
  readonly 'unary float64': Group
  readonly 'binary float64': Group
  readonly integer: Readonly<Record<string, Group>>
  readonly casts: Readonly<Record<string, Group>>
  readonly grads: Readonly<Record<string, Partial<Record<'x' | 'y' | 'dx' | 'dy' | 'dxx', Encoded>>>>
}>('elementwise')

const covered = new Set<string>()
const missing = new Set<string>()

/** Relative tolerances where one unit in the last place isn't enough: the kernels differ from XLA's. */
const loose: Readonly<Record<string, number>> = {
  'lax.tan': 2e-6,
  'lax.tanh': 2e-6,
  'lax.log': 1e-6,
  'lax.erf_inv': 2e-6,
  // XLA rounds x log 2.
  'lax.exp2': 6e-6,
  // The file holds decimals of float32.
  'lax.nextafter': 2e-8,
}

/** Absolute tolerances of what cancels: XLA's own error there. */
const offsets: Readonly<Record<string, number>> = {
  'lax.lgamma': 5e-5,
  'lax.digamma': 2e-5,
  'jnp.logaddexp2': 1e-7,
}

for (const [title, inputs] of [
  ['unary float32', ['unary32']],
  ['unary float64', ['unary64']],
  ['binary float32', ['left', 'right']],
  ['binary float64', ['left', 'right']],
] as const) {
  test(`${title}: values at tricky points are those of JAX`, (t) => {
    const given = inputs.map((name) => elementwise.inputs[name])
    if (given.includes(undefined)) {
      t.fail(`inputs are ${Object.keys(elementwise.inputs).join()}`)
      return
    }
    const is64 = title.endsWith('64')
    const args = given.map((x) => decode({ ...x!, dtype: is64 ? 'float64' : 'float32' }))
    for (const [name, expected] of Object.entries(elementwise[title])) {
      const f = functionOf(name)
      if (f === null) {
        missing.add(name)
        continue
      }
      covered.add(name)
      const rtol = is64 ? 1e-12 : (loose[name] ?? 2e-6)
      const y = f(...args)
      t.is(y.dtype, expected.dtype, name)
      allClose(t, y, expected.data, { rtol, atol: is64 ? 1e-15 : (offsets[name] ?? 1.2e-38) }, name)
    }
    t.true(covered.size > 0)
  })
}

test('integers: values, division by zero and overflow are those of JAX', (t) => {
  for (const [dtype, group] of Object.entries(elementwise.integer)) {
    const operandsOf = (name: string): readonly [NDArray, NDArray] => {
      const [x, y] = name.includes('shift') ? ['shifted', 'shifts'] : ['left', 'right']
      const [a, b] = [decode(group[x]!), decode(group[y]!)]
      return [a, name === 'jnp.power' ? np.clip(b, 0, 9) : b]
    }
    for (const [name, expected] of Object.entries(group)) {
      const ofX = name.endsWith(' of x')
      const f = functionOf(name.replace(' of x', ''))
      // A call that JAX refuses holds an error's name.
      if (f === null || !('dtype' in expected)) continue
      const z = ofX ? f(decode(group['x']!)) : f(...operandsOf(name))
      t.is(z.dtype, expected.dtype, `${dtype} ${name}`)
      allClose(t, z, expected.data, { rtol: expected.dtype.includes('float') ? 1e-6 : 0, atol: 0 }, `${dtype} ${name}`)
    }
  }
})

test('casts between all dtypes are those of JAX', (t) => {
  for (const [from, group] of Object.entries(elementwise.casts)) {
    if (from.startsWith('bitcast')) {
      allClose(t, lax.bitcastConvertType(decode(group['x']!), group['out']!.dtype), group['out']!.data, {
        rtol: 0,
        atol: 0,
      })
      continue
    }
    const x = decode(group['x']!)
    for (const [to, expected] of Object.entries(group)) {
      if (to === 'x') continue
      allClose(
        t,
        x.astype(to as DType),
        expected.data,
        { rtol: to.includes('float') && to !== 'float64' ? 1e-6 : 0, atol: 0 },
        `${from} to ${to}`,
      )
    }
  }
})

test('first and second derivatives, at kinks too, are those of JAX', (t) => {
  let count = 0
  for (const [name, { x, y, dx, dy, dxx }] of Object.entries(elementwise.grads)) {
    const f = functionOf(name)
    if (f === null || x === undefined) continue
    count += 1
    if (y !== undefined) {
      const [a, b] = vmap(grad((p: NDArray, q: NDArray) => f(p, q), { argnums: [0, 1] }))(decode(x), decode(y))
      allClose(t, a, dx!.data, { rtol: 1e-9, atol: 1e-12 }, `d ${name} / dx`)
      allClose(t, b, dy!.data, { rtol: 1e-9, atol: 1e-12 }, `d ${name} / dy`)
      continue
    }
    const at = decode(x)
    allClose(t, vmap(grad((z: NDArray) => f(z)))(at), dx!.data, { rtol: 1e-9, atol: 1e-12 }, `${name}'`)
    if (dxx === undefined) continue
    const second = vmap(grad((z: NDArray) => grad((w: NDArray) => f(w))(z)))
    allClose(t, second(at), dxx.data, { rtol: 1e-8, atol: 1e-10 }, `${name}''`)
  }
  t.true(count > 30, `${count} functions`)
})

interface DotCase {
  readonly fn: string
  readonly params: {
    readonly dimension_numbers?: readonly [readonly [number[], number[]], readonly [number[], number[]]]
    readonly axes?: number | readonly [number[], number[]]
  }
  readonly args: readonly Encoded[]
  readonly ct: Encoded
  readonly out: Encoded
  readonly grads: readonly Encoded[]
}

const dots = read<Readonly<Record<string, Readonly<Record<string, DotCase>>>>>('dot')

for (const group of ['dot_general', 'matmul', 'tensordot'] as const) {
  test(`${group}: values and gradients are those of JAX`, (t) => {
    for (const [title, { params, args, ct, out, grads }] of Object.entries(dots[group]!)) {
      const f: F = (x, y) =>
        group === 'matmul'
          ? np.matmul(x, y)
          : group === 'tensordot'
            ? np.tensordot(x, y, params.axes)
            : lax.dotGeneral(x, y, { contract: params.dimension_numbers![0], batch: params.dimension_numbers![1] })
      const [z, pullback] = vjp((x: NDArray, y: NDArray) => f(x, y), decode(args[0]!), decode(args[1]!))
      t.deepEqual(z.shape, out.shape, title)
      allClose(t, z, out.data, { rtol: 1e-5, atol: 1e-5 }, title)
      pullback(decode(ct)).forEach((g, i) => {
        allClose(t, g, grads[i]!.data, { rtol: 1e-5, atol: 1e-5 }, `${title}, gradient ${i}`)
      })
    }
  })
}
