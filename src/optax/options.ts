/** Codecs of the options of Optax. */
import * as t from 'io-ts'
import { closed, decodeOptions, type DType, dtypes, NDArray } from '../core/index.js'
import type { ArrayLike } from '../numpy/index.js'
import { PRNGKey } from '../random/index.js'
import type { MaskOrFn } from './masking.js'
import type { AnyGradientTransformation, ScalarLike, ScalarOrSchedule } from './base.js'

export { decodeOptions }

/** A codec of values for which a test holds. */
export const refine = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
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

/** A number for which a test holds, or an array. */
export const scalarWhere = (name: string, holds: (x: number) => boolean): t.Type<ScalarLike> =>
  refine(name, (u): u is ScalarLike => u instanceof NDArray || (typeof u === 'number' && holds(u)))

/** How fast a moving average forgets. */
export const decay = scalarWhere('a number in [0, 1) or an array', (x) => x >= 0 && x < 1)
/** A number that keeps a divisor from zero. */
export const nonNegative = scalarWhere('a number that is not negative or an array', (x) => x >= 0)
/** Any hyperparameter. */
export const scalar = scalarWhere('a number or an array', Number.isFinite)
/** Any hyperparameter that may be without a bound. */
export const scalarOrInfinity = scalarWhere(
  'a number, Infinity or an array',
  (x) => Number.isFinite(x) || x === Infinity,
)
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
/** A function, or `null` for none. */
export const functionOrNull = refine(
  'a function or null',
  (u): u is ((...args: never) => unknown) | null => u === null || typeof u === 'function',
)
/** A name or several. */
export const namesOf = refine(
  'a name or a list of names',
  (u): u is string | readonly string[] =>
    typeof u === 'string' || (Array.isArray(u) && u.every((name) => typeof name === 'string')),
)
export const scalarOrScheduleOrNull = refine(
  'a number, an array, a schedule or null',
  (u): u is ScalarOrSchedule | null => u === null || scalarOrSchedule.is(u),
)
/** A transformation, or `null` for none. */
export const transformationOrNull = refine(
  'a transformation or null',
  (u): u is AnyGradientTransformation | null =>
    u === null ||
    (typeof u === 'object' && typeof (u as Record<string, unknown>)['init'] === 'function' && 'update' in u),
)
/** As {@link decay}, and 1, which keeps everything. */
export const decayOrOne = scalarWhere('a number in [0, 1] or an array', (x) => x >= 0 && x <= 1)
export const dtypeOnly = refine(`one of ${dtypes.join(', ')}`, (u): u is DType => dtypes.includes(u as DType))
/** One of some words. */
export const oneOf = <const W extends readonly string[]>(...words: W): t.Type<W[number]> =>
  refine(
    words.map((word) => `'${word}'`).join(' or '),
    (u): u is W[number] => typeof u === 'string' && words.includes(u),
  )
/** A number of things, at least one. */
export const positiveCount = refine(
  'a positive whole number',
  (u): u is number => Number.isInteger(u) && (u as number) > 0,
)
/** A function, by what it is called in errors. */
export const functionOnly = <F>(name: string): t.Type<F> => refine(name, (u): u is F => typeof u === 'function')
/** A key, or the number to make one of. */
export const keyOrSeed: t.Type<PRNGKey | number> = refine(
  'a key or a whole number',
  (u): u is PRNGKey | number => u instanceof PRNGKey || Number.isInteger(u),
)
