/** Floating point operations of programs. */
import type { Eqn, Jaxpr, ShapedArray } from '../core/index.js'

const sizeOf = ({ shape }: ShapedArray): number => shape.reduce((n, d) => n * d, 1)

interface Dims {
  readonly contract: readonly [readonly number[], readonly number[]]
}
interface Looped {
  readonly jaxpr: Jaxpr
  readonly length: number
  readonly branches: readonly Jaxpr[]
  readonly body: Jaxpr
}

/** What moves or makes data, and computes nothing. */
const free = new Set(
  'broadcast_in_dim reshape transpose slice pad concatenate gather dynamic_slice dynamic_update_slice convert_element_type iota select_n copy rev squeeze expand_dims stop_gradient'.split(
    ' ',
  ),
)

const ofEqn = ({ primitive: { name }, params, inputs, outputs }: Eqn): number => {
  const inner = (params ?? {}) as Partial<Looped>
  if (inner.branches !== undefined) return Math.max(...inner.branches.map(flopsOf))
  // Of a loop whose length isn't known, one step.
  if (inner.body !== undefined) return flopsOf(inner.body)
  if (inner.jaxpr !== undefined) return flopsOf(inner.jaxpr) * (inner.length ?? 1)
  const results = outputs.reduce((sum, v) => sum + sizeOf(v.aval), 0)
  if (name === 'dot_general') {
    const [axes] = (params as Dims).contract
    return 2 * results * axes.reduce((n, axis) => n * inputs[0]!.aval.shape[axis]!, 1)
  }
  if (name === 'conv_general_dilated') {
    const { dimensionNumbers } = params as { readonly dimensionNumbers: { readonly rhsSpec: readonly number[] } }
    const kernel = inputs[1]!.aval
    return (2 * results * sizeOf(kernel)) / kernel.shape[dimensionNumbers.rhsSpec[0]!]!
  }
  // Maximum, difference, exponential, sum, quotient.
  if (name === 'softmax' || name === 'log_softmax') return 5 * results
  if (free.has(name)) return 0
  return name.startsWith('reduce_') ? inputs.reduce((sum, a) => sum + sizeOf(a.aval), 0) : results
}

/**
 * @internal An estimate of the floating point operations of a program: of products two for each multiplied pair, of sums one
 * for each element, of other operations one for each element of the result, of data movement none.
 */
export const flopsOf = ({ eqns }: Jaxpr): number => eqns.reduce((sum, eqn) => sum + ofEqn(eqn), 0)
