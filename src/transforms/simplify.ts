/** Passes that compute less: numbers while compiling, expanded arrays before they are expanded, sums where they are. */
import {
  type Atom,
  countUses,
  type Eqn,
  equalShapes,
  Jaxpr,
  limitsOf,
  Literal,
  type Shape,
  type ShapedArray,
  sizeOf,
  Var,
  withShape,
} from '../core/index.js'
import {
  add,
  areDisjoint,
  broadcastInDimP,
  broadcastShapes,
  div,
  mul,
  neg,
  reshapeP,
  type Scatter,
  scatterAddP,
  scatterWindows,
  sub,
} from '../lax/index.js'

interface BroadcastInDim {
  readonly shape: Shape
  readonly broadcastDimensions: readonly number[]
}

/** Operations that float64 computes for float32, too: rounded to it, the result is the nearest. */
const arithmetic = new Map<Eqn['primitive'], (x: number, y: number) => number>([
  [add.primitive, (x, y) => x + y],
  [sub.primitive, (x, y) => x - y],
  [mul.primitive, (x, y) => x * y],
  [div.primitive, (x, y) => x / y],
  [neg.primitive, (x) => -x],
])

/** The result of an operation on known numbers, if it is known, too. Denormals are left to the device. */
const folded = (primitive: Eqn['primitive'], inputs: readonly Atom[], aval: ShapedArray): Literal | null => {
  const compute = arithmetic.get(primitive)
  const { dtype } = aval
  if (compute === undefined || (dtype !== 'float32' && dtype !== 'float64')) return null
  if (!inputs.every((a) => a instanceof Literal)) return null
  const round = dtype === 'float32' ? Math.fround : (x: number): number => x
  const [x, y] = inputs.map((a) => round(Number(a.value))) as [number, number]
  const value = round(compute(x, y))
  return value !== 0 && Math.abs(value) < limitsOf(dtype).tiny ? null : new Literal(value, aval)
}

/** The operand that an operation gives back as it is: products with 1, quotients by 1, differences to 0. */
const unchanged = ({ primitive, inputs: [x, y], outputs: [z] }: Eqn): Atom | null => {
  const is = (a: Atom | undefined, value: number): boolean => a instanceof Literal && Object.is(Number(a.value), value)
  const same = (a: Atom): Atom | null => (equalShapes(a.aval.shape, z!.aval.shape) ? a : null)
  if (primitive === mul.primitive) return is(y, 1) ? same(x!) : is(x, 1) ? same(y!) : null
  if (primitive === div.primitive) return is(y, 1) ? same(x!) : null
  return primitive === sub.primitive && is(y, 0) ? same(x!) : null
}

/** Arithmetic on numbers that the program holds, done, and what changes nothing, left out. */
export const foldScalars = (jaxpr: Jaxpr): Jaxpr => {
  const known = new Map<Atom, Atom>()
  const read = (a: Atom): Atom => known.get(a) ?? a
  const eqns: Eqn[] = []
  for (const eqn of jaxpr.eqns) {
    const inputs = eqn.inputs.map(read)
    const isOne = eqn.outputs.length === 1
    const value = isOne ? (folded(eqn.primitive, inputs, eqn.outputs[0]!.aval) ?? unchanged({ ...eqn, inputs })) : null
    if (value === null) eqns.push({ ...eqn, inputs })
    else known.set(eqn.outputs[0]!, value)
  }
  return known.size === 0 ? jaxpr : new Jaxpr(jaxpr.inputs, eqns, jaxpr.outputs.map(read))
}

/** The shape of an expanded array with 1 where it was expanded, without those in front. */
const shapeBefore = ({ inputs: [x], params }: Eqn): Shape => {
  const { shape, broadcastDimensions } = params as BroadcastInDim
  const before = shape.map((_, i) => x!.aval.shape[broadcastDimensions.indexOf(i)] ?? 1)
  const first = before.findIndex((n) => n !== 1)
  return first === -1 ? [] : before.slice(first)
}

/**
 * Elementwise operations on operands as they were before they were expanded: where the operation expands them as well, or
 * where all were, and the result is expanded instead.
 */
export const unexpand = (jaxpr: Jaxpr): Jaxpr => {
  const eqns: Eqn[] = []
  const expansions = new Map<Atom, Eqn>()
  const narrowed = new Map<Atom, Atom>()
  const narrow = (expanded: Atom, shape: Shape): Atom => {
    const { inputs, source } = expansions.get(expanded)!
    const [x] = inputs
    if (equalShapes(x!.aval.shape, shape)) return x!
    let result = narrowed.get(expanded)
    if (result === undefined) {
      const output = new Var(withShape(x!.aval, shape))
      eqns.push({ primitive: reshapeP, inputs, params: { shape }, outputs: [output], source } as Eqn)
      narrowed.set(expanded, (result = output))
    }
    return result
  }
  const expand = (x: Atom, eqn: Eqn): void => {
    const { shape } = eqn.outputs[0]!.aval
    const broadcastDimensions = x.aval.shape.map((_, i) => i + shape.length - x.aval.shape.length)
    const expansion = { ...eqn, primitive: broadcastInDimP, inputs: [x], params: { shape, broadcastDimensions } } as Eqn
    expansions.set(eqn.outputs[0]!, expansion)
    eqns.push(expansion)
  }
  /** Computes before expanding, if all operands are expanded or numbers. */
  const computedBefore = (eqn: Eqn): boolean => {
    const { aval } = eqn.outputs[0]!
    const shapes = eqn.inputs.map((a) => {
      const expansion = expansions.get(a)
      return expansion !== undefined ? shapeBefore(expansion) : a.aval.shape.length === 0 ? [] : null
    })
    if (!shapes.every((shape) => shape !== null)) return false
    const shape = broadcastShapes(eqn.primitive.name, shapes)
    if (sizeOf(shape) >= sizeOf(aval.shape)) return false
    const inputs = eqn.inputs.map((a, i) => (expansions.has(a) ? narrow(a, shapes[i]!) : a))
    const output = new Var(withShape(aval, shape))
    const value = shape.length === 0 ? folded(eqn.primitive, inputs, output.aval) : null
    if (value === null) eqns.push({ ...eqn, inputs, outputs: [output] })
    expand(value ?? output, eqn)
    return true
  }
  for (const eqn of jaxpr.eqns) {
    const [first] = eqn.inputs
    if (eqn.primitive === broadcastInDimP) expansions.set(eqn.outputs[0]!, eqn)
    if (eqn.primitive === reshapeP && expansions.get(first!)?.inputs[0]!.aval.shape.length === 0) {
      expand(expansions.get(first!)!.inputs[0]!, eqn)
      continue
    }
    if (eqn.primitive.broadcasts !== true || !eqn.inputs.some((a) => expansions.has(a))) {
      eqns.push(eqn)
      continue
    }
    if (computedBefore(eqn)) continue
    const { shape } = eqn.outputs[0]!.aval
    const shapes = eqn.inputs.map((a) => a.aval.shape)
    const inputs = eqn.inputs.map((a, i) => {
      const expansion = expansions.get(a)
      if (expansion === undefined) return a
      const before = shapeBefore(expansion)
      if (!equalShapes(broadcastShapes(eqn.primitive.name, shapes.with(i, before)), shape)) return a
      shapes[i] = before
      return narrow(a, before)
    })
    eqns.push({ ...eqn, inputs })
  }
  return new Jaxpr(jaxpr.inputs, eqns, jaxpr.outputs)
}

/**
 * What is scattered into zeros and then added to an array is scattered into that array, where no two windows overlap: each element
 * is rounded once either way. So the gradient of what was gathered along an axis joins the others.
 */
export const scatterIntoSums = (jaxpr: Jaxpr): Jaxpr => {
  const uses = countUses(jaxpr)
  const zeros = new Set<Atom>()
  const scatters = new Map<Atom, Eqn>()
  for (const eqn of jaxpr.eqns) {
    const [x, indices, updates] = eqn.inputs
    const [y] = eqn.outputs
    if (eqn.primitive === broadcastInDimP && x instanceof Literal && x.value === 0) zeros.add(y!)
    if (eqn.primitive !== scatterAddP || !zeros.has(x!) || uses.get(y!) !== 1) continue
    const windows = scatterWindows(x!.aval.shape, indices!.aval.shape, updates!.aval.shape, eqn.params as Scatter)
    if (areDisjoint(windows)) scatters.set(y!, eqn)
  }
  if (scatters.size === 0) return jaxpr
  const merged = new Set<Eqn>()
  const eqns = jaxpr.eqns.map((eqn): Eqn => {
    if (eqn.primitive !== add.primitive) return eqn
    const position = eqn.inputs.findIndex((a) => scatters.has(a))
    const other = eqn.inputs[1 - position]
    // Neither operand is expanded by the sum.
    if (position < 0 || !eqn.inputs.every((a) => equalShapes(a.aval.shape, eqn.outputs[0]!.aval.shape))) return eqn
    const scatter = scatters.get(eqn.inputs[position]!)!
    merged.add(scatter)
    return { ...scatter, inputs: scatter.inputs.with(0, other!), outputs: eqn.outputs }
  })
  return new Jaxpr(
    jaxpr.inputs,
    eqns.filter((eqn) => !merged.has(eqn)),
    jaxpr.outputs,
  )
}
