/** Functions with a reverse mode of their own. */
import type { NDArray } from '../core/index.js'
import {
  ArgumentError,
  bind,
  type BatchAxis,
  DifferentiationError,
  isFloat,
  Linear,
  type Primitive,
  type ShapedArray,
  type Tangent,
  withShape,
  zero,
  requireFunction,
  checkOptions,
} from '../core/index.js'
import { instantiate, reduceSum } from '../lax/index.js'
import type * as tree from '../pytree/index.js'
import { arrayLeaf, batchAxisAt, type Fn, outputLeaves, vmapFlat } from '../transforms/index.js'
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

/** Results, then residuals, from the arguments. */
type Forward = (args: readonly NDArray[]) => readonly [outs: readonly NDArray[], residuals: readonly NDArray[]]
/** Cotangents of the arguments from residuals and cotangents of the results. */
type Backward = (residuals: readonly NDArray[], cts: readonly NDArray[]) => readonly NDArray[]

interface CustomVjp extends CallParams {
  readonly forward: Forward
  readonly backward: Backward
}

interface CustomLinear {
  readonly backward: Backward
  readonly residualCount: number
  readonly avalsOut: readonly ShapedArray[]
  readonly name: string
}

/** A backward rule over a batch; what isn't mapped is shared, so its cotangents are summed. */
const batchedBackward =
  (
    backward: Backward,
    residualAxes: readonly BatchAxis[],
    ctAxes: (ct: NDArray, i: number) => BatchAxis,
    argAxes: readonly BatchAxis[],
    size: number,
    axisName: string | null,
  ): Backward =>
  (residuals, cts) => {
    const [results, axes] = vmapFlat(
      (...xs) => backward(xs.slice(0, residuals.length), xs.slice(residuals.length)),
      [...residuals, ...cts],
      [...residualAxes, ...cts.map(ctAxes)],
      size,
      axisName,
    )
    return inFront([results, axes], size).map((ct, i) => {
      const axis = argAxes[i]!
      return axis === null ? reduceSum(ct, [0]) : batchAxisAt(ct, 0, axis, size)
    })
  }

const noForwardMode = (name: string): never => {
  throw new DifferentiationError(
    name,
    'a customVjp function has no forward mode; use customJvp, or reverse mode (grad, vjp)',
  )
}

/** Stands for the linear map whose transpose the user gave: it can only be transposed. */
const customLinearP: Primitive<CustomLinear> = {
  name: 'custom_lin',
  abstractEval: (_avals, { avalsOut }) => avalsOut,
  jvp: (_primals, _tangents, { name }) => noForwardMode(name),
  transpose(cts, args, { backward, residualCount, avalsOut }) {
    const residuals = args.slice(0, residualCount) as readonly NDArray[]
    const results = backward(
      residuals,
      cts.map((ct, i) => instantiate(ct, avalsOut[i]!)),
    )
    return args.map((x, i) => (i < residualCount || !(x instanceof Linear) ? null : results[i - residualCount]!))
  },
  batch(args, axes, params, size, axisName) {
    const { residualCount } = params
    const moved = args.map((x, i) => (axes[i] === null ? x : batchAxisAt(x, axes[i]!, 0, size)))
    const front = axes.map((a): BatchAxis => (a === null ? null : 0))
    const avalsOut = params.avalsOut.map((aval) => withShape(aval, [size, ...aval.shape]))
    const backward = batchedBackward(
      params.backward,
      front.slice(0, residualCount),
      () => 0,
      front.slice(residualCount),
      size,
      axisName,
    )
    return [bind(customLinearP, moved, { ...params, backward, avalsOut }), avalsOut.map(() => 0)]
  },
  lower: (_context, _inputs, { name }) => noForwardMode(name),
  evaluate: (_args, { name }) => noForwardMode(name),
  showParams: ({ name, residualCount }) => `[name=${name} num_res=${residualCount}]`,
}

export const customVjpCallP: Primitive<CustomVjp> = {
  name: 'custom_vjp_call',
  ...callRules,
  jvp(primals, tangents, params) {
    const [args, directions] = ownArguments('customVjp', params, primals, tangents)
    const { forward, backward, name } = params
    const [outs, residuals] = forward(args)
    const dys = bind(customLinearP, [...residuals, ...directions], {
      backward,
      residualCount: residuals.length,
      avalsOut: outs.map((y) => y.aval),
      name,
    })
    return [outs, dys.map((t, i): Tangent => (isFloat(outs[i]!.dtype) ? t : zero))]
  },
  transpose: (_cts, _args, { name }) => {
    throw new DifferentiationError(name, 'a customVjp function is not linear, so it has no transpose')
  },
  batch(args, axes, params, size, axisName) {
    const { constCount, forward, backward } = params
    const { consts, ...batched } = batchedCall(params, args, axes, size, axisName)
    const argAxes = axes.slice(constCount)
    let residualAxes: readonly BatchAxis[] = []
    const batchedForward: Forward = (primals) => {
      let count = 0
      const [results, resultAxes] = vmapFlat(
        (...xs) => {
          const [outs, residuals] = forward(xs)
          count = outs.length
          return [...outs, ...residuals]
        },
        primals,
        argAxes,
        size,
        axisName,
      )
      residualAxes = resultAxes.slice(count)
      return [inFront([results.slice(0, count), resultAxes.slice(0, count)], size), results.slice(count)]
    }
    const results = bind(customVjpCallP, [...consts, ...args], {
      ...params,
      ...batched,
      forward: batchedForward,
      backward: (residuals, cts) =>
        batchedBackward(backward, residualAxes, () => 0, argAxes, size, axisName)(residuals, cts),
    })
    return [results, results.map(() => 0)]
  },
}

/** A function whose reverse mode is given. */
export interface CustomVjpFunction<A extends readonly unknown[], R> {
  (...args: A): R
  /**
   * Give reverse mode: `forward` from the arguments to `[result, residuals]`, `backward` from residuals and the result's
   * cotangent to the cotangents of the arguments, in an array; `null` stands for zeros.
   *
   * With `nondiffArgnums` the values of those arguments come first in `backward`.
   */
  defvjp<Res>(forward: (...args: A) => readonly [R, Res], backward: (residuals: Res, ct: R) => readonly unknown[]): void
  defvjp(
    forward: (...args: A) => readonly [R, unknown],
    backward: (...args: readonly never[]) => readonly unknown[],
  ): void
}

export type CustomVjpOptions = CustomOptions

/**
 * A function whose reverse mode you give with `defvjp`; it has no forward mode.
 *
 * @throws DifferentiationError, when differentiated, if `defvjp` was not called, in forward mode, or if the function
 * closes over a differentiated value
 * @example
 * const clipped = customVjp((x: NDArray) => x)
 * clipped.defvjp((x) => [x, null], (_residuals, ct) => [np.clip(ct, -1, 1)])
 * grad((x: NDArray) => clipped(x).mul(5))(np.array(2)) // => Array(1., dtype=float32)
 */
export const customVjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CustomVjpOptions = {},
): CustomVjpFunction<A, R> => {
  requireFunction('customVjp', f)
  checkOptions('customVjp', options, ['nondiffArgnums'])
  const { nondiffArgnums = [] } = options
  const name = nameOf(f)
  const where = `customVjp(${name})`
  let given: readonly [Fn, Fn] | null = null
  const rules = (): readonly [Fn, Fn] => givenRule(given, 'customVjp', 'defvjp', name)
  const call = customFunction('customVjp', f, nondiffArgnums, (staged, params) => {
    const { consts, fixed, arrays, treedef, outputs, filled } = staged
    let residualTree: tree.TreeDef | null = null
    const forward: Forward = (xs) => {
      const result = rules()[0](...filled(xs))
      if (!Array.isArray(result) || result.length !== 2) {
        throw new ArgumentError(`forward rule of ${name}`, 'a function that returns [result, residuals]', typeof result)
      }
      const outs = outputs
        .flattenUpTo(result[0], { where: `forward rule of ${name}`, left: 'the function', right: 'the rule' })
        .map((y, i) => arrayLeaf(where, y, i))
      const [residuals, tree_] = outputLeaves(`residuals of ${name}`, result[1] ?? null)
      residualTree = tree_
      return [outs, residuals]
    }
    const backward: Backward = (residuals, cts) => {
      const result = rules()[1](...fixed, residualTree!.unflatten(residuals), outputs.unflatten(cts))
      const parts = treedef.children()
      if (!Array.isArray(result) || result.length !== parts.length) {
        throw new ArgumentError(`backward rule of ${name}`, `an array of ${parts.length} cotangents`, Array.isArray(result) ? `${result.length}` : typeof result) // prettier-ignore
      }
      const given_ = parts.flatMap((part, i): readonly unknown[] =>
        result[i] === null
          ? Array.from({ length: part.numLeaves }, () => null)
          : part.flattenUpTo(result[i], {
              where: `backward rule of ${name}`,
              left: `argument ${i}`,
              right: 'its cotangent',
            }),
      )
      return given_.map((ct, i) => {
        const { aval } = arrays[i]!
        if (ct === null) return instantiate(zero, aval)
        return ruleLeaf(`backward rule of ${name}`, "a cotangent of its argument's shape", ct, aval, i)
      })
    }
    return bind(customVjpCallP, [...consts, ...arrays], { ...params, forward, backward })
  })
  return Object.assign(call, {
    defvjp: (forward: (...args: A) => unknown, backward: (...args: never) => unknown): void => {
      given = [forward as unknown as Fn, backward as unknown as Fn]
    },
  })
}
