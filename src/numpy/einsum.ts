/** Einstein's sum convention. */
import { ArgumentError, isBool, type NDArray, ShapeError, showAval, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, promote } from './convert.js'
import { diagonal } from './matrices.js'

/** An array whose axes have labels, each once. */
interface Term {
  readonly x: NDArray
  readonly labels: readonly string[]
}

const subscriptsError = (subscripts: string, problem: string): ArgumentError =>
  new ArgumentError('np.einsum', 'subscripts like "ij,jk->ik"', `'${subscripts}': ${problem}`)

interface Parsed {
  readonly inputs: readonly (readonly string[])[]
  readonly output: readonly string[]
}

/** Labels of all axes; those under an ellipsis get numbers, counted from the last. */
const parse = (subscripts: string, arrays: readonly NDArray[]): Parsed => {
  const [left = '', right] = subscripts.replaceAll(' ', '').split('->')
  const parts = left.split(',')
  if (!/^[a-zA-Z.,]*(->[a-zA-Z.]*)?$/.test(subscripts.replaceAll(' ', ''))) {
    throw subscriptsError(subscripts, 'what is not a letter')
  }
  if (parts.length !== arrays.length) throw subscriptsError(subscripts, `for ${arrays.length} operands`)
  const spread = (part: string, count: number): readonly string[] => {
    const [before = '', after] = part.split('...')
    if ((after ?? before).includes('.')) throw subscriptsError(subscripts, 'a single point')
    const numbered = after === undefined ? [] : lax.range(count).map((i) => String(count - 1 - i))
    return [...before, ...numbered, ...(after ?? '')]
  }
  let widest = 0
  const inputs = parts.map((part, i) => {
    const { ndim, aval } = arrays[i]!
    const letters = part.replace('...', '').length
    const count = ndim - letters
    if (count < 0 || (count > 0 && !part.includes('...'))) {
      throw new ShapeError('np.einsum', `${letters} axes for '${part}'`, showAval(aval))
    }
    widest = Math.max(widest, part.includes('...') ? count : 0)
    return spread(part, count)
  })
  const all = inputs.flat()
  if (right === undefined) {
    const once = [...new Set(all)].filter((label) => /[a-zA-Z]/.test(label) && all.indexOf(label) === all.lastIndexOf(label)) // prettier-ignore
    return { inputs, output: [...lax.range(widest).map((i) => String(widest - 1 - i)), ...once.sort()] }
  }
  const output = spread(right, widest)
  const unknown = output.find((label, i) => !all.includes(label) || output.indexOf(label) !== i)
  if (unknown !== undefined) throw subscriptsError(subscripts, `'${unknown}' of the result is unknown or twice there`)
  return { inputs, output }
}

/** Labels that an array has twice become one: its diagonal. */
const withoutRepeats = ({ x, labels }: Term): Term => {
  const second = labels.findIndex((label, i) => labels.indexOf(label) !== i)
  if (second < 0) return { x, labels }
  const first = labels.indexOf(labels[second]!)
  if (x.shape[first] !== x.shape[second]) {
    throw new ShapeError('np.einsum', `one size for the label '${labels[second]!}'`, showAval(x.aval))
  }
  const rest = labels.filter((_, i) => i !== first && i !== second)
  return withoutRepeats({ x: diagonal(x, { axis1: first, axis2: second }), labels: [...rest, labels[second]!] })
}

/** The sum over labels that nobody else needs. */
const summed = ({ x, labels }: Term, isNeeded: (label: string) => boolean): Term => {
  const axes = lax.range(labels.length).filter((i) => !isNeeded(labels[i]!))
  return axes.length === 0 ? { x, labels } : { x: lax.reduceSum(x, axes), labels: labels.filter(isNeeded) }
}

/** An array with axes in the order of labels; those that it lacks are of size 1. */
const aligned = ({ x, labels }: Term, order: readonly string[]): NDArray => {
  const present = order.filter((label) => labels.includes(label))
  const moved = lax.transpose(
    x,
    present.map((label) => labels.indexOf(label)),
  )
  const shape = order.map((label) => (labels.includes(label) ? x.shape[labels.indexOf(label)]! : 1))
  return lax.reshape(moved, shape)
}

/** Two terms contracted over the labels that they share and that nobody else needs. */
const contracted = (a: Term, b: Term, isNeeded: (label: string) => boolean): Term => {
  const isShared = (label: string): boolean => a.labels.includes(label) && b.labels.includes(label)
  const left = summed(a, (label) => isNeeded(label) || isShared(label))
  const right = summed(b, (label) => isNeeded(label) || isShared(label))
  const shared = left.labels.filter(isShared)
  const batch = shared.filter(isNeeded)
  const contract = shared.filter((label) => !isNeeded(label))
  const only = (t: Term): readonly string[] => t.labels.filter((label) => !shared.includes(label))
  const labels = [...batch, ...only(left), ...only(right)]
  if (contract.length === 0) return { x: lax.mul(aligned(left, labels), aligned(right, labels)), labels }
  const places = (t: Term, some: readonly string[]): readonly number[] => some.map((label) => t.labels.indexOf(label))
  const x = lax.dotGeneral(left.x, right.x, {
    contract: [places(left, contract), places(right, contract)],
    batch: [places(left, batch), places(right, batch)],
  })
  return { x, labels }
}

/** Sizes of labels; axes of size 1 beside greater ones of their label broadcast: they are dropped. */
const broadcast = (terms: readonly Term[]): readonly [readonly Term[], ReadonlyMap<string, number>] => {
  const sizes = new Map<string, number>()
  for (const { x, labels } of terms) {
    labels.forEach((label, i) => {
      const [size, known] = [x.shape[i]!, sizes.get(label) ?? 1]
      if (known !== 1 && size !== 1 && known !== size) {
        throw new ShapeError('np.einsum', `one size for the label '${label}'`, `${known} and ${size}`)
      }
      sizes.set(label, known === 1 ? size : known)
    })
  }
  const dropped = terms.map(({ x, labels }) => {
    const axes = lax.range(labels.length).filter((i) => x.shape[i] === 1 && sizes.get(labels[i]!) !== 1)
    return axes.length === 0
      ? { x, labels }
      : { x: lax.squeeze(x, axes), labels: labels.filter((_, i) => !axes.includes(i)) }
  })
  return [dropped, sizes]
}

/** The positions of two terms that are contracted; the result goes to the end of the list. */
type Pair = readonly [number, number]

/** Which pairs are contracted one after the other: always the one whose result is smallest beside what it replaces. */
const planOf = (
  start: readonly (readonly string[])[],
  output: readonly string[],
  sizes: ReadonlyMap<string, number>,
): readonly Pair[] => {
  const count = (labels: readonly string[]): number => sizeOf(labels.map((label) => sizes.get(label)!))
  const plan: Pair[] = []
  let terms = start
  while (terms.length > 1) {
    let best: { readonly pair: Pair; readonly kept: readonly string[]; readonly cost: readonly number[] } | null = null
    for (let i = 0; i < terms.length; i++) {
      for (let j = i + 1; j < terms.length; j++) {
        const others = terms.filter((_, k) => k !== i && k !== j).flat()
        const [a, b] = [terms[i]!, terms[j]!]
        const kept = [...new Set([...a, ...b])].filter((label) => output.includes(label) || others.includes(label))
        // Of equally small results the one that takes fewer products.
        const cost = [count(kept) - count(a) - count(b), count([...new Set([...a, ...b])])] as const
        if (best === null || cost[0] < best.cost[0]! || (cost[0] === best.cost[0] && cost[1] < best.cost[1]!)) best = { pair: [i, j], kept, cost } // prettier-ignore
      }
    }
    const { pair, kept } = best!
    plan.push(pair)
    terms = [...terms.filter((_, k) => !pair.includes(k)), kept]
  }
  return plan
}

interface Problem {
  readonly terms: readonly Term[]
  readonly output: readonly string[]
  readonly sizes: ReadonlyMap<string, number>
}

const problemOf = (subscripts: string, arrays: readonly NDArray[]): Problem => {
  if (typeof subscripts !== 'string') throw new ArgumentError('np.einsum', 'subscripts first', typeof subscripts)
  if (arrays.length === 0) throw new ArgumentError('np.einsum', 'at least one array', 'none')
  const { inputs, output } = parse(subscripts, arrays)
  const [terms, sizes] = broadcast(arrays.map((x, i) => withoutRepeats({ x, labels: inputs[i]! })))
  return { terms, output, sizes }
}

/**
 * Sum of products over the labels of axes that the result lacks; pairs of operands are contracted in the order that
 * keeps the results small.
 *
 * @throws ArgumentError, ShapeError
 * @example
 * np.einsum('bij,bjk->bik', np.ones([2, 3, 4]), np.ones([2, 4, 5])).shape // => [2, 3, 5]
 */
export const einsum = (subscripts: string, ...xs: readonly ArrayLike[]): NDArray => {
  const promoted = promote(...xs)
  if (promoted.length > 0 && promoted.every((x) => isBool(x.dtype))) {
    return lax.ne(einsum(subscripts, ...promoted.map((x) => lax.convertElementType(x, 'int32'))), 0)
  }
  const { terms: start, output, sizes } = problemOf(subscripts, promoted)
  const plan = planOf(
    start.map((t) => t.labels),
    output,
    sizes,
  )
  const [only] = plan.reduce<readonly Term[]>((terms, [i, j]) => {
    const others = terms.filter((_, k) => k !== i && k !== j)
    const isNeeded = (label: string): boolean => output.includes(label) || others.some((t) => t.labels.includes(label))
    return [...others, contracted(terms[i]!, terms[j]!, isNeeded)]
  }, start)
  const last = summed(only!, (label) => output.includes(label))
  return lax.broadcastTo(
    aligned(last, output),
    output.map((label) => sizes.get(label)!),
  )
}

/**
 * The order in which {@link einsum} contracts: positions in the list of operands, the result of each step going to the end.
 *
 * @throws ArgumentError, ShapeError
 * @example
 * np.einsumPath('ij,jk,k->i', np.ones([9, 9]), np.ones([9, 9]), np.ones([9])) // => [[1, 2], [0, 1]]
 */
export const einsumPath = (subscripts: string, ...xs: readonly ArrayLike[]): readonly (readonly number[])[] => {
  const { terms, output, sizes } = problemOf(subscripts, promote(...xs))
  if (terms.length === 1) return [[0]]
  return planOf(
    terms.map((t) => t.labels),
    output,
    sizes,
  )
}
