/** Transformations one after another. */
import { ArgumentError, requireLists } from '../core/index.js'
import {
  type AnyGradientTransformation,
  type ExtraArgsOf,
  GradientTransformation,
  requireTransformation,
  type StateOf,
} from './base.js'

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
 * @see https://optax.readthedocs.io/en/latest/api/combining_optimizers.html#optax.chain
 * @example
 * const tx = optax.chain(optax.clipByGlobalNorm(1), optax.scale(-0.1))
 * const params = { w: np.array([3, 4]) }
 * tx.update({ w: np.array([0, 5]) }, tx.init(params))[0] // => { w: Array([-0. , -0.1], dtype=float32) }
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

/** A transformation and what its state is called. */
export type NamedTransformation = readonly [name: string, transformation: AnyGradientTransformation]

/** The states of a named chain, by name. */
export type NamedChainState<T extends readonly NamedTransformation[]> = {
  readonly [K in T[number] as K[0]]: StateOf<K[1]>
}

/** What any of a named chain's transformations needs. */
export type NamedChainExtraArgs<T extends readonly NamedTransformation[]> = ChainExtraArgs<{
  [K in keyof T]: T[K][1]
}>

/**
 * A {@link chain} whose state is an object with the states by name.
 *
 * @throws ArgumentError if two have one name, or in `update` if a state is missing
 * @see https://optax.readthedocs.io/en/latest/api/combining_optimizers.html#optax.named_chain
 * @example
 * const tx = optax.namedChain(['momentum', optax.trace(0.9)], ['rate', optax.scale(-1)])
 * tx.init(np.zeros([1])).momentum.trace // => Array([0.], dtype=float32)
 */
export const namedChain = <const T extends readonly NamedTransformation[]>(
  ...transformations: T
): GradientTransformation<NamedChainState<T>, NamedChainExtraArgs<T>> => {
  requireLists('namedChain', transformations)
  for (const [, tx] of transformations) requireTransformation('namedChain', tx)
  const names = transformations.map(([name]) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new ArgumentError('namedChain', 'unique names', `'${twice}' twice`)
  const txs = transformations as unknown as readonly (readonly [string, GradientTransformation])[]
  return GradientTransformation<Readonly<Record<string, unknown>>, NamedChainExtraArgs<T>>(
    (params) => Object.fromEntries(txs.map(([name, tx]) => [name, tx.init(params)])),
    (updates, state, params, extra) => {
      const next: Record<string, unknown> = {}
      let current = updates
      for (const [name, tx] of txs) {
        if (!Object.hasOwn(state, name)) {
          const got = `one with ${Object.keys(state).join(', ') || 'none'}`
          throw new ArgumentError(
            'namedChain',
            `a state with a part '${name}'`,
            `${got}; pass what init or the last update returned`,
          )
        }
        ;[current, next[name]] = tx.update(current, state[name], params, extra)
      }
      return [current, next]
    },
  ) as unknown as GradientTransformation<NamedChainState<T>, NamedChainExtraArgs<T>>
}

/**
 * A transformation that takes extra arguments: here all of them do, and this is the same one.
 *
 * @see https://optax.readthedocs.io/en/latest/api/combining_optimizers.html#optax.with_extra_args_support
 * @example
 * const tx = optax.withExtraArgsSupport(optax.scale(2))
 * tx.update(np.array([1]), {}, null, { value: 3 })[0] // => Array([2.], dtype=float32)
 */
export const withExtraArgsSupport = <T extends AnyGradientTransformation>(transformation: T): T => transformation
