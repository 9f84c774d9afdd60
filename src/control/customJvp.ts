/** Functions with a derivative of their own. */
import { ArgumentError, bind, checkOptions, NDArray, type Primitive, requireFunction, zero } from '../core/index.js'
import { add, instantiate } from '../lax/index.js'
import { backward, type Fn, outputLeaves, vmapFlat } from '../transforms/index.js'
import {
  batchedCall,
  type CallParams,
  callRules,
  customFunction,
  type CustomOptions,
  givenRule,
  inFront,
  nameOf,
  ownArguments,
  ruleLeaf,
} from './customCall.js'

/** Results and their tangents from flat primals and tangents. */
type Rule = (
  primals: readonly NDArray[],
  tangents: readonly NDArray[],
) => readonly [readonly NDArray[], readonly NDArray[]]

interface CustomJvp extends CallParams {
  readonly rule: Rule
}

export const customJvpCallP: Primitive<CustomJvp> = {
  name: 'custom_jvp_call',
  ...callRules,
  jvp: (primals, tangents, params) => params.rule(...ownArguments('customJvp', params, primals, tangents)),
  transpose: (cts, args, { jaxpr }) => {
    const linear = backward(jaxpr, args, cts).values()
    return args.map((x) => (x instanceof NDArray ? null : linear.next().value!))
  },
  batch(args, axes, params, size, axisName) {
    const { rule, constCount, jaxpr } = params
    const { consts, ...batched } = batchedCall(params, args, axes, size, axisName)
    const argAxes = axes.slice(constCount)
    const batchedRule: Rule = (primals, tangents) => {
      const both = vmapFlat(
        (...xs) => rule(xs.slice(0, argAxes.length), xs.slice(argAxes.length)).flat(),
        [...primals, ...tangents],
        [...argAxes, ...argAxes],
        size,
        axisName,
      )
      const results = inFront(both, size)
      const count = jaxpr.outputs.length
      return [results.slice(0, count), results.slice(count)]
    }
    const results = bind(customJvpCallP, [...consts, ...args], { ...params, ...batched, rule: batchedRule })
    return [results, results.map(() => 0)]
  },
}

/** A function whose derivative is given, not computed. */
export interface CustomJvpFunction<A extends readonly unknown[], R> {
  (...args: A): R
  /**
   * Give the derivative: from the arguments and their tangents, in arrays, the result and its tangent.
   *
   * With `nondiffArgnums` the values of those arguments come first.
   */
  defjvp(rule: (primals: A, tangents: A) => readonly [R, R]): void
  defjvp(rule: (...args: readonly never[]) => readonly [R, R]): void
  /**
   * Give the derivative by each argument, an array: from its tangent, the result and the arguments, what it adds to the
   * tangent of the result; `null` where that is nothing.
   */
  defjvps(...rules: readonly (((tangent: NDArray, result: R, ...args: A) => R) | null)[]): void
}

export type CustomJvpOptions = CustomOptions

/**
 * A function whose derivative you give with `defjvp`; reverse mode transposes it.
 *
 * @throws DifferentiationError, when differentiated, if `defjvp` was not called or the function closes over a
 * differentiated value
 * @example
 * const softRelu = customJvp((x: NDArray) => np.maximum(x, 0))
 * softRelu.defjvp(([x], [t]) => [softRelu(x), t.mul(x.ge(0))])
 * grad(softRelu)(np.array(0)) // => Array(1., dtype=float32)
 */
export const customJvp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CustomJvpOptions = {},
): CustomJvpFunction<A, R> => {
  requireFunction('customJvp', f)
  checkOptions('customJvp', options, ['nondiffArgnums'])
  const { nondiffArgnums = [] } = options
  const name = nameOf(f)
  const where = `defjvp of ${name}`
  let given: Fn | null = null
  const call = customFunction('customJvp', f, nondiffArgnums, ({ consts, fixed, arrays, treedef, outputs }, params) => {
    const rule: Rule = (primals, tangents) => {
      const derivative = givenRule(given, 'customJvp', 'defjvp', name)
      const pair = derivative(...fixed, treedef.unflatten(primals), treedef.unflatten(tangents))
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw new ArgumentError(where, 'a rule that returns [result, tangent]', typeof pair)
      }
      const [ys] = outputLeaves(where, pair[0])
      const dys = outputs.flattenUpTo(pair[1], { where, left: 'the result', right: 'the tangent' })
      return [ys, dys.map((t, i) => ruleLeaf(where, "a tangent of the result's shape", t, ys[i]!.aval, i))]
    }
    return bind(customJvpCallP, [...consts, ...arrays], { ...params, rule })
  })
  const defjvp = (rule: (...args: never) => unknown): void => {
    given = rule as unknown as Fn
  }
  const defjvps = (...rules: readonly (((tangent: NDArray, result: R, ...args: A) => R) | null)[]): void => {
    if (nondiffArgnums.length > 0) {
      throw new ArgumentError(`defjvps of ${name}`, 'a function without nondiffArgnums', `[${nondiffArgnums.join()}]`)
    }
    defjvp((primals: A, tangents: readonly NDArray[]): readonly [R, unknown] => {
      const result = call(...primals)
      const parts = rules.flatMap((rule, i) => (rule === null ? [] : [rule(tangents[i]!, result, ...primals)]))
      const [ys, structure] = outputLeaves(where, result)
      const leaves = parts.map((part) =>
        structure.flattenUpTo(part, { where, left: 'the result', right: 'the tangent' }),
      )
      const sums = ys.map((y, i) =>
        leaves.length === 0
          ? instantiate(zero, y.aval)
          : leaves
              .map((xs) => ruleLeaf(where, "a tangent of the result's shape", xs[i], y.aval, i))
              .reduce((a, b) => add(a, b)),
      )
      return [result, structure.unflatten(sums)]
    })
  }
  return Object.assign(call, { defjvp, defjvps })
}
