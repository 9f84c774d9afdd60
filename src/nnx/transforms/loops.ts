/** `nnx.whileLoop` and `nnx.foriLoop`: loops whose carry may hold modules. */
import { ArgumentError, literal, type NDArray } from '../../core/index.js'
import * as control from '../../control/index.js'
import * as lax from '../../lax/index.js'
import type { NodeDef } from '../graphdef.js'
import { showPaths } from '../build.js'
import {
  arraysOf,
  effectsOf,
  matchCarry,
  type Operands,
  operandsOf,
  probe,
  requireSameType,
  requireWrittenTypes,
  settle,
} from './effects.js'
import { unrolledScan } from './unrolled.js'

type AnyFn = (...args: readonly unknown[]) => unknown

/** A loop with its carry taken apart: which leaves a step writes, and how. */
interface Loop {
  readonly operands: Operands
  /** Values of what a step gives new values: Variables that it writes, and arrays of the carry. */
  readonly start: readonly unknown[]
  /** A step on the values of the carried leaves. */
  readonly step: (body: AnyFn, carry: readonly unknown[]) => readonly unknown[]
  /** Values of all leaves. */
  readonly filled: (carry: readonly unknown[]) => readonly unknown[]
  /** The carry after the loop. */
  readonly finish: (carry: readonly unknown[]) => unknown
}

/** Leaves of a carry outside of modules. */
const ownLeaves = (def: NodeDef): readonly number[] => {
  if (def.kind === 'leaf') return [def.leaf]
  return def.kind === 'container' ? def.children.flatMap(ownLeaves) : []
}

const takeApart = (where: string, init: unknown, body: AnyFn): Loop => {
  const operands = operandsOf(where, [init])
  const { def, values } = operands
  const carryDef = (def.root as NodeDef & { readonly kind: 'container' }).children[0]!
  const found = probe(operands, body)
  requireWrittenTypes(operands, found)
  for (const [leaf, at] of matchCarry(where, carryDef, found.result)) {
    const before = arraysOf(where, values[leaf]).map((x) => x.aval)
    requireSameType(where, def.paths[leaf]!, before, found.returned[at]!)
  }
  const own = ownLeaves(carryDef)
  const carried = [...new Set([...found.changed, ...own])].sort((a, b) => a - b)
  const filled = (carry: readonly unknown[]): readonly unknown[] => {
    const inner = [...values]
    carried.forEach((leaf, i) => (inner[leaf] = carry[i]))
    return inner
  }
  return {
    operands,
    start: carried.map((leaf) => values[leaf]),
    filled,
    step: (stepBody, carry) => {
      const { values: after, result, leaves } = effectsOf(operands, filled(carry), stepBody)
      const returned = new Map(matchCarry(where, carryDef, result))
      return carried.map((leaf) => {
        const at = returned.get(leaf)
        return at === undefined ? after[leaf] : leaves[at]
      })
    },
    finish: (carry) => {
      const mine = new Set(own)
      const written = carried.filter((leaf) => !mine.has(leaf))
      const valueOf = (leaf: number): unknown => carry[carried.indexOf(leaf)]
      const leaves: unknown[] = []
      for (const [leaf, at] of matchCarry(where, carryDef, found.result)) leaves[at] = valueOf(leaf)
      return settle(operands, written, written.map(valueOf), found.result, leaves)
    },
  }
}

/**
 * Repeat `body` as long as `cond` holds of the carry, which may hold modules: `body` returns those that it got, and what
 * it writes into their Variables is there in the next step and after the loop.
 *
 * Differentiable in forward mode only.
 * @throws ArgumentError, naming the path, if a step changes the structure of the carry, or `cond` writes a Variable
 * @throws ShapeError, naming the path, if a step changes a shape or dtype
 * @throws TraceLevelError if a step writes a Variable that isn't in the carry
 * @example
 * const count = new nnx.Variable(np.array(1))
 * nnx.whileLoop((v: nnx.Variable) => v.value.lt(100), (v) => { v.value = v.value.mul(2); return v }, count)
 * count.value // => Array(128., dtype=float32)
 */
export const whileLoop = <C>(cond: (carry: C) => NDArray | boolean, body: (carry: C) => C, init: C): C => {
  const where = 'nnx.whileLoop'
  const { operands, start, step, filled, finish } = takeApart(where, init, body as AnyFn)
  const result = control.whileLoop(
    (carry: readonly unknown[]) => {
      const inner = filled(carry)
      const { values, leaves } = effectsOf(operands, inner, cond as AnyFn)
      const written = values.findIndex((value, i) => value !== inner[i])
      if (written >= 0) {
        const path = operands.def.paths[written]!
        throw new ArgumentError(where, 'a condition that writes nothing', `one that writes ${showPaths([path])}`)
      }
      return leaves[0] as NDArray
    },
    (carry: readonly unknown[]) => step(body as AnyFn, carry),
    start,
  )
  return finish(result) as C
}

export interface ForiLoopOptions {
  /** Steps in each turn of the loop; `true`: all of them. Needs numbers as bounds. Default 1. */
  readonly unroll?: number | boolean
}

/**
 * Repeat `body` for the whole numbers in [lower, upper), int32, with a carry that may hold modules, as {@link whileLoop}
 * has it.
 *
 * With numbers as bounds it is a scan, differentiable in both modes.
 * @throws ArgumentError, naming the path, if a step changes the structure of the carry; of `unroll` with arrays as bounds
 * @throws ShapeError, naming the path, if a step changes a shape or dtype
 * @throws TraceLevelError if a step writes a Variable that isn't in the carry
 * @example
 * const linear = new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) })
 * const [, y] = nnx.foriLoop(0, 3, (_i, [m, x]: readonly [nnx.Linear, NDArray]) => [m, m(x)] as const, [linear, np.ones([2])])
 * y.shape // => [2]
 */
export const foriLoop = <C>(
  lower: number | NDArray,
  upper: number | NDArray,
  body: (i: NDArray, carry: C) => C,
  init: C,
  { unroll }: ForiLoopOptions = {},
): C => {
  const where = 'nnx.foriLoop'
  const at =
    (i: NDArray): AnyFn =>
    (carry) =>
      body(i, carry as C)
  const zero = literal(0, 'int32')
  const { start, step, finish } = takeApart(where, init, at(zero))
  if (unroll === undefined) {
    return finish(control.foriLoop(lower, upper, (i, carry: readonly unknown[]) => step(at(i), carry), start)) as C
  }
  if (typeof lower !== 'number' || typeof upper !== 'number') {
    throw new ArgumentError(where, 'numbers as bounds for unroll', 'arrays')
  }
  const length = Math.max(0, upper - lower)
  const [last] = unrolledScan(
    (carry: readonly unknown[], i: NDArray) => [step(at(i), carry), null] as const,
    start,
    lax.add(lax.iota('int32', length), lower),
    { length, unroll },
  )
  return finish(last) as C
}
