/** `whileLoop` and `foriLoop`: loops whose length may depend on what they compute. */
import {
  ArgumentError,
  bind,
  currentTrace,
  DifferentiationError,
  equalAvals,
  equalShapes,
  evalTrace,
  evalJaxpr,
  isBool,
  Jaxpr,
  literal,
  type LowerContext,
  NDArray,
  type Primitive,
  ShapeError,
  type ShapedArray,
  showAval,
  stage,
  type Staged,
  strengthened,
  type Tangent,
  usedByLoop,
  zero,
} from '../core/index.js'
import { add, convertElementType, instantiate, iota, lt, reduceOr, reshape, select } from '../lax/index.js'
import type { OnnxValue } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import {
  arrayLeaf,
  isJitDisabled,
  batchAxisAt,
  outputLeaves,
  partialEvalJaxpr,
  indices,
  merge,
  splitAt,
  where,
  whereNot,
} from '../transforms/index.js'
import { batchedOf, batchInFront, jvpOf, reordered } from './jaxprs.js'
import { scan } from './scan.js'

export interface WhileParams {
  /** From its constants and the carry to a boolean. */
  readonly cond: Jaxpr
  /** From its constants and the carry to the next carry. */
  readonly body: Jaxpr
  readonly condConsts: number
  readonly bodyConsts: number
}

const bindWhile = (args: readonly NDArray[], params: WhileParams): readonly NDArray[] => bind(whileP, args, params)

const nonzeroCarry = (body: Jaxpr, nzConsts: readonly boolean[], init: readonly boolean[]) => {
  let carry = init
  for (;;) {
    const derived = jvpOf(body, [...nzConsts, ...carry], carry)
    if (derived.nonzeroOut.every((is, i) => is === carry[i])) return { derived, carry }
    carry = derived.nonzeroOut
  }
}

const whileJvp: Primitive<WhileParams>['jvp'] = (primals, tangents, params) => {
  const { cond, body, condConsts, bodyConsts } = params
  const [cConsts, bConsts, init] = splitAt(primals, condConsts, bodyConsts)
  const [, tConsts, tInit] = splitAt(tangents, condConsts, bodyConsts)
  const nzConsts = tConsts!.map((t) => t !== zero)
  const { derived, carry: nzCarry } = nonzeroCarry(body, nzConsts, tInit!.map((t) => t !== zero)) // prettier-ignore
  const [h, b, k] = [derived.consts.length, bodyConsts, init!.length]
  const db = nzConsts.filter((is) => is).length
  const dk = nzCarry.filter((is) => is).length
  // The derived program takes [hoisted, constants, carry, their tangents]; a loop wants constants and carries together.
  const derivedBody = reordered(derived.jaxpr, [
    ...indices(h + b),
    ...indices(db, h + b + k),
    ...indices(k, h + b),
    ...indices(dk, h + b + k + db),
  ])
  const extended = new Jaxpr([...cond.inputs, ...where(body.inputs.slice(b), nzCarry)], cond.eqns, cond.outputs)
  const given = (ts: readonly Tangent[], ps: readonly NDArray[], flags: readonly boolean[]): readonly NDArray[] =>
    where(ps.map((p, i) => instantiate(ts[i]!, p.aval)), flags) // prettier-ignore
  const results = bindWhile(
    [
      ...cConsts!,
      ...derived.consts,
      ...bConsts!,
      ...given(tConsts!, bConsts!, nzConsts),
      ...init!,
      ...given(tInit!, init!, nzCarry),
    ],
    { cond: extended, body: derivedBody, condConsts, bodyConsts: h + b + db },
  )
  const dCarry = results.slice(k).values()
  return [results.slice(0, k), nzCarry.map((is): Tangent => (is ? dCarry.next().value! : zero))]
}

/** Known carries are computed by a loop of their own; the staged loop computes everything, and gives the unknown ones. */
const whilePartialEval: NonNullable<Primitive<WhileParams>['partialEval']> = (binder, args, unknown, params) => {
  const { cond, body, condConsts, bodyConsts } = params
  const [uCond, uConsts, uInit] = splitAt(unknown, condConsts, bodyConsts)
  let uCarry = uInit!
  for (;;) {
    const { unknownOutputs } = partialEvalJaxpr(body, [...uConsts!, ...uCarry], uCarry)
    if (unknownOutputs.every((is, i) => is === uCarry[i])) break
    uCarry = unknownOutputs
  }
  // A loop whose end is unknown is unknown as a whole.
  if (partialEvalJaxpr(cond, [...uCond!, ...uCarry]).unknownOutputs[0]!) return binder.staged(whileP, args, params)
  const [cArgs, bArgs, init] = splitAt(args, condConsts, bodyConsts)
  const known = partialEvalJaxpr(body, [...uConsts!, ...uCarry], uCarry)
  const knownCount = uCarry.filter((is) => !is).length
  const knownBody = new Jaxpr(known.known.inputs, known.known.eqns, known.known.outputs.slice(0, knownCount))
  const condInputs = [...indices(condConsts), ...whereNot(indices(uCarry.length, condConsts), uCarry)]
  const results = binder.known(whileP, [...cArgs!, ...whereNot(bArgs!, uConsts!), ...whereNot(init!, uCarry)], {
    cond: reordered(cond, condInputs),
    body: knownBody,
    condConsts,
    bodyConsts: whereNot(bArgs!, uConsts!).length,
  })
  const staged = binder.staged(whileP, args, params)
  return merge(uCarry, results, where(staged, uCarry))
}

const whileBatch: Primitive<WhileParams>['batch'] = (args, axes, params, size, name) => {
  const { cond, body, condConsts, bodyConsts } = params
  const [cArgs, bArgs, init] = splitAt(args, condConsts, bodyConsts)
  const [cAxes, bAxes, kAxes] = splitAt(axes, condConsts, bodyConsts)
  const [frontC, batchedC] = batchInFront(cArgs!, cAxes!, size)
  const [frontB, batchedB] = batchInFront(bArgs!, bAxes!, size)
  let carry: readonly boolean[] = kAxes!.map((a) => a !== null)
  for (;;) {
    const condBatched = batchedOf(cond, [...batchedC, ...carry], [false], size, name).batchedOut[0]!
    // Where the batch members stop at different times, every carry is one of the batch.
    const forced = condBatched ? carry.map(() => true) : carry
    const next = batchedOf(body, [...batchedB, ...forced], forced, size, name).batchedOut
    if (next.every((is, i) => is === carry[i])) break
    carry = next
  }
  const batchedCond = batchedOf(cond, [...batchedC, ...carry], [false], size, name)
  const batchedBody = batchedOf(body, [...batchedB, ...carry], carry, size, name)
  const frontInit = init!.map((x, i) => (carry[i]! ? batchAxisAt(x, kAxes![i]!, 0, size) : x))
  const outAxes = carry.map((is) => (is ? 0 : null))
  const cCount = batchedCond.consts.length + condConsts
  const bCount = batchedBody.consts.length + bodyConsts
  if (!batchedCond.batchedOut[0]!) {
    const results = bindWhile([...batchedCond.consts, ...frontC, ...batchedBody.consts, ...frontB, ...frontInit], {
      cond: batchedCond.jaxpr,
      body: batchedBody.jaxpr,
      condConsts: cCount,
      bodyConsts: bCount,
    })
    return [results, outAxes]
  }
  const carryAvals = frontInit.map((x) => x.aval)
  const condAvals = batchedCond.jaxpr.avalsIn.slice(0, cCount)
  const bodyAvals = batchedBody.jaxpr.avalsIn.slice(0, bCount)
  const anyCond = stage((...xs) => [reduceOr(evalJaxpr(batchedCond.jaxpr, xs)[0]!, [0])], [...condAvals, ...carryAvals])
  const selectingBody = stage(
    (...xs) => {
      const [c, b, k] = splitAt(xs, cCount, bCount)
      const going = evalJaxpr(batchedCond.jaxpr, [...c!, ...k!])[0]!
      return evalJaxpr(batchedBody.jaxpr, [...b!, ...k!]).map((y, i) =>
        select(reshape(going, [size, ...y.shape.slice(1).map(() => 1)]), k![i]!, y),
      )
    },
    [...condAvals, ...bodyAvals, ...carryAvals],
  )
  const condValues = [...batchedCond.consts, ...frontC]
  const results = bindWhile([...condValues, ...condValues, ...batchedBody.consts, ...frontB, ...frontInit], {
    cond: anyCond.jaxpr,
    body: selectingBody.jaxpr,
    condConsts: cCount,
    bodyConsts: cCount + bCount,
  })
  return [results, outAxes]
}

const lowerWhile = (context: LowerContext, inputs: readonly OnnxValue[], params: WhileParams): readonly OnnxValue[] => {
  const { graph, avalsOut, inline } = context
  const { cond, body, condConsts, bodyConsts } = params
  const [cArgs, bArgs, init] = splitAt(inputs, condConsts, bodyConsts)
  const first = inline(cond, [...cArgs!, ...init!])[0]!
  const loop = graph.subgraph()
  loop.input('int64', [])
  loop.input('bool', [])
  const carry = avalsOut.map(({ dtype, shape }) => loop.input(dtype, shape))
  const next = inline(body, [...bArgs!, ...carry], loop)
  const again = inline(cond, [...cArgs!, ...next], loop)[0]!
  loop.output(again, 'bool', [])
  next.forEach((value, i) => {
    loop.output(value, avalsOut[i]!.dtype, avalsOut[i]!.shape)
  })
  return graph.ops('Loop', [null, first, ...init!], { body: loop }, { outputs: avalsOut.length })
}

export const whileP: Primitive<WhileParams> = {
  name: 'while',
  abstractEval: (_avals, { body }) => body.avalsOut,
  jvp: whileJvp,
  transpose: () => {
    throw new DifferentiationError(
      'whileLoop',
      'reverse mode needs the values of every step of a loop whose length is not known; use lax.scan, foriLoop with number bounds, or forward mode (jvp)',
    )
  },
  batch: whileBatch,
  lower: lowerWhile,
  partialEval: whilePartialEval,
}

/** A function of the carry as a program; its constants come first. */
const traceCarry = <C>(
  f: (carry: C) => unknown,
  carryTree: tree.TreeDef,
  avals: readonly ShapedArray[],
  leavesOf: (result: unknown) => readonly NDArray[],
): Staged => stage((...xs) => leavesOf(f(carryTree.unflatten(xs) as C)), avals, undefined, 'whileLoop')

/**
 * Repeat `body` as long as `cond` holds of the carry.
 *
 * Differentiable in forward mode only.
 * @throws ShapeError if the carry changes its shape or dtype, or the condition isn't a scalar boolean
 * @example
 * lax.whileLoop((x: NDArray) => x.lt(100), (x: NDArray) => x.mul(2), np.array(3)) // => Array(192., dtype=float32)
 */
export const whileLoop = <C>(cond: (carry: C) => NDArray | boolean, body: (carry: C) => C, init: C): C => {
  if (isJitDisabled() && currentTrace() === evalTrace) {
    let value = init
    for (;;) {
      const going = cond(value)
      if (!(going instanceof NDArray ? going.item() === 1 : going)) return value
      value = body(value)
    }
  }
  const [leaves, carryTree] = tree.flatten<unknown>(init)
  let carry = leaves.map((x, i) => arrayLeaf('whileLoop', x, i))
  const bodyLeaves = (result: unknown): readonly NDArray[] =>
    carryTree
      .leavesOf(result, { where: 'whileLoop', left: 'the first carry', right: 'the carry returned' })
      .map((x, i) => arrayLeaf('whileLoop', x, i))
  let staged = traceCarry(body, carryTree, carry.map((x) => x.aval), bodyLeaves) // prettier-ignore
  if (!staged.jaxpr.avalsOut.every((aval, i) => equalAvals(aval, carry[i]!.aval))) {
    carry = carry.map((x, i) => {
      const aval = staged.jaxpr.avalsOut[i]!
      const adopted = x.weakType && equalShapes(aval.shape, x.shape) ? convertElementType(x, aval.dtype, false) : x
      return adopted.weakType ? convertElementType(adopted, adopted.dtype, false) : adopted
    })
    const strongBody = (c: C): unknown =>
      carryTree.unflatten(bodyLeaves(body(c)).map((y) => (y.weakType ? convertElementType(y, y.dtype, false) : y)))
    staged = traceCarry(strongBody, carryTree, carry.map((x) => strengthened(x.aval)), bodyLeaves) // prettier-ignore
  }
  staged.jaxpr.avalsOut.forEach((aval, i) => {
    if (!equalAvals(aval, carry[i]!.aval)) {
      throw new ShapeError('whileLoop', `a carry that keeps its type (${showAval(carry[i]!.aval)})`, `${showAval(aval)} for leaf ${i}; cast it, or the first one`) // prettier-ignore
    }
  })
  const test = traceCarry(cond, carryTree, carry.map((x) => x.aval), (result) => outputLeaves('whileLoop', result)[0]) // prettier-ignore
  const [verdict] = test.jaxpr.avalsOut
  if (test.jaxpr.outputs.length !== 1 || !isBool(verdict!.dtype) || verdict!.shape.length > 0) {
    throw new ShapeError('whileLoop', 'a condition that is a scalar bool', test.jaxpr.avalsOut.map(showAval).join(', '))
  }
  usedByLoop('whileLoop', test.keyUses, [...test.consts, ...carry], test.consts.length, 0)
  usedByLoop('whileLoop', staged.keyUses, [...staged.consts, ...carry], staged.consts.length, carry.length)
  const results = bindWhile([...test.consts, ...staged.consts, ...carry], {
    cond: test.jaxpr,
    body: staged.jaxpr,
    condConsts: test.consts.length,
    bodyConsts: staged.consts.length,
  })
  return carryTree.unflatten(results) as C
}

/**
 * Repeat `body` for the whole numbers in [lower, upper), int32.
 *
 * With numbers as bounds it is a scan, differentiable in both modes; with arrays a `whileLoop`.
 * @example
 * lax.foriLoop(0, 4, (i, x: NDArray) => x.add(i), np.array(0)) // => Array(6., dtype=float32)
 */
export const foriLoop = <C>(
  lower: number | NDArray,
  upper: number | NDArray,
  body: (i: NDArray, carry: C) => C,
  init: C,
): C => {
  if (typeof lower === 'number' && typeof upper === 'number') {
    if (!Number.isInteger(lower) || !Number.isInteger(upper)) {
      throw new ArgumentError('foriLoop', 'whole numbers as bounds', `${lower} and ${upper}`)
    }
    const steps = add(iota('int32', Math.max(0, upper - lower)), lower)
    return scan((carry: C, i: NDArray) => [body(i, carry), null] as const, init, steps)[0]
  }
  const bound = (x: number | NDArray): NDArray => (x instanceof NDArray ? x : literal(x, 'int32'))
  const [, result] = whileLoop(
    ([i, end]: readonly [NDArray, NDArray, C]) => lt(i, end),
    ([i, end, carry]: readonly [NDArray, NDArray, C]) => [add(i, 1), end, body(i, carry)] as const,
    [bound(lower), bound(upper), init] as const,
  ).slice(1) as unknown as readonly [NDArray, C]
  return result
}
