/** Checks of values at run time, and functions that return whether they held. */
import type { NDArray } from '../core/index.js'
import { bind, evalJaxpr, evalTrace, requireFunction, stage, withTrace } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, liftEffects, outputLeaves } from '../transforms/index.js'
import { hostCallP, scalarBool } from './hostCall.js'

/** A check that did not hold. */
export class CheckError extends Error {
  override readonly name = 'CheckError'
}

const filled = (message: string, values: readonly NDArray[]): string => {
  let next = 0
  return message.replaceAll(/\{(\d*)\}/g, (_m, index: string) => {
    const value = values[index === '' ? next++ : Number(index)]
    return value === undefined ? '{}' : value.size === 1 ? String(value.item()) : String(value)
  })
}

/**
 * Check that a value holds. At once, or, in a compiled function, when the call has ended; in a function that
 * {@link checkify} changed it is the error that the function returns.
 *
 * @param holds - scalar bool
 * @param message - with `{}` for the values that follow
 * @throws CheckError where it doesn't hold
 * @throws DTypeError unless the value is a scalar bool
 * @example
 * const f = jit((x: NDArray) => {
 *   debug.check(x.gt(0), 'x must be positive, is {}', x)
 *   return np.log(x)
 * })
 * f(np.array(-1)) // throws CheckError: x must be positive, is -1
 */
export const check = (holds: NDArray | boolean, message: string, ...values: readonly (NDArray | number)[]): void => {
  const arrays = values.map((x, i) => arrayLeaf('debug.check', x, i))
  const verdict = scalarBool('debug.check', arrayLeaf('debug.check', holds, 0))
  bind(hostCallP, [verdict, ...arrays], {
    callback: (was, ...rest) => {
      if (was.item() === 0) throw new CheckError(filled(message, rest))
    },
  })
}

/** What became of the checks of a call: a tree of the values that they need. */
export class Error_ {
  constructor(
    /** Values that the checks need. */
    readonly values: readonly NDArray[],
    readonly run: (values: readonly NDArray[]) => void,
  ) {}

  /** The message of the first check that did not hold, or `null`. @throws ConcretizationError in a traced function */
  get(): string | null {
    try {
      this.throw()
      return null
    } catch (error) {
      if (error instanceof CheckError) return error.message
      throw error
    }
  }

  /** @throws CheckError of the first check that did not hold */
  throw(): void {
    this.run(this.values)
  }
}
tree.registerNode(Error_, {
  flatten: ({ values, run }) => ({ children: values, aux: run }),
  unflatten: (run, values) => new Error_(values as readonly NDArray[], run),
  equalAux: Object.is,
})
export { Error_ as Error }

/**
 * A function that returns `[error, result]`: the checks in it, and in what it calls, don't throw.
 *
 * @example
 * const f = checkify.checkify((x: NDArray) => {
 *   checkify.check(x.gt(0), 'x must be positive')
 *   return np.log(x)
 * })
 * const [error] = jit(f)(np.array(-1))
 * error.get() // => 'x must be positive'
 */
export const checkify = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
): ((...args: A) => readonly [Error_, R]) => {
  requireFunction('checkify', f)
  return (...args) => {
    const [leaves, treedef] = tree.flatten<readonly unknown[]>(args)
    const arrays = leaves.map((x, i) => arrayLeaf('checkify', x, i))
    let structure: tree.TreeDef | null = null
    const { jaxpr, consts } = stage(
      (...xs) => {
        const [results, resultTree] = outputLeaves('checkify', (f as unknown as Fn)(...treedef.unflatten(xs)))
        structure = resultTree
        return results
      },
      arrays.map((x) => x.aval),
    )
    const lifted = liftEffects(jaxpr)
    const outputs = evalJaxpr(lifted.jaxpr, [...consts, ...arrays])
    const run = (values: readonly NDArray[]): void => {
      withTrace(evalTrace, () => {
        lifted.run(values)
      })
    }
    const count = jaxpr.outputs.length
    return [new Error_(outputs.slice(count), run), structure!.unflatten(outputs.slice(0, count)) as R]
  }
}
