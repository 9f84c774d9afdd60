/** `jit`: a function is traced once for each kind of arguments, compiled, and then only run. */
import {
  areBound,
  ArgumentError,
  backend,
  bind,
  ConcreteArray,
  currentTrace,
  equalAvals,
  EscapedTracerError,
  evalJaxpr,
  evalTrace,
  explainMiss,
  type Executable,
  type Jaxpr,
  type NamedAxis,
  NDArray,
  type Primitive,
  settingsVersion,
  type ShapedArray,
  stage,
  type Staged,
  type Tangent,
  timed,
  Tracer,
  usedByProgram,
  watchAxes,
  weakLiteral,
  zero,
  Linear,
  requireFunction,
  checkOptions,
} from '../core/index.js'
import * as tree from '../pytree/index.js'
import { avalOfLeaf, type Fn, isScalar, outputLeaves } from './arguments.js'
import { cached } from './cache.js'
import { missReason, type TracedKind } from './cacheMiss.js'
import { jvpFlat } from './jvp.js'
import { backward } from './linearize.js'
import { partialEvalJaxpr } from './partial.js'
import { avalsOf } from './makeJaxpr.js'
import { type Lowered, Traced } from './stages.js'
import { positions, staticKey } from './statics.js'
import { batchAxisAt, vmapFlat } from './vmap.js'

interface JitParams {
  readonly jaxpr: Jaxpr
  readonly name: string
}

const jvpJaxpr = cached((jaxpr: Jaxpr, nonzero: readonly boolean[]) => {
  const count = jaxpr.inputs.length
  let zeros: readonly boolean[] = []
  const tangentAvals = jaxpr.avalsIn.filter((_, i) => nonzero[i])
  const staged = stage(
    (...args) => {
      const given = args.slice(count).values()
      const tangents = nonzero.map((is): Tangent => (is ? given.next().value! : zero))
      const [ys, dys] = jvpFlat((...xs) => evalJaxpr(jaxpr, xs), args.slice(0, count), tangents)
      zeros = dys.map((t) => t === zero)
      return [...ys, ...dys.filter((t) => t !== zero)]
    },
    [...jaxpr.avalsIn, ...tangentAvals],
  )
  return { ...staged, zeros }
})

const transposedJaxpr = cached((jaxpr: Jaxpr, linear: readonly boolean[], given: readonly boolean[]) => {
  let zeros: readonly boolean[] = []
  const known = jaxpr.avalsIn.filter((_, i) => !linear[i])
  const staged = stage(
    (...args) => {
      const values = args.slice(0, known.length).values()
      const cts = args.slice(known.length).values()
      const results = backward(
        jaxpr,
        jaxpr.avalsIn.map((aval, i) => (linear[i] ? new Linear(aval) : values.next().value!)),
        given.map((is): Tangent => (is ? cts.next().value! : zero)),
      )
      zeros = results.map((t) => t === zero)
      return results.filter((t) => t !== zero)
    },
    [...known, ...jaxpr.avalsOut.filter((_, i) => given[i])],
  )
  return { ...staged, zeros }
})

const batchedJaxpr = cached((jaxpr: Jaxpr, axes: readonly (number | null)[], size: number, axisName: string | null) => {
  let outAxes: readonly (number | null)[] = []
  const staged = stage(
    (...args) => {
      const [ys, from] = vmapFlat((...xs) => evalJaxpr(jaxpr, xs), args, axes, size, axisName)
      outAxes = from.map((a) => (a === null ? null : 0))
      return ys.map((y, i) => (from[i] === null ? y : batchAxisAt(y, from[i]!, 0, size)))
    },
    jaxpr.avalsIn.map((aval, i) => (axes[i] === null ? aval : batchedAval(aval, axes[i]!, size))),
  )
  return { ...staged, outAxes }
})

const batchedAval = (aval: ShapedArray, axis: number, size: number): ShapedArray => ({
  ...aval,
  shape: [...aval.shape.slice(0, axis), size, ...aval.shape.slice(axis)],
})

const call = ({ jaxpr, consts }: Staged, args: readonly NDArray[], name: string): readonly NDArray[] =>
  bind(jitP, [...consts, ...args], { jaxpr, name })

/** A call of a program. Evaluated by compiling it; inlined when it is part of a larger program. */
export const jitP: Primitive<JitParams> = {
  name: 'jit',
  abstractEval: (_avals, { jaxpr }) => jaxpr.avalsOut,
  jvp(primals, tangents, { jaxpr, name }) {
    const nonzero = tangents.map((t) => t !== zero)
    const { zeros, ...staged } = jvpJaxpr(jaxpr, nonzero)
    const results = call(staged, [...primals, ...tangents.filter((t) => t !== zero)], `jvp(${name})`)
    const dys = results.slice(jaxpr.outputs.length).values()
    return [results.slice(0, jaxpr.outputs.length), zeros.map((is): Tangent => (is ? zero : dys.next().value!))]
  },
  transpose(cts, args, { jaxpr, name }) {
    const linear = args.map((x) => x instanceof Linear)
    const given = cts.map((ct) => ct !== zero)
    const { zeros, ...staged } = transposedJaxpr(jaxpr, linear, given)
    const known = args.filter((x): x is NDArray => !(x instanceof Linear))
    const results = call(staged, [...known, ...cts.filter((ct) => ct !== zero)], `transpose(${name})`).values()
    const cotangents = zeros.map((is): Tangent => (is ? zero : results.next().value!)).values()
    return linear.map((is) => (is ? cotangents.next().value! : null))
  },
  batch(args, axes, { jaxpr, name }, size, axisName) {
    const { outAxes, ...staged } = batchedJaxpr(jaxpr, axes, size, axisName)
    return [call(staged, args, `vmap(${name})`), outAxes]
  },
  lower: ({ inline }, inputs, { jaxpr }) => inline(jaxpr, inputs),
  partialEval({ known, staged }, args, unknown, { jaxpr, name }) {
    const split = partialEvalJaxpr(jaxpr, unknown)
    const knownArgs = args.filter((_, i) => !unknown[i])
    const results = known(jitP, knownArgs, { jaxpr: split.known, name })
    const knownCount = split.unknownOutputs.filter((is) => !is).length
    const residuals = split.residuals.map(({ input, index }) =>
      input ? knownArgs[index]! : results[knownCount + index]!,
    )
    const unknownArgs = args.filter((_, i) => unknown[i])
    const rest = staged(jitP, [...residuals, ...unknownArgs], { jaxpr: split.unknown, name }).values()
    const knownResults = results.values()
    return split.unknownOutputs.map((is) => (is ? rest : knownResults).next().value!)
  },
  inlined: ({ jaxpr }) => jaxpr,
  showParams: ({ jaxpr, name }) => `[\n  name=${name}\n  jaxpr=${jaxpr.toString().replaceAll('\n', '\n  ')}\n]`,
}

export interface JitOptions {
  /** Positions of arguments that are part of the program: a call with another value is traced again. */
  readonly staticArgnums?: number | readonly number[]
  /** Positions of arguments whose memory may be reused for the results; they can't be used after the call. */
  readonly donateArgnums?: number | readonly number[]
}

/** A compiled function. */
export interface Jitted<A extends readonly unknown[], R> {
  (...args: A): R
  /** The same call on a worker thread of the runtime: the event loop stays free. */
  async(...args: A): Promise<R>
  /** Number of programs traced so far. */
  readonly traceCount: number
}

/** What {@link jit} gives: a compiled function whose stages can be had one by one. */
export interface StagedFunction<A extends readonly unknown[], R> extends Jitted<A, R> {
  /** Trace for these arguments, or for `ShapeDtypeStruct`s in their place. */
  trace(...args: { readonly [K in keyof A]: unknown }): Traced<A, R>
  /** Trace and lower to an ONNX graph. @throws LoweringError */
  lower(...args: { readonly [K in keyof A]: unknown }): Lowered<A, R>
  /** Shapes and dtypes of the results, in their structure. */
  evalShape(...args: { readonly [K in keyof A]: unknown }): unknown
  /** Forget all programs traced so far. */
  clearCache(): void
}

let disabled = false

/** Whether {@link disableJit} is in force. */
export const isJitDisabled = (): boolean => disabled

/**
 * Run `f` with compiled functions called as they are: each operation is evaluated at once, and values can be read.
 *
 * @example
 * const f = jit((x: NDArray) => x.mul(x.item()))
 * disableJit(() => f(np.array(3))) // => Array(9., dtype=float32)
 */
export const disableJit = <T>(f: () => T): T => {
  requireFunction('disableJit', f)
  const saved = disabled
  disabled = true
  try {
    return f()
  } finally {
    disabled = saved
  }
}

/** One traced program: the kind of arguments that it is for, and what runs it. */
interface Entry {
  readonly version: number
  readonly treedef: tree.TreeDef
  readonly avals: readonly ShapedArray[]
  readonly statics: string
  /** Axes, named around the call, that the program runs over. */
  readonly axes: readonly NamedAxis[]
  readonly staged: Staged
  readonly outputs: tree.TreeDef
  readonly donated: readonly number[]
  executable: Executable | null
}

/** Most kinds of arguments that a function keeps programs for; those used least recently go. */
const maxEntries = 1024

const kindOf = ({ version, statics, treedef, avals }: Pick<Entry, 'version' | 'statics' | 'treedef' | 'avals'>): TracedKind => ({ version, statics, structure: treedef.toString(), avals }) // prettier-ignore

const sameAvals = (entry: Entry, leaves: readonly unknown[]): boolean => {
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i]
    const expected = entry.avals[i]!
    if (leaf instanceof NDArray) {
      if (leaf.aval !== expected && !equalAvals(leaf.aval, expected)) return false
    } else if (!isScalar(leaf) || !equalAvals(avalOfLeaf('jit', leaf, i), expected)) return false
  }
  return true
}

/**
 * A function compiled for the shapes and dtypes of its arguments: traced at the first call of each kind, run as one
 * ONNX graph afterwards.
 *
 * Arguments and results are trees of arrays and numbers. A number is an input of the program: another number of the
 * same kind (whole or not) compiles nothing.
 *
 * @throws ArgumentError if a leaf is neither array nor number, or an argument number is out of range
 * @example
 * const f = jit((x: NDArray) => np.sum(x.mul(x)))
 * f(np.array([1, 2, 3])) // => Array(14., dtype=float32)
 */
export const jit = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: JitOptions = {},
): StagedFunction<A, R> => {
  requireFunction('jit', f)
  checkOptions('jit', options, ['staticArgnums', 'donateArgnums'])
  const statics = positions(options.staticArgnums)
  const donations = positions(options.donateArgnums)
  const name = f.name === '' ? 'anonymous' : f.name
  const entries: Entry[] = []
  let traceCount = 0

  const dynamicArgs = (args: readonly unknown[]): readonly unknown[] =>
    statics.length === 0 ? args : args.map((x, i) => (statics.includes(i) ? null : x))

  const find = (dynamic: readonly unknown[], staticsKey: string, leaves: unknown[]): Entry | null => {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!
      leaves.length = 0
      if (
        entry.version === settingsVersion() &&
        entry.statics === staticsKey &&
        entry.treedef.matchInto(dynamic, leaves) &&
        sameAvals(entry, leaves) &&
        areBound(entry.axes)
      ) {
        if (i > 0) {
          entries.splice(i, 1)
          entries.unshift(entry)
        }
        return entry
      }
    }
    return null
  }

  const trace = (args: readonly unknown[], dynamic: readonly unknown[], staticsKey: string): Entry => {
    for (const i of [...statics, ...donations]) {
      if (!Number.isInteger(i) || i < 0 || i >= args.length) {
        throw new ArgumentError(`jit(${name})`, `argument numbers in [0, ${args.length})`, `${i}`)
      }
    }
    const [leaves, treedef] = tree.flatten(dynamic)
    const avals = avalsOf(`jit(${name})`, leaves)
    const paths = treedef.paths()
    let outputs: tree.TreeDef | null = null
    const traced = (): Staged =>
      stage(
        (...tracers) => {
          const filled = treedef.unflatten(tracers)
          const result = (f as unknown as Fn)(...filled.map((x, i) => (statics.includes(i) ? args[i] : x)))
          const [results, structure] = outputLeaves(`jit(${name})`, result)
          outputs = structure
          return results
        },
        avals,
        (i) => `argument args${tree.keystr(paths[i]!)} of ${name}`,
        `jit(${name})`,
      )
    const pathOf = (i: number): string => `args${tree.keystr(paths[i]!)}`
    explainMiss(name, () => missReason(entries.map(kindOf), kindOf({ version: settingsVersion(), statics: staticsKey, treedef, avals }), pathOf)) // prettier-ignore
    const [staged, axes] = timed(`tracing ${name}`, () => watchAxes(traced))
    traceCount += 1
    const argumentOf = paths.map(([first]) => (first?.kind === 'index' ? first.key : -1))
    const donated = avals.flatMap((_, i) => (donations.includes(argumentOf[i]!) ? [i + staged.consts.length] : []))
    const entry: Entry = {
      version: settingsVersion(),
      treedef,
      avals,
      statics: staticsKey,
      axes,
      staged,
      outputs: outputs!,
      donated,
      executable: null,
    }
    // A program that closes over a tracer is good for this trace only.
    if (!staged.consts.some((x) => x instanceof Tracer)) {
      const stale = entries.findIndex((e) => e.version !== entry.version)
      if (stale >= 0) entries.splice(stale, 1)
      entries.unshift(entry)
      if (entries.length > maxEntries) entries.pop()
    }
    return entry
  }

  const prepare = (args: readonly unknown[]): readonly [Entry, unknown[]] => {
    const dynamic = dynamicArgs(args)
    const staticsKey = statics.length === 0 ? '' : statics.map((i) => staticKey(args[i])).join()
    const leaves: unknown[] = []
    const found = find(dynamic, staticsKey, leaves)
    if (found !== null) return [found, leaves]
    const entry = trace(args, dynamic, staticsKey)
    return [entry, [...tree.flatten(dynamic)[0]]]
  }

  const concreteArgs = (entry: Entry, leaves: unknown[]): readonly ConcreteArray[] => {
    for (let i = 0; i < leaves.length; i++) {
      const leaf = leaves[i]
      if (leaf instanceof ConcreteArray) continue
      if (leaf instanceof Tracer) throw new EscapedTracerError(leaf.aval, `jit(${name})`, leaf.origin)
      leaves[i] = weakLiteral(leaf as number)
    }
    const { consts } = entry.staged
    for (const x of consts) if (x instanceof Tracer) throw new EscapedTracerError(x.aval, `jit(${name})`, x.origin)
    return (consts.length === 0 ? leaves : [...consts, ...leaves]) as readonly ConcreteArray[]
  }

  const executableOf = (entry: Entry): Executable =>
    (entry.executable ??= backend().compile(entry.staged.jaxpr, { name, donated: entry.donated }))

  const jitted = (...args: A): R => {
    if (disabled) return f(...args)
    const [entry, leaves] = prepare(args)
    const isEager = currentTrace() === evalTrace
    const arrays = isEager
      ? concreteArgs(entry, leaves)
      : [...entry.staged.consts, ...leaves.map((x) => (x instanceof NDArray ? x : weakLiteral(x as number)))]
    const results = isEager
      ? executableOf(entry).run(arrays as readonly ConcreteArray[])
      : bind(jitP, arrays, { jaxpr: entry.staged.jaxpr, name })
    usedByProgram(name, entry.staged.keyUses, arrays, results)
    return entry.outputs.unflatten(results) as R
  }
  const runAsync = async (...args: A): Promise<R> => {
    if (currentTrace() !== evalTrace) {
      throw new ArgumentError(
        `${name}.async`,
        'a call outside of other transformations',
        'one inside; call the function itself',
      )
    }
    const [entry, leaves] = prepare(args)
    const arrays = concreteArgs(entry, leaves)
    usedByProgram(name, entry.staged.keyUses, arrays, [])
    return entry.outputs.unflatten(await executableOf(entry).runAsync(arrays)) as R
  }
  Object.defineProperty(jitted, 'name', { value: name })
  Object.defineProperty(jitted, 'traceCount', { get: () => traceCount })
  const traced = (...args: readonly unknown[]): Traced<A, R> => {
    const [{ staged, treedef, outputs, donated }] = prepare(args)
    return new Traced<A, R>({ name, ...staged, inputs: treedef, outputs, dynamic: dynamicArgs, donated })
  }
  const stages = {
    async: runAsync,
    trace: traced,
    lower: (...args: readonly unknown[]): Lowered<A, R> => traced(...args).lower(),
    evalShape: (...args: readonly unknown[]): unknown => traced(...args).outInfo,
    clearCache: (): void => {
      entries.length = 0
    },
  }
  return Object.assign(jitted, stages) as unknown as StagedFunction<A, R>
}
