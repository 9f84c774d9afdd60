/** Programs derived from programs, for the rules of operations that hold them. */
import {
  type BatchAxis,
  evalJaxpr,
  Jaxpr,
  Linear,
  type NDArray,
  type ShapedArray,
  stage,
  type Staged,
  type Tangent,
  withShape,
  zero,
} from '../core/index.js'
import { instantiate } from '../lax/index.js'
import { backward, batchAxisAt, cached, jvpFlat, vmapFlat, where, whereNot } from '../transforms/index.js'

/** The program of derivatives of a program, and which outputs have a tangent. */
export interface JvpJaxpr extends Staged {
  /** For each output, whether its tangent is among the outputs, which follow the values. */
  readonly nonzeroOut: readonly boolean[]
}

/**
 * The program from inputs and the tangents that aren't zero to outputs and their tangents. Outputs at `instantiated`
 * positions have a tangent in any case.
 */
export const jvpOf = cached((jaxpr: Jaxpr, nonzero: readonly boolean[], instantiated: readonly boolean[]): JvpJaxpr => {
  let nonzeroOut: readonly boolean[] = []
  const count = jaxpr.inputs.length
  const staged = stage(
    (...args) => {
      const given = args.slice(count).values()
      const [ys, dys] = jvpFlat(
        (...xs) => evalJaxpr(jaxpr, xs),
        args.slice(0, count),
        nonzero.map((is): Tangent => (is ? given.next().value! : zero)),
      )
      nonzeroOut = dys.map((t, i) => t !== zero || instantiated[i]!)
      return [...ys, ...where(dys.map((t, i) => instantiate(t, ys[i]!.aval)), nonzeroOut)] // prettier-ignore
    },
    [...jaxpr.avalsIn, ...where(jaxpr.avalsIn, nonzero)],
  )
  return { ...staged, nonzeroOut }
})

/** A program over a batch, and which of its outputs have the batch axis, in front. */
export interface BatchedJaxpr extends Staged {
  readonly batchedOut: readonly boolean[]
}

const withBatch = (aval: ShapedArray, size: number): ShapedArray => withShape(aval, [size, ...aval.shape])

/** The program whose inputs where `batched` holds have a batch axis in front; outputs at `forced` positions get one. `name` is the axis's. */
export const batchedOf = cached(
  (
    jaxpr: Jaxpr,
    batched: readonly boolean[],
    forced: readonly boolean[],
    size: number,
    name: string | null,
  ): BatchedJaxpr => {
    let batchedOut: readonly boolean[] = []
    const staged = stage(
      (...args) => {
        const axes = batched.map((is): BatchAxis => (is ? 0 : null))
        const [ys, outAxes] = vmapFlat((...xs) => evalJaxpr(jaxpr, xs), args, axes, size, name)
        batchedOut = outAxes.map((axis, i) => axis !== null || forced[i]!)
        return ys.map((y, i) => (batchedOut[i]! ? batchAxisAt(y, outAxes[i]!, 0, size) : y))
      },
      jaxpr.avalsIn.map((aval, i) => (batched[i]! ? withBatch(aval, size) : aval)),
    )
    return { ...staged, batchedOut }
  },
)

/**
 * The program from the values of the inputs that it isn't linear in, then cotangents of all outputs, to cotangents of
 * the linear inputs.
 */
export const transposedOf = cached((jaxpr: Jaxpr, linear: readonly boolean[]): Staged => {
  const known = whereNot(jaxpr.avalsIn, linear)
  const avals = where(jaxpr.avalsIn, linear)
  return stage(
    (...args) => {
      const values = args.slice(0, known.length).values()
      const cts = backward(
        jaxpr,
        jaxpr.avalsIn.map((aval, i) => (linear[i]! ? new Linear(aval) : values.next().value!)),
        args.slice(known.length),
      )
      return cts.map((ct, i) => instantiate(ct, avals[i]!))
    },
    [...known, ...jaxpr.avalsOut],
  )
})

/** The program with its inputs, and its outputs, in another order. */
export const reordered = (
  jaxpr: Jaxpr,
  inputs: readonly number[],
  outputs: readonly number[] = jaxpr.outputs.map((_, i) => i),
): Jaxpr =>
  new Jaxpr(
    inputs.map((i) => jaxpr.inputs[i]!),
    jaxpr.eqns,
    outputs.map((i) => jaxpr.outputs[i]!),
  )

/** Arrays with their mapped axis in front, and which have one. */
export const batchInFront = (
  args: readonly NDArray[],
  axes: readonly BatchAxis[],
  size: number,
): readonly [readonly NDArray[], readonly boolean[]] => [
  args.map((x, i) => (axes[i] === null ? x : batchAxisAt(x, axes[i]!, 0, size))),
  axes.map((a) => a !== null),
]
