import test from 'ava'
import { ArgumentError, NDArray, nnx, np } from '../../src/index.js'

class Special extends nnx.Param {}

const cases: readonly (readonly [name: string, filter: nnx.Filter, holds: readonly string[]])[] = [
  ['a class', nnx.Param, ['param', 'special', 'param state', 'special state']],
  ['a subclass', Special, ['special', 'special state']],
  ['Variable', nnx.Variable, ['param', 'special', 'cache', 'param state', 'special state']],
  ['a tag', 'x', ['cache', 'special state']],
  ['a predicate', (path) => path.length === 1, ['cache', 'array']],
  ['true', true, ['param', 'special', 'cache', 'array', 'param state', 'special state']],
  ["'...'", '...', ['param', 'special', 'cache', 'array', 'param state', 'special state']],
  ['Everything', nnx.Everything(), ['param', 'special', 'cache', 'array', 'param state', 'special state']],
  ['false', false, []],
  ['null', null, []],
  ['Nothing', nnx.Nothing(), []],
  ['a list', [nnx.Cache, 'x'], ['cache', 'special state']],
  ['an empty list', [], []],
  ['Any', nnx.Any(Special, nnx.Cache), ['special', 'cache', 'special state']],
  ['All', nnx.All(nnx.Param, nnx.Not(Special)), ['param', 'param state']],
  ['All of nothing', nnx.All(), ['param', 'special', 'cache', 'array', 'param state', 'special state']],
  ['Not', nnx.Not([nnx.Param, nnx.Cache]), ['array']],
  ['OfType of any class', nnx.OfType(NDArray), ['array']],
  ['WithTag', nnx.WithTag('x'), ['cache', 'special state']],
  ['PathContains a name', nnx.PathContains('a'), ['param', 'special']],
  ['PathContains an index', nnx.PathContains(0), ['special', 'param state']],
  ['PathContains a piece of a name', nnx.PathContains('bc', { exact: false }), ['array']],
  ['PathContains no piece', nnx.PathContains('bc'), []],
  ['PathIn', nnx.PathIn(['a', 0], ['c']), ['special', 'cache']],
]

const one = np.ones([1])
const values: Readonly<Record<string, readonly [nnx.Path, unknown]>> = {
  param: [['a', 'b'], new nnx.Param(one)],
  special: [['a', 0], new Special(one)],
  cache: [['c'], new nnx.Cache(one, { tag: 'x' })],
  array: [['abc'], one],
  'param state': [[0, 1], new nnx.VariableState(nnx.Param, one)],
  'special state': [['d', 'e'], new nnx.VariableState(Special, one, { tag: 'x' })],
}

for (const [name, filter, holds] of cases) {
  test(`filter: ${name}`, (t) => {
    const predicate = nnx.toPredicate(filter)
    t.deepEqual(
      Object.entries(values)
        .filter(([, [path, value]]) => predicate(path, value))
        .map(([name]) => name),
      [...holds],
    )
  })
}

test("'...' and true only last", (t) => {
  t.is(nnx.filtersToPredicates([nnx.Param, '...', true]).length, 3)
  t.throws(() => nnx.filtersToPredicates([true, nnx.Param]), {
    instanceOf: ArgumentError,
    message: /'\.\.\.' or true only as the last filter, got true at index 0 of \[true, Param\]/,
  })
  t.throws(() => nnx.toPredicate(3 as never), {
    instanceOf: ArgumentError,
    message: /requires filter: Filter, got 3; pass a class of Variables, a tag/,
  })
})

test('predicates have names', (t) => {
  t.is(nnx.All(nnx.Param, nnx.Not('x'), [nnx.Cache]).name, "All(Param, Not('x'), [Cache])")
  t.is(nnx.Any(nnx.PathContains('kernel'), true).name, "Any(PathContains('kernel'), true)")
})
