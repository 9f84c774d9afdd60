/** Metadata that follow the axes of Variables through `vmap` and `scan`. */
import { ArgumentError } from '../../core/index.js'
import { flattenGraph } from '../walk.js'
import { type Metadata, Variable } from '../variable.js'
import { type Axis, axesOfArguments, axesOfDef, type AxesPrefix } from './axes.js'

/** The name that the hooks `onAddAxis` and `onRemoveAxis` get. */
export const PARTITION_NAME = 'partitionName'

/**
 * What becomes of the metadata of Variables that are mapped: inside of the function they have one axis less, so the
 * hooks `onRemoveAxis` and afterwards `onAddAxis` are called with the axis and its name, `partitionName`. Metadata that are
 * lists, of the other names here, lose and get an item at the axis: the value given.
 *
 * Without `partitionName` nothing is done.
 */
export interface TransformMetadata {
  readonly partitionName?: string | null
  readonly [name: string]: unknown
}

/** @internal The axes of Variables in a mapped function, whose metadata change. */
export class AxisMetadata {
  readonly #isActive: boolean
  readonly #name: string | null
  readonly #lists: Metadata

  constructor({ partitionName, ...lists }: TransformMetadata) {
    this.#isActive = partitionName !== undefined
    this.#name = partitionName ?? null
    this.#lists = lists
  }

  /** The Variables that are mapped, once each, with their axes. */
  #mapped(values: unknown, axes: AxesPrefix): readonly (readonly [Variable<unknown>, number])[] {
    const { def, leaves } = flattenGraph(values, false)
    const kinds: readonly Axis[] = axesOfDef('transformMetadata', axes, def.root, () => true)
    return leaves.flatMap((leaf, i) => {
      const axis = kinds[i]
      return leaf instanceof Variable && typeof axis === 'number' ? [[leaf as Variable<unknown>, axis] as const] : []
    })
  }

  /** The function with the metadata changed around it. @throws ArgumentError if a list has something else at the axis */
  around<A extends readonly unknown[], R>(
    f: (...args: A) => R,
    inAxes: AxesPrefix,
    outAxes: AxesPrefix,
  ): (...args: A) => R {
    if (!this.#isActive) return f
    return (...args) => {
      this.#remove(args, inAxes)
      const result = f(...args)
      this.#add([args, result], [inAxes, outAxes])
      return result
    }
  }

  /** An axis is taken away. @throws ArgumentError if a list has something else there */
  #remove(values: unknown, axes: AxesPrefix): void {
    for (const [variable, axis] of this.#mapped(values, axes)) {
      for (const [name, value] of Object.entries(this.#lists)) {
        const list = variable.metadata[name]
        if (!Array.isArray(list)) continue
        const removed: unknown = list.at(axis)
        if (removed !== value) {
          throw new ArgumentError('transformMetadata', `${String(value)} at ${axis} of the metadata ${name}`, String(removed)) // prettier-ignore
        }
        variable.setMetadata({ [name]: (list as readonly unknown[]).toSpliced(axis, 1) })
      }
      variable.removeAxis(axis, this.#name)
    }
  }

  /** An axis is put in. */
  #add(values: unknown, axes: AxesPrefix): void {
    for (const [variable, axis] of this.#mapped(values, axes)) {
      for (const [name, value] of Object.entries(this.#lists)) {
        const list = variable.metadata[name]
        if (!Array.isArray(list)) continue
        const padded: unknown[] = [...(list as readonly unknown[])]
        while (padded.length < axis) padded.push(null)
        const at = axis < 0 ? padded.length + 1 + axis : axis
        variable.setMetadata({ [name]: padded.toSpliced(at, 0, value) })
      }
      variable.addAxis(axis, this.#name)
    }
  }
}

export interface TransformMetadataOptions extends TransformMetadata {
  /** As in `nnx.vmap`; default 0. */
  readonly inAxes?: AxesPrefix
  /** As in `nnx.vmap`; default 0. */
  readonly outAxes?: AxesPrefix
}

/**
 * A function around which the metadata of Variables change as in `nnx.vmap` and `nnx.scan`: for functions that are mapped
 * by other means.
 *
 * @throws ArgumentError if a list in the metadata has something else at the axis
 * @example
 * const v = new nnx.Param(np.ones([3, 2]), { axes: ['layers', 'in'] })
 * const inner = nnx.transformMetadata((v: nnx.Param) => v.getMetadata('axes'), { partitionName: 'layers', axes: 'layers' })
 * inner(v) // => ['in']
 * v.getMetadata('axes') // => ['layers', 'in']
 */
export const transformMetadata = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { inAxes = 0, outAxes = 0, ...given }: TransformMetadataOptions,
): ((...args: A) => R) => {
  const metadata = new AxisMetadata(given)
  return (...args) =>
    metadata.around(f, axesOfArguments('nnx.transformMetadata', inAxes, args.length), outAxes)(...args)
}
