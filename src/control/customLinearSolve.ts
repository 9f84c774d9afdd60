/** `customLinearSolve`: solutions of linear equations with derivatives of their own. */
import {
  ArgumentError,
  bind,
  checkOptions,
  DifferentiationError,
  equalShapes,
  evalJaxpr,
  Jaxpr,
  Linear,
  type LowerContext,
  type NDArray,
  type Primitive,
  ShapeError,
  showAval,
  stage,
  type Staged,
  type Tangent,
  Var,
  zero,
} from '../core/index.js'
import { convertElementType, instantiate, neg, sub } from '../lax/index.js'
import type { OnnxValue } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, batchAxisAt, jvpFlat, outputLeaves, splitAt } from '../transforms/index.js'
import { batchedOf, batchInFront, transposedOf } from './jaxprs.js'

/** Programs of one vector each, with `counts` leading constants in this order. */
interface LinearSolve {
  readonly matvec: Jaxpr
  /** The transpose of `matvec`; `null` where nothing solves with it. */
  readonly vecmat: Jaxpr | null
  readonly solve: Jaxpr
  readonly transposeSolve: Jaxpr | null
  readonly counts: readonly [matvec: number, vecmat: number, solve: number, transposeSolve: number]
}

type Parts<T> = readonly [
  matvec: readonly T[],
  vecmat: readonly T[],
  solve: readonly T[],
  transposeSolve: readonly T[],
  b: readonly T[],
]

const partsOf = <T>(args: readonly T[], { counts }: LinearSolve): Parts<T> =>
  splitAt(args, ...counts) as unknown as Parts<T>

const solved = (args: readonly NDArray[], params: LinearSolve): readonly NDArray[] =>
  bind(customLinearSolveP, args, params)

/** A x = b gives dA x + A dx = db: the tangent solves with the same A. */
const solveJvp: Primitive<LinearSolve>['jvp'] = (primals, tangents, params) => {
  const results = solved(primals, params)
  const [operator, , , , b] = partsOf(primals, params)
  const [dOperator, , , , db] = partsOf(tangents, params)
  const x = results.slice(0, b.length)
  const dAx = jvpFlat((...consts) => evalJaxpr(params.matvec, [...consts, ...x]), operator, dOperator)[1]
  const right = db.map((t, i): Tangent => {
    const minus = dAx[i]!
    return minus === zero ? t : t === zero ? neg(minus) : sub(t, minus)
  })
  const aux = results.slice(b.length).map((): Tangent => zero)
  if (right.every((t) => t === zero)) return [results, results.map(() => zero)]
  const given = right.map((t, i) => instantiate(t, b[i]!.aval))
  const dx = solved([...primals.slice(0, -b.length), ...given], params)
  return [results, [...dx.slice(0, b.length), ...aux]]
}

const solveTranspose: Primitive<LinearSolve>['transpose'] = (cts, args, params) => {
  const { matvec, vecmat, solve, transposeSolve, counts } = params
  if (transposeSolve === null || vecmat === null) {
    throw new DifferentiationError(
      'custom_linear_solve',
      'reverse mode solves with the transpose: give transposeSolve, or symmetric: true',
    )
  }
  const [forMatvec, forVecmat, forSolve, forTranspose, b] = partsOf(args, params)
  const known = [...forVecmat, ...forMatvec, ...forTranspose, ...forSolve]
  if (known.some((x) => x instanceof Linear) || cts.slice(b.length).some((ct) => ct !== zero)) {
    throw new DifferentiationError('custom_linear_solve', 'is linear in the right hand side only')
  }
  const given = b.map((x, i) => instantiate(cts[i]!, x.aval))
  const [m, v, s, t] = counts
  const results = solved([...(known as readonly NDArray[]), ...given], {
    matvec: vecmat,
    vecmat: matvec,
    solve: transposeSolve,
    transposeSolve: solve,
    counts: [v, m, t, s],
  })
  return [...known.map(() => null), ...b.map((x, i) => (x instanceof Linear ? results[i]! : null))]
}

const solveBatch: Primitive<LinearSolve>['batch'] = (args, axes, params, size, name) => {
  const { matvec, vecmat, solve, transposeSolve, counts } = params
  const [front, batched] = batchInFront(args, axes, size)
  const values = partsOf(front, params)
  const flags = partsOf(batched, params)
  const b = values[4]
  // The solution has the batch axis in any case, and with it every vector.
  const all = b.map(() => true)
  const over = (program: Jaxpr | null, i: 0 | 1 | 2 | 3): Staged | null =>
    program === null ? null : batchedOf(program, [...flags[i], ...all], program.outputs.map(() => true), size, name) // prettier-ignore
  const programs = [over(matvec, 0), over(vecmat, 1), over(solve, 2), over(transposeSolve, 3)] as const
  const consts = programs.flatMap((p, i) => [...(p?.consts ?? []), ...values[i]!])
  const vectors = b.map((x, i) => batchAxisAt(x, flags[4][i]! ? 0 : null, 0, size))
  const results = solved([...consts, ...vectors], {
    matvec: programs[0]!.jaxpr,
    vecmat: programs[1]?.jaxpr ?? null,
    solve: programs[2]!.jaxpr,
    transposeSolve: programs[3]?.jaxpr ?? null,
    counts: counts.map((n, i) => n + (programs[i]?.consts.length ?? 0)) as unknown as LinearSolve['counts'],
  })
  return [results, results.map(() => 0)]
}

/** The solver as a program of all arguments. */
const solverOf = ({ solve, matvec, vecmat, transposeSolve, counts }: LinearSolve): Jaxpr => {
  const unused = (program: Jaxpr | null, count: number): readonly Var[] =>
    (program?.avalsIn ?? []).slice(0, count).map((aval) => new Var(aval))
  const [m, v, s, t] = counts
  const inputs = [
    ...unused(matvec, m),
    ...unused(vecmat, v),
    ...solve.inputs.slice(0, s),
    ...unused(transposeSolve, t),
    ...solve.inputs.slice(s),
  ]
  return new Jaxpr(inputs, solve.eqns, solve.outputs)
}

export const customLinearSolveP: Primitive<LinearSolve> = {
  name: 'custom_linear_solve',
  abstractEval: (_avals, { solve }) => solve.avalsOut,
  jvp: solveJvp,
  transpose: solveTranspose,
  batch: solveBatch,
  lower: ({ inline }: LowerContext, inputs: readonly OnnxValue[], params) => inline(solverOf(params), inputs),
  inlined: solverOf,
}

/** Solves with a linear function: what it takes to the right hand side. */
export type LinearSolver<B, R = B> = (operator: (x: B) => B, b: B) => R

export interface LinearSolveOptions<B, R = B> {
  /** Solves with the transpose, for reverse mode; default `solve` if `symmetric`, else there is no reverse mode. */
  readonly transposeSolve?: LinearSolver<B, R>
  /** Whether `matvec` is its own transpose; default false. */
  readonly symmetric?: boolean
  /** Whether `solve` and `transposeSolve` return `[x, aux]`; default false. */
  readonly hasAux?: boolean
}

/**
 * The solution x of matvec(x) = b, found by `solve`, which is not differentiated: derivatives by b, and by what `matvec`
 * closes over, are solutions of linear equations themselves.
 *
 * @param matvec - linear, from a tree like `b` to one of the same structure and shapes; must be differentiable
 * @param b - a tree of arrays
 * @param solve - from a linear function and a tree like `b` to the solution; may be a `whileLoop`
 * @returns what `solve` returns: x, with `hasAux` `[x, aux]`
 * @throws ShapeError, PytreeError if `matvec` or a solver doesn't give a tree like `b`
 * @throws DifferentiationError in reverse mode without `transposeSolve` and `symmetric`
 * @example
 * const a = np.array([2, 4])
 * const x = (b: NDArray) => lax.customLinearSolve((v: NDArray) => a.mul(v), b, (_f, r) => r.div(a), { symmetric: true })
 * grad((b: NDArray) => np.sum(x(b)))(np.array([1, 1])) // => Array([0.5 , 0.25], dtype=float32)
 */
export const customLinearSolve = <B, R = B>(
  matvec: (x: B) => B,
  b: B,
  solve: LinearSolver<B, R>,
  options: LinearSolveOptions<B, R> = {},
): R => {
  const where = 'customLinearSolve'
  checkOptions(where, options, ['transposeSolve', 'symmetric', 'hasAux'])
  const { symmetric = false, hasAux = false } = options
  const transposeSolve = options.transposeSolve ?? (symmetric ? solve : null)
  const [given, treedef] = tree.flatten<unknown>(b)
  const vector = given.map((x, i) => arrayLeaf(where, x, i))
  const avals = vector.map((x) => x.aval)

  const vectorLeaves = (what: string, y: unknown): readonly NDArray[] =>
    treedef.flattenUpTo(y, { where, left: 'b', right: `the result of ${what}` }).map((leaf, i) => {
      const x = arrayLeaf(where, leaf, i)
      if (equalShapes(x.shape, avals[i]!.shape)) return convertElementType(x, avals[i]!.dtype, avals[i]!.weakType)
      throw new ShapeError(where, `a result of ${what} like b (${showAval(avals[i]!)})`, showAval(x.aval))
    })
  const asTree = (xs: readonly NDArray[]): B => treedef.unflatten(xs) as B
  const operatorOf =
    (program: Staged) =>
    (x: B): B =>
      asTree(evalJaxpr(program.jaxpr, [...program.consts, ...vectorLeaves('the argument', x)]))

  let structure: tree.TreeDef | null = null
  const solving = (what: string, by: LinearSolver<B, R>, operator: (x: B) => B): Staged =>
    stage((...xs) => {
      const result: unknown = by(operator, asTree(xs))
      if (!hasAux) return vectorLeaves(what, result)
      if (!Array.isArray(result) || result.length !== 2) {
        throw new ArgumentError(where, `${what} that returns [x, aux], as hasAux says`, typeof result)
      }
      const [aux, auxTree] = outputLeaves(where, result[1])
      structure ??= auxTree
      return [...vectorLeaves(what, result[0]), ...aux]
    }, avals)

  const forward = stage((...xs) => vectorLeaves('matvec', matvec(asTree(xs))), avals)
  const solver = solving('solve', solve, matvec)
  let backward: Staged | null = null
  let transposeSolver: Staged | null = null
  if (transposeSolve !== null) {
    backward = symmetric ? forward : transposedStaged(forward, avals.length)
    transposeSolver = solving('transposeSolve', transposeSolve, symmetric ? matvec : operatorOf(backward))
  }
  const programs = [forward, backward, solver, transposeSolver] as const
  const results = solved([...programs.flatMap((p) => p?.consts ?? []), ...vector], {
    matvec: forward.jaxpr,
    vecmat: backward?.jaxpr ?? null,
    solve: solver.jaxpr,
    transposeSolve: transposeSolver?.jaxpr ?? null,
    counts: programs.map((p) => p?.consts.length ?? 0) as unknown as LinearSolve['counts'],
  })
  const x = asTree(results.slice(0, vector.length))
  return (hasAux ? [x, structure!.unflatten(results.slice(vector.length))] : x) as R
}

/** The transpose of a linear program in its last `count` inputs, with the constants that it takes. */
const transposedStaged = ({ jaxpr, consts }: Staged, count: number): Staged => {
  const transposed = transposedOf(jaxpr, [...consts.map(() => false), ...Array.from({ length: count }, () => true)])
  return { jaxpr: transposed.jaxpr, consts: [...transposed.consts, ...consts] }
}
