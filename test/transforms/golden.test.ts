import { readFileSync } from 'node:fs'
import test from 'ava'
import {
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  lax,
  linearize,
  type NDArray,
  nn,
  np,
  type DType,
  vjp,
  vmap,
} from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
type Entry = Encoded | readonly Encoded[]
type Section = Readonly<Record<string, Entry>>
const golden = JSON.parse(readFileSync('test/golden/transforms.json', 'utf8')) as {
  readonly functions: Readonly<Record<string, Section>>
  readonly mlp: Section
  readonly nesting: Section
}
const decode = ({ dtype, shape, data }: Encoded): NDArray => np.array(data.map(Number), { dtype }).reshape(shape)

type F = (x: NDArray) => NDArray
/** The functions of the golden file, by their formulas. */
const functions: Readonly<Record<string, F>> = {
  scalar: (s) =>
    np
      .sin(s)
      .mul(np.exp(np.square(s).div(-2)))
      .add(np.power(s, 3)),
  rosenbrock: (x) => {
    const [head, tail] = [x.slice([null, -1]), x.slice([1, null])]
    return np.sum(np.square(tail.sub(np.square(head))).mul(100).add(np.square(np.subtract(1, head)))) // prettier-ignore
  },
  logsumexp: (x) => np.log(np.sum(np.exp(x))),
  matrix: (a) => np.sum(np.square(np.matmul(a, a))).div(2),
  norm: (x) => np.sqrt(np.sum(np.square(x))),
  where: (x) => np.sum(np.where(x.gt(0), np.square(x), np.sin(x))),
  scan: (s) => lax.scan((c: NDArray) => [np.sin(c).mul(s).add(0.1), null] as const, s, null, { length: 5 })[0],
  cond: (s) => lax.cond(s.gt(1), (z: NDArray) => np.square(z), (z: NDArray) => z.mul(3), s), // prettier-ignore
  vector: (x) => {
    const [a, b, c] = [x.slice(0), x.slice(1), x.slice(2)]
    return np.stack([a.mul(b), np.sin(c), np.square(a).add(c), np.exp(b).mul(a)])
  },
  softmax: (x) => nn.softmax(x),
}

/** What the keys of a section mean. `t` is a direction, `ct` a cotangent. */
const measures: Readonly<
  Record<string, (f: F, given: { x: NDArray; t: NDArray; ct: NDArray; batch: NDArray }) => NDArray | readonly NDArray[]>
> = {
  value: (f, { x }) => f(x),
  grad: (f, { x }) => grad(f)(x),
  jvp: (f, { x, t }) => jvp(f, [x], [t]),
  'vjp(2)': (f, { x }) => vjp(f, x)[1](np.array(2, { dtype: 'float64' })),
  'vjp(ct)': (f, { x, ct }) => vjp(f, x)[1](ct),
  'linearize(t)': (f, { x, t }) => linearize(f, x)[1](t),
  hessian: (f, { x }) => hessian(f)(x),
  jacfwd: (f, { x }) => jacfwd(f)(x),
  jacrev: (f, { x }) => jacrev(f)(x),
  'jacfwd(jacrev)': (f, { x }) => jacfwd(jacrev(f))(x),
  'jacfwd(grad)': (f, { x }) => jacfwd(grad(f))(x),
  'jacrev(grad)': (f, { x }) => jacrev(grad(f))(x),
  'hvp: jvp of grad': (f, { x, t }) => jvp(grad(f), [x], [t])[1],
  'hvp: vjp of grad': (f, { x, t }) => vjp(grad(f), x)[1](t),
  'grad of sum(grad^2)': (f, { x }) => grad((y: NDArray) => np.sum(np.square(grad(f)(y))))(x),
  'jvp of jvp': (f, { x, t }) => jvp((y: NDArray) => jvp(f, [y], [t])[1], [x], [t]),
  'grad of jvp': (f, { x, t }) => grad((y: NDArray) => jvp(f, [y], [t])[1])(x),
  'jvp of vjp(1)': (f, { x, t }) =>
    jvp((y: NDArray) => vjp(f, y)[1](np.array(1, { dtype: 'float64' }))[0], [x], [t])[1],
  'jvp of vjp(ct)': (f, { x, t, ct }) => jvp((y: NDArray) => vjp(f, y)[1](ct)[0], [x], [t])[1],
  'vmap(f)(batch)': (f, { batch }) => vmap(f)(batch),
  'vmap(grad)(batch)': (f, { batch }) => vmap(grad(f))(batch),
  'vmap(hessian)(batch)': (f, { batch }) => vmap(hessian(f))(batch),
  'vmap(jacfwd)(batch)': (f, { batch }) => vmap(jacfwd(f))(batch),
  'vmap(f, in_axes=1, out_axes=1)(batch.T)': (f, { batch }) => vmap(f, { inAxes: 1, outAxes: 1 })(batch.T),
  'vmap(vjp)(batch, ct)': (f, { batch, ct }) => vmap((y: NDArray) => vjp(f, y)[1](ct)[0])(batch),
  'grad of sum(vmap(f))(batch)': (f, { batch }) => grad((b: NDArray) => np.sum(np.square(vmap(f)(b))))(batch),
  'third: grad(grad(grad . t) . t) . t': (f, { x, t }) => {
    const along = (g: F): F => (y) => np.sum(grad(g)(y).mul(t)) // prettier-ignore
    return grad(along(along(f)))(x)
  },
}

for (const [name, section] of Object.entries(golden.functions)) {
  test(`${name}: every transformation gives JAX's numbers, eager and jitted`, (t) => {
    const f = functions[name.replace(/,.*/, '')]!
    const array = (key: string): NDArray =>
      section[key] === undefined ? np.zeros([]) : decode(section[key] as Encoded)
    const given = { x: array('x'), t: array('t'), ct: array('ct'), batch: array('batch') }
    for (const [key, expected] of Object.entries(section)) {
      if (key in given) continue
      const measure = measures[key]
      if (measure === undefined) {
        t.fail(`no measure for '${key}'`)
        continue
      }
      for (const g of [f, jit(f) as F]) {
        const actual = [measure(g, given)].flat() as readonly NDArray[]
        const wanted = [expected].flat() as readonly Encoded[]
        t.is(actual.length, wanted.length, key)
        actual.forEach((y, i) => {
          t.deepEqual(y.shape, wanted[i]!.shape, `${key} ${i}`)
          allClose(t, y, wanted[i]!.data, { rtol: 1e-9, atol: 1e-10 }, `${key} ${i}`)
        })
      }
    }
  })
}

const f64 = (x: number): NDArray => np.array(x, { dtype: 'float64' })

test('nested transformations: JAX numbers', (t) => {
  const scalar = functions['scalar']!
  const d = (n: number, f: F): F => (n === 0 ? f : d(n - 1, grad(f)))
  const actual: Readonly<Record<string, NDArray | readonly NDArray[]>> = {
    'grad x: x * grad y: (x + y) at 1, 1': grad((x: NDArray) => x.mul(grad((y: NDArray) => x.add(y))(f64(1))))(f64(1)),
    'jvp x: x * jvp y: x*y at 2, 3': jvp((x: NDArray) => x.mul(jvp((y: NDArray) => x.mul(y), [f64(3)], [f64(1)])[1]), [f64(2)], [f64(1)]), // prettier-ignore
    'grad x: grad y: x^2 y^3 at 2, 3': grad((x: NDArray) => grad((y: NDArray) => np.square(x).mul(np.power(y, 3)))(f64(3)))(f64(2)), // prettier-ignore
    'grad^4 of sin at 0.7': d(4, (x) => np.sin(x))(f64(0.7)),
    'grad^3 of scalar at 0.7': d(3, scalar)(f64(0.7)),
    'grad^2 of tanh at 0': d(2, (x) => np.tanh(x))(f64(0)),
    'grad of norm at 0': grad((x: NDArray) => np.sqrt(np.sum(np.square(x))))(f64(0)),
    'grad x^0 at 0': grad((x: NDArray) => np.power(x, 0))(f64(0)),
    'grad of where(x>0, log x, 0) at 0': grad((x: NDArray) => np.where(x.gt(0), np.log(x), 0))(f64(0)),
    'stop_gradient: grad x * sg(x^2) at 3': grad((x: NDArray) => x.mul(lax.stopGradient(np.square(x))))(f64(3)),
    'fori_loop jvp: x^5 at 1.5': jvp((x: NDArray) => lax.foriLoop(0, 5, (_i, c: NDArray) => c.mul(x), np.onesLike(x)), [f64(1.5)], [f64(1)]), // prettier-ignore
    'while jvp: halve until < 1 at 10': jvp((x: NDArray) => lax.whileLoop((c: NDArray) => c.ge(1), (c) => c.div(2), x), [f64(10)], [f64(1)]), // prettier-ignore
  }
  for (const [key, value] of Object.entries(actual)) {
    const wanted = [golden.nesting[key]!].flat() as readonly Encoded[]
    ;([value].flat() as readonly NDArray[]).forEach((y, i) => {
      allClose(t, y, wanted[i]!.data, { rtol: 1e-10, atol: 1e-12 }, key)
    })
  }
})

test('a small network: per-example gradients, Hessian blocks, a step inside of a gradient', (t) => {
  const mlp = (a: NDArray, b: NDArray, x: NDArray): NDArray => np.sum(np.square(np.tanh(np.matmul(x, a).add(b))))
  const get = (key: string): NDArray => decode(golden.mlp[key] as Encoded)
  const [a, b, x, xs] = [get('A'), get('b'), get('x'), get('xs')]
  const check = (key: string, actual: NDArray): void => {
    allClose(t, actual, (golden.mlp[key] as Encoded).data, { rtol: 1e-9, atol: 1e-10 }, key)
  }
  check('value', mlp(a, b, x))
  grad(mlp, { argnums: [0, 1, 2] })(a, b, x).forEach((g, i) => {
    allClose(t, g, (golden.mlp['grad argnums (0,1,2)'] as readonly Encoded[])[i]!.data, { rtol: 1e-9, atol: 1e-10 })
  })
  check('jacrev of grad_b by A', jacrev((p: NDArray) => grad(mlp, { argnums: 1 })(p, b, x))(a))
  check('vmap(f, (None,None,0))(xs)', vmap(mlp, { inAxes: [null, null, 0] })(a, b, xs))
  check('per-example gradients of A', vmap(grad(mlp), { inAxes: [null, null, 0] })(a, b, xs))
  check('MAML: grad_A of f(A - 0.1 grad_A f)', grad((p: NDArray) => mlp(p.sub(grad(mlp)(p, b, x).mul(0.1)), b, x))(a))
  const distance = (p: NDArray, q: NDArray): NDArray => np.sum(np.square(p.sub(q)))
  const pairwise = vmap((p: NDArray) => vmap((q: NDArray) => distance(p, q))(xs))(xs)
  t.deepEqual(pairwise.shape, [xs.shape[0]!, xs.shape[0]!])
})
