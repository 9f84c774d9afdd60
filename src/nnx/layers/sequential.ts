/** Layers one after the other. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import { Module } from '../module.js'
import { Rngs, RngStream } from '../rngs.js'

/** A layer, or any function. */
export type Layer = (...args: never) => unknown

type AnyLayer = (...args: readonly unknown[]) => unknown

/** Whether a layer takes `{ rngs }` in a call: its class says so in the static field `takesRngs`. */
const takesRngs = (layer: AnyLayer): boolean =>
  (layer.constructor as { readonly takesRngs?: boolean }).takesRngs === true

/** The arguments without the `rngs` in their last, the options. */
const withoutRngs = (args: readonly unknown[]): readonly [args: readonly unknown[], rngs: Rngs | RngStream | null] => {
  const options = args.at(-1)
  if (typeof options !== 'object' || options === null || Object.getPrototypeOf(options) !== Object.prototype) return [args, null] // prettier-ignore
  const { rngs, ...others } = options as { readonly rngs?: unknown }
  if (!(rngs instanceof Rngs || rngs instanceof RngStream)) return [args, null]
  return [[...args.slice(0, -1), ...(Object.keys(others).length > 0 ? [others] : [])], rngs]
}

/** The arguments with `rngs` in the options. */
const withRngs = (args: readonly unknown[], rngs: Rngs | RngStream): readonly unknown[] => {
  const options: unknown = args.at(-1)
  const hasOptions = typeof options === 'object' && options !== null && Object.getPrototypeOf(options) === Object.prototype // prettier-ignore
  return hasOptions ? [...args.slice(0, -1), { ...options, rngs }] : [...args, { rngs }]
}

/**
 * Applies layers and functions in order. A list that one returns becomes the arguments of the next.
 *
 * Where the call's last argument is `{ rngs }`, the layers get them whose call takes such an option: those of a class with
 * the static field `takesRngs` (dropout, attention, recurrent networks, your own).
 *
 * @example
 * const rngs = new nnx.Rngs(0)
 * const model = new nnx.Sequential(new nnx.Linear(2, 4, { rngs }), nnx.relu, new nnx.Linear(4, 1, { rngs }))
 * model(np.ones([3, 2])).shape // => [3, 1]
 */
export class Sequential<A extends readonly unknown[] = [x: NDArray], R = NDArray> extends Module<A, R> {
  static readonly takesRngs = true
  readonly layers: readonly Layer[]

  /** @throws ArgumentError if a layer isn't a function */
  constructor(...layers: readonly Layer[]) {
    super()
    layers.forEach((layer: unknown, i) => {
      if (typeof layer !== 'function') {
        throw new ArgumentError('Sequential', 'layers and functions', `${typeof layer} at position ${i}`)
      }
    })
    this.layers = layers
  }

  override call(...args: A): R {
    const [given, rngs] = withoutRngs(args)
    const layers = this.layers as readonly AnyLayer[]
    if (layers.length === 0) return given[0] as R
    let output: unknown = given
    for (const layer of layers) {
      const inputs = Array.isArray(output) ? (output as readonly unknown[]) : [output]
      output = layer(...(rngs !== null && takesRngs(layer) ? withRngs(inputs, rngs) : inputs))
    }
    return output as R
  }
}
