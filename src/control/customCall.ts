/** Calls of functions that have derivatives of their own: what `customJvp` and `customVjp` share. */
import {
  type BatchAxis,
  currentTrace,
  DifferentiationError,
  equalShapes,
  evalJaxpr,
  evalTrace,
  type Jaxpr,
  type NDArray,
  type Primitive,
  type ShapedArray,
  ShapeError,
  showAval,
  stage,
  type Staged,
  type Tangent,
  usedByProgram,
  zero,
} from '../core/index.js'
import { instantiate } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, batchAxisAt, type Fn, outputLeaves, vmapFlat } from '../transforms/index.js'

/** Parameters of a call. */
export interface CallParams {
  readonly jaxpr: Jaxpr
  /** Leading arguments that the function closes over. */
  readonly constCount: number
  readonly name: string
}

/** Where nothing is differentiated, a call is the program that it calls. */
export const callRules = {
  abstractEval: (_avals, { jaxpr }) => jaxpr.avalsOut,
  lower: ({ inline }, inputs, { jaxpr }) => inline(jaxpr, inputs),
  evaluate: (args, { jaxpr }) => evalJaxpr(jaxpr, args),
  inlined: ({ jaxpr }) => jaxpr,
  showParams: ({ jaxpr, name }) => `[\n  name=${name}\n  call_jaxpr=${jaxpr.toString().replaceAll('\n', '\n  ')}\n]`,
} satisfies Partial<Primitive<CallParams>>

export interface CustomOptions {
  /** Positions of arguments that are not differentiated and need not be arrays. */
  readonly nondiffArgnums?: readonly number[]
}

/** A staged call, and what its rules need of it. */
export interface CustomCall extends Staged {
  /** Values of the arguments that aren't differentiated. */
  readonly fixed: readonly unknown[]
  /** Leaves of the others, and their structure. */
  readonly arrays: readonly NDArray[]
  readonly treedef: tree.TreeDef<readonly unknown[]>
  /** Structure of the result. */
  readonly outputs: tree.TreeDef
  /** All arguments, with other leaves. */
  readonly filled: (leaves: readonly NDArray[]) => readonly unknown[]
}

/** Stage a call; arguments at `nondiffArgnums` are part of the program. */
export const stageCall = (
  where: string,
  f: Fn,
  args: readonly unknown[],
  nondiffArgnums: readonly number[],
): CustomCall => {
  const isFixed = (i: number): boolean => nondiffArgnums.includes(i)
  const [leaves, treedef] = tree.flatten<readonly unknown[]>(args.filter((_, i) => !isFixed(i)))
  const arrays = leaves.map((x, i) => arrayLeaf(where, x, i))
  const filled = (xs: readonly NDArray[]): readonly unknown[] => {
    const free = treedef.unflatten(xs).values()
    return args.map((x, i) => (isFixed(i) ? x : free.next().value))
  }
  let outputs: tree.TreeDef | null = null
  const staged = stage(
    (...xs) => {
      const [results, structure] = outputLeaves(where, f(...filled(xs)))
      outputs = structure
      return results
    },
    arrays.map((x) => x.aval),
    undefined,
    where,
  )
  usedByProgram(where, staged.keyUses, [...staged.consts, ...arrays], [])
  return { ...staged, fixed: args.filter((_, i) => isFixed(i)), arrays, treedef, outputs: outputs!, filled }
}

/**
 * A function that is bound as one operation where it is transformed: `bindCall` binds a staged call. Evaluated at once, it
 * is called as it is.
 */
export const customFunction = <A extends readonly unknown[], R>(
  kind: string,
  f: (...args: A) => R,
  nondiffArgnums: readonly number[],
  bindCall: (call: CustomCall, params: CallParams) => readonly NDArray[],
): ((...args: A) => R) => {
  const name = nameOf(f)
  const called = (...args: A): R => {
    if (currentTrace() === evalTrace) return f(...args)
    const call = stageCall(`${kind}(${name})`, f as unknown as Fn, args, nondiffArgnums)
    return call.outputs.unflatten(bindCall(call, { jaxpr: call.jaxpr, constCount: call.consts.length, name })) as R
  }
  return Object.defineProperty(called, 'name', { value: name })
}

/** Move the mapped axes of results to the front. */
export const inFront = (
  [ys, axes]: readonly [readonly NDArray[], readonly BatchAxis[]],
  size: number,
): readonly NDArray[] => ys.map((y, i) => batchAxisAt(y, axes[i]!, 0, size))

/** The called program over a batch: all results have the batch axis in front. */
export const batchedCall = (
  { jaxpr, constCount }: CallParams,
  args: readonly NDArray[],
  axes: readonly BatchAxis[],
  size: number,
  axisName: string | null,
): { readonly consts: readonly NDArray[]; readonly jaxpr: Jaxpr; readonly constCount: number } => {
  const batched = stage(
    (...xs) => inFront(vmapFlat((...ys) => evalJaxpr(jaxpr, ys), xs, axes, size, axisName), size), // prettier-ignore
    args.map((x) => x.aval),
  )
  return { ...batched, constCount: constCount + batched.consts.length }
}

/** The arguments of the function and their tangents. @throws DifferentiationError if what it closes over has a tangent */
export const ownArguments = (
  kind: string,
  { constCount, name }: CallParams,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): readonly [args: readonly NDArray[], directions: readonly NDArray[]] => {
  if (tangents.slice(0, constCount).some((t) => t !== zero)) {
    throw new DifferentiationError(
      name,
      `a ${kind} function closes over a value that is differentiated; pass the value as an argument`,
    )
  }
  const args = primals.slice(constCount)
  return [args, tangents.slice(constCount).map((t, i) => instantiate(t, args[i]!.aval))]
}

/** A leaf that a rule gave, of the shape that it must have. @throws ShapeError, ArgumentError */
export const ruleLeaf = (where: string, what: string, x: unknown, aval: ShapedArray, index: number): NDArray => {
  const array = arrayLeaf(where, x, index)
  if (equalShapes(array.shape, aval.shape)) return array
  throw new ShapeError(where, `${what} (${showAval(aval)})`, showAval(array.aval))
}

/** The name of a function in errors and programs. */
export const nameOf = (f: { readonly name: string }): string => (f.name === '' ? 'anonymous' : f.name)

/** A rule that must have been given. @throws DifferentiationError */
export const givenRule = <T>(rule: T | null, kind: string, method: string, name: string): T => {
  if (rule !== null) return rule
  throw new DifferentiationError(name, `a ${kind} function has no derivative; call its ${method}`)
}
