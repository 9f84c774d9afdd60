/** Random programs: lists of steps, of which every part is a program, too, so that a failure shrinks to what it needs. */
import fc from 'fast-check'
import { type DType, lax, type NDArray, np } from '../../../src/index.js'
import { sample } from '../arrays.js'
import { type Given, NotApplicable, type Step } from './given.js'

/** One step, and the numbers that it draws. */
export interface Instruction {
  readonly op: string
  readonly numbers: readonly number[]
}

export type Program = readonly Instruction[]

/** Programs of up to `maxLength` of these steps. */
export const programsOf = (steps: Readonly<Record<string, Step>>, maxLength: number): fc.Arbitrary<Program> =>
  fc.array(
    fc.record({
      op: fc.constantFrom(...Object.keys(steps)),
      numbers: fc.array(fc.nat(9999), { minLength: 6, maxLength: 6 }),
    }),
    { minLength: 1, maxLength, size: 'max' },
  )

/** Arguments of a program. */
export const argumentsOf = (dtype: DType, seed = 60): readonly NDArray[] => [
  sample([3, 4], seed, dtype).mul(1.5),
  sample([4], seed + 1, dtype),
  sample([2, 3, 4], seed + 2, dtype),
]

interface Values {
  readonly floats: NDArray[]
  readonly ints: NDArray[]
  readonly bools: NDArray[]
}

const MOST_ELEMENTS = 400
const MOST_DIMENSIONS = 5
const LARGEST = 1e3

const broadcasts = (a: readonly number[], b: readonly number[]): boolean => {
  const [x, y] = [a.toReversed(), b.toReversed()]
  return x.every((n, i) => y[i] === undefined || n === y[i] || n === 1 || y[i] === 1)
}

const givenTo = ({ numbers }: Instruction, { floats, ints, bools }: Values): Given => {
  let drawn = 0
  const draw = (n: number): number => {
    const number = numbers[drawn % numbers.length]! + Math.floor(drawn / numbers.length)
    drawn++
    return number % n
  }
  // What was made last is taken more often, so that programs are deep.
  const recent = (list: readonly NDArray[]): NDArray => {
    if (list.length === 0) throw new NotApplicable()
    return list[list.length - 1 - Math.min(draw(list.length), draw(list.length))]!
  }
  return {
    draw,
    float: (fits = () => true) => recent(floats.filter(fits)),
    int: () => recent(ints),
    bool: () => recent(bools),
    ints: () => {
      const x = recent(ints)
      return [x, recent(ints.filter((y) => y.dtype === x.dtype && broadcasts(x.shape, y.shape)))]
    },
    partner: (x) => recent(floats.filter((y) => broadcasts(x.shape, y.shape))),
  }
}

const listOf = (values: Values, x: NDArray): NDArray[] =>
  x.dtype === 'bool' ? values.bools : x.dtype.startsWith('float') ? values.floats : values.ints

/** Last results of the program: at most three of floats, two of indices and one of truths. */
export interface Results {
  readonly floats: readonly NDArray[]
  readonly others: readonly NDArray[]
}

const execute = (
  steps: Readonly<Record<string, Step>>,
  program: Program,
  args: readonly NDArray[],
  keep: (instruction: Instruction, make: () => NDArray) => NDArray | null,
): Results => {
  const [first, second, third] = args as [NDArray, NDArray, NDArray]
  const values: Values = { floats: [third, second, first], ints: [lax.broadcastedIota('int32', [3, 4], 1), lax.iota('int32', 3)], bools: [np.array([true, false, true, true])] } // prettier-ignore
  for (const instruction of program) {
    const made = keep(instruction, () => steps[instruction.op]!(givenTo(instruction, values)))
    if (made !== null) listOf(values, made).push(made)
  }
  const { floats, ints, bools } = values
  return { floats: floats.slice(-3), others: [...ints.slice(-2), ...bools.slice(-1)] }
}

const isTame = (x: NDArray, dtype: DType): boolean =>
  x.size > 0 &&
  x.size <= MOST_ELEMENTS &&
  x.ndim <= MOST_DIMENSIONS &&
  (x.dtype === dtype || !x.dtype.startsWith('float')) &&
  Array.from(x.data() as Iterable<number | bigint>, Number).every((v) => Math.abs(v) <= LARGEST)

/** The instructions that apply: to arrays of moderate size whose elements are moderate, too. */
export const applicable = (
  steps: Readonly<Record<string, Step>>,
  program: Program,
  args: readonly NDArray[],
): Program => {
  const kept: Instruction[] = []
  execute(steps, program, args, (instruction, make) => {
    try {
      const made = make()
      if (!isTame(made, args[0]!.dtype)) return null
      kept.push(instruction)
      return made
    } catch (error) {
      if (error instanceof NotApplicable) return null
      throw error
    }
  })
  return kept
}

/** The program as a function: of instructions that are {@link applicable} to arguments of these shapes. */
export const functionOf =
  (steps: Readonly<Record<string, Step>>, program: Program) =>
  (...args: readonly NDArray[]): Results =>
    execute(steps, program, args, (_, make) => make())

/** A number that depends on all results of floats. */
export const lossOf =
  (steps: Readonly<Record<string, Step>>, program: Program) =>
  (...args: readonly NDArray[]): NDArray =>
    functionOf(
      steps,
      program,
    )(...args).floats.reduce<NDArray>(
      (sum, x, i) => sum.add(np.sum(x.mul(sample(x.shape, 70 + i, x.dtype)))),
      np.zeros([], { dtype: args[0]!.dtype }),
    )
