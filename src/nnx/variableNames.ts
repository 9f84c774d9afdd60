/** Names of kinds of Variables, as Linen and checkpoints have them. */
import { ArgumentError } from '../core/index.js'
import { BatchStat, Cache, Intermediate, Param, Perturbation, Variable, type VariableClass } from './variable.js'

const types = new Map<string, VariableClass>([
  ['params', Param],
  ['batch_stats', BatchStat],
  ['cache', Cache],
  ['intermediates', Intermediate],
  ['perturbations', Perturbation],
])

export interface RegisterOptions {
  /** Whether a name without a kind, or a kind without a name, gets one; default false. */
  readonly allowRegister?: boolean
}

export interface TypeFromNameOptions extends RegisterOptions {
  /** Of what a new kind is one; default `nnx.Variable`. */
  readonly base?: VariableClass
}

/**
 * Give a kind of Variables a name.
 *
 * @throws ArgumentError if the name is taken and `overwrite` isn't set
 */
export const registerVariableName = <T extends VariableClass>(
  name: string,
  type: T,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): T => {
  if (types.has(name) && !overwrite) {
    throw new ArgumentError('registerVariableName', `a name that is free; or use { overwrite: true }`, `'${name}'`)
  }
  types.set(name, type)
  return type
}

const snake = (name: string): string =>
  name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase()

/**
 * The kind of Variables of a name.
 *
 * @throws ArgumentError if there is none, and `allowRegister` isn't set
 * @example
 * nnx.variableTypeFromName('params') === nnx.Param // => true
 */
export const variableTypeFromName = (
  name: string,
  { base = Variable, allowRegister = false }: TypeFromNameOptions = {},
): VariableClass => {
  const known = types.get(name)
  if (known !== undefined) return known
  if (!allowRegister) {
    throw new ArgumentError('variableTypeFromName', `a registered name (${[...types.keys()].join(', ')})`, `'${name}'`)
  }
  const kind = class extends base {}
  Object.defineProperty(kind, 'name', { value: name })
  return registerVariableName(name, kind)
}

/**
 * The name of a kind of Variables: the one that was registered last.
 *
 * @throws ArgumentError if it has none, and `allowRegister` isn't set
 * @example
 * nnx.variableNameFromType(nnx.BatchStat) // => 'batch_stats'
 */
export const variableNameFromType = (type: VariableClass, { allowRegister = false }: RegisterOptions = {}): string => {
  const [name] = [...types].filter(([, known]) => known === type).at(-1) ?? []
  if (name !== undefined) return name
  if (!allowRegister) throw new ArgumentError('variableNameFromType', 'a kind with a registered name', type.name)
  registerVariableName(snake(type.name), type)
  return snake(type.name)
}
