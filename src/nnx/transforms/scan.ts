/** `nnx.scan`: a loop that carries modules, or takes a slice of their Variables at each step. */
import { ArgumentError, type NDArray, ShapeError, showAval, withShape } from '../../core/index.js'
import { canonicalAxis, range, transpose } from '../../lax/index.js'
import * as tree from '../../pytree/index.js'
import { arrayLeaf } from '../../transforms/index.js'
import { showPaths } from '../build.js'
import { GraphDef, type NodeDef } from '../graphdef.js'
import { AxisMetadata, type TransformMetadata } from './axisMetadata.js'
import { type Axis, axesOfArguments, axesOfDef, type AxesPrefix, Carry } from './axes.js'
import {
  arraysOf,
  effectsOf,
  matchCarry,
  type Operands,
  operandsOf,
  probe,
  requireSameType,
  settle,
} from './effects.js'
import { unrolledScan } from './unrolled.js'

export interface ScanOptions {
  /**
   * Of each argument, or of all: {@link Carry} for what goes from step to step, the axis of which each step gets a slice,
   * or `null` for what all steps share. By filter with {@link StateAxes}. Default `[nnx.Carry, 0]`.
   */
  readonly inAxes?: AxesPrefix
  /** Of the results: {@link Carry}, or the axis along which the steps' results are stacked. Default `[nnx.Carry, 0]`. */
  readonly outAxes?: AxesPrefix
  /** Number of steps; needed only if nothing is scanned. */
  readonly length?: number
  /** From the last slice to the first; default false. */
  readonly reverse?: boolean
  /** Steps in one turn of the loop, `true`: all, without a loop; default 1. Changes the time that things take, not the result. */
  readonly unroll?: number | boolean
  /** Changes of the metadata of Variables that are scanned: see {@link TransformMetadata}. Default none. */
  readonly transformMetadata?: TransformMetadata
}

const where = 'nnx.scan'
const anyAxis = (): boolean => true
const stackAxis = (axis: Axis): boolean => axis !== null

const move = (x: NDArray, from: number, to: number): NDArray => {
  const order = range(x.ndim).filter((i) => i !== from)
  return transpose(x, [...order.slice(0, to), from, ...order.slice(to)])
}

const mapArrays = (f: (x: NDArray) => NDArray, value: unknown): unknown =>
  tree.map((x: unknown) => f(arrayLeaf(where, x, 0)), value)

/** Where `axes` have the carry: an index, `all`, or `null`. @throws ArgumentError if there are several */
const carryAt = (what: string, axes: AxesPrefix): number | 'all' | null => {
  if (axes === Carry) return 'all'
  if (!Array.isArray(axes)) return null
  const found = (axes as readonly AxesPrefix[]).flatMap((axis, i) => (axis === Carry ? [i] : []))
  if (found.length > 1) throw new ArgumentError(where, `one nnx.Carry in ${what}`, `${found.length}`)
  return found[0] ?? null
}

const childAt = (def: NodeDef, i: number): NodeDef => {
  const child = def.kind === 'container' ? def.children[i] : undefined
  if (child === undefined) throw new ArgumentError(where, `a result with the carry at index ${i}`, 'another result')
  return child
}

/** The number of steps. @throws ArgumentError, ShapeError */
const lengthOf = ({ def, values }: Operands, kinds: readonly Axis[], length: number | undefined): number => {
  const sizes = new Map<number, string>()
  if (length !== undefined) sizes.set(length, 'length')
  values.forEach((value, leaf) => {
    const axis = kinds[leaf]!
    if (typeof axis !== 'number') return
    for (const x of arraysOf(where, value)) {
      const path = `args/${showPaths([def.paths[leaf]!])}`
      if (x.ndim === 0) throw new ShapeError(where, `an axis ${axis} at ${path}`, showAval(x.aval))
      const size = x.shape[canonicalAxis(where, axis, x.ndim)]!
      if (!sizes.has(size)) sizes.set(size, `${showAval(x.aval)} at ${path}`)
    }
  })
  if (sizes.size > 1) {
    const texts = [...sizes].map(([size, text]) => `${size} for ${text}`)
    throw new ShapeError(where, 'scanned axes of one size (and that of length)', texts.join(' and '))
  }
  const [size] = sizes.keys()
  if (size === undefined) throw new ArgumentError(where, 'something that is scanned, or the length', 'neither')
  return size
}

/**
 * A loop over an axis of the arguments, of which each step gets a slice, with a carry from step to step. Modules can be
 * the carry (`nnx.Carry`), scanned (a layer for each step, its Variables stacked), shared (`null`), or each of these by
 * filter (`nnx.StateAxes`). What a step writes into carried Variables is there in the next one, what it writes into
 * scanned ones is stacked; both are there in the caller's modules afterwards.
 *
 * @throws ArgumentError, naming the path, if a step changes the structure of its arguments or of the carry, or writes a
 * Variable that all steps share
 * @throws ShapeError, naming the path, if scanned axes differ in size or the carry changes its type
 * @throws TraceLevelError if a step writes a Variable that isn't in its arguments
 * @example
 * const make = nnx.vmap((key: random.PRNGKey) => new nnx.Linear(3, 3, { rngs: new nnx.Rngs(key) }))
 * const layers = make(random.split(random.key(0), 5))
 * const forward = nnx.scan((x: NDArray, layer: nnx.Linear) => nnx.relu(layer(x)), {
 *   inAxes: [nnx.Carry, 0],
 *   outAxes: nnx.Carry,
 * })
 * forward(np.ones([2, 3]), layers).shape // => [2, 3]
 */
export const scan = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  {
    inAxes = [Carry, 0],
    outAxes = [Carry, 0],
    length,
    reverse = false,
    unroll = 1,
    transformMetadata = {},
  }: ScanOptions = {},
): ((...args: A) => R) => {
  const [carryIn, carryOut] = [carryAt('inAxes', inAxes), carryAt('outAxes', outAxes)]
  if ((carryIn === null) !== (carryOut === null)) {
    throw new ArgumentError(where, 'nnx.Carry in both of inAxes and outAxes, or in neither', `only in ${carryIn === null ? 'outAxes' : 'inAxes'}`) // prettier-ignore
  }
  const metadata = new AxisMetadata(transformMetadata)
  return (...args) => {
    const operands = operandsOf(where, args)
    const { def, values } = operands
    const perArgument = axesOfArguments(where, inAxes, args.length)
    const body = metadata.around(f as unknown as (...args: readonly unknown[]) => unknown, perArgument, outAxes)
    const kinds = axesOfDef(`${where} inAxes`, perArgument, def.root, anyAxis)
    if (carryIn === 'all' && args.length !== 1) {
      throw new ArgumentError(where, 'one argument where inAxes is nnx.Carry', `${args.length}`)
    }
    const steps = lengthOf(operands, kinds, length)
    const found = probe(operands, body, (x, leaf) => {
      const axis = kinds[leaf]!
      if (typeof axis !== 'number') return x.aval
      const at = canonicalAxis(where, axis, x.ndim)
      return withShape(x.aval, x.shape.filter((_, i) => i !== at)) // prettier-ignore
    })
    // The carry of the caller, and what of the result goes into the next step.
    const carryDef = carryIn === null ? null : childAt(def.root, carryIn === 'all' ? 0 : carryIn)
    const returned =
      carryDef === null
        ? []
        : matchCarry(where, carryDef, carryOut === 'all' ? found.result : childAt(found.result, carryOut!))
    const written = found.changed.map((leaf, i) => {
      const kind = kinds[leaf]!
      const path = def.paths[leaf]!
      if (kind === null) {
        throw new ArgumentError(where, `nnx.Carry or an axis for args/${showPaths([path])}, which a step writes`, 'null') // prettier-ignore
      }
      if (kind === Carry) {
        requireSameType(where, path, arraysOf(where, values[leaf]).map((x) => x.aval), found.written[i]!) // prettier-ignore
      }
      return { leaf, kind }
    })
    for (const [leaf, at] of returned) {
      requireSameType(where, def.paths[leaf]!, arraysOf(where, values[leaf]).map((x) => x.aval), found.returned[at]!) // prettier-ignore
    }
    const handedBack = new Map(returned)
    const carried = [
      ...new Set([...written.flatMap(({ leaf, kind }) => (kind === Carry ? [leaf] : [])), ...handedBack.keys()]),
    ]
    const scanned = kinds.flatMap((kind, leaf) => (typeof kind === 'number' ? [leaf] : []))
    const stacked = written.flatMap(({ leaf, kind }) => (typeof kind === 'number' ? [leaf] : []))
    const results = axesOfDef(`${where} outAxes`, outAxes, found.result, stackAxis)
    const inCarry = new Set(handedBack.values())
    const ofSteps = found.returned.flatMap((_, at) => (inCarry.has(at) ? [] : [at]))
    for (const at of ofSteps) {
      if (typeof results[at] !== 'number') {
        const path = new GraphDef(found.result, 0, 0).paths[at]!
        throw new ArgumentError(where, `an axis for the result at ${showPaths([path])}`, 'nnx.Carry')
      }
    }
    const [last, ys] = unrolledScan(
      (carry: readonly unknown[], slices: readonly unknown[]) => {
        const inner = [...values]
        carried.forEach((leaf, i) => (inner[leaf] = carry[i]))
        scanned.forEach((leaf, i) => (inner[leaf] = slices[i]))
        const effects = effectsOf(operands, inner, body)
        const next = carried.map((leaf) => {
          const at = handedBack.get(leaf)
          return at === undefined ? effects.values[leaf] : effects.leaves[at]
        })
        return [next, [...stacked.map((leaf) => effects.values[leaf]), ...ofSteps.map((at) => effects.leaves[at])]]
      },
      carried.map((leaf) => values[leaf]),
      scanned.map((leaf) =>
        mapArrays((x) => move(x, canonicalAxis(where, kinds[leaf] as number, x.ndim), 0), values[leaf]),
      ),
      { length: steps, reverse, unroll },
    )
    const placed = (value: unknown, axis: number): unknown =>
      mapArrays((y) => move(y, 0, canonicalAxis(where, axis, y.ndim)), value)
    const carriedOut = written.filter(({ kind }) => kind === Carry).map(({ leaf }) => leaf)
    const leaves: unknown[] = []
    for (const [leaf, at] of handedBack) leaves[at] = last[carried.indexOf(leaf)]
    ofSteps.forEach((at, i) => (leaves[at] = placed(ys[stacked.length + i], results[at] as number)))
    return settle(
      operands,
      [...carriedOut, ...stacked],
      [
        ...carriedOut.map((leaf) => last[carried.indexOf(leaf)]),
        ...stacked.map((leaf, i) => placed(ys[i], kinds[leaf] as number)),
      ],
      found.result,
      leaves,
    ) as R
  }
}
