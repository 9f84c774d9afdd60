/** `nnx.capture`: what a model sows while a function runs, as states. */
import { ArgumentError } from '../core/index.js'
import type { Filter, Path } from './filter.js'
import { type FlatEntry, fromFlatState, toFlatState } from './flatState.js'
import { type AnyModule, captured, iterModules, Module, type SowClass } from './module.js'
import type { AnyState, State } from './state.js'
import { filterState } from './stateFilters.js'
import type { Variable, VariableClass } from './variable.js'
import { VariableState } from './variableState.js'

export interface CaptureOptions {
  /** Values that are there at the beginning, by module: perturbations, for example. Their kinds need not be captured. */
  readonly init?: AnyState | null
  /** Also sow what each method returns, under the method's name, in Variables of this kind. Default none. */
  readonly methodOutputs?: SowClass | null
}

type Captured = Record<string, unknown>
type AnyFn = (...args: readonly unknown[]) => unknown

const key = (path: Path): string => path.join('\u0000')

/** Values at the beginning: by path of module, by kind, by name. */
const initial = (init: AnyState | null): ReadonlyMap<string, ReadonlyMap<VariableClass, Captured>> => {
  const found = new Map<string, Map<VariableClass, Captured>>()
  for (const [path, leaf] of init === null ? [] : toFlatState(init)) {
    const holder = key(path.slice(0, -1))
    const kinds = found.get(holder) ?? new Map<VariableClass, Captured>()
    found.set(holder, kinds)
    const values = kinds.get(leaf.type) ?? {}
    kinds.set(leaf.type, values)
    values[`${path.at(-1)!}`] = leaf.value
  }
  return found
}

/** Let the methods of a module's own class sow what they return. */
const watch = (module: AnyModule, type: SowClass): (() => void) => {
  const prototype = Object.getPrototypeOf(module) as object
  const names = Object.getOwnPropertyNames(prototype).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name)! as { readonly value?: unknown }
    return typeof value === 'function' && name !== 'constructor' && !name.startsWith('_')
  })
  for (const name of names) {
    const original = (module as unknown as Readonly<Record<string, AnyFn>>)[name]!
    const value = (...args: readonly unknown[]): unknown => {
      const result = original.apply(module, [...args])
      module.sow(type, name, result)
      return result
    }
    // Not enumerable: no field of the model.
    Object.defineProperty(module, name, { value, configurable: true })
  }
  return () => {
    for (const name of names) delete (module as unknown as Record<string, unknown>)[name]
  }
}

/** What was captured in the modules, which don't keep it. */
const collect = (model: unknown, types: readonly VariableClass[]): AnyState => {
  const entries: FlatEntry<unknown>[] = []
  for (const [path, module] of iterModules(model)) {
    const fields = module as unknown as { [captured]?: readonly Variable<Captured>[] }
    for (const variable of fields[captured] ?? []) {
      if (!types.includes(variable.type)) continue
      for (const [name, value] of Object.entries(variable.value)) {
        entries.push([[...path, name], new VariableState(variable.type, value)])
      }
    }
    delete fields[captured]
  }
  return fromFlatState(entries)
}

/**
 * A function that also gives what the modules in its first argument sow (`Module.sow`) and perturb (`Module.perturb`)
 * while it runs: `[result, ...states]`, a state for each kind. A module in its place is called itself. The model doesn't
 * keep what was sown.
 *
 * @param types - kinds of Variables; sown values of others are dropped
 * @throws ArgumentError if there is no module
 * @example
 * class Squared extends nnx.Module<[x: NDArray], NDArray> {
 *   override call(x: NDArray) {
 *     this.sow(nnx.Intermediate, 'input', x)
 *     return np.square(this.perturb('grad', x))
 *   }
 * }
 * const model = new Squared()
 * const [y, sown, zeros] = nnx.capture(model, [nnx.Intermediate, nnx.Perturbation])(np.array(3))
 * nnx.toPureDict(sown!) // => { input: [Array(3., dtype=float32)] }
 * const loss = (init: nnx.AnyState, x: NDArray) => nnx.capture(model, [], { init })(x)[0]
 * nnx.toPureDict(nnx.grad(loss)(zeros!, np.array(3)) as nnx.AnyState) // => { grad: Array(6., dtype=float32) }
 */
export const capture = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  types: VariableClass | readonly VariableClass[],
  { init = null, methodOutputs = null }: CaptureOptions = {},
): ((...args: A) => readonly [result: R, ...states: State[]]) => {
  const kinds = typeof types === 'function' ? [types] : types
  const given: unknown = f
  return (...args) => {
    const model: unknown = given instanceof Module ? given : args[0]
    const modules = [...iterModules(model)]
    if (modules.length === 0) throw new ArgumentError('nnx.capture', 'a module, or a function of one', 'neither')
    const start = initial(init)
    for (const [path, module] of modules) {
      const held = start.get(key(path)) ?? new Map<VariableClass, Captured>()
      const variables = [...new Set([...kinds, ...held.keys()])].map(
        (type) => new (type as unknown as SowClass)({ ...held.get(type) }),
      )
      ;(module as unknown as { [captured]?: readonly unknown[] })[captured] = variables
    }
    const restores = methodOutputs === null ? [] : modules.map(([, module]) => watch(module, methodOutputs))
    let result: R
    let state: AnyState
    try {
      result = f(...args)
    } finally {
      for (const restore of restores) restore()
      state = collect(model, kinds)
    }
    const exactly =
      (type: VariableClass): Filter =>
      (_path, leaf) =>
        (leaf as VariableState).type === type
    return [result, ...kinds.map((type) => filterState(state, exactly(type)) as State)]
  }
}
