/** Arguments and results of transformed functions: trees of arrays and numbers. */
import {
  ArgumentError,
  AsyncFunctionError,
  NDArray,
  type Scalar,
  type ShapedArray,
  shaped,
  dtypeOfScalar,
  weakLiteral,
} from '../core/index.js'
import * as tree from '../pytree/index.js'

/** Any function, where only the transform knows the types. */
export type Fn = (...args: readonly unknown[]) => unknown

/** Whether a leaf stands for a scalar. */
export const isScalar = (x: unknown): x is Scalar =>
  typeof x === 'number' || typeof x === 'boolean' || typeof x === 'bigint'

/** A leaf as an array. @throws ArgumentError */
export const arrayLeaf = (where: string, x: unknown, index: number): NDArray => {
  if (x instanceof NDArray) return x
  if (isScalar(x)) return weakLiteral(x)
  throw new ArgumentError(
    where,
    'arrays and numbers as leaves of the arguments',
    `${describe(x)} as leaf ${index}; mark the argument static or close over it`,
  )
}

const describe = (x: unknown): string =>
  typeof x === 'object' && x !== null ? `an object of class ${x.constructor.name}` : `${typeof x} ${String(x)}`

/** The aval that a leaf has when it is traced. @throws ArgumentError */
export const avalOfLeaf = (where: string, x: unknown, index: number): ShapedArray => {
  if (x instanceof NDArray) return x.aval
  if (isScalar(x)) return shaped([], dtypeOfScalar(x), typeof x !== 'boolean')
  return arrayLeaf(where, x, index).aval
}

/** Leaves and structure of what a function returned. @throws AsyncFunctionError, ArgumentError */
export const outputLeaves = (where: string, result: unknown): readonly [readonly NDArray[], tree.TreeDef] => {
  if (typeof result === 'object' && result !== null && 'then' in result) throw new AsyncFunctionError(where)
  if (result === undefined) throw new ArgumentError(where, 'a function that returns arrays', 'undefined')
  const [leaves, treedef] = tree.flatten(result)
  return [
    (leaves as readonly unknown[]).map((x) => {
      if (x instanceof NDArray) return x
      if (isScalar(x)) return weakLiteral(x)
      throw new ArgumentError(where, 'a function that returns trees of arrays and numbers', describe(x))
    }),
    treedef,
  ]
}
