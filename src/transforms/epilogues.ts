/** Passes that make one operation of a convolution or a pool and of what is done with its result. */
import { type Atom, countUses, type Eqn, Jaxpr, Literal, sizeOf, Var } from '../core/index.js'
import {
  add,
  convGeneralDilatedP,
  div,
  fusedConvP,
  type FusedConvParams,
  gt,
  max,
  reduceWindowMeanP,
  reduceWindowSumP,
  reshapeP,
} from '../lax/index.js'
import type { ConvParams } from '../lax/conv.js'
import type { WindowParams } from '../lax/window.js'

const isZero = (a: Atom): boolean => a instanceof Literal && Object.is(a.value, 0)

/** What is bounded below by 0, where an equation does that; its result has the operand's shape. */
const rectified = ({ primitive, inputs: [x, y] }: Eqn): Var | null => {
  if (primitive !== max.primitive) return null
  const operand = isZero(y!) ? x! : isZero(x!) ? y! : null
  return operand instanceof Var ? operand : null
}

/** x > 0 asked of max(x, 0), where that is there: what the gradient of relu keeps is what relu gave. */
export const askRectified = (jaxpr: Jaxpr): Jaxpr => {
  const results = new Map<Var, Var>()
  const eqns = jaxpr.eqns.map((eqn) => {
    const x = rectified(eqn)
    if (x !== null && !results.has(x)) results.set(x, eqn.outputs[0]!)
    const [a, b] = eqn.inputs
    if (eqn.primitive !== gt.primitive || !isZero(b!)) return eqn
    const result = a instanceof Var ? results.get(a) : undefined
    return result === undefined ? eqn : { ...eqn, inputs: [result, b!] }
  })
  return new Jaxpr(jaxpr.inputs, eqns, jaxpr.outputs)
}

/** Whether an array, broadcast to the result of a convolution, has one number for each of its features. */
const isPerFeature = (bias: Atom, y: Var, { dimensionNumbers }: ConvParams): bias is Var => {
  const { shape } = bias.aval
  const axis = dimensionNumbers.outSpec[1]!
  const front = y.aval.shape.length - shape.length
  const features = y.aval.shape[axis]!
  return (
    bias instanceof Var &&
    bias.aval.dtype === y.aval.dtype &&
    features > 1 &&
    front >= 0 &&
    sizeOf(shape) === features &&
    shape[axis - front] === features
  )
}

/**
 * Biases and relu as parts of the convolution whose result nobody else takes, and divisions by the window's size as part
 * of sums over windows. Half precision would no longer be rounded in between.
 */
export const fuseEpilogues = (jaxpr: Jaxpr): Jaxpr => {
  const uses = countUses(jaxpr)
  const made = new Map<Atom, number>()
  const eqns: (Eqn | null)[] = []
  /** The equation that makes a value which only one other equation takes. */
  const onlyFor = (a: Atom): Eqn | null => (made.has(a) && uses.get(a) === 1 ? eqns[made.get(a)!]! : null)
  /** A new equation in the place of `eqn`, which takes over another one. */
  const takeOver = (eqn: Eqn, taken: Atom, primitive: Eqn['primitive'], inputs: readonly Atom[], params: unknown) => {
    const { source } = eqns[made.get(taken)!]!
    eqns[made.get(taken)!] = null
    return { primitive, inputs, params, outputs: eqn.outputs, ...(source !== undefined && { source }) }
  }
  const withBias = (eqn: Eqn): Eqn | null => {
    if (eqn.primitive !== add.primitive) return null
    for (const [i, y] of eqn.inputs.entries()) {
      const bias = eqn.inputs[1 - i]!
      const conv = onlyFor(y)
      if (conv?.primitive !== convGeneralDilatedP || !isPerFeature(bias, y, conv.params as ConvParams)) continue
      const shape = [sizeOf(bias.aval.shape)]
      const flat = new Var({ ...bias.aval, shape })
      if (bias.aval.shape.length !== 1) {
        eqns.push({ primitive: reshapeP, inputs: [bias], params: { shape }, outputs: [flat] })
      }
      const params: FusedConvParams = { conv: conv.params as ConvParams, relu: false }
      return takeOver(eqn, y, fusedConvP, [...conv.inputs, bias.aval.shape.length === 1 ? bias : flat], params) // prettier-ignore
    }
    return null
  }
  const withRelu = (eqn: Eqn): Eqn | null => {
    const y = rectified(eqn)
    const conv = y === null ? null : onlyFor(y)
    if (conv?.primitive === fusedConvP) {
      const params = conv.params as FusedConvParams
      return params.relu ? null : takeOver(eqn, y!, conv.primitive, conv.inputs, { ...params, relu: true })
    }
    if (conv?.primitive !== convGeneralDilatedP) return null
    return takeOver(eqn, y!, fusedConvP, conv.inputs, { conv: conv.params, relu: true })
  }
  const asMean = (eqn: Eqn): Eqn | null => {
    const [x, n] = eqn.inputs
    const sum = eqn.primitive === div.primitive ? onlyFor(x!) : null
    if (sum?.primitive !== reduceWindowSumP || !(n instanceof Literal)) return null
    if (n.value !== sizeOf((sum.params as WindowParams).windowDimensions)) return null
    return takeOver(eqn, x!, reduceWindowMeanP, sum.inputs, sum.params)
  }
  for (const eqn of jaxpr.eqns) {
    const dtype = eqn.outputs[0]?.aval.dtype
    const isFull = dtype === 'float32' || dtype === 'float64'
    const fused = isFull ? (withBias(eqn) ?? withRelu(eqn) ?? asMean(eqn)) : null
    for (const v of eqn.outputs) made.set(v, eqns.length)
    eqns.push(fused ?? eqn)
  }
  const kept = eqns.filter((eqn): eqn is Eqn => eqn !== null)
  return new Jaxpr(jaxpr.inputs, kept, jaxpr.outputs)
}
