/** `scan`: a loop of known length that carries values and stacks results. */
import {
  ArgumentError,
  bind,
  equalAvals,
  equalShapes,
  type Jaxpr,
  type NDArray,
  type ShapedArray,
  ShapeError,
  showAval,
  stage,
  strengthened,
  usedByLoop,
  withShape,
} from '../core/index.js'
import { concatenate, convertElementType, expandDims, reshape, sliceInDim } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, isJitDisabled, jitP, outputLeaves, splitAt } from '../transforms/index.js'
import { scanP } from './scanPrimitive.js'

export interface ScanOptions {
  /** Number of steps; needed only without xs. */
  readonly length?: number
  /** From the last slice to the first; default false. */
  readonly reverse?: boolean
}

/**
 * A loop over the first axis of `xs` that carries a value from step to step.
 *
 * Differentiable in both modes, unlike `whileLoop`: the length is known.
 * @param f - from the carry and one slice of each leaf of `xs` to the next carry and one slice of the results
 * @param init - first carry; its structure, shapes and dtypes stay
 * @param xs - tree of arrays whose first axes have one size, or `null`
 * @returns the last carry, and the results stacked along a new first axis
 * @throws ShapeError if the carry changes its shape or dtype, or first axes differ in size
 * @example
 * const [sum, sums] = lax.scan((c: NDArray, x: NDArray) => [c.add(x), c.add(x)], np.array(0), np.array([1, 2, 3]))
 * sums // => Array([1., 3., 6.], dtype=float32)
 */
export const scan = <C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  { length, reverse = false }: ScanOptions = {},
): readonly [C, Y] => {
  const [initLeaves, carryTree] = tree.flatten<unknown>(init)
  const [xLeaves, xTree] = tree.flatten<unknown>(xs)
  const arrays = xLeaves.map((x, i) => arrayLeaf('scan', x, i))
  const sizes = new Set(arrays.map((x) => x.shape[0] ?? -1))
  if (length !== undefined) sizes.add(length)
  const [size] = sizes
  if (size === undefined) throw new ArgumentError('scan', 'xs with at least one array, or the length', 'neither')
  if (sizes.size > 1 || size < 0) {
    throw new ShapeError('scan', 'first axes of one size (and that of length)', arrays.map((x) => showAval(x.aval)).join(', ') + (length === undefined ? '' : ` and length ${length}`)) // prettier-ignore
  }
  let carry = initLeaves.map((x, i) => arrayLeaf('scan', x, i))
  const nextCarry = (c: unknown): readonly NDArray[] =>
    carryTree
      .leavesOf(c, { where: 'scan', left: 'the first carry', right: 'the carry returned' })
      .map((x, i) => arrayLeaf('scan', x, i))
  const step = (c: readonly NDArray[], x: readonly NDArray[]): readonly [C, Y] => {
    const result: unknown = f(carryTree.unflatten(c) as C, xTree.unflatten(x) as X)
    if (Array.isArray(result) && result.length === 2) return result as unknown as readonly [C, Y]
    throw new ArgumentError('scan', 'a function that returns [carry, y]', typeof result)
  }
  // Without steps only a trace tells the types of the results.
  if (isJitDisabled() && size > 0) {
    const rows: (readonly NDArray[])[] = []
    let resultTree: tree.TreeDef | null = null
    for (let n = 0; n < size; n++) {
      const at = reverse ? size - 1 - n : n
      const [c, y] = step(carry, arrays.map((x) => reshape(sliceInDim(x, at, at + 1), x.shape.slice(1)))) // prettier-ignore
      carry = [...nextCarry(c)]
      const [ys, structure] = outputLeaves('scan', y)
      resultTree = structure
      rows.push(ys)
    }
    if (reverse) rows.reverse()
    const stacked = rows[0]!.map((_, i) =>
      concatenate(
        rows.map((row) => expandDims(row[i]!, [0])),
        0,
      ),
    )
    return [carryTree.unflatten(carry) as C, resultTree!.unflatten(stacked) as Y]
  }
  const sliceAvals = arrays.map((x) => withShape(x.aval, x.shape.slice(1)))
  const trace = (avals: readonly ShapedArray[]) => {
    let resultTree: tree.TreeDef | null = null
    const staged = stage(
      (...args) => {
        const [c, x] = splitAt(args, carry.length)
        const [next, y] = step(c!, x!)
        const [ys, structure] = outputLeaves('scan', y)
        resultTree = structure
        return [...nextCarry(next), ...ys]
      },
      [...avals, ...sliceAvals],
      undefined,
      'scan',
    )
    return { ...staged, resultTree: resultTree! }
  }
  let traced = trace(carry.map((x) => x.aval))
  const outAvals = (): readonly ShapedArray[] => traced.jaxpr.avalsOut.slice(0, carry.length)
  if (!outAvals().every((aval, i) => equalAvals(aval, carry[i]!.aval))) {
    // A first carry of weak type takes the type that the body gives it.
    const promoted = carry.map((x, i) => {
      const aval = outAvals()[i]!
      return x.weakType && equalShapes(aval.shape, x.shape) ? convertElementType(x, aval.dtype, aval.weakType) : x
    })
    carry = promoted.map((x) => (x.weakType ? convertElementType(x, x.dtype, false) : x))
    traced = trace(carry.map((x) => strengthened(x.aval)))
  }
  const jaxpr = withCarryTypes(traced.jaxpr, carry)
  usedByLoop('scan', traced.keyUses, [...traced.consts, ...carry, ...arrays], traced.consts.length, carry.length)
  const results = bind(scanP, [...traced.consts, ...carry, ...arrays], {
    jaxpr,
    constCount: traced.consts.length,
    carryCount: carry.length,
    length: size,
    reverse,
  })
  return [
    carryTree.unflatten(results.slice(0, carry.length)) as C,
    traced.resultTree.unflatten(results.slice(carry.length)) as Y,
  ]
}

/** The body with carries that come out as they went in, weakness aside. @throws ShapeError */
const withCarryTypes = (jaxpr: Jaxpr, carry: readonly NDArray[]): Jaxpr => {
  const outs = jaxpr.avalsOut
  carry.forEach((x, i) => {
    const aval = outs[i]!
    if (aval.dtype !== x.dtype || !equalShapes(aval.shape, x.shape)) {
      throw new ShapeError('scan', `a carry that keeps its type (${showAval(x.aval)})`, `${showAval(aval)} for leaf ${i}; cast it, or the first one`) // prettier-ignore
    }
  })
  if (outs.slice(0, carry.length).every((aval, i) => aval.weakType === carry[i]!.weakType)) return jaxpr
  return stage(
    (...args) => bind(jitP, args, { jaxpr, name: 'scan_body' }).map((y, i) => (i < carry.length ? convertElementType(y, y.dtype, carry[i]!.weakType) : y)), // prettier-ignore
    jaxpr.avalsIn,
  ).jaxpr
}
