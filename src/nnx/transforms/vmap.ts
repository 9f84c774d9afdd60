/** `nnx.vmap`: functions of modules over an axis of their Variables. */
import { ArgumentError, type BatchAxis, type NDArray, ShapeError, showAval } from '../../core/index.js'
import { canonicalAxis } from '../../lax/index.js'
import * as tree from '../../pytree/index.js'
import { arrayLeaf, batchAxisAt, vmapFlat } from '../../transforms/index.js'
import { showPaths } from '../build.js'
import { GraphDef } from '../graphdef.js'
import { flattenGraph } from '../walk.js'
import { type Axis, axesOfArguments, axesOfDef, type AxesPrefix } from './axes.js'
import { AxisMetadata, type TransformMetadata } from './axisMetadata.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'

export interface VmapOptions {
  /** Mapped axis of each argument, or one for all of them; default 0. By filter with {@link StateAxes}. */
  readonly inAxes?: AxesPrefix
  /** Mapped axis of the results; default 0. `null`: the result doesn't depend on the mapped axis. */
  readonly outAxes?: AxesPrefix
  /** Size of the mapped axis, needed only if no argument is mapped. */
  readonly axisSize?: number
  /** Name of the mapped axis, for `lax.pmean` and its kind inside, and for normalizations that have it; default none. */
  readonly axisName?: string
  /** Changes of the Variables' metadata: see {@link TransformMetadata}. Default none. */
  readonly transformMetadata?: TransformMetadata
}

const isAxis = (axis: Axis): boolean => axis === null || typeof axis === 'number'

/** The axes of the values that come out, in their order, and where each belongs. */
const axesOut = (
  where: string,
  { args, result, changed }: Outcome,
  axes: readonly Axis[],
  inAxes: readonly AxesPrefix[],
  outAxes: AxesPrefix,
  inputs: GraphDef,
): readonly (readonly [axis: BatchAxis, name: () => string])[] => {
  const results = axesOfDef(`${where} outAxes`, outAxes, result, isAxis) as readonly BatchAxis[]
  const pathsOf = (leaf: number): string => showPaths([new GraphDef(result, 0, 0).paths[leaf]!])
  const ofResults = results.map((axis, leaf) => [axis, () => `the result at ${pathsOf(leaf)}`] as const)
  if (args === null) {
    const written = changed.map(
      (leaf) => [axes[leaf] as BatchAxis, () => `args/${showPaths([inputs.paths[leaf]!])}`] as const,
    )
    return [...written, ...ofResults]
  }
  const after = axesOfDef(`${where} inAxes`, inAxes, args, isAxis) as readonly BatchAxis[]
  const { paths } = new GraphDef(args, 0, 0)
  return [
    ...after.map((axis, leaf) => [axis, () => `args/${showPaths([paths[leaf]!])}`] as const),
    // Leaves of the result are counted after those of the arguments.
    ...ofResults.slice(after.length),
  ]
}

/**
 * A function that maps `f` over an axis of its arguments: of arrays, and of the Variables of modules. What `f` does to a
 * module is done to the caller's: Variables that are mapped get the results of all, along their axis.
 *
 * Keys of random streams are split first with `nnx.splitRngs`; a stream that isn't mapped gives all the same keys.
 *
 * @throws ShapeError if mapped axes differ in size, naming the paths
 * @throws ArgumentError if nothing is mapped and `axisSize` isn't given, if axes don't fit, or if a Variable that isn't
 * mapped gets values that are
 * @throws TraceLevelError if `f` writes a Variable that isn't in its arguments
 * @example
 * const rngs = new nnx.Rngs(0)
 * nnx.splitRngs(rngs, { splits: 4 })
 * const models = nnx.vmap((rngs: nnx.Rngs) => new nnx.Linear(2, 3, { rngs }))(rngs)
 * models.kernel.value.shape // => [4, 2, 3]
 * nnx.vmap((m: nnx.Linear, x: NDArray) => m(x), { inAxes: [0, null] })(models, np.ones([5, 2])).shape // => [4, 5, 3]
 */
export const vmap = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { inAxes = 0, outAxes = 0, axisSize, axisName, transformMetadata = {} }: VmapOptions = {},
): ((...args: A) => R) => {
  const where = 'nnx.vmap'
  const metadata = new AxisMetadata(transformMetadata)
  return (...args) => {
    const outside = flattenGraph(args, false)
    const { def } = outside
    const perArgument = axesOfArguments(where, inAxes, args.length)
    const axes = axesOfDef(`${where} inAxes`, perArgument, def.root, isAxis)
    const flat = outside.leaves.map((leaf) => tree.flatten(valueOfLeaf(leaf)))
    const leafOf = flat.flatMap(([xs], leaf) => xs.map(() => leaf))
    const arrays = flat.flatMap(([xs]) => xs as readonly unknown[]).map((x, i) => arrayLeaf(where, x, i))
    const mapped = arrays.map((x, i): BatchAxis => {
      const axis = axes[leafOf[i]!] as BatchAxis
      if (axis === null) return null
      if (x.ndim > 0) return canonicalAxis(where, axis, x.ndim)
      throw new ShapeError(where, `an axis ${axis} at args/${showPaths([def.paths[leafOf[i]!]!])}`, showAval(x.aval))
    })
    const sizes = new Map<number, number>()
    mapped.forEach((axis, i) => {
      if (axis !== null && !sizes.has(arrays[i]!.shape[axis]!)) sizes.set(arrays[i]!.shape[axis]!, i)
    })
    if (sizes.size > 1) {
      const texts = [...sizes].map(
        ([n, i]) => `${n} for ${showAval(arrays[i]!.aval)} at args/${showPaths([def.paths[leafOf[i]!]!])}`,
      )
      throw new ShapeError(where, 'mapped axes of one size', texts.join(' and '))
    }
    const size = [...sizes.keys()][0] ?? axisSize
    if (size === undefined) throw new ArgumentError(where, 'a mapped argument, or axisSize', 'neither')
    let outcome: Outcome | null = null
    const [values, from] = vmapFlat(
      (...inner) => {
        let next = 0
        const filled = flat.map(([xs, structure]) => structure.unflatten(inner.slice(next, (next += xs.length))))
        const inside = new Inside(def, filled)
        outcome = inside.leave(where, metadata.around(f, perArgument, outAxes)(...(inside.args as unknown as A)), false)
        return outcome.outputs.flatMap((value) =>
          (tree.leaves(value) as readonly unknown[]).map((x, i) => arrayLeaf(where, x, i)),
        )
      },
      arrays,
      mapped,
      size,
      axisName ?? null,
    )
    const to = axesOut(where, outcome!, axes, perArgument, outAxes, def)
    const { outputs } = outcome!
    let next = 0
    const results = outputs.map((value, i) => {
      const [axis, name] = to[i]!
      return tree.map(() => {
        const [y, source] = [values[next]!, from[next]!] as readonly [NDArray, BatchAxis]
        next += 1
        if (axis !== null) return batchAxisAt(y, source, axis, size)
        if (source === null) return y
        throw new ArgumentError(where, `an axis for ${name()}, which depends on mapped values`, 'null')
      }, value)
    })
    return propagate(outcome!, outside, results) as R
  }
}
