/** Passes over programs before they are lowered. */
import {
  type Atom,
  type Eqn,
  isEffect,
  isOn,
  Jaxpr,
  Literal,
  showAval,
  showParams,
  type Staged,
  Var,
} from '../core/index.js'
import { askRectified, fuseEpilogues } from './epilogues.js'
import { foldScalars, scatterIntoSums, unexpand } from './simplify.js'

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

/** All passes, in their order. */
export const optimize = (jaxpr: Jaxpr): Jaxpr => {
  const inlined = inlineCalls(jaxpr)
  const shared = isOn('cse') ? cse(inlined) : inlined
  const fold = isOn('foldScalars') ? foldScalars : (x: Jaxpr): Jaxpr => x
  const folded = fold(shared)
  const summed = isOn('scatterSums') ? scatterIntoSums(folded) : folded
  const narrow = dce(isOn('unexpand') ? fold(unexpand(summed)) : summed)
  return isOn('epilogues') ? fuseEpilogues(dce(askRectified(narrow))) : narrow
}
