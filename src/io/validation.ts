/** Several validations as one, with the faults of all. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

/** Faults that are collected in one place. More of them say no more, and would take memory without bound. */
export const maxFaults = 1000

/** The values of all, or the faults of all. */
export const all = <T>(results: Iterable<t.Validation<T>>): t.Validation<readonly T[]> => {
  const values: T[] = []
  const faults: t.ValidationError[] = []
  for (const result of results) {
    if (E.isRight(result)) values.push(result.right)
    else faults.push(...result.left.slice(0, maxFaults - faults.length))
    if (faults.length >= maxFaults) break
  }
  return faults.length > 0 ? t.failures(faults) : t.success(values)
}

/** Results one by one, so that none is computed after too many faults. */
export function* mapped<T, U>(items: readonly T[], f: (item: T, i: number) => U): IterableIterator<U> {
  for (let i = 0; i < items.length; i++) yield f(items[i]!, i)
}

type Values<F> = { readonly [K in keyof F]: F[K] extends t.Validation<infer T> ? T : never }

/** The values of all fields, or the faults of all. */
export const allOf = <F extends Readonly<Record<string, t.Validation<unknown>>>>(
  fields: F,
): t.Validation<Values<F>> => {
  const names = Object.keys(fields)
  const values = all(Object.values(fields))
  if (E.isLeft(values)) return values
  return t.success(Object.fromEntries(values.right.map((value, i) => [names[i], value])) as Values<F>)
}
