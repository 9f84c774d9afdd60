/** Functions with a batching rule of their own. */
import {
  ArgumentError,
  type BatchAxis,
  bind,
  DifferentiationError,
  isFloat,
  Jaxpr,
  Linear,
  type NDArray,
  type Primitive,
  type Tangent,
  withShape,
  zero,
} from '../core/index.js'
import { instantiate } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { backward, batchAxisAt, type Fn, jvpFlat, merge, vmapFlat, where, whereNot } from '../transforms/index.js'
import { type CallParams, callRules, customFunction, nameOf, ruleLeaf } from './customCall.js'
import { batchInFront, jvpOf } from './jaxprs.js'
import { map } from './map.js'

/** Results, and which are batched, from arguments whose batch axis is in front where `batched` holds. */
type Rule = (
  size: number,
  batched: readonly boolean[],
  args: readonly NDArray[],
) => readonly [outs: readonly NDArray[], batched: readonly boolean[]]

interface CustomVmap extends CallParams {
  readonly rule: Rule
}

/** The rule of the tangents that `program` computes from primals and those tangents that `nonzero` says. */
const ruleOfTangents =
  (rule: Rule, nonzero: readonly boolean[], nonzeroOut: readonly boolean[]): Rule =>
  (size, batched, all) => {
    const primals = all.slice(0, nonzero.length)
    const given = all.slice(nonzero.length)
    const ofPrimals = batched.slice(0, nonzero.length)
    const ofGiven = batched.slice(nonzero.length)
    const tangents = (ts: readonly NDArray[]): readonly Tangent[] =>
      merge<Tangent>(nonzero, primals.map((): Tangent => zero), ts) // prettier-ignore
    const moved = (flags: readonly boolean[], xs: readonly NDArray[], ts: readonly NDArray[]) => {
      let batchedOut: readonly boolean[] = []
      const [ys, dys] = jvpFlat(
        (...zs) => {
          const [outs, outFlags] = rule(size, flags, zs)
          batchedOut = outFlags
          return outs
        },
        xs,
        tangents(ts),
      )
      const slopes = where(dys.map((t, i) => instantiate(t, ys[i]!.aval)), nonzeroOut) // prettier-ignore
      return [slopes, where(batchedOut, nonzeroOut)] as const
    }
    if (!ofPrimals.includes(true)) {
      // The function at one point, many directions.
      const [slopes, axes] = vmapFlat(
        (...ts) => moved(ofPrimals, primals, ts)[0],
        given,
        ofGiven.map((is): BatchAxis => (is ? 0 : null)),
        size,
      )
      return [slopes.map((t, i) => (axes[i] === null ? t : batchAxisAt(t, axes[i]!, 0, size))), axes.map((a) => a !== null)] // prettier-ignore
    }
    const either = merge(nonzero, whereNot(ofPrimals, nonzero), where(ofPrimals, nonzero).map((is, i) => is || ofGiven[i]!)) // prettier-ignore
    const inFront = (x: NDArray, is: boolean, wanted: boolean): NDArray =>
      wanted ? batchAxisAt(x, is ? 0 : null, 0, size) : x
    const wantedOfGiven = where(either, nonzero)
    return moved(
      either,
      primals.map((x, i) => inFront(x, ofPrimals[i]!, either[i]!)),
      given.map((t, i) => inFront(t, ofGiven[i]!, wantedOfGiven[i]!)),
    )
  }

export const customVmapCallP: Primitive<CustomVmap> = {
  name: 'custom_vmap_call',
  ...callRules,
  jvp(primals, tangents, params) {
    const { jaxpr, constCount, rule, name } = params
    if (tangents.slice(0, constCount).some((t) => t !== zero)) {
      throw new DifferentiationError(
        name,
        'a customVmap function closes over a value that is differentiated; pass the value as an argument',
      )
    }
    const outs = bind(customVmapCallP, primals, params)
    const nonzero = tangents.map((t, i) => t !== zero && isFloat(primals[i]!.dtype))
    const derived = jvpOf(jaxpr, nonzero, outs.map(() => false)) // prettier-ignore
    const count = outs.length
    const slopes = bind(
      customVmapCallP,
      [...derived.consts, ...primals, ...(where(tangents, nonzero) as readonly NDArray[])],
      {
        jaxpr: new Jaxpr(derived.jaxpr.inputs, derived.jaxpr.eqns, derived.jaxpr.outputs.slice(count)),
        constCount: derived.consts.length + constCount,
        rule: ruleOfTangents(rule, nonzero.slice(constCount), derived.nonzeroOut),
        name: `jvp(${name})`,
      },
    ).values()
    return [outs, derived.nonzeroOut.map((is): Tangent => (is ? slopes.next().value! : zero))]
  },
  transpose: (cts, args, { jaxpr }) => {
    const linear = backward(jaxpr, args, cts).values()
    return args.map((x) => (x instanceof Linear ? linear.next().value! : null))
  },
  batch(args, axes, { constCount, rule, name }, size) {
    if (axes.slice(0, constCount).some((axis) => axis !== null)) {
      throw new ArgumentError(
        `customVmap(${name})`,
        'a function that closes over no mapped value; pass the value as an argument',
        'one that does',
      )
    }
    const [front, batched] = batchInFront(args.slice(constCount), axes.slice(constCount), size)
    const [outs, flags] = rule(size, batched, front)
    return [outs, flags.map((is) => (is ? 0 : null))]
  },
}

/** The batching rule of a function: which leaves of the arguments are batched is a tree of booleans for each. */
export type VmapRule<A extends readonly unknown[], R> = (
  axisSize: number,
  inBatched: { readonly [K in keyof A]: unknown },
  ...args: A
) => readonly [result: R, outBatched: unknown]

/** A function whose batching rule is given. */
export interface CustomVmapFunction<A extends readonly unknown[], R> {
  (...args: A): R
  /**
   * Give the batching rule: from the size of the batch, for each argument a tree of booleans that says which of its leaves
   * have a batch axis, in front, and the arguments, to the result and a tree of booleans of its structure.
   */
  defVmap(rule: VmapRule<A, R>): void
}

const customVmapOf = <A extends readonly unknown[], R>(f: (...args: A) => R, ruleOf: () => Fn): ((...args: A) => R) => {
  const where = `batching rule of ${nameOf(f)}`
  return customFunction('customVmap', f, [], ({ consts, arrays, treedef, outputs }, params) => {
    const expected = params.jaxpr.avalsOut
    const rule: Rule = (size, batched, args) => {
      const pair = ruleOf()(size, treedef.unflatten(batched), ...treedef.unflatten(args))
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw new ArgumentError(where, 'a rule that returns [result, batched]', typeof pair)
      }
      const sides = { where, left: 'the function', right: 'the rule' }
      const flags = outputs.flattenUpTo(pair[1], sides).map((is) => {
        if (typeof is === 'boolean') return is
        throw new ArgumentError(where, 'a tree of booleans beside the result', typeof is)
      })
      const outs = outputs.flattenUpTo(pair[0], sides).map((y, i) => {
        const aval = expected[i]!
        const full = flags[i]! ? withShape(aval, [size, ...aval.shape]) : aval
        return ruleLeaf(where, flags[i]! ? 'a batch of results' : 'a result without a batch axis', y, full, i)
      })
      return [outs, flags]
    }
    return bind(customVmapCallP, [...consts, ...arrays], { ...params, rule })
  })
}

/**
 * A function whose batching by `vmap` you give with `defVmap`. Derivatives of a batch are those of the rule; in reverse mode
 * inside of `vmap` the derivative is that of the function itself.
 *
 * @throws ArgumentError, when called, if `defVmap` was not called; when mapped, if the function closes over a mapped value
 * @throws ShapeError, when mapped, if a result of the rule has not the shape that it says
 * @example
 * const total = customVmap((x: NDArray) => np.sum(x))
 * total.defVmap((_size, _batched, xs) => [np.matmul(xs, np.ones([xs.shape[1]!])), true])
 * vmap(total)(np.array([[1, 2], [3, 4]])) // => Array([3., 7.], dtype=float32)
 */
export const customVmap = <A extends readonly unknown[], R>(f: (...args: A) => R): CustomVmapFunction<A, R> => {
  let given: Fn | null = null
  const rule = (): Fn => {
    if (given !== null) return given
    throw new ArgumentError(`customVmap(${nameOf(f)})`, 'a batching rule', 'none; call its defVmap')
  }
  const called = customVmapOf(f, rule)
  const call = (...args: A): R => {
    rule()
    return called(...args)
  }
  return Object.assign(Object.defineProperty(call, 'name', { value: nameOf(f) }), {
    defVmap: (batchingRule: VmapRule<A, R>): void => {
      given = batchingRule as unknown as Fn
    },
  })
}

/**
 * A function that `vmap` calls for one example after the other, in a loop.
 *
 * @example
 * const step = sequentialVmap((x: NDArray, y: NDArray) => x.mul(y))
 * vmap(step, { inAxes: [0, null] })(np.array([1, 2]), np.array(3)) // => Array([3., 6.], dtype=float32)
 */
export const sequentialVmap = <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) => {
  const looped: VmapRule<A, R> = (_size, inBatched, ...args) => {
    const [leaves, treedef] = tree.flatten<readonly unknown[]>(args)
    const flags = treedef.flattenUpTo(inBatched) as readonly boolean[]
    const result = map(
      (slices: readonly unknown[]) => sequential(...(treedef.unflatten(merge(flags, whereNot(leaves, flags), slices)) as unknown as A)), // prettier-ignore
      where(leaves, flags),
    )
    return [result, tree.map(() => true, result)]
  }
  const sequential = customVmapOf(f, () => looped as unknown as Fn)
  return sequential
}
