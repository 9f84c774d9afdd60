/** Linear equations with derivatives of their own: values and derivatives against those of the inverse. */
import test from 'ava'
import {
  ArgumentError,
  DifferentiationError,
  grad,
  jit,
  jvp,
  lax,
  makeJaxpr,
  type NDArray,
  np,
  OptionsError,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

type Vector = (x: NDArray) => NDArray

/** Richardson's iteration, x ← x + (b - A x) / 4, of a matrix near 4; a loop that has no reverse mode. */
const iterate = (operator: Vector, b: NDArray): NDArray =>
  lax.whileLoop(
    ([i]: readonly [NDArray, NDArray]) => i.lt(60),
    ([i, x]: readonly [NDArray, NDArray]) => [i.add(1), x.add(b.sub(operator(x)).mul(0.25))] as const,
    [np.array(0, { dtype: 'int32' }), np.zerosLike(b)] as const,
  )[1]

const n = 3
const matrix = sample([n, n], 3).add(np.eye(n).astype('float64').mul(4))
const right = sample([n], 4)

const solution = (a: NDArray, b: NDArray): NDArray =>
  lax.customLinearSolve((x: NDArray) => np.matmul(a, x), b, iterate, { transposeSolve: iterate })
const direct = (a: NDArray, b: NDArray): NDArray => np.matmul(np.linalg.inv(a), b)

test('derivatives by the matrix and the right hand side are those of the inverse', (t) => {
  const tight = { rtol: 1e-9, atol: 1e-9 }
  const [results, expected] = jit((a: NDArray, b: NDArray) => {
    const all = (f: typeof solution): readonly unknown[] => {
      const loss = (p: NDArray, q: NDArray): NDArray => np.sum(f(p, q).mul(f(p, q)))
      return [
        f(a, b),
        ...(grad(loss, { argnums: [0, 1] })(a, b) as readonly NDArray[]),
        ...jvp(f, [a, b], [a.T, b.mul(2)]),
        // Forward over reverse, and a batch of each of the arguments and of both.
        ...jvp((p: NDArray, q: NDArray) => grad(loss, { argnums: 1 })(p, q), [a, b], [a.T, b]),
        vmap((q: NDArray) => f(a, q))(np.stack([b, b.mul(3)])),
        vmap((p: NDArray) => f(p, b))(np.stack([a, a.T])),
        vmap((p: NDArray, q: NDArray) => grad(loss, { argnums: [0, 1] })(p, q))(np.stack([a, a.T]), np.stack([b, b])),
      ].flat()
    }
    return [all(solution), all(direct)] as const
  })(matrix, right)
  results.forEach((y, i) => allClose(t, y as NDArray, expected[i] as NDArray, tight, `result ${i}`))
  checkGrads(t, solution, [matrix, right], { order: 2 })
})

test('trees, auxiliary results, symmetric maps', (t) => {
  const scale = np.array([2, 4])
  const f = jit((b: { u: NDArray; v: NDArray }, k: NDArray) =>
    lax.customLinearSolve(
      (x: { u: NDArray; v: NDArray }) => ({ u: x.u.mul(scale).mul(k), v: x.v.mul(3) }),
      b,
      (operator, r) => {
        const x = { u: r.u.div(scale).div(k), v: r.v.div(3) }
        return [x, { residual: np.sum(operator(x).u.sub(r.u)) }] as const
      },
      { symmetric: true, hasAux: true },
    ),
  )
  const b = { u: np.array([2, 4]), v: np.array(6) }
  const [x, { residual }] = f(b, np.array(1))
  allClose(t, x.u, [1, 1])
  allClose(t, x.v, [2])
  allClose(t, residual, [0])
  const [du, dk] = grad((v: typeof b, k: NDArray) => np.sum(f(v, k)[0].u), { argnums: [0, 1] })(b, np.array(2)) // prettier-ignore
  allClose(t, du.u, [0.25, 0.125])
  allClose(t, du.v, [0])
  allClose(t, dk, [-0.5])
})

test('the operation, and what it refuses', (t) => {
  const double = (x: NDArray): NDArray => x.mul(2)
  const halve = (_f: Vector, b: NDArray): NDArray => b.div(2)
  t.regex(
    makeJaxpr((b: NDArray) => lax.customLinearSolve(double, b, halve, { symmetric: true }))(right).toString(),
    /custom_linear_solve\[matvec=/,
  )
  const oneWay = (b: NDArray): NDArray => lax.customLinearSolve(double, b, halve)
  allClose(t, jvp(oneWay, [right], [right])[1], right.div(2))
  const error = t.throws(() => grad((b: NDArray) => np.sum(oneWay(b)))(right), { instanceOf: DifferentiationError })
  t.regex(error.message, /transposeSolve, or symmetric/)
  t.throws(() => lax.customLinearSolve(() => np.ones([2]), right, halve), { instanceOf: ShapeError })
  t.throws(() => lax.customLinearSolve(double, right, () => np.ones([2])), { instanceOf: ShapeError })
  t.throws(() => lax.customLinearSolve(() => ({ right }) as never, right, halve), { instanceOf: ArgumentError })
  t.throws(() => lax.customLinearSolve(double, right, halve, { hasAux: true }), { instanceOf: ArgumentError })
  t.throws(() => lax.customLinearSolve(double, right, halve, { symetric: true } as never), { instanceOf: OptionsError })
})
