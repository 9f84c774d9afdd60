/** Functions with a batching rule of their own: the numbers are those of JAX, whose rule here is not the function's. */
import test from 'ava'
import {
  ArgumentError,
  customVmap,
  DifferentiationError,
  grad,
  jacfwd,
  jit,
  jvp,
  makeJaxpr,
  type NDArray,
  np,
  sequentialVmap,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

const x = np.array([0.1, 0.2])
const y = np.array([1, 2])

/** sin(x) y of one example, cos(x) y of a batch: so it shows which of both is used. */
const make = (seen: unknown[] = []) => {
  const f = customVmap((a: NDArray, b: NDArray) => np.sin(a).mul(b))
  f.defVmap((size, batched, as, bs) => {
    seen.push([size, ...(batched as readonly boolean[]), as.shape.length, bs.shape.length])
    return [np.cos(as).mul(bs), (batched as readonly boolean[]).includes(true)]
  })
  return f
}

test('the rule is used where the function is mapped', (t) => {
  const seen: unknown[] = []
  const f = make(seen)
  allClose(t, f(x, y), [0.0998334, 0.3973387])
  allClose(t, vmap(f)(x, y), [0.9950042, 1.9601332])
  allClose(t, jit(vmap(f))(x, y), [0.9950042, 1.9601332])
  allClose(t, vmap(f, { inAxes: [0, null] })(x, np.array(2)), [1.9900084, 1.9601332])
  allClose(t, vmap(vmap(f))(np.stack([x, x]), np.stack([y, y])), [0.9950042, 1.9601332, 0.9950042, 1.9601332])
  allClose(t, vmap(f, { inAxes: 1, outAxes: 1 })(np.stack([x, x]), np.stack([y, y])), [0.9950042, 1.9601332, 0.9950042, 1.9601332]) // prettier-ignore
  t.deepEqual(seen.slice(0, 3), [
    [2, true, true, 1, 1],
    [2, true, true, 1, 1],
    [2, true, false, 1, 0],
  ])
  t.regex(makeJaxpr(f)(np.array(0.1), np.array(1)).toString(), /custom_vmap_call\[/)
})

test('derivatives of a batch are those of the rule', (t) => {
  const f = make()
  const slopes = [-0.09983342, -0.39733866]
  const [value, tangent] = jvp(vmap(f), [x, y], [np.ones([2]), np.zeros([2])])
  allClose(t, value, [0.9950042, 1.9601332])
  allClose(t, tangent, slopes)
  const [values, tangents] = vmap((a: NDArray, b: NDArray) => jvp(f, [a, b], [np.array(1), np.array(0)]))(x, y)
  allClose(t, values, [0.9950042, 1.9601332])
  allClose(t, tangents, slopes)
  // Primals of one batch, tangents of another argument's.
  const mixed = vmap((a: NDArray, d: NDArray) => jvp((v: NDArray) => f(v, np.array(2)), [a], [d])[1])
  allClose(t, mixed(x, np.array([1, 10])), [-2 * Math.sin(0.1), -20 * Math.sin(0.2)])
  allClose(t, grad((a: NDArray) => np.sum(vmap(f)(a, y)))(x), slopes)
  // Of one example they are those of the function, in reverse mode too.
  allClose(t, grad(f)(np.array(0.1), np.array(1)), [Math.cos(0.1)])
  allClose(t, jit(grad(grad(f)))(np.array(0.1), np.array(1)), [-Math.sin(0.1)])
  const square = customVmap((v: NDArray) => v.mul(v))
  square.defVmap((_size, [is], v) => [v.mul(v), is])
  allClose(t, jacfwd(square)(y), [2, 0, 0, 4]) // prettier-ignore
  allClose(t, vmap(grad(square))(y), [2, 4])
  allClose(t, vmap((v: NDArray) => jvp((w: NDArray) => jvp(square, [w], [w])[1], [v], [v])[1])(y), [4, 16])
})

test('a loop over the batch', (t) => {
  const f = sequentialVmap((a: NDArray, p: { b: NDArray }) => ({ z: a.mul(p.b).add(1) }))
  const mapped = vmap(f, { inAxes: [0, null] })
  allClose(t, mapped(x, { b: np.array(3) }).z, [1.3, 1.6])
  t.regex(makeJaxpr(mapped)(x, { b: np.array(3) }).toString(), /scan\[/)
  const both = vmap((a: NDArray, b: NDArray) => vmap(f, { inAxes: [0, null] })(a, { b }).z, { inAxes: [null, 0] })
  allClose(t, both(x, y), [1.1, 1.2, 1.2, 1.4]) // prettier-ignore
  allClose(t, grad((a: NDArray) => np.sum(mapped(a, { b: np.array(3) }).z))(x), [3, 3])
})

test('what is refused', (t) => {
  const none = customVmap((v: NDArray) => v)
  t.regex(t.throws(() => none(x), { instanceOf: ArgumentError }).message, /call its defVmap/)
  const ruled = (rule: (v: NDArray) => unknown) => {
    const f = customVmap((v: NDArray) => v)
    f.defVmap((_size, _batched, v) => rule(v) as readonly [NDArray, boolean])
    return () => vmap(f)(x)
  }
  t.throws(ruled((v) => v), { instanceOf: ArgumentError }) // prettier-ignore
  t.throws(ruled((v) => [v, 1]), { instanceOf: ArgumentError }) // prettier-ignore
  t.throws(ruled((v) => [v, false]), { instanceOf: ShapeError }) // prettier-ignore
  const closing = (a: NDArray) => {
    const f = customVmap((v: NDArray) => v.mul(a))
    f.defVmap((_size, _batched, v) => [v, true])
    return f(np.array(1))
  }
  t.throws(() => vmap(closing)(x), { instanceOf: ArgumentError })
  t.throws(() => grad(closing)(np.array(1)), { instanceOf: DifferentiationError })
})
