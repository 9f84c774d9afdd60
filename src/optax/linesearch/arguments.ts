/** What line searches need besides the updates. */
import { ArgumentError, type DType, isFloat, literal, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import { type ExtraArgs, type Params, requireParams, type Updates } from '../base.js'

/** Extra arguments of an update that searches a step size. */
export interface LinesearchExtraArgs {
  /** The value of the function at the params, a scalar. */
  readonly value: NDArray
  /** Its gradient there, in the structure of the params. */
  readonly grad: unknown
  /** The function, of params only: it closes over data and keys. */
  readonly valueFn: (params: never) => NDArray
}

/** @internal The decoded arguments of a search. */
export interface SearchArguments {
  readonly params: Params
  readonly value: NDArray
  readonly grad: Updates
  readonly valueFn: (params: Params) => NDArray
}

/** @internal @throws ArgumentError if something is missing */
export const searchArguments = (where: string, params: Params | null, extra: ExtraArgs): SearchArguments => {
  const { value, grad, valueFn } = extra
  const missing = [
    ...(value instanceof NDArray || typeof value === 'number' ? [] : ['value']),
    ...(grad === undefined || grad === null ? ['grad'] : []),
    ...(typeof valueFn === 'function' ? [] : ['valueFn']),
  ]
  if (missing.length > 0) {
    throw new ArgumentError(where, 'the extra arguments value, grad and valueFn', `no ${missing.join(', no ')}; call tx.update(grads, state, params, { value, grad, valueFn })`) // prettier-ignore
  }
  return {
    params: requireParams(where, params),
    value: value instanceof NDArray ? value : literal(value as number, 'float32'),
    grad: grad as Updates,
    valueFn: valueFn as (params: Params) => NDArray,
  }
}

/** @internal The dtype of values: that of the first floating array of the params. */
export const valueDtype = (params: Params): DType => {
  const first = tree.leaves<unknown>(params).find((x): x is NDArray => x instanceof NDArray && isFloat(x.dtype))
  return first?.dtype ?? 'float32'
}

/** @internal A scalar of a dtype that doesn't adapt. */
export const scalarOf = (x: number, dtype: DType): NDArray => np.array(x, { dtype })

/** @internal NaN as ∞. */
export const orInfinity = (x: NDArray): NDArray => np.where(np.isnan(x), Infinity, x)
