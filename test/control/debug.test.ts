/** Printing, calls to the host and checks: eager, compiled, and in every transformation. */
import test from 'ava'
import {
  ArgumentError,
  checkify,
  checkpoint,
  debug,
  grad,
  jit,
  lax,
  LoweringError,
  type NDArray,
  np,
  vmap,
} from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

/** What a function gives to `seen`, in its order. */
const recorder = () => {
  const seen: number[] = []
  return {
    see: (x: NDArray): void => {
      debug.callback((y: NDArray) => seen.push(y.item()), x)
    },
    taken: (): number[] => seen.splice(0),
  }
}

test('the host is called when a compiled function has ended, in the order of the program', (t) => {
  const { see, taken } = recorder()
  const f = jit((x: NDArray) => {
    see(x)
    const inner = jit((y: NDArray) => {
      see(y.add(1))
      return y.mul(2)
    })
    const z = inner(x)
    see(z)
    return z
  })
  for (const x of [3, 5]) {
    t.is(f(np.array(x)).item(), 2 * x)
    t.deepEqual(taken(), [x, x + 1, 2 * x])
  }
  t.is(f.traceCount, 1)
  see(np.array(7))
  t.deepEqual(taken(), [7])
  const silent = jit(() => {
    debug.callback(() => see(np.array(1)))
    return null
  })
  silent()
  silent()
  t.deepEqual(taken(), [1, 1])
})

test('in loops, branches, batches and derivatives', (t) => {
  const { see, taken } = recorder()
  const loop = (reverse: boolean) => (x: NDArray) =>
    lax.scan(
      (c: NDArray, y: NDArray) => {
        see(c)
        lax.cond(
          y.gt(1),
          (v: NDArray) => {
            see(v.mul(100))
            return v
          },
          (v: NDArray) => v,
          y,
        )
        return [c.add(y), c] as const
      },
      x,
      np.array([1, 2, 3]),
      { reverse },
    )[0]
  for (const wrap of [(g: (x: NDArray) => NDArray) => g, (g: (x: NDArray) => NDArray) => jit(g)]) {
    t.is(wrap(loop(false))(np.array(0)).item(), 6)
    t.deepEqual(taken(), [0, 1, 200, 3, 300])
    wrap(loop(true))(np.array(0))
    t.deepEqual(taken(), [0, 300, 3, 200, 5])
    wrap((x: NDArray) => vmap((y: NDArray) => (see(y), y))(np.stack([x, x.add(1)])))(np.array(4))
    t.deepEqual(taken(), [4, 5])
    const square = (x: NDArray): NDArray => {
      see(x)
      return np.square(x)
    }
    t.is(wrap(grad(square))(np.array(3)).item(), 6)
    t.deepEqual(taken(), [3])
    t.is(wrap(grad(checkpoint(square)))(np.array(3)).item(), 6)
    t.deepEqual(taken(), [3])
    t.is(wrap(grad((x: NDArray) => jit(square)(x)))(np.array(3)).item(), 6)
    t.deepEqual(taken(), [3])
    allClose(t, wrap(grad(loop(false)))(np.array(0)), [1])
    t.deepEqual(taken(), [0, 1, 200, 3, 300])
  }
  t.throws(
    () => jit((x: NDArray) => lax.whileLoop((c: NDArray) => c.lt(9), (c) => (see(c), c.mul(2)), x))(np.array(1)),
    { instanceOf: LoweringError, message: /use lax.scan, or disableJit/ },
  ) // prettier-ignore
})

test.serial('print: places, names, formats, braces', (t) => {
  const lines: string[] = []
  const { log } = console
  console.log = (line: string) => lines.push(line)
  try {
    jit((x: NDArray) => {
      debug.print('x = {}, {{y}} = {y:.2f}, again {0}', x, { y: np.sum(x) })
      debug.print('loss {loss:.3e} at {step:d}, {n}', { loss: np.sum(x).div(7), step: np.array(4), n: 3 })
      debug.print('done')
      return x
    })(np.array([1, 2.5]))
  } finally {
    console.log = log
  }
  t.deepEqual(lines, ['x = [1. , 2.5], {y} = 3.50, again [1. , 2.5]', 'loss 5.000e-01 at 4, 3', 'done'])
  t.throws(() => debug.print('{}'), { instanceOf: ArgumentError, message: /a value for each place/ })
  t.throws(() => debug.print('x', np.array(1)), { instanceOf: ArgumentError, message: /a place for each value/ })
  t.throws(() => debug.print('{:x}', np.array(1)), { instanceOf: ArgumentError })
})

test('checks throw when the call has ended, or are the error that checkify returns', (t) => {
  const f = (x: NDArray): NDArray => {
    debug.check(np.all(x.gt(0)), 'x must be positive, its least is {}', np.min(x))
    return np.log(x)
  }
  for (const g of [f, jit(f), jit((x: NDArray) => jit(f)(x))]) {
    allClose(t, g(np.array([1, 1])), [0, 0])
    t.throws(() => g(np.array([1, -2])), {
      instanceOf: checkify.CheckError,
      message: 'x must be positive, its least is -2',
    })
  }
  const safe = checkify.checkify(
    (x: NDArray) => lax.scan((c: NDArray, y: NDArray) => [f(c.add(y)), c] as const, x, x)[0],
  )
  for (const g of [safe, jit(safe)]) {
    const [fine, y] = g(np.array([3, 4]))
    t.is(fine.get(), null)
    fine.throw()
    t.deepEqual(y.shape, [2])
    const [error] = g(np.array([-1, 0.5]))
    t.regex(error.get()!, /^x must be positive, its least is -/)
    t.throws(() => error.throw(), { instanceOf: checkify.CheckError })
  }
  t.throws(() => debug.check(np.array([true]), 'no'), { message: /debug.check requires a scalar bool, got bool\[1\]/ })
})
