/** Modules: the layers and models that a user writes. */
import { ArgumentError, type NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { type Filter, type Path, toPredicate } from './filter.js'
import { iterGraph } from './graph.js'
import { CallableObject, type GraphObject, isGraphObject } from './object.js'
import { classNameOf } from './print.js'
import { Perturbation, Variable } from './variable.js'
import { variableTypeFromName } from './variableNames.js'

/** A class of Variables that is made from a value. */
export type SowClass = new (value: unknown, metadata?: Readonly<Record<string, unknown>>) => Variable<unknown>

export interface SowOptions<T, S> {
  /** Joins what was kept so far and the new value; default: appends to a list. */
  readonly reduce?: (kept: S, value: T) => S
  /** What is kept before the first value; default an empty list. */
  readonly init?: () => S
}

export interface SetAttributesOptions {
  /** Whether a name that no module has is an error; default true. */
  readonly raiseIfNotFound?: boolean
}

/** @internal The field in which modules hold Variables of what is being captured; see `nnx.capture`. */
export const captured = 'captured__'

type Captured = readonly Variable<Readonly<Record<string, unknown>>>[]

/** A class of Variables, or its name. */
const kindOf = (type: SowClass | string): SowClass =>
  typeof type === 'string' ? (variableTypeFromName(type, { allowRegister: true }) as unknown as SowClass) : type

abstract class CallableModule extends CallableObject {
  /** Set `deterministic` and `useRunningAverage` to false in all modules that have them, and other attributes. */
  train(attributes: Readonly<Record<string, unknown>> = {}): void {
    const modes = { deterministic: false, useRunningAverage: false, ...attributes }
    this.setAttributes(modes, [], { raiseIfNotFound: false })
  }

  /** Set `deterministic` and `useRunningAverage` to true in all modules that have them, and other attributes. */
  eval(attributes: Readonly<Record<string, unknown>> = {}): void {
    const modes = { deterministic: true, useRunningAverage: true, ...attributes }
    this.setAttributes(modes, [], { raiseIfNotFound: false })
  }

  /**
   * Set attributes of all modules that have them.
   *
   * @param filters - which modules: of a class, or by a predicate; default all
   * @throws ArgumentError if no module has an attribute of a name
   */
  setAttributes(
    attributes: Readonly<Record<string, unknown>>,
    filters: readonly ModuleFilter[] = [],
    { raiseIfNotFound = true }: SetAttributesOptions = {},
  ): void {
    const predicates = filters.map(modulePredicate)
    const left = new Set(Object.keys(attributes))
    for (const [path, module] of iterModules(this)) {
      if (predicates.length > 0 && !predicates.some((predicate) => predicate(path, module))) continue
      const fields = module as unknown as Record<string, unknown>
      for (const [name, value] of Object.entries(attributes)) {
        if (!Object.hasOwn(fields, name)) continue
        if (fields[name] !== value) fields[name] = value
        left.delete(name)
      }
    }
    if (left.size > 0 && raiseIfNotFound) {
      throw new ArgumentError('setAttributes', 'names of attributes of the modules', [...left].join(', '))
    }
  }

  /**
   * Keep an intermediate value in a Variable of this module, for {@link pop} to take out; by default in a list.
   *
   * @returns whether it was kept
   * @throws ArgumentError if the field is taken by something else
   */
  sow<T, S = readonly T[]>(
    variableType: SowClass | string,
    name: string,
    value: T,
    options: SowOptions<T, S> = {},
  ): boolean {
    const type = kindOf(variableType)
    const {
      reduce = (kept: S, x: T) => [...(kept as unknown as readonly T[]), x] as unknown as S,
      init = () => [] as unknown as S,
    } = options
    const fields = this as unknown as Record<string, unknown>
    const captures = fields[captured] as Captured | undefined
    if (captures !== undefined) {
      const variable = captures.find((v) => v.type === type)
      if (variable === undefined) return false
      const kept = Object.hasOwn(variable.value, name) ? (variable.value[name] as S) : init()
      variable.value = { ...variable.value, [name]: reduce(kept, value) }
      return true
    }
    const held = fields[name]
    if (held === undefined) {
      fields[name] = new type(reduce(init(), value))
    } else if (held instanceof Variable && held.type === type) {
      held.value = reduce(held.value as S, value)
    } else {
      throw new ArgumentError(
        `${classNameOf(this)}.sow`,
        `'${name}' to be free, or a ${type.name}`,
        typeof held === 'object' && held !== null ? classNameOf(held) : typeof held,
      )
    }
    return true
  }

  /**
   * Add a zero to an activation, kept as a Variable of this module or captured ({@link capture}): the gradient with respect
   * to it is the gradient of the activation. While something else is captured, nothing is added.
   *
   * @throws ArgumentError if the field is taken by something else
   */
  perturb(name: string, value: NDArray, variableType: SowClass | string = Perturbation): NDArray {
    const type = kindOf(variableType)
    const fields = this as unknown as Record<string, unknown>
    const captures = fields[captured] as Captured | undefined
    if (captures !== undefined) {
      const variable = captures.find((v) => v.type === type)
      if (variable === undefined) return value
      if (!Object.hasOwn(variable.value, name)) {
        variable.value = { ...variable.value, [name]: np.zerosLike(value) }
      }
      return np.add(variable.value[name] as NDArray, value)
    }
    const held = fields[name] ?? (fields[name] = new type(np.zerosLike(value)))
    if (!(held instanceof Variable) || !(held instanceof type)) {
      const got = typeof held === 'object' && held !== null ? classNameOf(held) : typeof held
      throw new ArgumentError(`${classNameOf(this)}.perturb`, `'${name}' to be free, or a ${type.name}`, got)
    }
    return np.add((held as Variable).value, value)
  }

  /**
   * Take modes on behalf of `nnx.view`: the names that the class lists in the static field `viewOptions`. Default: sets
   * the fields of these names.
   */
  setView(options: Readonly<Record<string, unknown>>): void {
    Object.assign(this, options)
  }
}

/**
 * A layer or model: a class with fields (Variables, arrays, other modules, lists and objects of them, settings) and a
 * method `call`. Instances are functions: `model(x)` is `model.call(x)`.
 *
 * `A` are the arguments of `call`, `R` is its result.
 */
export interface Module<A extends readonly unknown[], R> extends GraphObject {
  (...args: A): R
  /** Python's `__call__`: what the module does. */
  call(...args: A): R
  train: CallableModule['train']
  eval: CallableModule['eval']
  setAttributes: CallableModule['setAttributes']
  sow: CallableModule['sow']
  perturb: CallableModule['perturb']
  /** Take modes on behalf of `nnx.view`: the names in the static field `viewOptions`. Default: sets the fields. */
  setView(options: Readonly<Record<string, unknown>>): void
}

/**
 * Base of layers and models.
 *
 * @example
 * class Mlp extends nnx.Module<[x: NDArray], NDArray> {
 *   readonly hidden: nnx.Linear
 *   readonly out: nnx.Linear
 *   constructor(rngs: nnx.Rngs) {
 *     super()
 *     this.hidden = new nnx.Linear(2, 8, { rngs })
 *     this.out = new nnx.Linear(8, 1, { rngs })
 *   }
 *   override call(x: NDArray) {
 *     return this.out(nnx.relu(this.hidden(x)))
 *   }
 * }
 * new Mlp(new nnx.Rngs(0))(np.ones([3, 2])).shape // => [3, 1]
 */
export const Module = CallableModule as unknown as abstract new <A extends readonly unknown[], R>() => Module<A, R>

/** A module of whatever arguments and result. */
export type AnyModule = Module<never, unknown>

/** Which modules: those of a class, or by path and module; or a {@link Filter}. */
export type ModuleFilter = (abstract new (...args: never) => GraphObject) | Filter

/** @internal */
export const modulePredicate = (filter: ModuleFilter): ((path: Path, module: unknown) => boolean) =>
  typeof filter === 'function' && (filter.prototype as unknown) instanceof CallableObject
    ? (_path, module) => module instanceof (filter as abstract new (...args: never) => GraphObject)
    : toPredicate(filter as Filter)

/** The modules of a model with their paths, children first; the model itself last, at the empty path. */
export function* iterModules(model: unknown): IterableIterator<readonly [path: Path, module: AnyModule]> {
  for (const [path, value] of iterGraph(model)) {
    if (value instanceof CallableModule) yield [path, value as unknown as AnyModule]
  }
}

/** The modules, other objects and Variables that a module holds directly, with the names of the fields, sorted. */
export function* iterChildren(
  model: GraphObject,
): IterableIterator<readonly [name: string, child: GraphObject | Variable<unknown>]> {
  for (const name of Object.keys(model).sort()) {
    const child = (model as unknown as Readonly<Record<string, unknown>>)[name]
    if (isGraphObject(child) || child instanceof Variable) yield [name, child as GraphObject | Variable<unknown>]
  }
}

/** The modules that a module holds directly, with the names of the fields, sorted. */
export function* iterModuleChildren(model: GraphObject): IterableIterator<readonly [name: string, child: AnyModule]> {
  for (const [name, child] of iterChildren(model)) {
    if (child instanceof CallableModule) yield [name, child as unknown as AnyModule]
  }
}
