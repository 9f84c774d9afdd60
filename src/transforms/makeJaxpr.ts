/** `makeJaxpr` and `evalShape`: tracing without running. */
import {
  type Jaxpr,
  type NDArray,
  type Shape,
  type DType,
  type ShapedArray,
  shaped,
  stage,
  requireFunction,
} from '../core/index.js'
import * as tree from '../pytree/index.js'
import { avalOfLeaf, type Fn, outputLeaves } from './arguments.js'

/** Shape and dtype of an array that need not exist. */
export class ShapeDtypeStruct {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType = 'float32',
  ) {}
  toString(): string {
    return `ShapeDtypeStruct(shape=[${this.shape.join(', ')}], dtype=${this.dtype})`
  }
}

/** Avals of leaves that are arrays, numbers or stand for arrays. @throws ArgumentError */
export const avalsOf = (where: string, leaves: readonly unknown[]): readonly ShapedArray[] =>
  leaves.map((x, i) => (x instanceof ShapeDtypeStruct ? shaped(x.shape, x.dtype) : avalOfLeaf(where, x, i)))

/** The program of a function for arguments of these shapes and dtypes; arrays it closes over are its first inputs. */
export const makeJaxpr = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
): ((...args: { [K in keyof A]: A[K] | ShapeDtypeStruct }) => Jaxpr) => {
  requireFunction('makeJaxpr', f)
  return (...args) => {
    const [leaves, treedef] = tree.flatten(args)
    return stage(
      (...xs) => outputLeaves('makeJaxpr', (f as unknown as Fn)(...treedef.unflatten(xs)))[0],
      avalsOf('makeJaxpr', leaves),
    ).jaxpr
  }
}

/** Shapes and dtypes of the results of a function, in its structure, without running it. */
export const evalShape = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  ...args: { [K in keyof A]: A[K] | ShapeDtypeStruct }
): unknown => {
  requireFunction('evalShape', f)
  const [leaves, treedef] = tree.flatten(args)
  let structure: tree.TreeDef | null = null
  const { jaxpr } = stage(
    (...xs): readonly NDArray[] => {
      const [results, resultTree] = outputLeaves('evalShape', (f as unknown as Fn)(...treedef.unflatten(xs)))
      structure = resultTree
      return results
    },
    avalsOf('evalShape', leaves),
  )
  return structure!.unflatten(jaxpr.avalsOut.map((a) => new ShapeDtypeStruct(a.shape, a.dtype)))
}
