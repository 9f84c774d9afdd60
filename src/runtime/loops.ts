/** The loops of one program: where their arrays come from, and the memory of their results. */
import type { ConcreteArray, ShapedArray, Storage } from '../core/index.js'
import type { Loop, Partition } from '../fusion/index.js'
import type { TensorBuffer } from './buffer.js'
import { settled } from './loopMemory.js'
import { announceLoops, type LoopCall, prepareKernel, type ReadyKernel, runLoops } from './loopTeam.js'
import { type BufferPool, poolKey } from './pool.js'

/** An argument that loops have read so often without overwriting it is likely to be read again. */
const READS_BEFORE_MOVE = 2

interface ReadyLoop {
  readonly loop: Loop
  readonly kernel: ReadyKernel
  /** Arguments that it reads, whose memory its results may take: equations that share an array are in one loop. */
  readonly own: readonly number[]
}

/** Loops ready to run after the head of their program. */
export class Loops {
  readonly #loops: readonly ReadyLoop[]
  /** Positions of the head's results among the program's. */
  readonly #headOutputs: readonly number[]
  readonly #avals: readonly ShapedArray[]
  readonly #keys: readonly string[]
  /** Of all arrays that are read or written. */
  readonly #elements: number

  constructor({ loops, outputs }: Partition, avals: readonly ShapedArray[]) {
    this.#headOutputs = outputs
    this.#avals = avals
    this.#elements = loops.reduce(
      (sum, { size, arrays, outputs: made }) => sum + size * (arrays.length + made.length),
      0,
    )
    this.#keys = avals.map(({ dtype, shape }) => poolKey(dtype, shape))
    this.#loops = loops.map((loop) => ({
      loop,
      kernel: prepareKernel(loop.kernel),
      own: loop.arrays.flatMap(({ from, index }) => (from === 'argument' ? [index] : [])),
    }))
  }

  /** How many of the head's results are also those of the program; loops alone read the others. */
  get headResults(): number {
    return this.#headOutputs.length
  }

  /**
   * The results of the whole program, `storages` being the memory of its arguments, which may be deleted by now.
   * What the head made for the loops alone goes to `between`, results are taken from `pool`.
   */
  run(
    args: readonly ConcreteArray[],
    storages: readonly TensorBuffer[],
    head: readonly TensorBuffer[],
    free: Set<Storage> | null,
    pool: BufferPool,
    between: BufferPool,
  ): TensorBuffer[] {
    announceLoops(this.#elements)
    const results = new Array<TensorBuffer>(this.#avals.length)
    this.#headOutputs.forEach((position, i) => (results[position] = head[i]!))
    const calls = this.#loops.map((ready): LoopCall => {
      const { loop, kernel } = ready
      const taken = free === null ? nothing : takenFrom(ready, args, storages, free)
      const inputs = new Array<TensorBuffer>(loop.arrays.length)
      for (let i = 0; i < inputs.length; i++) {
        const { from, index } = loop.arrays[i]!
        inputs[i] =
          from === 'head' ? head[index]! : (taken.get(index) ?? settledIfOften(args[index]!, storages[index]!))
      }
      const replaced = taken.values()
      const outputs = new Array<TensorBuffer>(loop.outputs.length)
      for (let i = 0; i < outputs.length; i++) {
        const position = loop.outputs[i]!
        outputs[i] = results[position] = replaced.next().value ?? this.#take(position, pool)
      }
      const scalars = loop.scalars.map(({ from, index }) => scalarOf((from === 'head' ? head : storages)[index]!))
      return { kernel, size: loop.size, inputs, outputs, scalars }
    })
    runLoops(calls)
    for (let i = this.#headOutputs.length; i < head.length; i++) if (head[i]!.size > 1) between.give(head[i]!)
    return results
  }

  #take(position: number, pool: BufferPool): TensorBuffer {
    const { dtype, shape } = this.#avals[position]!
    return pool.take(dtype, shape, this.#keys[position])
  }
}

const nothing: ReadonlyMap<number, TensorBuffer> = new Map()

/** Memory of arguments that results of a loop take, by the arguments' positions; it is no longer free. */
const takenFrom = (
  { loop, own }: ReadyLoop,
  args: readonly ConcreteArray[],
  storages: readonly TensorBuffer[],
  free: Set<Storage>,
): ReadonlyMap<number, TensorBuffer> => {
  const taken = new Map<number, TensorBuffer>()
  for (let i = 0; i < own.length && taken.size < loop.outputs.length; i++) {
    const index = own[i]!
    const buffer = storages[index]!
    if (buffer.isPinned || !free.has(buffer)) continue
    const there = moved(args[index]!, buffer)
    // What other arrays share stays as it is.
    if (there === buffer && buffer.isShared) continue
    free.delete(buffer)
    taken.set(index, there)
  }
  return taken
}

/** The memory of an argument that stays as it is. */
const settledIfOften = (x: ConcreteArray, buffer: TensorBuffer): TensorBuffer => {
  if (buffer.loopOffset !== null || buffer.isPinned || x.isDeleted) return buffer
  if (buffer.loopReads++ < READS_BEFORE_MOVE) return buffer
  const there = moved(x, buffer)
  if (there !== buffer) x.moveTo(there)
  return there
}

/** The elements of `x` in the memory of loops, if they can be there. What is left behind is freed: nobody else has it. */
const moved = (x: ConcreteArray, buffer: TensorBuffer): TensorBuffer => {
  const there = settled(buffer)
  if (there !== buffer && !x.isViewed) buffer.discard()
  return there
}

/** A number, or all bits or none for a boolean. */
const scalarOf = (buffer: TensorBuffer): number => {
  const [value] = buffer.view()
  return buffer.type === 'bool' ? -Number(value) : Number(value)
}
