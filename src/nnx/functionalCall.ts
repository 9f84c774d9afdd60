/** Pure calls of models that are structure and state. */
import { ArgumentError } from '../core/index.js'
import { merge, split } from './graph.js'
import { GraphDef } from './graphdef.js'
import { printValue } from './print.js'
import type { AnyState, State } from './state.js'

/** A model as structure and state. */
export type PureState<M> = readonly [graphdef: GraphDef<M>, state: AnyState]

/**
 * What stands for a model whose methods are called purely: from the arguments to the result, and the model afterwards. Its
 * fields stand for those of the model.
 */
export type PureCaller<T, M> = (T extends (...args: infer A) => infer R
  ? (...args: A) => readonly [result: R, model: readonly [graphdef: GraphDef<M>, state: State<M>]]
  : unknown) & { readonly [K in keyof T]: PureCaller<T[K], M> }

declare module './graphdef.js' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- merged with the class
  interface GraphDef<M> {
    /**
     * Pure calls of the model that {@link merge} makes of the structure and states, as {@link call} has them.
     *
     * @throws ArgumentError if the states don't fit, or it isn't a method that is called
     * @example
     * const [graphdef, state] = nnx.split(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }))
     * const [y, [, after]] = graphdef.apply(state)(np.ones([4, 2]))
     * y.shape // => [4, 3]
     */
    apply<N>(this: GraphDef<N>, state: AnyState, ...states: readonly AnyState[]): PureCaller<N, N>
  }
}

const caller = (merged: () => unknown, path: readonly string[]): unknown =>
  new Proxy(() => undefined, {
    get: (_target, name) => (typeof name === 'symbol' || name === 'then' ? undefined : caller(merged, [...path, name])),
    apply: (_target, _self, args: readonly unknown[]) => {
      const model = merged()
      let self: unknown
      let f = model
      for (const name of path) [self, f] = [f, (f as Readonly<Record<string, unknown>> | undefined)?.[name]]
      if (typeof f !== 'function') throw new ArgumentError('nnx.call', 'the name of a method', `'${path.join('.')}'`)
      return [Reflect.apply(f, self, args) as unknown, split(model)]
    },
  })

/**
 * Pure calls of a model that is structure and state: of itself, or of a method, which may be one of a part of it. Each
 * gives the result, and the model afterwards.
 *
 * @throws ArgumentError if it is no structure with a state, or there is no such method
 * @example
 * const pair = nnx.split({ norm: new nnx.BatchNorm(1, { rngs: new nnx.Rngs(0), momentum: 0 }) })
 * const [y, [, after]] = nnx.call(pair).norm(np.array([[1], [3]]))
 * after.norm.mean.value // => Array([2.], dtype=float32)
 */
export const call = <M>([graphdef, state]: PureState<M>): PureCaller<M, M> => {
  const given: unknown = graphdef
  if (!(given instanceof GraphDef)) {
    throw new ArgumentError(
      'nnx.call',
      'a structure and a state, as nnx.split gives them',
      `${printValue(given)} first`,
    )
  }
  return caller(() => merge(graphdef, state), []) as PureCaller<M, M>
}

Object.defineProperty(GraphDef.prototype, 'apply', {
  value<M>(this: GraphDef<M>, ...states: readonly [AnyState, ...AnyState[]]) {
    return caller(() => merge(this, ...states), [])
  },
  writable: true,
  configurable: true,
})
