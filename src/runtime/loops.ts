/** The loops of one program: where their arrays come from, and the memory of their results. */
import type { ConcreteArray, ShapedArray, Storage } from '../core/index.js'
import type { Loop, Partition, Source } from '../fusion/index.js'
import type { TensorBuffer } from './buffer.js'
import { type LoopCall, prepareKernel, type ReadyKernel, runLoops } from './loopTeam.js'
import { type BufferPool, poolKey } from './pool.js'

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

  constructor({ loops, outputs }: Partition, avals: readonly ShapedArray[]) {
    this.#headOutputs = outputs
    this.#avals = avals
    this.#keys = avals.map(({ dtype, shape }) => poolKey(dtype, shape))
    this.#loops = loops.map((loop) => ({
      loop,
      kernel: prepareKernel(loop.kernel),
      own: loop.arrays.flatMap(({ from, index }) => (from === 'argument' ? [index] : [])),
    }))
  }

  /** The results of the whole program. What the head made for the loops alone goes to `pool`, whence results are taken. */
  run(
    args: readonly ConcreteArray[],
    head: readonly TensorBuffer[],
    free: Set<Storage> | null,
    pool: BufferPool,
  ): TensorBuffer[] {
    const results = new Array<TensorBuffer>(this.#avals.length)
    this.#headOutputs.forEach((position, i) => (results[position] = head[i]!))
    const bufferOf = ({ from, index }: Source): TensorBuffer =>
      from === 'head' ? head[index]! : (args[index]!.storage as TensorBuffer)
    const calls = this.#loops.map(({ loop, kernel, own }): LoopCall => {
      const replaceable = free === null ? [] : own.map((i) => args[i]!.storage as TensorBuffer)
      let next = 0
      const outputs = loop.outputs.map((position) => {
        let taken: TensorBuffer | null = null
        while (taken === null && next < replaceable.length) {
          const buffer = replaceable[next++]!
          if (!buffer.isPinned && free!.delete(buffer)) taken = buffer
        }
        return (results[position] = taken ?? this.#take(position, pool))
      })
      return {
        kernel,
        size: loop.size,
        inputs: loop.arrays.map(bufferOf),
        outputs,
        scalars: loop.scalars.map((source) => scalarOf(bufferOf(source))),
      }
    })
    runLoops(calls)
    for (let i = this.#headOutputs.length; i < head.length; i++) if (head[i]!.size > 1) pool.give(head[i]!)
    return results
  }

  #take(position: number, pool: BufferPool): TensorBuffer {
    const { dtype, shape } = this.#avals[position]!
    return pool.take(dtype, shape, this.#keys[position])
  }
}

/** A number, or all bits or none for a boolean. */
const scalarOf = (buffer: TensorBuffer): number => {
  const [value] = buffer.view()
  return buffer.type === 'bool' ? -Number(value) : Number(value)
}
