/** Laws that hold for any program, and what contradicts them. */
import {
  checkpoint,
  type DType,
  grad,
  jit,
  jvp,
  lax,
  linearize,
  type NDArray,
  np,
  tree,
  vjp,
  vmap,
} from '../../../src/index.js'
import { elements, sample } from '../arrays.js'
import { applicable, argumentsOf, functionOf, lossOf, type Program } from './program.js'
import type { Step } from './given.js'

/** A program ready to be looked at. */
interface Subject {
  readonly f: (...args: readonly NDArray[]) => unknown
  readonly loss: (...args: readonly NDArray[]) => NDArray
  readonly args: readonly NDArray[]
  readonly tolerance: number
}

const largest = (values: readonly number[]): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)

/** How two trees of arrays differ; `null` where they agree up to rounding. */
const difference = (actual: unknown, expected: unknown, tolerance: number): string | null => {
  const [a, b] = [tree.leaves(actual), tree.leaves(expected)] as unknown as readonly (readonly NDArray[])[]
  if (a!.length !== b!.length) return `${a!.length} arrays, expected ${b!.length}`
  for (const [i, x] of a!.entries()) {
    const y = b![i]!
    const aval = ({ dtype, shape }: NDArray): string => `${dtype}[${shape.join()}]`
    if (aval(x) !== aval(y)) return `result ${i} is ${aval(x)}, expected ${aval(y)}`
    const [values, others] = [elements(x), elements(y)]
    const allowed = y.dtype.startsWith('float') ? tolerance * (1 + largest(others)) : 0
    const at = values.findIndex((v, j) => !(Math.abs(v - others[j]!) <= allowed) && !Object.is(v, others[j]))
    if (at >= 0) return `element ${at} of result ${i}, ${aval(x)}, is ${values[at]}, expected ${others[at]}`
  }
  return null
}

const argnums = [0, 1, 2] as const
const floatsOf = (result: unknown): readonly NDArray[] =>
  (tree.leaves(result) as unknown as readonly NDArray[]).filter((x) => x.dtype.startsWith('float'))
const directionsOf = (args: readonly NDArray[], seed: number): readonly NDArray[] =>
  args.map((x, i) => sample(x.shape, seed + i, x.dtype))
const inner = (xs: readonly NDArray[], ys: readonly NDArray[]): NDArray =>
  xs.reduce<NDArray>((sum, x, i) => sum.add(np.sum(x.mul(ys[i]!))), np.zeros([], { dtype: xs[0]!.dtype }))
const copies = (args: readonly NDArray[]): readonly NDArray[] => args.map((x) => np.array(x))

type Law = (subject: Subject) => string | null

/** By name; each says what contradicts it, or nothing. */
export const laws: Readonly<Record<string, Law>> = {
  'jit computes what single operations do': ({ f, args, tolerance }) => {
    const expected = f(...args)
    const compiled = jit(f)
    const first = compiled(...args)
    compiled(...args.map((x) => x.mul(0.5)))
    return difference(first, expected, tolerance) ?? difference(compiled(...args), first, 0)
  },
  'donation changes no value': ({ f, args }) =>
    difference(jit(f, { donateArgnums: [0, 1, 2] })(...copies(args)), jit(f)(...args), 0),
  'jit of a gradient is the gradient': ({ loss, args, tolerance }) =>
    difference(jit(grad(loss, { argnums }))(...args), grad(loss, { argnums })(...args), tolerance),
  'vmap is a loop': ({ f, args, tolerance }) => {
    const others = args.map((x) => x.mul(0.9))
    const mapped = jit(vmap(f))(...args.map((x, i) => np.stack([x, others[i]!, x])))
    const rows = [args, others, args].map((row) => f(...row))
    return difference(
      mapped,
      tree.map((...xs: NDArray[]) => np.stack(xs), rows[0], rows[1], rows[2]),
      tolerance,
    )
  },
  'vmap leaves alone what it does not map': ({ f, loss, args, tolerance }) => {
    const axes = [[1, null, null], [null, 0, null], [null, null, 2]] as const // prettier-ignore
    const slopes = grad(loss, { argnums }) as unknown as (...xs: readonly NDArray[]) => readonly NDArray[]
    const both = (...xs: readonly NDArray[]): unknown => [f(...xs), slopes(...xs)]
    for (const inAxes of axes) {
      const given = args.map((x, i) => (inAxes[i] === null ? x : np.stack([x, x.mul(0.9)], { axis: inAxes[i]! })))
      const rows = [1, 0.9].map((k) => jit(both)(...args.map((x, i) => (inAxes[i] === null ? x : x.mul(k)))))
      const expected = tree.map((...xs: NDArray[]) => np.stack(xs), rows[0], rows[1])
      const found = difference(jit(vmap(both, { inAxes }))(...given), expected, tolerance)
      if (found !== null) return `axes ${inAxes.join()}: ${found}`
    }
    return null
  },
  'vmap of a gradient is the gradients': ({ loss, args, tolerance }) => {
    const others = args.map((x) => x.mul(0.9))
    const slopes = grad(loss, { argnums }) as unknown as (...xs: readonly NDArray[]) => readonly NDArray[]
    const mapped = jit(vmap(slopes))(...args.map((x, i) => np.stack([x, others[i]!])))
    const rows = [args, others].map((row) => jit(slopes)(...row))
    return difference(
      mapped,
      tree.map((...xs: NDArray[]) => np.stack(xs), rows[0], rows[1]),
      tolerance,
    )
  },
  'scan and cond compute what they hold': ({ f, args, tolerance }) => {
    const others = args.map((x) => x.mul(0.9))
    const both = args.map((x, i) => np.stack([x, others[i]!]))
    const scanned = jit((...xs: readonly NDArray[]) => lax.scan((i: NDArray, row: readonly NDArray[]) => [i.add(1), f(...row)] as const, np.array(0), xs)[1])(...both) // prettier-ignore
    const rows = [args, others].map((row) => f(...row))
    const chosen = jit((which: NDArray, ...xs: readonly NDArray[]) => lax.cond(which, () => f(...xs), () => f(...xs.map((x) => x.mul(0.9))))) // prettier-ignore
    return (
      difference(
        scanned,
        tree.map((...xs: NDArray[]) => np.stack(xs), rows[0], rows[1]),
        tolerance,
      ) ??
      difference(chosen(np.array(true), ...args), rows[0], tolerance) ??
      difference(chosen(np.array(false), ...args), rows[1], tolerance)
    )
  },
  'gradients pass through scan and cond': ({ loss, args, tolerance }) => {
    const summed = (...xs: readonly NDArray[]): NDArray => {
      const start = np.zeros([], { dtype: xs[0]!.dtype })
      return lax.scan((sum: NDArray, factor: NDArray) => [sum.add(lax.cond(factor.lt(1), () => loss(...xs), () => loss(...xs).mul(factor))), null] as const, start, np.array([0.5, 2]).astype(start.dtype))[0] // prettier-ignore
    }
    const expected = tree.map((x: NDArray) => x.mul(3), jit(grad(loss, { argnums }))(...args))
    return difference(jit(grad(summed, { argnums }))(...args), expected, tolerance * 3)
  },
  'forward and reverse mode are adjoint': ({ f, args, tolerance }) => {
    const g = (...xs: readonly NDArray[]): readonly NDArray[] => floatsOf(f(...xs))
    const [results, tangents] = jit((...xs: readonly NDArray[]) => jvp(g, xs, directionsOf(args, 80)))(...args) // prettier-ignore
    const cotangents = directionsOf(results, 90)
    const back = jit((...xs: readonly NDArray[]) => vjp(g, ...xs)[1](cotangents))(...args) as readonly NDArray[]
    return difference(inner(tangents, cotangents), inner(back, directionsOf(args, 80)), tolerance)
  },
  'linearize is jvp': ({ f, args, tolerance }) => {
    const g = (...xs: readonly NDArray[]): readonly NDArray[] => floatsOf(f(...xs))
    const linear = linearize(g, ...args)[1](...directionsOf(args, 80))
    return difference(linear, jvp(g, args, directionsOf(args, 80))[1], tolerance)
  },
  'checkpoint changes no gradient': ({ loss, args, tolerance }) =>
    difference(jit(grad(checkpoint(loss), { argnums }))(...args), jit(grad(loss, { argnums }))(...args), tolerance),
  'second derivatives are symmetric': ({ loss, args, tolerance }) => {
    const directions = directionsOf(args, 80)
    const slopes = grad(loss, { argnums }) as unknown as (...xs: readonly NDArray[]) => readonly NDArray[]
    const forward = jit((...xs: readonly NDArray[]) => jvp(slopes, xs, directions)[1])(...args)
    const reverse = jit(grad((...xs: readonly NDArray[]) => inner(slopes(...xs), directions), { argnums }))(...args)
    return difference(forward, reverse, tolerance * 10)
  },
}

/** Of 64-bit numbers rounding is far below this, of 32-bit ones it is not far above. */
const tolerances: Readonly<Partial<Record<DType, number>>> = { float64: 1e-7, float32: 2e-3 }

/** The first law that a program contradicts, and how; `null` where it keeps all of them. */
export const contradiction = (
  steps: Readonly<Record<string, Step>>,
  program: Program,
  dtype: DType,
  names: readonly string[] = Object.keys(laws),
): string | null => {
  const args = argumentsOf(dtype)
  const kept = applicable(steps, program, args)
  if (kept.length === 0) return null
  const subject = { f: functionOf(steps, kept), loss: lossOf(steps, kept), args, tolerance: tolerances[dtype]! }
  for (const name of names) {
    const found = laws[name]!(subject)
    if (found !== null) return `${name}: ${found}\n  ${kept.map(({ op }) => op).join(' ')}`
  }
  return null
}
