/** Public functions refuse what their types don't allow, by name and with the repair, for callers that no compiler checked. */
import test from 'ava'
import { ArgumentError, lax, nn, np, OptionsError, random, scipy } from '../../src/index.js'
import { guardedFunction } from '../../src/core/guard.js'

type F = (...args: readonly unknown[]) => unknown
const untyped = (f: unknown): F => f as F
const x = np.ones([2, 3])

const refused: Readonly<Record<string, readonly [call: () => unknown, message: string]>> = {
  'null for an array': [
    () => untyped(np.sin)(null),
    'np.sin requires x: ArrayLike, got null; make an array of it with np.array',
  ],
  'a list for an array': [
    () => untyped(np.exp)([1, 2]),
    'np.exp requires x: ArrayLike, got [1, 2]; make an array of it with np.array',
  ],
  'nothing for an array': [() => untyped(np.add)(x), 'np.add requires y: ArrayLike, got undefined; pass y'],
  'a promise': [
    () => untyped(np.sum)(Promise.resolve(x)),
    'np.sum requires x: ArrayLike, got an object of class Promise; await it first',
  ],
  'null for options': [
    () => untyped(np.sum)(x, null),
    'np.sum requires options: { initial, dtype, axis, keepdims, where }, got null; leave it out',
  ],
  'an axis for options': [
    () => untyped(np.sum)(x, 0),
    'np.sum requires options: { initial, dtype, axis, keepdims, where }, got 0; write { axis: 0 }',
  ],
  'a number for a list': [() => untyped(np.zeros)(3), 'np.zeros requires shape: number[], got 3; write [3]'],
  'a number for a list of axes': [
    () => untyped(lax.transpose)(x, 1),
    'lax.transpose requires permutation: number[], got 1; write [1]',
  ],
  'a field that lacks': [
    () => untyped(lax.scatterAdd)(x, x, x, {}),
    'lax.scatterAdd requires dimensionNumbers.updateWindowDims: number[], got undefined; pass dimensionNumbers.updateWindowDims',
  ],
  'null where something may be missing': [
    () => untyped(np.mgrid)([0, 4, null]),
    'np.mgrid requires ranges[0][2]: number | { count }, got null; pass number | { count }',
  ],
  'no list, where one of several kinds is meant': [
    () => untyped(np.ogrid)({ start: 1 }),
    'np.ogrid requires ranges[0]: [number, number, number | { count }?] | number, got { start }; pass [number, number, number | { count }?] | number',
  ],
  'no function': [() => untyped(lax.map)(3, x), 'lax.map requires f: function, got 3; pass function'],
  'no key': [
    () => untyped(random.split)(0),
    'random.split requires k: KeyArray, got 0; make one with random.key(seed)',
  ],
  'too many arguments': [() => untyped(np.cos)(x, x), 'np.cos requires at most 1 arguments, got 2; write np.cos(x)'],
  'in a namespace of a namespace': [
    () => untyped(scipy.special.gammaln)('1'),
    "scipy.special.gammaln requires x: ArrayLike, got '1'; make an array of it with np.array",
  ],
}

for (const [what, [call, message]] of Object.entries(refused))
  test(`refused: ${what}`, (t) => {
    t.throws(call, { instanceOf: ArgumentError, message })
  })

test('unknown options are refused, with those that are known', (t) => {
  t.throws(() => untyped(np.sum)(x, { axes: 0 }), { instanceOf: OptionsError, message: /unknown option axes; known: .*axis/ }) // prettier-ignore
  t.throws(() => untyped(nn.softmax)(x, { dim: 0 }), { instanceOf: OptionsError, message: /unknown option dim/ })
})

test('a function keeps its name, length and properties, and the errors of functions that it is given', (t) => {
  const f = (a: unknown, _b: unknown) => (a as { readonly of: number }).of
  f.kind = 'mine'
  const g = guardedFunction('lib.f', f, 'a: any, b?: number') as typeof f
  t.is(g.name, 'f')
  t.is(g.length, 2)
  t.is(g.kind, 'mine')
  t.throws(() => g(null, 1), { instanceOf: TypeError, message: /Cannot read properties of null/ })
  class Mine extends Error {}
  const raise = (): never => {
    throw new Mine('mine')
  }
  t.throws(() => lax.map(raise, x), { instanceOf: Mine })
  t.is(np.sum.name, 'sum')
  t.is(np.pow, np.power)
  for (const space of [np, lax, nn]) {
    const named = Object.values(space).filter((value) => typeof value === 'function')
    t.deepEqual(new Set(named.map((g) => g.name in space)), new Set([true]))
  }
})
