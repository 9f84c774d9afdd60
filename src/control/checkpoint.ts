/** `checkpoint`: values of the forward pass are computed again in the backward pass, not kept. */
import {
  type Atom,
  bind,
  checkOptions,
  evalJaxpr,
  isFloat,
  Jaxpr,
  Linear,
  Literal,
  type LowerContext,
  type NDArray,
  type Primitive,
  stage,
  type Staged,
  type Tangent,
  type Var,
  zero,
  requireFunction,
} from '../core/index.js'
import { castTo, instantiate, kernel } from '../lax/index.js'
import type { OnnxValue } from '../onnx/index.js'
import {
  backward,
  cached,
  dce,
  type Fn,
  indices,
  inlineCalls,
  jitP,
  merge,
  partialEvalJaxpr,
  splitAt,
  where,
  whereNot,
} from '../transforms/index.js'
import { type CheckpointPolicy, checkpointPolicies } from './checkpointPolicies.js'
import { stageCall } from './customCall.js'
import { batchedOf, batchInFront, jvpOf } from './jaxprs.js'

interface Checkpoint {
  readonly jaxpr: Jaxpr
  readonly name: string
  /** Whether the program is one of a backward pass: it runs after what gives its last input, and shares no values. */
  readonly late: boolean
  readonly policy: CheckpointPolicy
  /** Whether a backward pass must not share values with the forward pass. */
  readonly preventCse: boolean
}

const call = ({ jaxpr, consts }: Staged, args: readonly NDArray[], params: Omit<Checkpoint, 'jaxpr'>) =>
  bind(checkpointP, [...consts, ...args], { ...params, jaxpr })

const checkpointJvp: Primitive<Checkpoint>['jvp'] = (primals, tangents, { jaxpr, ...params }) => {
  const nonzero = tangents.map((t) => t !== zero)
  const count = jaxpr.outputs.length
  const { nonzeroOut, ...staged } = jvpOf(jaxpr, nonzero, jaxpr.outputs.map(() => false)) // prettier-ignore
  const given = tangents.filter((t): t is NDArray => t !== zero)
  const results = call(staged, [...primals, ...given], params)
  const dys = results.slice(count).values()
  return [results.slice(0, count), nonzeroOut.map((is): Tangent => (is ? dys.next().value! : zero))]
}

/** The program for the unknown outputs, from those known inputs that it needs, then the unknown ones. */
const stagedPart = cached((jaxpr: Jaxpr, unknownInputs: readonly boolean[], unknownOutputs: readonly boolean[]) => {
  const part = dce(new Jaxpr(jaxpr.inputs, jaxpr.eqns, where(jaxpr.outputs, unknownOutputs)), false)
  const used = new Set<unknown>([...part.outputs, ...part.eqns.flatMap((eqn) => eqn.inputs)])
  const known = indices(jaxpr.inputs.length).filter((i) => !unknownInputs[i]! && used.has(part.inputs[i]!))
  const inputs = [...known, ...where(indices(jaxpr.inputs.length), unknownInputs)]
  return { known, jaxpr: new Jaxpr(inputs.map((i) => part.inputs[i]!), part.eqns, part.outputs) } // prettier-ignore
})

/**
 * The program in two: the first computes, of what the known inputs give, the known outputs and those values that the
 * policy keeps; the second the rest from known inputs, kept values and unknown inputs.
 */
const splitByPolicy = (program: Jaxpr, unknownInputs: readonly boolean[], policy: CheckpointPolicy) => {
  const jaxpr = inlineCalls(program)
  const known = new Set<Atom>(whereNot(jaxpr.inputs, unknownInputs))
  const kept: Var[] = []
  for (const { primitive, inputs, params, outputs } of jaxpr.eqns) {
    if (!inputs.every((a) => a instanceof Literal || known.has(a))) continue
    outputs.forEach((v) => known.add(v))
    if (policy({ primitive: primitive.name, params, avals: inputs.map((a) => a.aval) })) kept.push(...outputs)
  }
  const unknownOutputs = jaxpr.outputs.map((a) => !(a instanceof Literal) && !known.has(a))
  const isKept = new Set<Atom>(kept)
  const rest = jaxpr.eqns.filter(({ outputs }) => !outputs.every((v) => isKept.has(v)))
  const staged = dce(new Jaxpr(jaxpr.inputs, rest, where(jaxpr.outputs, unknownOutputs)), false)
  const used = new Set<Atom>([...staged.outputs, ...staged.eqns.flatMap((eqn) => eqn.inputs)])
  const saved = kept.filter((v) => used.has(v))
  const knownInputs = indices(jaxpr.inputs.length).filter((i) => !unknownInputs[i]! && used.has(jaxpr.inputs[i]!))
  const stagedInputs = [...knownInputs.map((i) => jaxpr.inputs[i]!), ...saved, ...where(jaxpr.inputs, unknownInputs)]
  return {
    unknownOutputs,
    knownInputs,
    first: dce(new Jaxpr(whereNot(jaxpr.inputs, unknownInputs), jaxpr.eqns, [...whereNot(jaxpr.outputs, unknownOutputs), ...saved])), // prettier-ignore
    second: new Jaxpr(stagedInputs, staged.eqns, staged.outputs),
  }
}

/** Values that the policy keeps are computed now, and are residuals beside the inputs. */
const keepingPartialEval: NonNullable<Primitive<Checkpoint>['partialEval']> = (binder, args, unknown, params) => {
  const { unknownOutputs, knownInputs, first, second } = splitByPolicy(params.jaxpr, unknown, params.policy)
  const results = first.outputs.length === 0 && !first.hasEffects ? [] : binder.known(checkpointP, whereNot(args, unknown), { ...params, jaxpr: first }) // prettier-ignore
  const [outputs, saved] = splitAt(results, unknownOutputs.filter((is) => !is).length)
  const inputs = [...knownInputs.map((i) => args[i]!), ...saved!, ...where(args, unknown)]
  return merge(unknownOutputs, outputs!, binder.staged(checkpointP, inputs, { ...params, jaxpr: second }))
}

/** Known outputs are computed, and nothing else of the known part kept: its inputs are the residuals. */
const checkpointPartialEval: NonNullable<Primitive<Checkpoint>['partialEval']> = (binder, args, unknown, params) => {
  const { jaxpr, policy } = params
  if (policy === checkpointPolicies.everythingSaveable) return jitP.partialEval!(binder, args, unknown, params)
  if (policy !== checkpointPolicies.nothingSaveable) return keepingPartialEval(binder, args, unknown, params)
  const split = partialEvalJaxpr(jaxpr, unknown)
  const knownCount = split.unknownOutputs.filter((is) => !is).length
  const known = dce(new Jaxpr(split.known.inputs, split.known.eqns, split.known.outputs.slice(0, knownCount)))
  const results = knownCount === 0 && !known.hasEffects ? [] : binder.known(checkpointP, whereNot(args, unknown), { ...params, jaxpr: known }) // prettier-ignore
  const rest = stagedPart(jaxpr, unknown, split.unknownOutputs)
  const staged = binder.staged(checkpointP, [...rest.known.map((i) => args[i]!), ...where(args, unknown)], {
    ...params,
    jaxpr: rest.jaxpr,
  })
  return merge(split.unknownOutputs, results, staged)
}

/** The forward pass once more, then the backward pass. */
const recomputing = cached((jaxpr: Jaxpr, linear: readonly boolean[], given: readonly boolean[]): Staged => {
  const split = partialEvalJaxpr(jaxpr, linear)
  const knownAvals = whereNot(jaxpr.avalsIn, linear)
  const linearAvals = where(jaxpr.avalsIn, linear)
  const knownOutputs = split.unknownOutputs.filter((is) => !is).length
  return stage(
    (...args) => {
      const known = args.slice(0, knownAvals.length)
      const cts = args.slice(knownAvals.length).values()
      const all = given.map((is): Tangent => (is ? cts.next().value! : zero))
      const computed = evalJaxpr(split.known, known).slice(knownOutputs)
      const residuals = split.residuals.map(({ input, index }) => (input ? known[index]! : computed[index]!))
      const linearArgs = linearAvals.map((aval) => new Linear(aval))
      const results = backward(split.unknown, [...residuals, ...linearArgs], where(all, split.unknownOutputs))
      return results.map((ct, i) => instantiate(ct, linearAvals[i]!))
    },
    [...knownAvals, ...where(jaxpr.avalsOut, given)],
  )
})

const checkpointTranspose: Primitive<Checkpoint>['transpose'] = (cts, args, { jaxpr, ...params }) => {
  const linear = args.map((x) => x instanceof Linear)
  const given = cts.map((ct) => ct !== zero)
  const known = args.filter((x): x is NDArray => !(x instanceof Linear))
  const cotangents = cts.filter((ct): ct is NDArray => ct !== zero)
  const results = call(recomputing(jaxpr, linear, given), [...known, ...cotangents], {
    ...params,
    late: params.preventCse,
  }).values()
  return linear.map((is) => (is ? results.next().value! : null))
}

const checkpointBatch: Primitive<Checkpoint>['batch'] = (args, axes, { jaxpr, ...params }, size, name) => {
  const [moved, batched] = batchInFront(args, axes, size)
  const { batchedOut, ...staged } = batchedOf(jaxpr, batched, jaxpr.outputs.map(() => false), size, name) // prettier-ignore
  return [call(staged, moved, params), batchedOut.map((is) => (is ? 0 : null))]
}

/**
 * The program in a graph of its own, which the runtime enters on a condition that always holds, and does not know
 * before it has the last input: neither does it compute the program in the forward pass, nor take values from there.
 */
const lowerLate = (context: LowerContext, inputs: readonly OnnxValue[], jaxpr: Jaxpr): readonly OnnxValue[] => {
  const { graph, avalsIn, avalsOut, inline } = context
  const flat = graph.op('Reshape', [inputs.at(-1)!, graph.ints([-1])])
  const element = graph.op('Gather', [flat, graph.scalar('int64', 0)], { axis: 0 })
  const number = castTo(context, element, avalsIn.at(-1)!.dtype, 'float32')
  // Not `x >= x`, which a NaN fails.
  const holds = graph.op('Not', [graph.op('Less', [number, number])])
  const program = graph.subgraph()
  inline(jaxpr, inputs, program).forEach((value, i) => {
    program.output(value, avalsOut[i]!.dtype, avalsOut[i]!.shape)
  })
  // Made from a value, not from a constant, for the runtime would keep the whole.
  const never = graph.subgraph()
  avalsOut.forEach(({ dtype, shape }) => {
    const inNever = { ...context, graph: never }
    const filler = castTo(inNever, number, 'float32', dtype)
    never.output(kernel(inNever, 'Expand', [filler, never.ints(shape)], dtype, { data: [0] }), dtype, shape)
  })
  return graph.ops('If', [holds], { then_branch: program, else_branch: never }, { outputs: avalsOut.length })
}

export const checkpointP: Primitive<Checkpoint> = {
  name: 'checkpoint',
  abstractEval: (_avals, { jaxpr }) => jaxpr.avalsOut,
  jvp: checkpointJvp,
  transpose: checkpointTranspose,
  batch: checkpointBatch,
  lower(context, inputs, { jaxpr, late }) {
    const last = context.avalsIn.at(-1)
    return late && last !== undefined && isFloat(last.dtype) && !last.shape.includes(0)
      ? lowerLate(context, inputs, jaxpr)
      : context.inline(jaxpr, inputs)
  },
  partialEval: checkpointPartialEval,
  inlined: ({ jaxpr, late }) => (late ? undefined : jaxpr),
  showParams: ({ jaxpr, name, late }) =>
    `[\n  name=${name}${late ? ' late' : ''}\n  jaxpr=${jaxpr.toString().replaceAll('\n', '\n  ')}\n]`,
}

export interface CheckpointOptions {
  /** Which values of the forward pass are kept; default `checkpointPolicies.nothingSaveable`: only the arguments. */
  readonly policy?: CheckpointPolicy
  /** Positions of arguments that need not be arrays, and are part of the program. */
  readonly staticArgnums?: readonly number[]
  /**
   * Whether a compiled backward pass computes for itself, default true; else the compiler may find that it can share the
   * values of the forward pass. In a `scan`, whose backward pass is a loop of its own, it isn't needed.
   */
  readonly preventCse?: boolean
}

/**
 * A function of which reverse mode keeps the arguments only, and what a policy says: what the backward pass needs besides
 * is computed again. Memory of a deep model's activations for the time of a second forward pass.
 *
 * In a compiled program the second pass is a graph of its own, which the runtime enters when the cotangents are there.
 *
 * @throws ArgumentError if a leaf of the arguments or results is neither array nor number
 * @example
 * const layer = checkpoint((w: NDArray, x: NDArray) => np.sin(np.matmul(x, w)))
 * grad((w: NDArray) => np.sum(layer(w, np.ones([3, 2]))))(np.zeros([2, 2]))
 * // => Array([[3., 3.],
 * //           [3., 3.]], dtype=float32)
 */
export const checkpoint = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CheckpointOptions = {},
): ((...args: A) => R) => {
  requireFunction('checkpoint', f)
  const name = typeof f.name === 'string' && f.name !== '' ? f.name : 'anonymous'
  const site = `checkpoint(${name})`
  checkOptions(site, options, ['policy', 'staticArgnums', 'preventCse'])
  const { policy = checkpointPolicies.nothingSaveable, staticArgnums = [], preventCse = true } = options
  const wrapped = (...args: A): R => {
    const { arrays, outputs, ...staged } = stageCall(site, f as unknown as Fn, args, staticArgnums)
    return outputs.unflatten(call(staged, arrays, { name, late: false, policy, preventCse })) as R
  }
  return Object.defineProperty(wrapped, 'name', { value: name })
}

/** {@link checkpoint}. */
export const remat = checkpoint
