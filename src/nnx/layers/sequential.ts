/** Layers one after the other. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import { Module } from '../module.js'

/** A layer, or any function. */
export type Layer = (...args: never) => unknown

/**
 * Applies layers and functions in order. A list that one returns becomes the arguments of the next.
 *
 * @example
 * const rngs = new nnx.Rngs(0)
 * const model = new nnx.Sequential(new nnx.Linear(2, 4, { rngs }), nnx.relu, new nnx.Linear(4, 1, { rngs }))
 * model(np.ones([3, 2])).shape // => [3, 1]
 */
export class Sequential<A extends readonly unknown[] = [x: NDArray], R = NDArray> extends Module<A, R> {
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
    const [first, ...rest] = this.layers as readonly ((...args: readonly unknown[]) => unknown)[]
    if (first === undefined) return args[0] as R
    return rest.reduce<unknown>(
      (y, layer) => (Array.isArray(y) ? layer(...(y as readonly unknown[])) : layer(y)),
      first(...args),
    ) as R
  }
}
