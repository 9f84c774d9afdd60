/** `cond` and `switch`: one of several functions, chosen by a value. */
import type { ConcreteArray, Jaxpr } from '../core/index.js'
import {
  alternatives,
  ArgumentError,
  bind,
  equalAvals,
  evalJaxpr,
  isBool,
  isInteger,
  Linear,
  literal,
  type LowerContext,
  NDArray,
  type Primitive,
  type ShapedArray,
  ShapeError,
  showAval,
  stage,
  type Tangent,
  usedByProgram,
  zero,
  requireFunction,
  Tracer,
} from '../core/index.js'
import { clamp, convertElementType, eq, instantiate, reshape, select, zerosOf } from '../lax/index.js'
import type { GraphBuilder, OnnxValue } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import {
  arrayLeaf,
  type Fn,
  isJitDisabled,
  outputLeaves,
  partialEvalJaxpr,
  merge,
  where,
  whereNot,
} from '../transforms/index.js'
import { batchedOf, batchInFront, jvpOf, transposedOf } from './jaxprs.js'

export interface CondParams {
  /** One program for each value of the index, all of one type. */
  readonly branches: readonly Jaxpr[]
}

const bindCond = (index: NDArray, operands: readonly NDArray[], branches: readonly Jaxpr[]): readonly NDArray[] =>
  bind(condP, [index, ...operands], { branches })

/** Programs that close over values, as programs that all take all of the values first. */
const joinConsts = (
  staged: readonly { readonly jaxpr: Jaxpr; readonly consts: readonly NDArray[] }[],
): readonly [readonly NDArray[], readonly Jaxpr[]] => {
  const consts = [...new Set(staged.flatMap((s) => s.consts))]
  return [
    consts,
    staged.map(({ jaxpr, consts: own }) =>
      own.length === 0 && consts.length === 0
        ? jaxpr
        : stage(
            (...xs) => evalJaxpr(jaxpr, [...own.map((x) => xs[consts.indexOf(x)]!), ...xs.slice(consts.length)]),
            [...consts.map((x) => x.aval), ...jaxpr.avalsIn.slice(own.length)],
          ).jaxpr,
    ),
  ]
}

const condJvp: Primitive<CondParams>['jvp'] = ([index, ...primals], [, ...tangents], { branches }) => {
  const nonzero = tangents.map((t) => t !== zero)
  const none = branches[0]!.outputs.map(() => false)
  // An output has a tangent if it has one in any branch.
  const any = none.map((_, i) => branches.some((b) => jvpOf(b, nonzero, none).nonzeroOut[i]))
  const [consts, derived] = joinConsts(branches.map((b) => jvpOf(b, nonzero, any)))
  const given = where(tangents, nonzero) as readonly NDArray[]
  const results = bindCond(index!, [...consts, ...primals, ...given], derived)
  const dys = results.slice(none.length).values()
  return [results.slice(0, none.length), any.map((is): Tangent => (is ? dys.next().value! : zero))]
}

const condPartialEval: NonNullable<Primitive<CondParams>['partialEval']> = (binder, args, unknown, { branches }) => {
  const [index, ...operands] = args
  const [indexUnknown, ...flags] = unknown
  if (indexUnknown === true) return binder.staged(condP, args, { branches })
  const any = branches[0]!.outputs.map((_, i) => branches.some((b) => partialEvalJaxpr(b, flags).unknownOutputs[i]))
  const splits = branches.map((b) => partialEvalJaxpr(b, flags, any))
  const known = whereNot(operands, flags)
  // Each branch has places of its own among the residuals; the others put zeros there.
  const slots = splits.map((s) => s.residuals.map((_, i) => s.unknown.inputs[i]!.aval))
  const outCount = any.filter((is) => !is).length
  const knownBranches = splits.map((s, b) =>
    stage(
      (...xs) => {
        const results = evalJaxpr(s.known, xs)
        const own = s.residuals.map(({ input, index: i }) => (input ? xs[i]! : results[outCount + i]!))
        return [...results.slice(0, outCount), ...slots.flatMap((avals, other) => (other === b ? own : avals.map(zerosOf)))] // prettier-ignore
      },
      known.map((x) => x.aval),
    ),
  )
  const results = binder.known(condP, [index!, ...known], { branches: knownBranches.map((s) => s.jaxpr) })
  const residuals = results.slice(outCount)
  const starts = slots.map((_, b) => slots.slice(0, b).flat().length)
  const unknownOperands = where(operands, flags)
  const unknownBranches = splits.map(
    (s, b) =>
      stage(
        (...xs) => {
          const own = xs.slice(starts[b], starts[b]! + slots[b]!.length)
          return evalJaxpr(s.unknown, [...own, ...xs.slice(residuals.length)])
        },
        [...residuals.map((x) => x.aval), ...unknownOperands.map((x) => x.aval)],
      ).jaxpr,
  )
  const staged = binder.staged(condP, [index!, ...residuals, ...unknownOperands], { branches: unknownBranches })
  return merge(any, results.slice(0, outCount), staged)
}

const condTranspose: Primitive<CondParams>['transpose'] = (cts, [index, ...args], { branches }) => {
  const linear = args.map((x) => x instanceof Linear)
  const [consts, backwards] = joinConsts(branches.map((b) => transposedOf(b, linear)))
  const known = whereNot(args, linear) as readonly NDArray[]
  const given = cts.map((ct, i) => instantiate(ct, branches[0]!.avalsOut[i]!))
  const results = bindCond(index as NDArray, [...consts, ...known, ...given], backwards)
  const nulls = known.map(() => null)
  return [null, ...merge<Tangent | null>(linear, nulls, results)]
}

const condBatch: Primitive<CondParams>['batch'] = ([index, ...args], [axis, ...axes], { branches }, size, name) => {
  const [operands, batched] = batchInFront(args, axes, size)
  const none = branches[0]!.outputs.map(() => false)
  if (axis === null) {
    const any = none.map((_, i) => branches.some((b) => batchedOf(b, batched, none, size, name).batchedOut[i]))
    const [consts, mapped] = joinConsts(branches.map((b) => batchedOf(b, batched, any, size, name)))
    return [bindCond(index!, [...consts, ...operands], mapped), any.map((is) => (is ? 0 : null))]
  }
  // Members of the batch that choose differently: all branches are computed, and the results selected.
  const all = none.map(() => true)
  const results = branches.map((b) => {
    const { jaxpr, consts } = batchedOf(b, batched, all, size, name)
    return evalJaxpr(jaxpr, [...consts, ...operands])
  })
  const chosen = none.map((_, i) =>
    results.slice(1).reduce((y, branch, b) => {
      const isBranch = eq(index!, b + 1)
      const aligned = reshape(isBranch, [size, ...y.shape.slice(1).map(() => 1)])
      return select(aligned, y, branch[i]!)
    }, results[0]![i]!),
  )
  return [chosen, chosen.map(() => 0)]
}

const lowerCond = (
  context: LowerContext,
  [index, ...operands]: readonly OnnxValue[],
  { branches }: CondParams,
): readonly OnnxValue[] => {
  const { avalsOut, inline } = context
  const branchGraph = (graph: GraphBuilder, values: (g: GraphBuilder) => readonly OnnxValue[]): GraphBuilder => {
    const inner = graph.subgraph()
    values(inner).forEach((value, i) => {
      inner.output(value, avalsOut[i]!.dtype, avalsOut[i]!.shape)
    })
    return inner
  }
  const choose = (graph: GraphBuilder, from: number): readonly OnnxValue[] => {
    if (from === branches.length - 1) return inline(branches[from]!, operands, graph)
    const isThis = graph.op('Equal', [index!, graph.scalar('int32', from)])
    return graph.ops(
      'If',
      [isThis],
      {
        then_branch: branchGraph(graph, (g) => inline(branches[from]!, operands, g)),
        else_branch: branchGraph(graph, (g) => choose(g, from + 1)),
      },
      { outputs: avalsOut.length },
    )
  }
  return choose(context.graph, 0)
}

export const condP: Primitive<CondParams> = {
  name: 'cond',
  abstractEval: (_avals, { branches }) => branches[0]!.avalsOut,
  jvp: condJvp,
  transpose: condTranspose,
  batch: condBatch,
  lower: lowerCond,
  partialEval: condPartialEval,
  liftEffects(params, lift) {
    const lifted = params.branches.map(lift)
    const count = params.branches[0]!.outputs.length
    // Each branch says which it is, and has places of its own; the others put zeros there.
    const extras = lifted.map(({ jaxpr }) => jaxpr.avalsOut.slice(count))
    const branches = lifted.map(
      ({ jaxpr }, b) =>
        stage((...xs) => {
          const results = evalJaxpr(jaxpr, xs)
          const own = results.slice(count)
          const places = extras.flatMap((avals, other) => (other === b ? own : avals.map(zerosOf)))
          return [...results.slice(0, count), literal(b, 'int32'), ...places]
        }, jaxpr.avalsIn).jaxpr,
    )
    const starts = extras.map((_, b) => 1 + extras.slice(0, b).flat().length)
    return {
      params: { branches },
      avals: branches[0]!.avalsOut.slice(count),
      run: (values) => {
        const b = values[0]!.item()
        lifted[b]!.run(values.slice(starts[b], starts[b]! + extras[b]!.length))
      },
    }
  },
  evaluate: ([index, ...operands], { branches }) => evalJaxpr(branches[(index as ConcreteArray).item()]!, operands),
}

/** Which branch, as a scalar. @throws ShapeError */
export const branchIndex = (where: string, index: NDArray | number): NDArray => {
  const given = index instanceof NDArray ? index : literal(index, 'int32')
  if (given.ndim === 0 && isInteger(given.dtype)) return given
  throw new ShapeError(where, 'an integer scalar as index', showAval(given.aval))
}

/** 1 or 0, for a scalar that is true or not. @throws ShapeError */
export const indexOfPredicate = (where: string, predicate: NDArray | boolean | number): NDArray => {
  const given = predicate instanceof NDArray ? predicate : literal(Boolean(predicate), 'bool')
  if (given.ndim > 0) {
    throw new ShapeError(where, 'a scalar predicate', `${showAval(given.aval)}; for a choice of elements use np.where`)
  }
  return convertElementType(isBool(given.dtype) ? given : convertElementType(given, 'bool'), 'int32')
}

const weaker = (a: ShapedArray, b: ShapedArray): boolean =>
  a.dtype === b.dtype && a.shape.join() === b.shape.join() && a.weakType !== b.weakType

/**
 * The result of `branches[index]` on the operands; an index out of range counts as the nearest.
 *
 * All branches are traced; under `vmap` over the index all are computed.
 * @throws PytreeError, ShapeError if the branches' results differ in structure or type
 * @example
 * lax.switch(1, [(x: NDArray) => x, (x: NDArray) => x.mul(10)], np.array(2)) // => Array(20., dtype=float32)
 */
const switchCase = <A extends readonly unknown[], R>(
  index: NDArray | number,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R => {
  for (const branch of branches) requireFunction('switch', branch)
  if (branches.length === 0) throw new ArgumentError('switch', 'at least one branch', 'none')
  const [leaves, treedef] = tree.flatten(operands)
  const arrays = leaves.map((x, i) => arrayLeaf('switch', x, i))
  const given = branchIndex('switch', index)
  if (isJitDisabled() && !(given instanceof Tracer)) {
    const at = Math.min(Math.max(given.item(), 0), branches.length - 1)
    return branches[at]!(...treedef.unflatten(arrays))
  }
  let structure: tree.TreeDef | null = null
  const traceAll = (strong: boolean) =>
    branches.map((branch, b) =>
      stage(
        (...xs) => {
          const result = (branch as unknown as Fn)(...treedef.unflatten(xs))
          const [ys, resultTree] = outputLeaves(`branch ${b} of switch`, result)
          if (structure === null) structure = resultTree
          else structure.leavesOf(result, { where: 'switch', left: 'the result of branch 0', right: `the result of branch ${b}` }) // prettier-ignore
          return strong ? ys.map((y) => (y.weakType ? convertElementType(y, y.dtype, false) : y)) : ys
        },
        arrays.map((x) => x.aval),
        undefined,
        'switch',
      ),
    )
  let staged = traceAll(false)
  const differ = (s: (typeof staged)[number]): boolean =>
    s.jaxpr.avalsOut.some((a, i) => weaker(a, staged[0]!.jaxpr.avalsOut[i]!))
  if (staged.some(differ)) staged = traceAll(true)
  staged.forEach((s, b) => {
    s.jaxpr.avalsOut.forEach((aval, i) => {
      const first = staged[0]!.jaxpr.avalsOut[i]!
      if (!equalAvals(aval, first)) throw new ShapeError('switch', `branches of one result type (${showAval(first)})`, `${showAval(aval)} for leaf ${i} of branch ${b}`) // prettier-ignore
    })
  })
  const result = structure!
  alternatives(staged.map((s) => () => usedByProgram('switch', s.keyUses, [...s.consts, ...arrays], [])))
  if (branches.length === 1)
    return result.unflatten(evalJaxpr(staged[0]!.jaxpr, [...staged[0]!.consts, ...arrays])) as R
  const clamped = clamp(0, convertElementType(given, 'int32'), branches.length - 1)
  const [consts, jaxprs] = joinConsts(staged)
  return result.unflatten(bindCond(clamped, [...consts, ...arrays], jaxprs)) as R
}
export { switchCase as switch }

/**
 * The result of `onTrue` or of `onFalse` on the operands.
 *
 * @throws PytreeError, ShapeError if the results differ in structure or type
 * @example
 * lax.cond(np.array(3).gt(2), (x: NDArray) => x.add(1), (x: NDArray) => x.sub(1), np.array(3)) // => Array(4., dtype=float32)
 */
export const cond = <A extends readonly unknown[], R>(
  predicate: NDArray | boolean | number,
  onTrue: (...operands: A) => R,
  onFalse: (...operands: A) => R,
  ...operands: A
): R => {
  return switchCase(indexOfPredicate('cond', predicate), [onFalse, onTrue], ...operands)
}
