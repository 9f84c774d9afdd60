/** `nnx.customVjp`: functions of modules with a reverse mode of their own. */
import { ArgumentError, DifferentiationError, type NDArray } from '../../core/index.js'
import * as control from '../../control/index.js'
import { stopGradient } from '../../lax/index.js'
import * as tree from '../../pytree/index.js'
import { showPaths } from '../build.js'
import { toPredicate } from '../filter.js'
import { GraphDef, type NodeDef } from '../graphdef.js'
import { Variable } from '../variable.js'
import { VariableState } from '../variableState.js'
import { flattenGraph } from '../walk.js'
import { Builder } from '../build.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'
import { collectCotangents } from './cotangents.js'
import type { DiffState } from './diffState.js'
import { type GradOf, gradientOf } from './grad.js'

/** Cotangents of what a function wrote into its arguments, and of what it returned. */
export type VjpCotangents<A extends readonly unknown[], R> = readonly [
  inputs: { readonly [K in keyof A]: GradOf<A[K]> },
  output: GradOf<R>,
]

/** A function of modules whose reverse mode is given. */
export interface CustomVjpFunction<A extends readonly unknown[], R> {
  (...args: A): R
  /**
   * Give reverse mode: `forward` from the arguments to `[result, residuals]`, `backward` from the residuals and the
   * cotangents `[inputs, output]` to those of the arguments, in an array: a state for a module, in which Variables may be
   * missing; `null` for zeros. `inputs` are the cotangents of the Variables' values after the call, zeros for those that
   * the function doesn't write.
   */
  defvjp<Res>(
    forward: (...args: A) => readonly [R, Res],
    backward: (residuals: Res, cotangents: VjpCotangents<A, R>) => readonly unknown[],
  ): void
  /** With `nondiffArgnums`: the values of those arguments come first in `backward`. */
  defvjp(
    forward: (...args: A) => readonly [R, unknown],
    backward: (...args: readonly never[]) => readonly unknown[],
  ): void
}

export interface CustomVjpOptions {
  /**
   * Positions of arguments that are not differentiated and need not be arrays or modules; or `DiffState(n, filter)`: of
   * argument n only the Variables that satisfy the filter are differentiated, and have cotangents.
   */
  readonly nondiffArgnums?: readonly (number | DiffState)[]
}

type AnyFn = (...args: readonly unknown[]) => unknown

const sameOutcome = (a: Outcome, b: Outcome): boolean =>
  a.changed.join() === b.changed.join() && new GraphDef(a.result, 0, 0).key === new GraphDef(b.result, 0, 0).key

/**
 * A function of modules whose reverse mode you give with `defvjp`; it has no forward mode. What it writes into its
 * modules is written into the caller's.
 *
 * @throws DifferentiationError, when differentiated, if `defvjp` was not called, in forward mode, or if the function
 * closes over a differentiated value
 * @throws ArgumentError if the function changes the structure of its arguments, or a rule doesn't fit it
 * @example
 * const scale = nnx.customVjp((m: nnx.Linear, x: NDArray) => m(x))
 * scale.defvjp(
 *   (m, x) => [m(x), x],
 *   (x, [[inputs], ct]) => [{ ...inputs, bias: np.sum(ct, { axis: 0 }).mul(10) }, null],
 * )
 * const linear = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * nnx.grad((m: nnx.Linear) => np.sum(scale(m, np.ones([3, 2]))))(linear).bias?.value // => Array([30.], dtype=float32)
 */
export const customVjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { nondiffArgnums = [] }: CustomVjpOptions = {},
): CustomVjpFunction<A, R> => {
  const name = typeof f.name === 'string' && f.name !== '' ? f.name : 'anonymous'
  const where = `nnx.customVjp(${name})`
  let given: readonly [AnyFn, AnyFn] | null = null
  const rules = (): readonly [AnyFn, AnyFn] => {
    if (given !== null) return given
    throw new DifferentiationError(name, 'a customVjp function has no derivative; call its defvjp')
  }
  const isFixed = (i: number): boolean => nondiffArgnums.includes(i)
  const filters = new Map(
    nondiffArgnums.flatMap((x) => (typeof x === 'number' ? [] : [[x.argnum, toPredicate(x.filter)]])),
  )
  const call = (...args: A): R => {
    const fixed = args.filter((_, i) => isFixed(i))
    const outside = flattenGraph(args.map((x, i) => (isFixed(i) ? null : x)), false) // prettier-ignore
    const { def } = outside
    // Leaves that have cotangents.
    const isReal = outside.leaves.map((leaf, i) => {
      const [first, ...path] = def.paths[i]!
      return filters.get(first as number)?.(path, leaf) ?? true
    })
    const root = def.root as NodeDef & { readonly kind: 'container' }
    const filled = (inside: Inside): readonly unknown[] => inside.args.map((x, i) => (isFixed(i) ? args[i] : x))
    const leave = (inside: Inside, result: unknown): Outcome => {
      const left = inside.leave(where, result, false)
      if (left.args === null) return left
      throw new ArgumentError(where, 'a function that leaves the structure of its arguments as it is', 'one that adds, removes or replaces fields') // prettier-ignore
    }
    let outcome: Outcome | null = null
    let residualDef: NodeDef | null = null
    const pure = control.customVjp((...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(def, values)
      outcome = leave(inside, (f as unknown as AnyFn)(...filled(inside)))
      return outcome.outputs
    })
    pure.defvjp(
      (...values: readonly unknown[]) => {
        const inside = new Inside(def, values)
        const result = rules()[0](...filled(inside))
        if (!Array.isArray(result) || result.length !== 2) {
          throw new ArgumentError(`${where}.defvjp`, 'a forward rule that returns [result, residuals]', typeof result)
        }
        const [y, residuals] = result as unknown as readonly [unknown, unknown]
        const mine = leave(inside, y)
        if (!sameOutcome(mine, outcome!)) {
          throw new ArgumentError(`${where}.defvjp`, 'a forward rule that returns and writes what the function does', 'another structure') // prettier-ignore
        }
        const kept = flattenGraph(residuals, false)
        residualDef = kept.def.root
        return [mine.outputs, kept.leaves.map(valueOfLeaf)]
      },
      (residuals: readonly unknown[], cts: readonly unknown[]) => {
        const { changed, result } = outcome!
        const states = outside.leaves.map((leaf, i) => {
          const at = changed.indexOf(i)
          const ct = at >= 0 ? cts[at] : null
          return leaf instanceof Variable ? new VariableState(leaf.type, ct, leaf.metadata) : ct
        })
        const isWritten = (leaf: number): boolean => changed.includes(leaf) && isReal[leaf]!
        const inputs = root.children.flatMap((child, i) => (isFixed(i) ? [] : [gradientOf(child, states, isWritten)]))
        const output = gradientOf(result, wrapped(result, cts.slice(changed.length)), () => true)
        const kept = new Builder(residuals).build(residualDef!)
        const answer = rules()[1](...fixed, kept, [inputs, output])
        if (!Array.isArray(answer) || answer.length !== inputs.length) {
          throw new ArgumentError(`${where}.defvjp`, `a backward rule that returns ${inputs.length} cotangents`, Array.isArray(answer) ? `${answer.length}` : typeof answer) // prettier-ignore
        }
        const leaves = new Array<unknown>(def.numLeaves).fill(null)
        let next = 0
        root.children.forEach((child, i) => {
          if (!isFixed(i))
            collectCotangents(`${where}.defvjp`, child, (answer as readonly unknown[])[next++], leaves, [i])
        })
        const extra = leaves.findIndex((ct, i) => ct !== null && !isReal[i]!)
        if (extra >= 0) {
          throw new ArgumentError(`${where}.defvjp`, 'cotangents of what is differentiated', `one of ${showPaths([def.paths[extra]!])}`) // prettier-ignore
        }
        return leaves
      },
    )
    const outputs = pure(
      ...outside.leaves.map((leaf, i) =>
        isReal[i]! ? valueOfLeaf(leaf) : tree.map((x: NDArray) => stopGradient(x), valueOfLeaf(leaf)),
      ),
    )
    return propagate(outcome!, outside, outputs) as R
  }
  Object.defineProperty(call, 'name', { value: name })
  return Object.assign(call, {
    defvjp: (forward: (...args: A) => unknown, backward: (...args: never) => unknown): void => {
      given = [forward as unknown as AnyFn, backward as unknown as AnyFn]
    },
  }) as CustomVjpFunction<A, R>
}

/** Cotangents of a result's leaves, those of Variables as leaves of states. */
const wrapped = (def: NodeDef, cts: readonly unknown[]): readonly unknown[] => {
  const leaves = [...cts]
  const visit = (node: NodeDef): void => {
    if (node.kind === 'variable') leaves[node.leaf] = new VariableState(node.type, cts[node.leaf], node.metadata)
    if (node.kind === 'object' || node.kind === 'container') node.children.forEach(visit)
  }
  visit(def)
  return leaves
}
