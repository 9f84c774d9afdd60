/** What of an object is state, and what is setting. */
import { ArgumentError, NDArray } from '../core/index.js'
import { expand, nodeTypeOf } from '../pytree/registry.js'
import * as np from '../numpy/index.js'
import type { Path } from './filter.js'
import { type GraphObject, isGraphObject } from './object.js'
import { classNameOf } from './print.js'
import { Variable } from './variable.js'
import { isArrayLeaf } from './walk.js'

/** A setting that is not looked into: {@link static}. */
export class Static<T> {
  constructor(readonly value: T) {
    Object.freeze(this)
  }
}

const staticValue = <T>(value: T): Static<T> => new Static(value)

/**
 * A value of a field as a setting, though it holds arrays or Variables: it belongs to the structure, not to the state.
 *
 * @example
 * class Scaled extends nnx.Object {
 *   readonly table = nnx.static(np.arange(3))
 * }
 * nnx.toFlatState(nnx.state(new Scaled())).length // => 0
 * new Scaled().table.value.shape // => [3]
 */
export { staticValue as static }

/**
 * A value of a field as state. Arrays, Variables, modules, and lists and objects of them are state by themselves; numbers
 * and booleans, which are settings otherwise, become arrays.
 */
export function data(value: number | boolean): NDArray
export function data<T>(value: T): T
export function data(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? np.array(value) : value
}

/**
 * Whether a value is state by itself: an array, a key, a Variable, a module or another object. Lists and objects are what
 * their items are, see {@link hasData}.
 */
export const isData = (value: unknown): boolean =>
  isArrayLeaf(value) || value instanceof Variable || isGraphObject(value)

/** The state in a value: its arrays, keys, Variables and modules. */
export const hasData = (value: unknown): readonly unknown[] => {
  if (isData(value)) return [value]
  const type = nodeTypeOf(value)
  return type === null ? [] : expand(type, value).children.flatMap(hasData)
}

const settingsOf = (
  value: unknown,
  path: Path,
  seen: Set<unknown>,
  visit: (value: object, path: Path) => void,
): void => {
  if (value instanceof Static || isArrayLeaf(value) || value instanceof Variable || seen.has(value)) return
  if (typeof value !== 'object' && !isGraphObject(value)) return
  if (value === null) return
  seen.add(value)
  const type = isGraphObject(value) ? null : nodeTypeOf(value)
  if (type === null && !isGraphObject(value)) {
    visit(value, path)
    return
  }
  for (const [name, item] of Object.entries(value)) settingsOf(item, [...path, name], seen, visit)
}

/** Own fields, or items of a collection. */
const contents = (value: object): readonly unknown[] => [
  ...(Object.values(value) as readonly unknown[]),
  ...(value instanceof Set ? [...(value as ReadonlySet<unknown>)] : []),
]

/**
 * Check that no state hides in a setting: in a Set, or in an instance of a class that is neither a `nnx.Object` nor a
 * registered pytree, which the walk takes as it is.
 *
 * @throws ArgumentError, naming the path
 */
export const checkPytree = (model: GraphObject): void => {
  settingsOf(model, [], new Set(), (value, path) => {
    const hidden = contents(value).flatMap(hasData)
    if (hidden.length === 0) return
    const held = hidden[0] instanceof NDArray ? 'array' : classNameOf(hidden[0] as object)
    throw new ArgumentError(
      'checkPytree',
      `settings without arrays and Variables; extend nnx.Object, or mark it by nnx.static`,
      `data in static attribute ${path.join('/')}: a ${classNameOf(value)} with a ${held}`,
    )
  })
}
