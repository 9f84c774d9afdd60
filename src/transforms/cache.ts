/** Derived programs are made once for each program: compiled functions then have stable parts. */
import type { Jaxpr } from '../core/index.js'

/** `make`, remembered by program and by the text of the further arguments. */
export const cached = <A extends readonly unknown[], R>(
  make: (jaxpr: Jaxpr, ...rest: A) => R,
): ((jaxpr: Jaxpr, ...rest: A) => R) => {
  const results = new WeakMap<Jaxpr, Map<string, R>>()
  return (jaxpr, ...rest) => {
    let forJaxpr = results.get(jaxpr)
    if (forJaxpr === undefined) results.set(jaxpr, (forJaxpr = new Map<string, R>()))
    const key = JSON.stringify(rest)
    let result = forJaxpr.get(key)
    if (result === undefined) forJaxpr.set(key, (result = make(jaxpr, ...rest)))
    return result
  }
}
