/** `checkpoint`: values of the forward pass are computed again in the backward pass, not kept. */
import {
  bind,
  evalJaxpr,
  isFloat,
  Jaxpr,
  Linear,
  type LowerContext,
  type NDArray,
  type Primitive,
  stage,
  type Staged,
  type Tangent,
  zero,
} from '../core/index.js'
import { castTo, instantiate, kernel } from '../lax/index.js'
import type { OnnxValue } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import {
  arrayLeaf,
  backward,
  cached,
  dce,
  type Fn,
  outputLeaves,
  partialEvalJaxpr,
  indices,
  merge,
  where,
  whereNot,
} from '../transforms/index.js'
import { batchedOf, batchInFront, jvpOf } from './jaxprs.js'

interface Checkpoint {
  readonly jaxpr: Jaxpr
  readonly name: string
  /** Whether the program is one of a backward pass: it runs after what gives its last input, and shares no values. */
  readonly late: boolean
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
  const part = dce(new Jaxpr(jaxpr.inputs, jaxpr.eqns, where(jaxpr.outputs, unknownOutputs)))
  const used = new Set<unknown>([...part.outputs, ...part.eqns.flatMap((eqn) => eqn.inputs)])
  const known = indices(jaxpr.inputs.length).filter((i) => !unknownInputs[i]! && used.has(part.inputs[i]!))
  const inputs = [...known, ...where(indices(jaxpr.inputs.length), unknownInputs)]
  return { known, jaxpr: new Jaxpr(inputs.map((i) => part.inputs[i]!), part.eqns, part.outputs) } // prettier-ignore
})

/** Known outputs are computed, and nothing else of the known part kept: its inputs are the residuals. */
const checkpointPartialEval: NonNullable<Primitive<Checkpoint>['partialEval']> = (binder, args, unknown, params) => {
  const { jaxpr } = params
  const split = partialEvalJaxpr(jaxpr, unknown)
  const knownCount = split.unknownOutputs.filter((is) => !is).length
  const known = dce(new Jaxpr(split.known.inputs, split.known.eqns, split.known.outputs.slice(0, knownCount)))
  const results = knownCount === 0 ? [] : binder.known(checkpointP, whereNot(args, unknown), { ...params, jaxpr: known }) // prettier-ignore
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

const checkpointTranspose: Primitive<Checkpoint>['transpose'] = (cts, args, { jaxpr, name }) => {
  const linear = args.map((x) => x instanceof Linear)
  const given = cts.map((ct) => ct !== zero)
  const known = args.filter((x): x is NDArray => !(x instanceof Linear))
  const cotangents = cts.filter((ct): ct is NDArray => ct !== zero)
  const results = call(recomputing(jaxpr, linear, given), [...known, ...cotangents], { name, late: true }).values()
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

/**
 * A function of which reverse mode keeps the arguments only: what the backward pass needs besides is computed again.
 * Memory of a deep model's activations for the time of a second forward pass.
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
export const checkpoint = <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) => {
  const name = typeof f.name === 'string' && f.name !== '' ? f.name : 'anonymous'
  const wrapped = (...args: A): R => {
    const site = `checkpoint(${name})`
    const [leaves, treedef] = tree.flatten<readonly unknown[]>(args)
    const arrays = leaves.map((x, i) => arrayLeaf(site, x, i))
    let structure: tree.TreeDef | null = null
    const staged = stage(
      (...xs) => {
        const [results, resultTree] = outputLeaves(site, (f as unknown as Fn)(...treedef.unflatten(xs)))
        structure = resultTree
        return results
      },
      arrays.map((x) => x.aval),
    )
    return structure!.unflatten(call(staged, arrays, { name, late: false })) as R
  }
  return Object.defineProperty(wrapped, 'name', { value: name })
}
