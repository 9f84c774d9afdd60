/** Codecs of the options of Optax. */
import * as t from 'io-ts'
import { closed, decodeOptions, type DType, dtypes, NDArray } from '../core/index.js'
import type { ArrayLike } from '../numpy/index.js'
import type { MaskOrFn } from './masking.js'
import type { ScalarLike, ScalarOrSchedule } from './base.js'

export { decodeOptions }

const refine = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type(
    name,
    is,
    (u, context) =>
      is(u)
        ? t.success(u)
        : t.failure(u, context, `${context[context.length - 1]?.key ?? ''} must be ${name}, got ${shown(u)}`),
    t.identity,
  )

const shown = (u: unknown): string =>
  typeof u === 'string'
    ? `'${u}'`
    : typeof u === 'number' || typeof u === 'boolean'
      ? String(u)
      : u === null
        ? 'null'
        : typeof u

const scalarWhere = (name: string, holds: (x: number) => boolean): t.Type<ScalarLike> =>
  refine(name, (u): u is ScalarLike => u instanceof NDArray || (typeof u === 'number' && holds(u)))

/** How fast a moving average forgets. */
export const decay = scalarWhere('a number in [0, 1) or an array', (x) => x >= 0 && x < 1)
/** A number that keeps a divisor from zero. */
export const nonNegative = scalarWhere('a number that is not negative or an array', (x) => x >= 0)
/** Any hyperparameter. */
export const scalar = scalarWhere('a number or an array', Number.isFinite)
export const scalarOrNull = refine(
  'a number, an array or null',
  (u): u is ScalarLike | null => u === null || scalar.is(u),
)
export const scalarOrSchedule = refine(
  'a number, an array or a schedule',
  (u): u is ScalarOrSchedule => scalar.is(u) || typeof u === 'function',
)
export const flag = refine('true or false', (u): u is boolean => typeof u === 'boolean')
/** A dtype, or `null` for the one that is there already. */
export const dtypeOrNull = refine(
  `null or one of ${dtypes.join(', ')}`,
  (u): u is DType | null => u === null || dtypes.includes(u as DType),
)
/** A tree of booleans or a function that makes one, or `null` for none. */
export const maskOrNull = refine(
  'a tree of booleans, a function that makes one, or null',
  (u): u is MaskOrFn | null => u === null || typeof u === 'boolean' || typeof u === 'object' || typeof u === 'function',
)

/** A codec of options, all of them optional, that refuses others. */
export const optionsOf = <P extends t.Props>(name: string, props: P) => closed(t.partial(props, name))

const isAxes = (u: unknown): u is number | readonly number[] =>
  Number.isInteger(u) || (Array.isArray(u) && u.every(Number.isInteger))
/** An axis or several. */
export const axesOnly = refine('an axis or a list of axes', isAxes)
/** An axis, several, or `null` for all. */
export const axesOrNull = refine(
  'an axis, a list of axes, or null for all',
  (u): u is number | readonly number[] | null => u === null || isAxes(u),
)
/** An array of booleans, or `null` for none. */
export const maskArrayOrNull = refine(
  'an array or null',
  (u): u is ArrayLike | null => u === null || typeof u === 'boolean' || typeof u === 'number' || u instanceof NDArray,
)
/** A number of steps. */
export const wholeSteps = refine('a whole number', (u): u is number => Number.isInteger(u))
