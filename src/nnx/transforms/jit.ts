/** `nnx.jit`: functions of modules, compiled. */
import {
  areBound,
  ArgumentError,
  backend,
  bind,
  type ConcreteArray,
  EscapedTracerError,
  equalAvals,
  type Executable,
  explainMiss,
  NDArray,
  settingsVersion,
  type ShapedArray,
  stage,
  type NamedAxis,
  type Staged,
  timed,
  Tracer,
  usedByProgram,
  watchAxes,
  weakLiteral,
} from '../../core/index.js'
import * as tree from '../../pytree/index.js'
import {
  avalOfLeaf,
  type Fn,
  isScalar,
  type Jitted,
  type JitOptions,
  jitP,
  missReason,
  positions,
  staticKey,
  type TracedKind,
} from '../../transforms/index.js'
import { showPaths } from '../build.js'
import type { GraphDef, NodeDef } from '../graphdef.js'
import { Variable } from '../variable.js'
import { flattenGraph, Matcher } from '../walk.js'
import { Inside, isEager, isSingle, type Outcome, type Outside, propagate, valueOfLeaf } from './boundary.js'

/** One traced program: the kind of arguments that it is for, what runs it, and what is done with its results. */
interface Entry {
  readonly version: number
  readonly statics: string
  readonly def: GraphDef
  /** Of each leaf, the structure of its value; `null` for an array. */
  readonly structures: readonly (tree.TreeDef | null)[]
  readonly avals: readonly ShapedArray[]
  readonly staged: Staged
  readonly outcome: Outcome
  readonly outputs: tree.TreeDef
  readonly donated: readonly number[]
  /** Axes of `vmap` outside that the program looked up. */
  readonly axes: readonly NamedAxis[]
  executable: Executable | null
}

interface Call extends Outside {
  readonly entry: Entry
  /** The arrays in the leaves. */
  readonly arrays: unknown[]
}

/** Runs a program without results: all that comes out went in. */
const nothing: Executable = { run: () => [], runAsync: () => Promise.resolve([]) }

const kindOf = ({ version, statics, def, avals }: Pick<Entry, 'version' | 'statics' | 'def' | 'avals'>): TracedKind => ({ version, statics, structure: def.toString(), avals }) // prettier-ignore

/** The arrays in the leaves, if they are of the entry's kinds. */
const matchArrays = ({ structures, avals }: Entry, leaves: readonly unknown[]): unknown[] | null => {
  const arrays: unknown[] = []
  for (let i = 0; i < leaves.length; i++) {
    const value = valueOfLeaf(leaves[i])
    const structure = structures[i]!
    if (structure === null) {
      if (!isSingle(value)) return null
      arrays.push(value)
    } else if (!structure.matchInto(value, arrays)) return null
  }
  for (let i = 0; i < arrays.length; i++) {
    const x = arrays[i]
    const expected = avals[i]!
    if (x instanceof NDArray) {
      if (x.aval !== expected && !equalAvals(x.aval, expected)) return null
    } else if (!isScalar(x) || !equalAvals(avalOfLeaf('nnx.jit', x, i), expected)) return null
  }
  return arrays
}

/** Leaves below arguments that are donated. */
const leavesOfArguments = (root: NodeDef, argnums: readonly number[]): ReadonlySet<number> => {
  const found = new Set<number>()
  const visit = (def: NodeDef): void => {
    if (def.kind === 'variable' || def.kind === 'leaf') found.add(def.leaf)
    if (def.kind === 'object' || def.kind === 'container') def.children.forEach(visit)
  }
  if (root.kind === 'container') for (const n of argnums) visit(root.children[n]!)
  return found
}

/**
 * A function compiled for the structure of its arguments and the shapes and dtypes in them: traced at the first call of each
 * kind, run as one ONNX graph afterwards.
 *
 * Arguments and results are modules, optimizers, metrics, Variables, arrays, numbers, and trees of them. What the
 * function does to modules among its arguments (new values of Variables, Variables and fields added or removed) is done to
 * the caller's after the call; what is shared among arguments is shared inside. Modules that the function closes over
 * are constants: they can be read, not written.
 *
 * `donateArgnums` gives up the memory of the arrays in an argument for the results: of a module, that of the Variables
 * that the function writes, which afterwards hold the new arrays. A training loop then allocates no new buffers.
 *
 * @throws ArgumentError if a leaf is neither array nor number, or an argument number is out of range
 * @throws TraceLevelError if the function writes a Variable that isn't in its arguments
 * @example
 * const norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0), momentum: 0 })
 * const forward = nnx.jit((norm: nnx.BatchNorm, x: NDArray) => norm(x))
 * forward(norm, np.array([[1, 2], [3, 4]])).shape // => [2, 2]
 * norm.mean.value // => Array([2., 3.], dtype=float32)
 */
export const jit = <A extends readonly unknown[], R>(f: (...args: A) => R, options: JitOptions = {}): Jitted<A, R> => {
  const statics = positions(options.staticArgnums)
  const donations = positions(options.donateArgnums)
  // A module is a function of its class's name.
  const given: unknown = f.name
  const name = typeof given === 'string' && given !== '' ? given : 'anonymous'
  const where = `nnx.jit(${name})`
  const entries: Entry[] = []
  let traceCount = 0

  const dynamicArgs = (args: readonly unknown[]): readonly unknown[] =>
    statics.length === 0 ? args : args.map((x, i) => (statics.includes(i) ? null : x))

  const find = (dynamic: readonly unknown[], staticsKey: string): Call | null => {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!
      if (entry.version !== settingsVersion() || entry.statics !== staticsKey) continue
      const matcher = new Matcher()
      if (!matcher.match(entry.def.root, dynamic, false)) continue
      const arrays = matchArrays(entry, matcher.leaves)
      if (arrays === null || !areBound(entry.axes)) continue
      if (i > 0) {
        entries.splice(i, 1)
        entries.unshift(entry)
      }
      return { entry, arrays, objects: matcher.objects, leaves: matcher.leaves }
    }
    return null
  }

  const trace = (args: readonly unknown[], dynamic: readonly unknown[], staticsKey: string): Call => {
    for (const i of [...statics, ...donations]) {
      if (!Number.isInteger(i) || i < 0 || i >= args.length) {
        throw new ArgumentError(where, `argument numbers in [0, ${args.length})`, `${i}`)
      }
    }
    const { def, objects, leaves } = flattenGraph(dynamic, false)
    const flat = leaves.map((leaf) => tree.flatten(valueOfLeaf(leaf)))
    const arrays = flat.flatMap(([xs]) => xs as readonly unknown[])
    const leafOf = flat.flatMap(([xs], i) => xs.map(() => i))
    const avals = arrays.map((x, i) => avalOfLeaf(where, x, i))
    const version = settingsVersion()
    let outcome: Outcome | null = null
    let outputs: tree.TreeDef | null = null
    const pathOf = (i: number): string => `args/${showPaths([def.paths[leafOf[i]!]!])}`
    explainMiss(where, () => missReason(entries.map(kindOf), kindOf({ version, statics: staticsKey, def, avals }), pathOf)) // prettier-ignore
    const traced = (): Staged =>
      stage(
        (...tracers) => {
          let next = 0
          const values = flat.map(([xs, structure]) => structure.unflatten(tracers.slice(next, (next += xs.length))))
          const inside = new Inside(def, values)
          const filled = inside.args.map((x, i) => (statics.includes(i) ? args[i] : x))
          const left = inside.leave(where, (f as unknown as Fn)(...filled))
          const [results, structure] = tree.flatten(left.outputs)
          outcome = { ...left, outputs: [] }
          outputs = structure
          return results.map((x, i) => (x instanceof NDArray ? x : outputArray(where, x, i)))
        },
        avals,
        (i) => `argument ${pathOf(i)} of ${name}`,
        where,
      )
    const [staged, axes] = timed(`tracing ${where}`, () => watchAxes(traced))
    traceCount += 1
    const { changed, sources } = outcome!
    const entry: Entry = {
      version,
      statics: staticsKey,
      def,
      structures: flat.map(([, structure], i) =>
        structure.isLeaf && isSingle(valueOfLeaf(leaves[i])) ? null : structure,
      ),
      avals,
      staged,
      outcome: outcome!,
      outputs: outputs!,
      donated: donatedInputs(def, leaves, donations, leafOf, changed, sources, staged.consts.length),
      axes,
      executable: null,
    }
    // A program that closes over a tracer is good for this trace only.
    if (!staged.consts.some((x) => x instanceof Tracer)) {
      const stale = entries.findIndex((e) => e.version !== version)
      if (stale >= 0) entries.splice(stale, 1)
      entries.unshift(entry)
    }
    return { entry, arrays, objects, leaves }
  }

  const prepare = (args: readonly unknown[]): Call => {
    const dynamic = dynamicArgs(args)
    const staticsKey = statics.length === 0 ? '' : statics.map((i) => staticKey(args[i])).join()
    return find(dynamic, staticsKey) ?? trace(args, dynamic, staticsKey)
  }

  const concreteArgs = ({ entry, arrays }: Call): readonly ConcreteArray[] => {
    for (let i = 0; i < arrays.length; i++) {
      const x = arrays[i]
      if (!(x instanceof NDArray)) arrays[i] = weakLiteral(x as number)
      else if (x instanceof Tracer) throw new EscapedTracerError(x.aval, where, x.origin)
    }
    const { consts } = entry.staged
    return (consts.length === 0 ? arrays : [...consts, ...arrays]) as readonly ConcreteArray[]
  }

  const executableOf = (entry: Entry): Executable =>
    (entry.executable ??=
      entry.staged.jaxpr.outputs.length === 0
        ? nothing
        : backend().compile(entry.staged.jaxpr, { name, donated: entry.donated }))

  const finish = (call: Call, results: readonly NDArray[]): R => {
    const { outcome, outputs } = call.entry
    return propagate(outcome, call, outputs.unflatten(results) as readonly unknown[]) as R
  }

  const jitted = (...args: A): R => {
    const call = prepare(args)
    const { jaxpr, consts, keyUses } = call.entry.staged
    const arrays = isEager()
      ? concreteArgs(call)
      : [...consts, ...call.arrays.map((x) => (x instanceof NDArray ? x : weakLiteral(x as number)))]
    const results = isEager()
      ? executableOf(call.entry).run(arrays as readonly ConcreteArray[])
      : bind(jitP, arrays, { jaxpr, name })
    usedByProgram(where, keyUses, arrays, results)
    return finish(call, results)
  }
  const runAsync = async (...args: A): Promise<R> => {
    if (!isEager()) {
      throw new ArgumentError(
        `${where}.async`,
        'a call outside of other transformations',
        'one inside; call the function itself',
      )
    }
    const call = prepare(args)
    return finish(call, await executableOf(call.entry).runAsync(concreteArgs(call)))
  }
  Object.defineProperty(jitted, 'name', { value: name })
  Object.defineProperty(jitted, 'traceCount', { get: () => traceCount })
  return Object.assign(jitted, { async: runAsync }) as unknown as Jitted<A, R>
}

/** @throws ArgumentError */
const outputArray = (where: string, x: unknown, index: number): NDArray => {
  if (isScalar(x)) return weakLiteral(x)
  throw new ArgumentError(
    where,
    'a function that returns modules, arrays, numbers, and trees of them',
    `${typeof x} ${String(x)} as leaf ${index}`,
  )
}

/**
 * Inputs that are donated: arrays in the arguments, and of Variables those that get new values; not what comes out as it
 * went in.
 */
const donatedInputs = (
  def: GraphDef,
  leaves: readonly unknown[],
  donations: readonly number[],
  leafOf: readonly number[],
  changed: readonly number[],
  sources: readonly number[],
  consts: number,
): readonly number[] => {
  if (donations.length === 0) return []
  const below = leavesOfArguments(def.root, donations)
  const kept = new Set(sources)
  const written = new Set(changed)
  return leafOf.flatMap((leaf, i) => {
    if (!below.has(leaf) || kept.has(leaf)) return []
    return leaves[leaf] instanceof Variable && !written.has(leaf) ? [] : [i + consts]
  })
}
