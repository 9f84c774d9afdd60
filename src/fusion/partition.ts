/**
 * The elementwise end of a program, cut off as loops.
 *
 * ONNX Runtime runs each elementwise operation as a pass of its own over memory, and an optimizer's update is a dozen of
 * them. What nothing else depends on — the updates of a training step — is cut off here and becomes one loop for each
 * group of arrays.
 */
import {
  type Atom,
  axisNamesOf,
  type Eqn,
  equalShapes,
  isEffect,
  Jaxpr,
  Literal,
  type LowerContext,
  type ShapedArray,
  showParams,
  sizeOf,
  Var,
} from '../core/index.js'
import { GraphBuilder } from '../onnx/index.js'
import { lower, optimize } from '../transforms/index.js'
import { isFusible, type Kernel, kernelOf } from './kernel.js'
import type { Kind } from './operators.js'

/** Below this, an operation costs as much as any other step, and scalars are what loops take from the head. */
const MIN_ELEMENTS = 2
const MIN_EQUATIONS = 3
/** A function of more takes WebAssembly's compiler too long. */
const MAX_EQUATIONS = 512
/** Most arrays that a loop reads, or writes: each takes a block of its memory, and small blocks do not pay. */
const MAX_ARRAYS = 64
/** How many times the memory traffic of the loop that of single operations must be. */
const MIN_GAIN = 1.5

/** Where a loop takes an array or a scalar from: an argument of the program, or a result of the head. */
export interface Source {
  readonly from: 'argument' | 'head'
  readonly index: number
}

/** A loop over arrays of one size. */
export interface Loop {
  readonly kernel: Kernel
  readonly size: number
  readonly arrays: readonly Source[]
  readonly scalars: readonly Source[]
  /** Positions of its results among those of the program. */
  readonly outputs: readonly number[]
  /** Names of its operations, in their order. */
  readonly operations: readonly string[]
}

/** A program in two parts. */
export interface Partition {
  /** What comes before the loops: the program's other results, then what the loops need of it. */
  readonly head: Jaxpr
  /** Positions, among the program's results, of the head's first ones. */
  readonly outputs: readonly number[]
  readonly loops: readonly Loop[]
}

/** The program cut in two; `null` where there is nothing to gain. */
export const partition = (program: Jaxpr): Partition | null => {
  const jaxpr = optimize(program)
  const groups = groupsOf(jaxpr, tailOf(jaxpr)).filter(pays)
  if (groups.length === 0) return null
  const groupOf = new Map<Atom, Group>(groups.flatMap((group) => group.eqns.map((eqn) => [eqn.outputs[0]!, group])))
  const eqns = jaxpr.eqns.filter((eqn) => !groupOf.has(eqn.outputs[0]!))
  const outputs: number[] = []
  const positionsOf = new Map<Group, number[]>(groups.map((group) => [group, []]))
  jaxpr.outputs.forEach((a, i) => {
    const group = groupOf.get(a)
    if (group === undefined) outputs.push(i)
    else positionsOf.get(group)!.push(i)
  })
  const results = outputs.map((i) => jaxpr.outputs[i]!)
  const argument = new Map<Atom, number>(jaxpr.inputs.map((v, i) => [v, i]))
  const needed = new Map<Atom, number>(results.map((a, i) => [a, i]))
  const source = (a: Atom): Source => {
    const index = argument.get(a)
    if (index !== undefined) return { from: 'argument', index }
    let position = needed.get(a)
    if (position === undefined) needed.set(a, (position = results.push(a) - 1))
    return { from: 'head', index: position }
  }
  const loops = groups.map((group): Loop => {
    const { arrays, scalars, shape } = group
    const positions = positionsOf.get(group)!
    const values = positions.map((i) => jaxpr.outputs[i]!)
    const { graph } = lower(new Jaxpr([...arrays, ...scalars], group.eqns, values), 'cpu')
    return {
      kernel: kernelOf(graph, arrays.length, scalars.map(kindOf)),
      size: sizeOf(shape),
      arrays: arrays.map(source),
      scalars: scalars.map(source),
      outputs: positions,
      operations: group.eqns.map(({ primitive }) => primitive.name),
    }
  })
  return { head: new Jaxpr(jaxpr.inputs, eqns, results), outputs, loops }
}

/** Equations of one shape that hang together, and what they take. */
interface Group {
  readonly eqns: readonly Eqn[]
  readonly shape: readonly number[]
  readonly arrays: readonly Var[]
  readonly scalars: readonly Var[]
  readonly results: number
}

const kindOf = ({ aval }: Atom): Kind => (aval.dtype === 'bool' ? 'condition' : 'number')

const isLarge = ({ aval }: Atom): boolean => sizeOf(aval.shape) !== 1

/** Elementwise equations that no other equation depends on, directly or through others. */
const tailOf = (jaxpr: Jaxpr): ReadonlySet<Eqn> => {
  const banned = new Set<Eqn>()
  for (;;) {
    const tail = new Set<Eqn>()
    /** What the other equations take. */
    const taken = new Set<Atom>()
    for (let i = jaxpr.eqns.length - 1; i >= 0; i--) {
      const eqn = jaxpr.eqns[i]!
      if (!banned.has(eqn) && !eqn.outputs.some((v) => taken.has(v)) && isLoopable(eqn)) tail.add(eqn)
      else eqn.inputs.forEach((a) => taken.add(a))
    }
    // Conditions live in loops only: none comes in or goes out as an array.
    const made = new Set<Atom>([...tail].flatMap((eqn) => eqn.outputs))
    const results = new Set<Atom>(jaxpr.outputs)
    const isForeign = (a: Atom): boolean => kindOf(a) === 'condition' && isLarge(a) && !made.has(a)
    const refused = [...tail].filter(
      ({ inputs, outputs: [y] }) => inputs.some(isForeign) || (kindOf(y!) === 'condition' && results.has(y!)),
    )
    if (refused.length === 0) return tail
    refused.forEach((eqn) => banned.add(eqn))
  }
}

const fits = ({ shape, dtype }: ShapedArray): boolean => dtype === 'float32' || dtype === 'bool' || shape.includes(0)

/** Whether an equation can be part of a loop: operands are arrays of the result's shape, or scalars. */
const isLoopable = ({ primitive, inputs, params, outputs }: Eqn): boolean => {
  const [y] = outputs
  if (outputs.length !== 1 || sizeOf(y!.aval.shape) < MIN_ELEMENTS || !fits(y!.aval)) return false
  if (!inputs.every((a) => fits(a.aval) && (!isLarge(a) || equalShapes(a.aval.shape, y!.aval.shape)))) return false
  if (!inputs.some(isLarge) || primitive.inlined !== undefined) return false
  if (isEffect(primitive, params) || axisNamesOf(primitive, params).length > 0) return false
  const key = `${primitive.name}${showParams(primitive, params)} ${inputs.map((a) => a.aval.dtype).join()}`
  let known = loopable.get(key)
  if (known === undefined) loopable.set(key, (known = lowersToLoop({ primitive, inputs, params, outputs })))
  return known
}

const loopable = new Map<string, boolean>()

const lowersToLoop = ({ primitive, inputs, params, outputs }: Eqn): boolean => {
  const graph = new GraphBuilder()
  const operands = inputs.map(({ aval }) => graph.input(aval.dtype, aval.shape))
  const context: LowerContext = {
    graph,
    avalsIn: inputs.map((a) => a.aval),
    avalsOut: outputs.map((v) => v.aval),
    device: 'cpu',
    // Programs in programs are not looked into: an operator that no loop has.
    inline: () => outputs.map(() => graph.op('Inline', [])),
  }
  const [value] = primitive.lower(context, operands, params)
  graph.output(value!, outputs[0]!.aval.dtype, outputs[0]!.aval.shape)
  return isFusible(graph, inputs.map(kindOf))
}

/** The equations of the tail, those together that share an array. */
const groupsOf = (jaxpr: Jaxpr, tail: ReadonlySet<Eqn>): readonly Group[] => {
  const parent = new Map<Eqn, Eqn>()
  const root = (eqn: Eqn): Eqn => {
    let top = eqn
    while (parent.get(top) !== undefined) top = parent.get(top)!
    if (top !== eqn) parent.set(eqn, top)
    return top
  }
  const user = new Map<Atom, Eqn>()
  for (const eqn of tail) {
    for (const a of [...eqn.inputs, ...eqn.outputs]) {
      if (a instanceof Literal || !isLarge(a)) continue
      const other = user.get(a)
      if (other === undefined) user.set(a, eqn)
      else if (root(other) !== root(eqn)) parent.set(root(eqn), root(other))
    }
  }
  const members = new Map<Eqn, Eqn[]>()
  for (const eqn of jaxpr.eqns) {
    if (!tail.has(eqn)) continue
    const top = root(eqn)
    const group = members.get(top)
    if (group === undefined) members.set(top, [eqn])
    else group.push(eqn)
  }
  const given = new Map<Atom, number>()
  for (const a of jaxpr.outputs) given.set(a, (given.get(a) ?? 0) + 1)
  return [...members.values()].map((eqns): Group => {
    const made = new Set<Atom>(eqns.flatMap((eqn) => eqn.outputs))
    const taken = [...new Set(eqns.flatMap((eqn) => eqn.inputs))].filter(
      (a): a is Var => a instanceof Var && !made.has(a),
    )
    return {
      eqns,
      shape: eqns[0]!.outputs[0]!.aval.shape,
      arrays: taken.filter(isLarge),
      scalars: taken.filter((a) => !isLarge(a)),
      results: [...made].reduce((sum, a) => sum + (given.get(a) ?? 0), 0),
    }
  })
}

/** Whether a loop moves so much less memory than its operations one by one that it is worth its overhead. */
const pays = ({ eqns, arrays, results }: Group): boolean => {
  const single = eqns.reduce((sum, { inputs, outputs }) => sum + [...inputs, ...outputs].filter(isLarge).length, 0)
  if (eqns.length < MIN_EQUATIONS || eqns.length > MAX_EQUATIONS) return false
  if (Math.max(arrays.length, results) > MAX_ARRAYS) return false
  return single >= MIN_GAIN * (arrays.length + results)
}
