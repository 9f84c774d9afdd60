/** Random arrays and trees of them, their equality bit for bit, and ways to break data. */
import fc from 'fast-check'
import { type DType, NDArray, nnx, np, optax, random, tree } from '../../src/index.js'
import { arrayOfBytes, byteLengthOf, bytesOfArray } from '../../src/io/bytes.js'

/** Arrays of every dtype; with `anyBits` also NaNs that carry payloads. */
export const arrays = (anyBits: boolean): fc.Arbitrary<NDArray> =>
  fc
    .record({
      dtype: fc.constantFrom<DType>(...np.dtypes),
      shape: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
      bits: fc.uint8Array({ minLength: 512, maxLength: 512 }),
    })
    .map(({ dtype, shape, bits }) => {
      const bytes = bits.slice(0, byteLengthOf(shape, dtype))
      const x = arrayOfBytes(dtype === 'bool' ? bytes.map((byte) => byte & 1) : bytes, shape, dtype)
      if (anyBits || !dtype.includes('float') || x.size === 0) return x
      return np.where(np.isnan(x), np.array(NaN, { dtype }), x)
    })

const names = fc
  .oneof(fc.string({ maxLength: 4 }), fc.constantFrom('constructor', 'toString', '$', '0', 'a/b', ''))
  .filter((name) => name !== '__proto__')

const scalars = fc.oneof(
  fc.double(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0),
  fc.boolean(),
  fc.string({ maxLength: 5 }),
  fc.bigInt(),
)

/** Trees of arrays, keys, numbers, text, `null`, Maps, registered nodes and states. */
export const trees = (anyBits: boolean): fc.Arbitrary<unknown> =>
  fc.letrec<{ tree: unknown; inner: unknown }>((tie) => ({
    tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaves(anyBits), tie('inner')),
    inner: fc.oneof(
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(names, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      fc
        .array(fc.tuple(fc.oneof(names, fc.integer()), tie('tree')), { maxLength: 3 })
        .map((entries) => new Map(entries)),
      fc.tuple(tie('tree'), tie('tree')).map(([fast, slow]) => new optax.LookaheadParams(fast, slow)),
      fc
        .dictionary(fc.stringMatching(/^[a-z]{1,4}$/), variables(anyBits), { maxKeys: 3 })
        .map((entries) => new nnx.State(entries)),
    ),
  })).tree

const leaves = (anyBits: boolean): fc.Arbitrary<unknown> =>
  fc.oneof(arrays(anyBits), scalars, fc.constantFrom(null, random.key(5), new optax.MaskedNode()))

const variables = (anyBits: boolean): fc.Arbitrary<nnx.VariableState> =>
  fc
    .tuple(arrays(anyBits), fc.constantFrom(nnx.Param, nnx.BatchStat, nnx.RngCount), fc.boolean())
    .map(([x, kind, tagged]) => new nnx.VariableState(kind, x, tagged ? { tag: 'a', sourceType: nnx.Param } : {}))

/** Whether two trees are one structure with the same leaves, arrays bit for bit. */
export const sameTree = (a: unknown, b: unknown): boolean => {
  const [x, structureA] = tree.flatten(a)
  const [y, structureB] = tree.flatten(b)
  return structureA.equals(structureB) && x.every((leaf, i) => sameLeaf(leaf, y[i]))
}

const sameLeaf = (a: unknown, b: unknown): boolean => {
  if (!(a instanceof NDArray) || !(b instanceof NDArray)) return Object.is(a, b)
  const sameType = a.dtype === b.dtype && a.weakType === b.weakType && `${a.shape}` === `${b.shape}`
  return sameType && Buffer.compare(bytesOfArray(a), bytesOfArray(b)) === 0
}

/** Whether two arrays have one shape and elements within 1e-6 of each other. */
export const near = (a: NDArray, b: NDArray): boolean => {
  const [x, y] = [a, b].map((array) => Array.from(array.data() as Iterable<number | bigint>, Number))
  return (
    `${a.shape}` === `${b.shape}` &&
    x!.every((v, i) => Object.is(v, y![i]) || Math.abs(v - y![i]!) <= 1e-6 * (1 + Math.abs(y![i]!)))
  )
}
