/** What is differentiated: Variables of an argument, chosen by a filter. */
import type { Filter } from '../filter.js'

/** Selects the Variables of argument number `argnum` that satisfy `filter`. */
export interface DiffState<N extends number = number, F extends Filter = Filter> {
  readonly _tag: 'DiffState'
  readonly argnum: N
  readonly filter: F
}

function diffState<N extends number, F extends Filter>(argnum: N, filter: F): DiffState<N, F> {
  return { _tag: 'DiffState', argnum, filter }
}

/**
 * For `argnums` of `nnx.grad`: the Variables of an argument that satisfy a filter, in the place of its Params. With or
 * without `new`.
 *
 * @example
 * const model = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0) })
 * const loss = (model: nnx.BatchNorm) => np.sum(model(np.ones([3, 2]), { useRunningAverage: true }))
 * const grads = nnx.grad(loss, { argnums: nnx.DiffState(0, nnx.BatchStat) })(model)
 * nnx.toFlatState(grads).map(([path]) => path[0]) // => ['mean', 'var']
 */
export const DiffState = diffState as {
  <const N extends number, const F extends Filter>(argnum: N, filter: F): DiffState<N, F>
  new <const N extends number, const F extends Filter>(argnum: N, filter: F): DiffState<N, F>
}
