/** Transformations one after another. */
import { ArgumentError } from '../core/index.js'
import { type AnyGradientTransformation, type ExtraArgsOf, GradientTransformation, type StateOf } from './base.js'

/** The states of a chain, one for each of its transformations. */
export type ChainState<T extends readonly AnyGradientTransformation[]> = { readonly [K in keyof T]: StateOf<T[K]> }

/** What any of a chain's transformations needs. */
export type ChainExtraArgs<T extends readonly AnyGradientTransformation[]> = {
  [K in keyof T]: (extra: ExtraArgsOf<T[K]>) => void
}[number] extends (extra: infer E) => void
  ? E
  : never

/**
 * Transformations one after another: each gets the updates that the one before made. The state is the list of their
 * states; all of them get the params and the extra arguments.
 *
 * @throws ArgumentError in `update`, if the state has another number of parts
 * @example
 * const tx = optax.chain(optax.clipByGlobalNorm(1), optax.scale(-0.1))
 * const params = { w: np.array([3, 4]) }
 * tx.update({ w: np.array([3, 4]) }, tx.init(params))[0] // => { w: Array([-0.06, -0.08], dtype=float32) }
 */
export const chain = <const T extends readonly AnyGradientTransformation[]>(
  ...transformations: T
): GradientTransformation<ChainState<T>, ChainExtraArgs<T>> => {
  const txs = transformations as unknown as readonly GradientTransformation[]
  return GradientTransformation<readonly unknown[], ChainExtraArgs<T>>(
    (params) => txs.map((tx) => tx.init(params)),
    (updates, state, params, extra) => {
      if (!Array.isArray(state) || state.length !== txs.length) {
        throw new ArgumentError(
          'chain',
          `a state of ${txs.length} parts, one for each transformation`,
          `${Array.isArray(state) ? `one of ${state.length}` : typeof state}; pass what init or the last update returned`,
        )
      }
      const states: unknown[] = []
      let current = updates
      txs.forEach((tx, i) => {
        const [next, nextState] = tx.update(current, state[i], params, extra)
        current = next
        states.push(nextState)
      })
      return [current, states]
    },
  ) as unknown as GradientTransformation<ChainState<T>, ChainExtraArgs<T>>
}
