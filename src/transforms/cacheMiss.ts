/** Why a call of a compiled function is traced: for the setting `explainCacheMisses`. */
import { equalAvals, type ShapedArray, showAval } from '../core/index.js'

/** What a program was traced for. */
export interface TracedKind {
  /** Of the settings. */
  readonly version: number
  /** Static arguments, as text. */
  readonly statics: string
  /** Structure of the other arguments, as text. */
  readonly structure: string
  readonly avals: readonly ShapedArray[]
}

const mostShown = 5

/** The first thing that tells a call from every program there is. `pathOf` names the leaves. */
export const missReason = (seen: readonly TracedKind[], now: TracedKind, pathOf: (leaf: number) => string): string => {
  if (seen.length === 0) return 'the function was not traced before'
  const current = seen.filter((k) => k.version === now.version)
  if (current.length === 0) return 'a setting changed, or the caches were cleared'
  const alike = current.filter((k) => k.statics === now.statics)
  if (alike.length === 0) return `static arguments ${now.statics}, seen ${current[0]!.statics}`
  const shaped = alike.filter((k) => k.structure === now.structure)
  if (shaped.length === 0) return `arguments of structure ${now.structure}, seen ${alike[0]!.structure}`
  const differences = shaped
    .map((k) => now.avals.flatMap((aval, i) => (equalAvals(aval, k.avals[i]!) ? [] : [{ i, aval, old: k.avals[i]! }])))
    .reduce((a, b) => (b.length < a.length ? b : a))
  if (differences.length === 0) return 'it is inside of another transformation, or of a vmap with another named axis'
  const shown = differences.slice(0, mostShown).map(({ i, aval, old }) => `${pathOf(i)} is ${typeText(aval)}, seen ${typeText(old)}`) // prettier-ignore
  const rest = differences.length - shown.length
  return shown.join('; ') + (rest > 0 ? `; and ${rest} more` : '')
}

const typeText = (aval: ShapedArray): string => `${aval.weakType ? 'weak ' : ''}${showAval(aval)}`
