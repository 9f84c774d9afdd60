/** Functions with a derivative of their own. */
import {
  bind,
  currentTrace,
  DifferentiationError,
  evalJaxpr,
  evalTrace,
  type Jaxpr,
  NDArray,
  type Primitive,
  stage,
  zero,
  ArgumentError,
  equalShapes,
  ShapeError,
  showAval,
  type BatchAxis,
} from '../core/index.js'
import { instantiate } from '../lax/index.js'
import { stageCall } from './customCall.js'
import { arrayLeaf, backward, type Fn, outputLeaves, batchAxisAt, vmapFlat } from '../transforms/index.js'

/** Results and their tangents from flat primals and tangents. */
type Rule = (
  primals: readonly NDArray[],
  tangents: readonly NDArray[],
) => readonly [readonly NDArray[], readonly NDArray[]]

interface CustomJvp {
  readonly jaxpr: Jaxpr
  /** Leading arguments that the function closes over. */
  readonly constCount: number
  readonly rule: Rule
  readonly name: string
}

/** Move the mapped axes of results to the front. */
const atFront = ([ys, axes]: readonly [readonly NDArray[], readonly BatchAxis[]], size: number): readonly NDArray[] =>
  ys.map((y, i) => batchAxisAt(y, axes[i]!, 0, size))

export const customJvpCallP: Primitive<CustomJvp> = {
  name: 'custom_jvp_call',
  abstractEval: (_avals, { jaxpr }) => jaxpr.avalsOut,
  jvp(primals, tangents, { constCount, rule, name }) {
    if (tangents.slice(0, constCount).some((t) => t !== zero)) {
      throw new DifferentiationError(
        name,
        'a customJvp function closes over a value that is differentiated; pass the value as an argument',
      )
    }
    const args = primals.slice(constCount)
    return rule(
      args,
      tangents.slice(constCount).map((t, i) => instantiate(t, args[i]!.aval)),
    )
  },
  transpose: (cts, args, { jaxpr }) => {
    const linear = backward(jaxpr, args, cts).values()
    return args.map((x) => (x instanceof NDArray ? null : linear.next().value!))
  },
  batch(args, axes, { jaxpr, constCount, rule, name }, size, axisName) {
    const batched = stage(
      (...xs) =>
        atFront(
          vmapFlat((...ys) => evalJaxpr(jaxpr, ys), xs, axes, size, axisName),
          size,
        ),
      args.map((x) => x.aval),
    )
    const argAxes = axes.slice(constCount)
    const batchedRule: Rule = (primals, tangents) => {
      const count = jaxpr.outputs.length
      const both = vmapFlat(
        (...xs) => {
          const [ys, dys] = rule(xs.slice(0, argAxes.length), xs.slice(argAxes.length))
          return [...ys, ...dys]
        },
        [...primals, ...tangents],
        [...argAxes, ...argAxes],
        size,
        axisName,
      )
      const results = atFront(both, size)
      return [results.slice(0, count), results.slice(count)]
    }
    const results = bind(customJvpCallP, [...batched.consts, ...args], {
      jaxpr: batched.jaxpr,
      constCount: constCount + batched.consts.length,
      rule: batchedRule,
      name,
    })
    return [results, results.map(() => 0)]
  },
  lower: ({ inline }, inputs, { jaxpr }) => inline(jaxpr, inputs),
  evaluate: (args, { jaxpr }) => evalJaxpr(jaxpr, args),
  inlined: ({ jaxpr }) => jaxpr,
  showParams: ({ jaxpr, name }) => `[\n  name=${name}\n  call_jaxpr=${jaxpr.toString().replaceAll('\n', '\n  ')}\n]`,
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
}

export interface CustomJvpOptions {
  /** Positions of arguments that are not differentiated and need not be arrays. */
  readonly nondiffArgnums?: readonly number[]
}

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
  { nondiffArgnums = [] }: CustomJvpOptions = {},
): CustomJvpFunction<A, R> => {
  const name = f.name === '' ? 'anonymous' : f.name
  let given: Fn | null = null
  const call = (...args: A): R => {
    if (currentTrace() === evalTrace) return f(...args)
    const { jaxpr, consts, fixed, arrays, treedef, outputs } = stageCall(
      `customJvp(${name})`,
      f as unknown as Fn,
      args,
      nondiffArgnums,
    )
    const rule: Rule = (primals, tangents) => {
      if (given === null)
        throw new DifferentiationError(name, 'a customJvp function has no derivative; call its defjvp')
      const pair = given(...fixed, treedef.unflatten(primals), treedef.unflatten(tangents))
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw new ArgumentError(`defjvp of ${name}`, 'a rule that returns [result, tangent]', typeof pair)
      }
      const [ys] = outputLeaves(`defjvp of ${name}`, pair[0])
      const dys = outputs.flattenUpTo(pair[1], { where: `defjvp of ${name}`, left: 'the result', right: 'the tangent' })
      return [
        ys,
        dys.map((t, i) => {
          const tangent = arrayLeaf(`defjvp of ${name}`, t, i)
          if (equalShapes(tangent.shape, ys[i]!.shape)) return tangent
          throw new ShapeError(
            `defjvp of ${name}`,
            `a tangent of the result's shape (${showAval(ys[i]!.aval)})`,
            showAval(tangent.aval),
          )
        }),
      ]
    }
    const results = bind(customJvpCallP, [...consts, ...arrays], { jaxpr, constCount: consts.length, rule, name })
    return outputs.unflatten(results) as R
  }
  Object.defineProperty(call, 'name', { value: name })
  return Object.assign(call, {
    defjvp: (rule: (...args: never) => unknown): void => {
      given = rule as unknown as Fn
    },
  })
}
