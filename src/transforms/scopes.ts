/** Names for parts of programs, evaluation while tracing, types of values, and trees as vectors. */
import {
  checkOptions,
  ConcreteArray,
  evalTrace,
  type NDArray,
  promoteTypes,
  requireFunction,
  type ShapedArray,
  withTrace,
} from '../core/index.js'
import { concatenate, convertElementType, reshape, sliceInDim } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, avalOfLeaf } from './arguments.js'
import { jit } from './jit.js'

/**
 * A function whose operations stand under a name in jaxprs.
 *
 * @param options - `name`; default that of the function
 */
export const namedCall = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: { readonly name?: string } = {},
): ((...args: A) => R) => {
  requireFunction('namedCall', f)
  checkOptions('namedCall', options, ['name'])
  const { name = f.name } = options
  return jit(Object.defineProperty((...args: A): R => f(...args), 'name', { value: name }))
}

/** Run `f` so that its operations stand under a name in jaxprs: {@link namedCall} of a function without arguments. */
export const namedScope = <R>(name: string, f: () => R): R => namedCall(f, { name })()

/**
 * Evaluate at once what `f` computes of concrete arrays, though a function around it is traced: the results can be read.
 *
 * @throws EscapedTracerError if an operation takes a traced value
 */
export const ensureCompileTimeEval = <T>(f: () => T): T => {
  requireFunction('ensureCompileTimeEval', f)
  return withTrace(evalTrace, f)
}

/** Shape, dtype and weakness of an array or a number. @throws ArgumentError */
export const typeOf = (x: unknown): ShapedArray => avalOfLeaf('typeof', x, 0)

/**
 * The tree itself, when its values are there: on the CPU they always are, on a GPU a program may still be writing them.
 * Reading an array waits by itself.
 */
export const blockUntilReady = <T>(x: T): T => {
  for (const leaf of tree.leaves<unknown>(x)) if (leaf instanceof ConcreteArray) leaf.waitUntilReady()
  return x
}

/**
 * The leaves of a tree in one vector, of the dtype that they promote to, and the function back.
 *
 * @example
 * const [vector, unravel] = ravelPytree({ a: np.array([1, 2]), b: np.array(3) })
 * unravel(vector.mul(2)).b // => Array(6., dtype=float32)
 */
export const ravelPytree = <T>(x: T): readonly [NDArray, (vector: NDArray) => T] => {
  const [leaves, treedef] = tree.flatten<unknown>(x)
  const arrays = leaves.map((leaf, i) => arrayLeaf('ravelPytree', leaf, i))
  const avals = arrays.map((a) => a.aval)
  const { dtype } = avals.reduce((a, b) => ({ shape: [], ...promoteTypes(a, b) }), avals[0] ?? { shape: [], dtype: 'float32', weakType: false }) // prettier-ignore
  const sizes = arrays.map((a) => a.size)
  const flat = arrays.map((a) => convertElementType(reshape(a, [a.size]), dtype))
  const vector = flat.length === 0 ? reshape(arrayLeaf('ravelPytree', 0, 0), [1]) : concatenate(flat, 0)
  const unravel = (v: NDArray): T => {
    let start = 0
    const parts = avals.map((aval, i) => {
      const part = sliceInDim(v, start, (start += sizes[i]!))
      return convertElementType(reshape(part, aval.shape), aval.dtype, aval.weakType)
    })
    return treedef.unflatten(parts) as T
  }
  return [flat.length === 0 ? sliceInDim(vector, 0, 0) : vector, unravel]
}
