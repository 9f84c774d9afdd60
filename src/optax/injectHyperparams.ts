/** Hyperparameters in the state, where they can be read, changed and swept. */
import { ArgumentError, type DType, isFloat, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import {
  type AnyGradientTransformation,
  type ExtraArgs,
  type ExtraArgsOf,
  GradientTransformation,
  isSchedule,
  type Params,
  type ScalarLike,
  type ScheduleFn,
  type StateOf,
} from './base.js'
import { safeIncrement } from './numerics.js'
import { decodeOptions, dtypeOrNull, namesOf, optionsOf, transformationOrNull } from './options.js'
import { zeroCount } from './scaling.js'
import { signatureOf } from './signatures.js'
import { isStatefulSchedule, type StatefulSchedule, WrappedSchedule } from './statefulSchedule.js'
import { castLike } from './treeMath.js'

/** State of {@link injectHyperparams}. */
export interface InjectHyperparamsState<S = unknown, H = Readonly<Record<string, NDArray>>> {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** The numeric hyperparameters of the last update; those of the next one, unless a schedule gives it. */
  readonly hyperparams: H
  /** States of the schedules. */
  readonly hyperparamsStates: Readonly<Record<string, unknown>>
  readonly innerState: S
}

/** Any function that makes a transformation. */
export type Factory = (...args: never) => AnyGradientTransformation

export interface InjectHyperparamsOptions<N extends readonly string[] = readonly string[]> {
  /** Hyperparameters that stay outside of the state: whole numbers that decide on shapes, functions that are no schedules. */
  readonly staticArgs?: string | readonly string[]
  /** Dtype of the hyperparameters; default float32, or float64 if params are. */
  readonly hyperparamDtype?: DType | null
  /** Names of the arguments before the options, if the function isn't one of Optax; default `['learningRate']` in the types. */
  readonly parameters?: N
}
const InjectHyperparamsOptions = optionsOf('InjectHyperparamsOptions', {
  staticArgs: namesOf,
  hyperparamDtype: dtypeOrNull,
  parameters: namesOf,
})

/** The last argument, if that is an object of options. */
type AsOptions<O> = NonNullable<O> extends object ? NonNullable<O> : object
type LastOptions<F extends Factory> =
  Required<Parameters<F>> extends readonly [...unknown[], infer O] ? AsOptions<O> : object

/** Options that may be numbers. */
type NumericKeys<O> = { [K in keyof O]-?: number extends O[K] ? K : never }[keyof O] & string

/** The hyperparameters by name: those before the options are there, those among them unless they have no default. */
export type Hyperparams<F extends Factory, N extends readonly string[]> = {
  readonly [K in N[number]]: NDArray
} & { readonly [K in Exclude<NumericKeys<LastOptions<F>>, N[number]>]?: NDArray }

/** A transformation whose hyperparameters are in its state. */
export type Injected<F extends Factory, N extends readonly string[]> = GradientTransformation<
  InjectHyperparamsState<StateOf<ReturnType<F>>, Hyperparams<F, N>>,
  ExtraArgsOf<ReturnType<F>>
>

/** Hyperparameters by name, those before the options too. */
export type NamedHyperparams<F extends Factory, N extends readonly string[]> = {
  readonly [K in Exclude<N[number], keyof LastOptions<F>>]: ScalarLike | ScheduleFn | StatefulSchedule
} & { readonly [K in keyof LastOptions<F>]: LastOptions<F>[K] | ScheduleFn | StatefulSchedule }

interface Sorted {
  readonly numeric: Readonly<Record<string, ScalarLike>>
  readonly scheduled: Readonly<Record<string, StatefulSchedule>>
  readonly fixed: Readonly<Record<string, unknown>>
}

const where = 'injectHyperparams'

/** An object of hyperparameters; a transformation and a schedule with a state are none. */
const isOptions = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' &&
  x !== null &&
  Object.getPrototypeOf(x) === Object.prototype &&
  !isStatefulSchedule(x) &&
  !transformationOrNull.is(x)

/**
 * A function that makes transformations, as one that puts their numeric hyperparameters into the state: as float32 arrays
 * `state.hyperparams.learningRate` and so on, which can be read, changed between the steps of
 * a compiled program, and swept with `vmap`. Schedules are evaluated at each update, and their values put there.
 *
 * Numbers become arrays, and what is computed of them is rounded to their dtype: `1 - 0.9` isn't `0.1` then, and the
 * trajectory of `adam` differs in the sixth digit from that without injection.
 *
 * Booleans, strings, masks, dtypes and `staticArgs` stay outside. Of a function of your own all numbers and functions are
 * injected; call it with one object of hyperparameters, or name its other arguments by `parameters`.
 *
 * @throws OptionsError if an option is unknown
 * @throws ArgumentError if the names of the arguments aren't known, or in `update` if the state lacks a hyperparameter
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules.inject_hyperparams
 * @example
 * const tx = optax.injectHyperparams(optax.adam)({ learningRate: 0.5 })
 * const params = np.array([1])
 * const state = tx.init(params)
 * state.hyperparams.learningRate // => Array(0.5, dtype=float32)
 * const slower = { ...state, hyperparams: { ...state.hyperparams, learningRate: np.array(0.25) } }
 * tx.update(np.array([3]), slower, params)[0].item().toFixed(3) // => '-0.250'
 */
export const injectHyperparams = <F extends Factory, const N extends readonly string[] = readonly ['learningRate']>(
  innerFactory: F,
  options: InjectHyperparamsOptions<N> = {},
): ((...args: Parameters<F> | readonly [NamedHyperparams<F, N>]) => Injected<F, N>) => {
  const decoded = decodeOptions(where, InjectHyperparamsOptions, options)
  const listed = (names: string | readonly string[] | undefined): readonly string[] =>
    typeof names === 'string' ? [names] : (names ?? [])
  const staticArgs = listed(decoded.staticArgs)
  const signature = signatureOf(innerFactory)
  const positional = decoded.parameters === undefined ? (signature?.positional ?? []) : listed(decoded.parameters)
  const isOwn = signature === null
  const known = Object.entries({ ...signature?.defaults, ...signature?.options })
  const defaults = Object.fromEntries(known.filter(([, value]) => value !== null))
  const make = innerFactory as unknown as (...args: readonly unknown[]) => GradientTransformation

  const named = (args: readonly unknown[]): Readonly<Record<string, unknown>> => {
    const [first] = args
    if (args.length === 1 && isOptions(first)) return { ...defaults, ...first }
    if (isOwn && decoded.parameters === undefined && args.length > 0) {
      throw new ArgumentError(where, `one object of hyperparameters for a function that isn't one of Optax`, `${args.length} arguments; name them: { parameters: ['learningRate'] }`) // prettier-ignore
    }
    const given = positional.flatMap((name, i) => (i < args.length ? [[name, args[i]] as const] : []))
    return { ...defaults, ...Object.fromEntries(given), ...(args[positional.length] as object | undefined) }
  }

  /** Of Optax's functions only what is numeric in their signature; of others every number and function. */
  const mayInject = (name: string): boolean => {
    if (staticArgs.includes(name)) return false
    if (isOwn) return true
    return name in signature.options || (positional.includes(name) && !signature.fixed.includes(name))
  }

  const sort = (hyperparams: Readonly<Record<string, unknown>>): Sorted => {
    const numeric: Record<string, ScalarLike> = {}
    const scheduled: Record<string, StatefulSchedule> = {}
    const fixed: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(hyperparams)) {
      if (!mayInject(name)) fixed[name] = value
      else if (typeof value === 'number' || value instanceof NDArray) numeric[name] = value
      else if (isStatefulSchedule(value)) scheduled[name] = value
      else if (isSchedule(value) && !tree.isNode(value)) scheduled[name] = new WrappedSchedule(value)
      else fixed[name] = value
    }
    return { numeric, scheduled, fixed }
  }

  const build = (hyperparams: Readonly<Record<string, unknown>>): GradientTransformation => {
    const rest = Object.fromEntries(
      Object.entries(hyperparams).filter(([name, value]) => !positional.includes(name) && value !== undefined),
    )
    return make(...positional.map((name) => hyperparams[name]), ...(Object.keys(rest).length > 0 ? [rest] : []))
  }

  return (...args) => {
    const { numeric, scheduled, fixed } = sort(named(args))
    const init = (params: Params): InjectHyperparamsState => {
      const dtype = decoded.hyperparamDtype ?? dtypeFor(params)
      const states = mapValues(scheduled, (schedule) => schedule.init())
      const hyperparams = {
        ...mapValues(numeric, (value) => asHyperparam(value, dtype)),
        ...mapValues(scheduled, (schedule, name) => asHyperparam(schedule.call(states[name], {}), dtype)),
      }
      const innerState = build({ ...fixed, ...hyperparams }).init(params)
      return { count: zeroCount(), hyperparams, hyperparamsStates: states, innerState }
    }
    const update = (updates: Params, state: InjectHyperparamsState, params: Params | null, extra: ExtraArgs) => {
      const hyperparams = {
        ...mapValues(numeric, (_, name) => asHyperparam(requireHyperparam(state, name), 'float32')),
        ...mapValues(scheduled, (schedule, name) => {
          const value = schedule.call(state.hyperparamsStates[name], extra)
          return np.astype(np.asarray(value), requireHyperparam(state, name).dtype)
        }),
      }
      const tx = build({ ...fixed, ...hyperparams })
      const [transformed, following] = tx.update(updates, state.innerState, params, extra)
      // Arrays would promote half precision: updates and states keep their dtypes.
      const result = inDtypesOf(updates, transformed)
      const innerState = inDtypesOf(state.innerState, following)
      const states = mapValues(scheduled, (schedule, name) => schedule.update(state.hyperparamsStates[name], extra))
      const next = { count: safeIncrement(state.count), hyperparams, hyperparamsStates: states, innerState }
      return [result, next] as const
    }
    return GradientTransformation<InjectHyperparamsState>(init, update) as unknown as Injected<F, N>
  }
}

const requireHyperparam = ({ hyperparams }: InjectHyperparamsState, name: string): NDArray => {
  const value: unknown = hyperparams[name]
  if (value instanceof NDArray || typeof value === 'number') return value as NDArray
  throw new ArgumentError(where, `a number or an array as hyperparams.${name} of the state`, value === null ? 'null' : typeof value) // prettier-ignore
}

/** A tree in the dtypes of another, if it has its structure. */
const inDtypesOf = <T>(like: T, of: T): T => (tree.structure(like).equals(tree.structure(of)) ? castLike(of, like) : of)

/** Single precision at least: in half precision, where Optax follows the params, `0.999` is 1, and Adam divides by 0. */
const dtypeFor = (params: Params): DType =>
  tree.leaves<unknown>(params).some((x) => x instanceof NDArray && x.dtype === 'float64') ? 'float64' : 'float32'

/** An array keeps its dtype; a number, and what adapts like one, gets the given one. */
const asHyperparam = (value: ScalarLike, dtype: DType): NDArray => {
  if (typeof value === 'number') return np.array(value, { dtype })
  return value.weakType ? np.astype(value, isFloat(value.dtype) ? dtype : value.dtype) : value
}

const mapValues = <A, B>(of: Readonly<Record<string, A>>, f: (value: A, name: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, f(value, name)]))
