/** Parts of states by their names. */
import { ArgumentError, NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'

/** Whether a value at a path is meant. */
export type StateFilter = (path: tree.KeyPath, value: unknown) => boolean

/** A node's children with the steps to them; nothing of a leaf. */
const childrenOf = (node: unknown): readonly (readonly [tree.KeyPath, unknown])[] =>
  node instanceof NDArray || !tree.isNode(node)
    ? []
    : tree.leavesWithPath<unknown>(node, { isLeaf: (x: unknown) => x !== node })

const visit = (node: unknown, path: tree.KeyPath, seen: (path: tree.KeyPath, value: unknown) => void): void => {
  for (const [step, child] of childrenOf(node)) {
    const at = [...path, ...step]
    seen(at, child)
    visit(child, at, seen)
  }
}

/** @internal Nodes that have all of these fields. */
export const findNodes = (of: unknown, fields: readonly string[]): readonly Readonly<Record<string, unknown>>[] => {
  const found: Readonly<Record<string, unknown>>[] = []
  const check = (x: unknown): void => {
    if (typeof x === 'object' && x !== null && !(x instanceof NDArray) && fields.every((field) => field in x)) {
      found.push(x as Readonly<Record<string, unknown>>)
    }
  }
  check(of)
  visit(of, [], (_, x) => {
    check(x)
  })
  return found
}

/**
 * All values of a name in a state, with the paths to them.
 *
 * @param key - name of a field or of a key, at any depth
 * @example
 * const state = optax.adam(0.1).init(np.zeros([2]))
 * optax.tree.getAllWithPath(state, 'count').map(([path]) => tree.keystr(path)) // => ["[0]['count']"]
 */
export const getAllWithPath = (
  of: unknown,
  key: string | number,
  filtering: StateFilter | null = null,
): readonly (readonly [path: tree.KeyPath, value: unknown])[] => {
  const found: (readonly [tree.KeyPath, unknown])[] = []
  visit(of, [], (path, value) => {
    const last = path[path.length - 1]!
    const isNamed = last.kind !== 'index' && last.kind !== 'flat' && last.key === key
    if (isNamed && (filtering === null || filtering(path, value))) found.push([path, value])
  })
  return found
}

/**
 * The value of a name in a state.
 *
 * @returns the default (`null` unless given) if there is none
 * @throws ArgumentError if there are several
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#optax.tree_utils.tree_get
 * @example
 * optax.tree.get(optax.adam(0.1).init(np.zeros([2])), 'mu') // => Array([0., 0.], dtype=float32)
 */
export const get = (
  of: unknown,
  key: string | number,
  defaultValue: unknown = null,
  filtering: StateFilter | null = null,
): unknown => {
  const found = getAllWithPath(of, key, filtering)
  if (found.length > 1) {
    const paths = found.map(([path]) => tree.keystr(path)).join(', ')
    throw new ArgumentError('tree.get', `one value of '${key}' (or a filter for one)`, `${found.length}, at ${paths}`)
  }
  return found.length === 0 ? defaultValue : found[0]![1]
}

/**
 * A state with other values of some names, wherever they are.
 *
 * @throws ArgumentError if there is no value of a name
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#optax.tree_utils.tree_set
 * @example
 * const tx = optax.injectHyperparams(optax.sgd)({ learningRate: 1 })
 * const state = optax.tree.set(tx.init(np.zeros([1])), { learningRate: np.array(0.5) })
 * tx.update(np.array([1]), state)[0] // => Array([-0.5], dtype=float32)
 */
export const set = <T>(of: T, values: Readonly<Record<string, unknown>>, filtering: StateFilter | null = null): T => {
  for (const key of Object.keys(values)) {
    if (getAllWithPath(of, key, filtering).length === 0) {
      throw new ArgumentError('tree.set', `a tree with a value of '${key}'`, 'none')
    }
  }
  const replaced = (node: unknown, path: tree.KeyPath): unknown => {
    const children = childrenOf(node)
    if (children.length === 0) return node
    const structure = tree.flatten<unknown>(node, { isLeaf: (x: unknown) => x !== node })[1]
    return structure.unflatten(
      children.map(([step, child]) => {
        const at = [...path, ...step]
        const last = at[at.length - 1]!
        const isNamed = last.kind !== 'index' && last.kind !== 'flat' && Object.hasOwn(values, last.key)
        if (isNamed && (filtering === null || filtering(at, child))) return values[last.key]
        return replaced(child, at)
      }),
    )
  }
  return replaced(of, []) as T
}

/** Stands for the params in {@link mapParams}. */
class Placeholder {}
tree.registerNode(Placeholder, {
  flatten: () => ({ children: [], keys: [], aux: null }),
  unflatten: () => new Placeholder(),
})

export interface MapParamsOptions {
  /** What is done with the other leaves; default nothing. */
  readonly transformNonParams?: ((x: unknown) => unknown) | null
}

/**
 * A state with a function of those parts that are in the structure of the params: moments, traces, averages.
 *
 * @param initable - the transformation, or its `init`
 * @param rest - further trees of the params' structure
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#optax.tree_utils.tree_map_params
 * @example
 * const tx = optax.adam(0.1)
 * const state = tx.init(np.zeros([2]))
 * optax.tree.mapParams(tx, (x: NDArray) => x.add(1), state)[0].mu // => Array([1., 1.], dtype=float32)
 */
export const mapParams = <S>(
  initable: { init(params: unknown): unknown } | ((params: unknown) => unknown),
  f: (x: never, ...rest: never[]) => unknown,
  state: S,
  rest: readonly unknown[] = [],
  { transformNonParams = null }: MapParamsOptions = {},
): S => {
  const isPlaceholder = (x: unknown): boolean => x instanceof Placeholder
  const placeholder = new Placeholder()
  const pattern = typeof initable === 'function' ? initable(placeholder) : initable.init(placeholder)
  return tree.mapWith(
    { isLeaf: isPlaceholder },
    (at: unknown, value: unknown) => {
      if (isPlaceholder(at)) return tree.map(f as (...xs: unknown[]) => unknown, value, ...rest)
      return transformNonParams === null ? value : transformNonParams(value)
    },
    pattern,
    state,
  ) as S
}
