/** Trees as arrays by name, and weights of other programs into trees. */
import * as t from 'io-ts'
import { ArgumentError, closed, decodeOptions, NDArray, showAval, strengthened } from '../core/index.js'
import { convertElementType } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { WeightsError, type WeightsDifference } from './errors.js'
import type { Tensors } from './safetensors.js'

/** A path as a name: `layers.0.kernel`; the value of a Variable has the name of the Variable. */
const nameOf = (path: tree.KeyPath): string => {
  const last = path.at(-1)
  const named = last?.kind === 'attr' && last.key === 'value' ? path.slice(0, -1) : path
  return tree.keystr(named, { simple: true, separator: '.' })
}

/**
 * The arrays of a tree by name, as files hold them: `layers.0.kernel`.
 *
 * @throws ArgumentError if a leaf is not an array, or two have one name
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * Object.keys(io.namedArrays(nnx.state(model, nnx.Param))) // => ['bias', 'kernel']
 */
export const namedArrays = (value: unknown): Tensors => {
  const named = new Map<string, NDArray>()
  for (const [path, leaf] of tree.leavesWithPath(value) as readonly (readonly [tree.KeyPath, unknown])[]) {
    const name = nameOf(path)
    if (!(leaf instanceof NDArray)) throw new ArgumentError('namedArrays', `an array at ${name}`, typeof leaf)
    if (named.has(name)) throw new ArgumentError('namedArrays', 'different names for all arrays', `${name} twice`)
    named.set(name, leaf)
  }
  return Object.fromEntries(named)
}

export interface LoadWeightsOptions {
  /** `strict` (the default) throws unless names, shapes and dtypes agree; `partial` takes what fits and reports the rest. */
  readonly mode?: 'strict' | 'partial'
  /** Names of the weights to names of the tree: a table (others stay as they are), or a function; `null` leaves one out. */
  readonly rename?: Readonly<Record<string, string | null>> | ((name: string) => string | null)
  /** Change an array before it is taken: transpose a kernel, for example. Gets the tree's name. */
  readonly transform?: (x: NDArray, name: string) => NDArray
  /** Convert dtypes to those of the tree. Default `false`: other dtypes don't fit. */
  readonly cast?: boolean
}

const loadOptions = closed(
  t.partial({
    mode: t.keyof({ strict: null, partial: null }),
    rename: t.union([t.Function, t.UnknownRecord]),
    transform: t.Function,
    cast: t.boolean,
  }),
)

/** The tree with its new arrays, and what did not fit; names of the tree, those left over of the weights. */
export interface LoadedWeights<T> extends WeightsDifference {
  readonly tree: T
  readonly loaded: readonly string[]
}

/**
 * Put arrays into a tree by name: weights that another program made, into the state of a model for example.
 *
 * @throws WeightsError in the strict mode, with all names that are missing, left over or of other types
 * @throws ArgumentError if two weights get one name
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * const foreign = { 'fc.weight': np.ones([3, 2]), 'fc.bias': np.zeros([3]), 'fc.steps': np.array(1) }
 * const { tree: state, leftOver } = io.loadWeights(nnx.state(model, nnx.Param), foreign, {
 *   mode: 'partial',
 *   rename: { 'fc.weight': 'kernel', 'fc.bias': 'bias' },
 *   transform: (x, name) => (name === 'kernel' ? np.transpose(x) : x),
 * })
 * leftOver // => ['fc.steps']
 * nnx.update(model, state)
 * model(np.ones([2])) // => Array([2., 2., 2.], dtype=float32)
 */
export const loadWeights = <T>(into: T, weights: Tensors, options: LoadWeightsOptions = {}): LoadedWeights<T> => {
  decodeOptions('io.loadWeights', loadOptions, options)
  const { mode = 'strict', rename = {}, transform = (x) => x, cast = false } = options
  const renamed = (name: string): string | null =>
    typeof rename === 'function' ? rename(name) : Object.hasOwn(rename, name) ? rename[name]! : name
  const targets = new Set(Object.keys(namedArrays(into)))
  const given = new Map<string, NDArray>()
  const leftOver: string[] = []
  for (const [name, x] of Object.entries(weights)) {
    const target = renamed(name)
    if (target === null) continue
    if (!targets.has(target)) leftOver.push(name)
    else if (given.has(target))
      throw new ArgumentError('loadWeights', `one weight for ${target}`, `${name} and another`)
    else given.set(target, x)
  }
  const missing: string[] = []
  const mismatched: string[] = []
  const loaded: string[] = []
  const [leaves, treedef] = tree.flattenWithPath(into)
  const result = leaves.map(([path, leaf]) => {
    const old = leaf as NDArray
    const name = nameOf(path)
    const x = given.get(name)
    if (x === undefined) {
      missing.push(name)
      return old
    }
    const changed = transform(x, name)
    const fitting = cast && changed.dtype !== old.dtype ? convertElementType(changed, old.dtype) : changed
    if (showAval(strengthened(fitting.aval)) !== showAval(strengthened(old.aval))) {
      mismatched.push(`${name}: got ${showAval(changed.aval)}, for ${showAval(old.aval)}`)
      return old
    }
    loaded.push(name)
    return fitting
  })
  const difference = { missing, leftOver, mismatched }
  if (mode === 'strict' && missing.length + leftOver.length + mismatched.length > 0) throw new WeightsError(difference)
  return { tree: treedef.unflatten(result), loaded, ...difference }
}
