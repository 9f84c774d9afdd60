/** The primitive of `scan`: a loop of known length that carries values and stacks results. */
import {
  bind,
  Jaxpr,
  Linear,
  type LowerContext,
  type NDArray,
  type Primitive,
  type ShapedArray,
  stage,
  type Tangent,
  withShape,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { batchAxisAt, jitP, partialEvalJaxpr, indices, merge, splitAt, where, whereNot } from '../transforms/index.js'
import { add, instantiate, reshape, sliceInDim } from '../lax/index.js'
import { batchedOf, batchInFront, jvpOf, reordered, transposedOf } from './jaxprs.js'

export interface ScanParams {
  /** From constants, carry and one slice of each xs to the next carry and one slice of each ys. */
  readonly jaxpr: Jaxpr
  readonly constCount: number
  readonly carryCount: number
  readonly length: number
  readonly reverse: boolean
}

const stacked = (aval: ShapedArray, length: number): ShapedArray => withShape(aval, [length, ...aval.shape])

const bindScan = (args: readonly NDArray[], params: ScanParams): readonly NDArray[] => bind(scanP, args, params)

const scanJvp: Primitive<ScanParams>['jvp'] = (primals, tangents, params) => {
  const { jaxpr, constCount, carryCount, length, reverse } = params
  const nonzero = tangents.map((t) => t !== zero)
  const [nzConsts, nzInit, nzXs] = splitAt(nonzero, constCount, carryCount)
  // A carry has a tangent if its first value has one, or the body gives it one.
  let nzCarry = nzInit!
  const ySize = jaxpr.outputs.length - carryCount
  let derived = jvpOf(jaxpr, [...nzConsts!, ...nzCarry, ...nzXs!], [...nzCarry, ...indices(ySize).map(() => false)])
  for (;;) {
    const next = derived.nonzeroOut.slice(0, carryCount)
    if (next.every((is, i) => is === nzCarry[i])) break
    nzCarry = next
    derived = jvpOf(jaxpr, [...nzConsts!, ...nzCarry, ...nzXs!], [...nzCarry, ...indices(ySize).map(() => false)])
  }
  const nzYs = derived.nonzeroOut.slice(carryCount)
  const hoisted = derived.consts.length
  const count = (flags: readonly boolean[]): number => flags.filter((is) => is).length
  const [c, k, x] = [constCount, carryCount, jaxpr.inputs.length - constCount - carryCount]
  const [dc, dk, dx] = [count(nzConsts!), count(nzCarry), count(nzXs!)]
  // The derived program takes [hoisted, consts, carry, xs, their tangents]; scan wants constants, carries, xs together.
  const at = hoisted + c + k + x
  const body = reordered(
    derived.jaxpr,
    [
      ...indices(hoisted + c),
      ...indices(dc, at),
      ...indices(k, hoisted + c),
      ...indices(dk, at + dc),
      ...indices(x, hoisted + c + k),
      ...indices(dx, at + dc + dk),
    ],
    [...indices(k), ...indices(dk, k + ySize), ...indices(ySize, k), ...indices(count(nzYs), k + ySize + dk)],
  )
  const [consts, init, xs] = splitAt(primals, c, k)
  const [tConsts, tInit, tXs] = splitAt(tangents, c, k)
  const given = (ts: readonly Tangent[], flags: readonly boolean[], ps: readonly NDArray[]): readonly NDArray[] =>
    where(ts, flags).map((t, i) => instantiate(t, where(ps, flags)[i]!.aval))
  const results = bindScan(
    [
      ...derived.consts,
      ...consts!,
      ...given(tConsts!, nzConsts!, consts!),
      ...init!,
      ...given(tInit!, nzCarry, init!),
      ...xs!,
      ...given(tXs!, nzXs!, xs!),
    ],
    { jaxpr: body, constCount: hoisted + c + dc, carryCount: k + dk, length, reverse },
  )
  const [carry, dCarry, ys, dYs] = splitAt(results, k, dk, ySize)
  const tangentsOut = [dCarry!.values(), dYs!.values()] as const
  return [
    [...carry!, ...ys!],
    [...nzCarry.map((is): Tangent => (is ? tangentsOut[0].next().value! : zero)), ...nzYs.map((is): Tangent => (is ? tangentsOut[1].next().value! : zero))], // prettier-ignore
  ]
}

const scanPartialEval: NonNullable<Primitive<ScanParams>['partialEval']> = (binder, args, unknown, params) => {
  const { constCount, carryCount, length, reverse } = params
  const [, initUnknown, xsUnknown] = splitAt(unknown, constCount, carryCount)
  // What depends on known constants alone is computed once, before the loop, and not once for each of its steps.
  const knownConsts = where(args, indices(args.length).map((i) => i < constCount && !unknown[i])) // prettier-ignore
  const hoist = partialEvalJaxpr(
    params.jaxpr,
    unknown.map((is, i) => is || i >= constCount),
    params.jaxpr.outputs.map(() => true),
  )
  const hoistedResults = hoist.known.outputs.length > 0 ? binder.known(jitP, knownConsts, { jaxpr: hoist.known, name: 'scan_constants' }) : [] // prettier-ignore
  const invariants = hoist.residuals.map(({ input, index }) => (input ? knownConsts[index]! : hoistedResults[index]!))
  const jaxpr = hoist.unknown
  const unknownConsts = where(args.slice(0, constCount), unknown.slice(0, constCount))
  const consts = [...invariants, ...unknownConsts]
  const constUnknown = [...invariants.map(() => false), ...unknownConsts.map(() => true)]
  const rest = args.slice(constCount)
  // A carry is unknown if its first value is, or the body makes it so.
  let carryUnknown = initUnknown!
  const outputCount = jaxpr.outputs.length
  const forced = (): readonly boolean[] => indices(outputCount).map((i) => carryUnknown[i] ?? false)
  let split = partialEvalJaxpr(jaxpr, [...constUnknown, ...carryUnknown, ...xsUnknown!], forced())
  for (;;) {
    const next = split.unknownOutputs.slice(0, carryCount)
    if (next.every((is, i) => is === carryUnknown[i])) break
    carryUnknown = next
    split = partialEvalJaxpr(jaxpr, [...constUnknown, ...carryUnknown, ...xsUnknown!], forced())
  }
  const flags = [...constUnknown, ...carryUnknown, ...xsUnknown!]
  const inputs = [...consts, ...rest]
  const knownArgs = whereNot(inputs, flags)
  const knownConstCount = invariants.length
  const knownCarryCount = carryUnknown.filter((is) => !is).length
  const knownOutputs = split.unknownOutputs.filter((is) => !is).length
  // Residuals that are constants or xs are at hand; the value of a carry at each step, and what is computed, are stacked.
  const kindOf = ({ input, index }: { readonly input: boolean; readonly index: number }): 'const' | 'xs' | 'stacked' =>
    input && index < knownConstCount ? 'const' : input && index >= knownConstCount + knownCarryCount ? 'xs' : 'stacked'
  const carried = split.residuals.filter((r) => r.input && kindOf(r) === 'stacked')
  const knownBody = split.known
  const knownJaxpr = withInputsOut(
    knownBody,
    carried.map((r) => r.index),
  )
  const results = binder.known(scanP, knownArgs, {
    jaxpr: knownJaxpr,
    constCount: knownConstCount,
    carryCount: knownCarryCount,
    length,
    reverse,
  })
  const computedCount = knownBody.outputs.length - knownOutputs
  const valueOf = (r: { readonly input: boolean; readonly index: number }): NDArray => {
    if (!r.input) return results[knownOutputs + r.index]!
    if (kindOf(r) !== 'stacked') return knownArgs[r.index]!
    return results[knownOutputs + computedCount + carried.indexOf(r)]!
  }
  const residualCount = split.residuals.length
  const isConst = split.residuals.map((r) => kindOf(r) === 'const')
  const residuals = split.residuals.map(valueOf)
  const [uConsts, uCarry, uXs] = [
    unknownConsts.length,
    carryUnknown.filter((is) => is).length,
    xsUnknown!.filter((is) => is).length,
  ]
  const unknownBody = reordered(split.unknown, [
    ...where(indices(residualCount), isConst),
    ...indices(uConsts, residualCount),
    ...indices(uCarry, residualCount + uConsts),
    ...whereNot(indices(residualCount), isConst),
    ...indices(uXs, residualCount + uConsts + uCarry),
  ])
  const unknownArgs = where(inputs, flags)
  const staged = binder.staged(
    scanP,
    [
      ...where(residuals, isConst),
      ...unknownArgs.slice(0, uConsts + uCarry),
      ...whereNot(residuals, isConst),
      ...unknownArgs.slice(uConsts + uCarry),
    ],
    {
      jaxpr: unknownBody,
      constCount: isConst.filter((is) => is).length + uConsts,
      carryCount: uCarry,
      length,
      reverse,
    },
  )
  return merge(split.unknownOutputs, results.slice(0, knownOutputs), staged)
}

/** The program with some of its inputs as further outputs. */
const withInputsOut = (jaxpr: Jaxpr, extra: readonly number[]): Jaxpr =>
  new Jaxpr(jaxpr.inputs, jaxpr.eqns, [...jaxpr.outputs, ...extra.map((i) => jaxpr.inputs[i]!)])

const scanTranspose: Primitive<ScanParams>['transpose'] = (cts, args, params) => {
  const { jaxpr, constCount, carryCount, length, reverse } = params
  const [consts, init, xs] = splitAt(args, constCount, carryCount)
  const isLinear = (x: NDArray | Linear): boolean => x instanceof Linear
  const linearConst = consts!.map(isLinear)
  const linearX = xs!.map(isLinear)
  const linear = [...linearConst, ...init!.map(() => true), ...linearX]
  const { jaxpr: backwards, consts: hoisted } = transposedOf(jaxpr, linear)
  const [resConsts, resXs] = [
    whereNot(consts!, linearConst) as readonly NDArray[],
    whereNot(xs!, linearX) as readonly NDArray[],
  ]
  const ctAvals = jaxpr.avalsOut
  const ctConstAvals = where(jaxpr.avalsIn.slice(0, constCount), linearConst)
  const sums = ctConstAvals.length
  // One step backwards: from [residual constants, sums of constants' cotangents, carry's, residual xs, ys' cotangents].
  const body = stage(
    (...step) => {
      const [rc, acc, ctCarry, rx, ctYs] = splitAt(
        step,
        hoisted.length + resConsts.length,
        sums,
        carryCount,
        resXs.length,
      )
      const results = bindAll(backwards, [...rc!, ...rx!, ...ctCarry!, ...ctYs!])
      const [dConsts, dCarry, dXs] = splitAt(results, sums, carryCount)
      return [...dConsts!.map((ct, i) => add(acc![i]!, ct)), ...dCarry!, ...dXs!]
    },
    [
      ...hoisted.map((x) => x.aval),
      ...resConsts.map((x) => x.aval),
      ...ctConstAvals,
      ...ctAvals.slice(0, carryCount),
      ...resXs.map((x) => withShape(x.aval, x.shape.slice(1))),
      ...ctAvals.slice(carryCount),
    ],
  )
  const zeros = (aval: ShapedArray): NDArray => instantiate(zero, aval)
  const ctOf = (ct: Tangent, aval: ShapedArray): NDArray => instantiate(ct, aval)
  const results = bindScan(
    [
      ...body.consts,
      ...hoisted,
      ...resConsts,
      ...ctConstAvals.map(zeros),
      ...cts.slice(0, carryCount).map((ct, i) => ctOf(ct, ctAvals[i]!)),
      ...resXs,
      ...cts.slice(carryCount).map((ct, i) => ctOf(ct, stacked(ctAvals[carryCount + i]!, length))),
    ],
    {
      jaxpr: body.jaxpr,
      constCount: body.consts.length + hoisted.length + resConsts.length,
      carryCount: sums + carryCount,
      length,
      reverse: !reverse,
    },
  )
  const [dConsts, dCarry, dXs] = splitAt(results, sums, carryCount)
  const nulls = (n: number): readonly null[] => Array.from({ length: n }, () => null)
  return [
    ...merge<Tangent | null>(linearConst, nulls(resConsts.length), dConsts!),
    ...dCarry!.map((ct, i) => (init![i] instanceof Linear ? ct : null)),
    ...merge<Tangent | null>(linearX, nulls(resXs.length), dXs!),
  ]
}

const bindAll = (jaxpr: Jaxpr, args: readonly NDArray[]): readonly NDArray[] =>
  bind(jitP, args, { jaxpr, name: 'scan_transpose' })

const scanBatch: Primitive<ScanParams>['batch'] = (args, axes, params, size, name) => {
  const { jaxpr, constCount, carryCount, length, reverse } = params
  const [consts, init, xs] = splitAt(args, constCount, carryCount)
  const [cAxes, kAxes, xAxes] = splitAt(axes, constCount, carryCount)
  const [frontConsts, bConsts] = batchInFront(consts!, cAxes!, size)
  // Time stays in front of xs, so their mapped axis comes second.
  const secondXs = xs!.map((x, i) => (xAxes![i] === null ? x : batchAxisAt(x, xAxes![i]!, 1, size)))
  const bXs = xAxes!.map((a) => a !== null)
  let bCarry: readonly boolean[] = kAxes!.map((a) => a !== null)
  const none = jaxpr.outputs.slice(carryCount).map(() => false)
  let batched = batchedOf(jaxpr, [...bConsts, ...bCarry, ...bXs], [...bCarry, ...none], size, name)
  for (;;) {
    const next = batched.batchedOut.slice(0, carryCount)
    if (next.every((is, i) => is === bCarry[i])) break
    bCarry = next
    batched = batchedOf(jaxpr, [...bConsts, ...bCarry, ...bXs], [...bCarry, ...none], size, name)
  }
  const frontInit = init!.map((x, i) => (bCarry[i]! ? batchAxisAt(x, kAxes![i]!, 0, size) : x))
  const results = bindScan([...batched.consts, ...frontConsts, ...frontInit, ...secondXs], {
    jaxpr: batched.jaxpr,
    constCount: batched.consts.length + constCount,
    carryCount,
    length,
    reverse,
  })
  return [results, batched.batchedOut.map((is, i) => (is ? (i < carryCount ? 0 : 1) : null))]
}

const lowerScan = (context: LowerContext, inputs: readonly OnnxValue[], params: ScanParams): readonly OnnxValue[] => {
  const { graph, avalsOut, inline } = context
  const { jaxpr, constCount, carryCount, length, reverse } = params
  const [consts, init, xs] = splitAt(inputs, constCount, carryCount)
  if (length === 0) {
    const empty = avalsOut.slice(carryCount).map(({ dtype, shape }) => graph.constant(dtype, shape, []))
    return [...init!, ...empty]
  }
  const body = graph.subgraph()
  const [, carryAvals, xAvals] = splitAt(jaxpr.avalsIn, constCount, carryCount)
  const carry = carryAvals!.map(({ dtype, shape }) => body.input(dtype, shape))
  const slices = xAvals!.map(({ dtype, shape }) => body.input(dtype, shape))
  // The runtime wants at least one scanned input.
  const counter = xs!.length === 0 ? [graph.constant('int64', [length], indices(length))] : []
  counter.forEach(() => body.input('int64', []))
  inline(jaxpr, [...consts!, ...carry, ...slices], body).forEach((value, i) => {
    const { dtype, shape } = jaxpr.avalsOut[i]!
    body.output(value, dtype, shape)
  })
  const direction = reverse ? 1 : 0
  const scanned = [...xs!, ...counter]
  return graph.ops(
    'Scan',
    [...init!, ...scanned],
    {
      body,
      num_scan_inputs: scanned.length,
      scan_input_directions: scanned.map(() => direction),
      ...(avalsOut.length > carryCount
        ? { scan_output_directions: avalsOut.slice(carryCount).map(() => direction) }
        : {}),
    },
    { outputs: avalsOut.length },
  )
}

export const scanP: Primitive<ScanParams> = {
  name: 'scan',
  abstractEval: (_avals, { jaxpr, carryCount, length }) =>
    jaxpr.avalsOut.map((aval, i) => (i < carryCount ? aval : stacked(aval, length))),
  jvp: scanJvp,
  transpose: scanTranspose,
  batch: scanBatch,
  lower: lowerScan,
  partialEval: scanPartialEval,
  liftEffects(params, lift) {
    const { jaxpr, length, reverse } = params
    const { jaxpr: body, run } = lift(jaxpr)
    const steps = indices(length)
    return {
      params: { ...params, jaxpr: body },
      avals: body.avalsOut.slice(jaxpr.outputs.length).map((aval) => stacked(aval, length)),
      run: (values) => {
        const stepOf = (i: number): readonly NDArray[] => values.map((x) => reshape(sliceInDim(x, i, i + 1), x.shape.slice(1))) // prettier-ignore
        ;(reverse ? [...steps].reverse() : steps).forEach((i) => {
          run(stepOf(i))
        })
      },
    }
  },
}
