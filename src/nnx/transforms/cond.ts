/** `nnx.cond` and `nnx.switch`: branches that may write Variables. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import { branchIndex, indexOfPredicate, switch as lowerSwitch } from '../../control/index.js'
import { effectsOf, operandsOf, probe, requireSameStructure, requireSameType, settle } from './effects.js'

type AnyFn = (...args: readonly unknown[]) => unknown

const choose = (
  where: string,
  index: NDArray,
  branches: readonly AnyFn[],
  names: (branch: number) => string,
  args: readonly unknown[],
): unknown => {
  const operands = operandsOf(where, args)
  const { def, values } = operands
  const probes = branches.map((branch) => probe(operands, branch))
  const [first, ...others] = probes as [(typeof probes)[number], ...typeof probes]
  others.forEach((other, i) => {
    const what = `results of one structure in ${names(0)} and ${names(i + 1)}`
    requireSameStructure(where, what, first.result, other.result)
    other.returned.forEach((avals, leaf) => {
      requireSameType(where, ['the result', leaf], first.returned[leaf]!, avals)
    })
  })
  const changed = [...new Set(probes.flatMap((p) => p.changed))].sort((a, b) => a - b)
  for (const p of probes) {
    p.changed.forEach((leaf, i) => {
      const writers = probes.find((q) => q.changed.includes(leaf))!
      requireSameType(where, def.paths[leaf]!, writers.written[writers.changed.indexOf(leaf)]!, p.written[i]!)
    })
  }
  if (changed.length === 0 && first.returned.length === 0) return settle(operands, [], [], first.result, [])
  const pure = branches.map((branch) => (...inner: readonly unknown[]): readonly unknown[] => {
    const { values: after, leaves } = effectsOf(operands, inner, branch)
    return [...changed.map((leaf) => after[leaf]), ...leaves]
  })
  const results = lowerSwitch(index, pure, ...values)
  return settle(operands, changed, results.slice(0, changed.length), first.result, results.slice(changed.length))
}

/**
 * The result of `branches[index]` on the operands, as {@link cond} has it; an index out of range counts as the nearest.
 *
 * @throws ArgumentError if there is no branch, or one changes the structure of the operands
 * @example
 * const count = new nnx.Variable(np.array(0))
 * const add = (n: number) => (v: nnx.Variable) => void (v.value = v.value.add(n))
 * nnx.switch(1, [add(1), add(10)], count)
 * count.value // => Array(10., dtype=float32)
 */
const switchCase = <A extends readonly unknown[], R>(
  index: NDArray | number,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R => {
  const where = 'nnx.switch'
  if (branches.length === 0) throw new ArgumentError(where, 'at least one branch', 'none')
  const given = branchIndex(where, index)
  return choose(where, given, branches as readonly unknown[] as readonly AnyFn[], (i) => `branch ${i}`, operands) as R
}
export { switchCase as switch }

/**
 * The result of `onTrue` or of `onFalse` on the operands, which may be modules. What the chosen branch does to their
 * Variables is done to the caller's; a Variable that both leave alone is not part of the program's results.
 *
 * Both are traced. They return the same structure, and neither adds or removes Variables or fields.
 *
 * @throws ArgumentError, naming the path, if the results differ in structure, or a branch changes that of the operands
 * @throws ShapeError, naming the path, if the branches write or return different shapes or dtypes
 * @throws TraceLevelError if a branch writes a Variable that isn't among the operands
 * @example
 * const norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0), momentum: 0 })
 * const x = np.array([[1, 2], [3, 4]])
 * nnx.cond(np.sum(x).gt(0), (norm: nnx.BatchNorm, x: NDArray) => norm(x), (_norm: nnx.BatchNorm, x: NDArray) => x, norm, x)
 * norm.mean.value // => Array([2., 3.], dtype=float32)
 */
export const cond = <A extends readonly unknown[], R>(
  predicate: NDArray | boolean | number,
  onTrue: (...operands: A) => R,
  onFalse: (...operands: A) => R,
  ...operands: A
): R => {
  const where = 'nnx.cond'
  const branches = [onFalse, onTrue] as readonly unknown[] as readonly AnyFn[]
  const names = (i: number): string => (i === 0 ? 'onFalse' : 'onTrue')
  return choose(where, indexOfPredicate(where, predicate), branches, names, operands) as R
}
