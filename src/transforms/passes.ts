/** Passes over programs before they are lowered. */
import {
  type Atom,
  equalShapes,
  type Eqn,
  isEffect,
  isOn,
  Jaxpr,
  Literal,
  type Shape,
  showAval,
  showParams,
  type Staged,
  Var,
  withShape,
} from '../core/index.js'
import { broadcastInDimP, broadcastShapes, reshapeP } from '../lax/index.js'
import { askRectified, fuseEpilogues } from './epilogues.js'

/** Equations that the outputs depend on, or that do something on the host. */
const liveEqns = (jaxpr: Jaxpr, keepEffects = true): readonly [readonly Eqn[], ReadonlySet<Atom>] => {
  const live = new Set<Atom>(jaxpr.outputs)
  const eqns: Eqn[] = []
  for (let i = jaxpr.eqns.length - 1; i >= 0; i--) {
    const eqn = jaxpr.eqns[i]!
    const acts = keepEffects && isEffect(eqn.primitive, eqn.params)
    if (!acts && !eqn.outputs.some((v) => live.has(v))) continue
    eqns.push(eqn)
    eqn.inputs.forEach((a) => live.add(a))
  }
  return [eqns.reverse(), live]
}

/** Dead code elimination; inputs stay, and effects unless they are not to be kept. */
export const dce = (jaxpr: Jaxpr, keepEffects = true): Jaxpr =>
  new Jaxpr(jaxpr.inputs, liveEqns(jaxpr, keepEffects)[0], jaxpr.outputs)

/** Dead code elimination that drops constants nothing uses. */
export const dceStaged = ({ jaxpr, consts }: Staged): Staged => {
  const [eqns, live] = liveEqns(jaxpr)
  const used = (v: Var, i: number): boolean => i >= consts.length || live.has(v)
  return {
    jaxpr: new Jaxpr(jaxpr.inputs.filter(used), eqns, jaxpr.outputs),
    consts: consts.filter((_, i) => live.has(jaxpr.inputs[i]!)),
  }
}

/** Calls replaced by the programs they call. */
export const inlineCalls = (jaxpr: Jaxpr): Jaxpr => {
  if (!jaxpr.eqns.some((eqn) => eqn.primitive.inlined !== undefined)) return jaxpr
  const eqns: Eqn[] = []
  const inline = (callee: Jaxpr, args: readonly Atom[]): readonly Atom[] => {
    const env = new Map<Var, Atom>(callee.inputs.map((v, i) => [v, args[i]!]))
    const read = (a: Atom): Atom => (a instanceof Literal ? a : env.get(a)!)
    for (const eqn of callee.eqns) {
      const inputs = eqn.inputs.map(read)
      const inner = eqn.primitive.inlined?.(eqn.params)
      if (inner !== undefined) {
        inline(inner, inputs).forEach((a, i) => env.set(eqn.outputs[i]!, a))
        continue
      }
      const outputs = eqn.outputs.map((v) => new Var(v.aval))
      eqns.push({ ...eqn, inputs, outputs })
      eqn.outputs.forEach((v, i) => env.set(v, outputs[i]!))
    }
    return callee.outputs.map(read)
  }
  return new Jaxpr(jaxpr.inputs, eqns, inline(jaxpr, jaxpr.inputs))
}

/** Common subexpression elimination: equations of one primitive, parameters and inputs are one. */
export const cse = (jaxpr: Jaxpr): Jaxpr => {
  const ids = new Map<Var, number>()
  const replaced = new Map<Var, Var>()
  const seen = new Map<string, Eqn>()
  const idOf = (v: Var): number => {
    let id = ids.get(v)
    if (id === undefined) ids.set(v, (id = ids.size))
    return id
  }
  const read = (a: Atom): Atom => (a instanceof Var ? (replaced.get(a) ?? a) : a)
  const keyOf = (a: Atom): string =>
    a instanceof Literal
      ? `${Object.is(a.value, -0) ? '-0' : String(a.value)}:${showAval(a.aval)}${a.aval.weakType ? '*' : ''}`
      : `#${idOf(a)}`
  const eqns: Eqn[] = []
  for (const eqn of jaxpr.eqns) {
    const inputs = eqn.inputs.map(read)
    if (isEffect(eqn.primitive, eqn.params)) {
      eqns.push({ ...eqn, inputs })
      continue
    }
    const key = `${eqn.primitive.name}${showParams(eqn.primitive, eqn.params)} ${inputs.map(keyOf).join(' ')}`
    const first = seen.get(key)
    if (first === undefined) {
      const kept = { ...eqn, inputs }
      seen.set(key, kept)
      eqns.push(kept)
    } else eqn.outputs.forEach((v, i) => replaced.set(v, first.outputs[i]!))
  }
  return new Jaxpr(jaxpr.inputs, eqns, jaxpr.outputs.map(read))
}

interface BroadcastInDim {
  readonly shape: Shape
  readonly broadcastDimensions: readonly number[]
}

/** Operands of elementwise operations as they were before they were expanded, where the operation expands them too. */
export const unexpand = (jaxpr: Jaxpr): Jaxpr => {
  const eqns: Eqn[] = []
  const expansions = new Map<Atom, Eqn>()
  const narrowed = new Map<Atom, Atom>()
  /** The shape of an expanded array with 1 where it was expanded, without those in front. */
  const shapeBefore = ({ inputs: [x], params }: Eqn): Shape => {
    const { shape, broadcastDimensions } = params as BroadcastInDim
    const before = shape.map((_, i) => x!.aval.shape[broadcastDimensions.indexOf(i)] ?? 1)
    const first = before.findIndex((n) => n !== 1)
    return first === -1 ? [] : before.slice(first)
  }
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
  for (const eqn of jaxpr.eqns) {
    if (eqn.primitive === broadcastInDimP) expansions.set(eqn.outputs[0]!, eqn)
    if (eqn.primitive.broadcasts !== true || !eqn.inputs.some((a) => expansions.has(a))) {
      eqns.push(eqn)
      continue
    }
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

/** All passes, in their order. */
export const optimize = (jaxpr: Jaxpr): Jaxpr => {
  const inlined = inlineCalls(jaxpr)
  const shared = isOn('cse') ? cse(inlined) : inlined
  const narrow = dce(isOn('unexpand') ? unexpand(shared) : shared)
  return isOn('epilogues') ? fuseEpilogues(dce(askRectified(narrow))) : narrow
}
