/**
 * Runs fused loops, on the calling thread and on workers that help it.
 *
 * Nobody waits for a worker to begin: blocks are taken one after the other by whoever is free, and the calling thread
 * waits only for blocks that were taken. So a worker that is still starting, or busy elsewhere, costs nothing.
 */
import { createRequire } from 'node:module'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { type Kernel, SCRATCH_BYTES, webAssembly } from '../fusion/index.js'
import type { TensorBuffer } from './buffer.js'
import { threadCount } from './environment.js'
import { RuntimeError } from './errors.js'
import { denormalCall, flushDenormals, restoreDenormals } from './floatingPoint.js'
import { loopMemory, MAX_THREADS } from './loopMemory.js'
import {
  type BlockTask,
  computeBlock,
  type KernelMessage,
  layout,
  type Place,
  type ThreadKernel,
  threadKernel,
  type WorkerStart,
  workerProgram,
} from './loopWorker.js'

/** Fewer elements, counted in all arrays, are done before a worker wakes up. */
const PARALLEL_FROM = 1 << 18
/**
 * Milliseconds that such calls take in all before there are workers. One costs 50 of the processor to start, and 9 MB, and saves half
 * of the time of loops: who waits until it would have paid for itself loses little, however long the process lives.
 */
const ALONE_MS = 200
const SHARED_BYTES = 1 << 19
const PATIENCE_MS = 60_000
/**
 * Blocks of a call where all arrays are in the memory of loops, and bounds of their elements: large enough that processors read ahead in
 * long runs, small enough that nobody waits long for the last one.
 */
const BLOCKS_IN_PLACE = 32
const LEAST_BLOCK = 1 << 14
const MOST_BLOCK = 1 << 17
/** Looks at what another thread does before a thread sleeps: some 0.2 ms. */
const SPINS = 1 << 18

/** A kernel made ready for this thread, and what workers are sent. */
export interface ReadyKernel extends KernelMessage {
  readonly here: ThreadKernel
}

/** One loop of a call. */
export interface LoopCall {
  readonly kernel: ReadyKernel
  readonly size: number
  readonly inputs: readonly TensorBuffer[]
  readonly outputs: readonly TensorBuffer[]
  readonly scalars: readonly number[]
}

// Kernels do not depend on sizes: there are as many as there are formulas.
const ready = new Map<string, ReadyKernel>()

/** The kernel, compiled. */
export const prepareKernel = ({ key, bytes, block, inputs, outputs }: Kernel): ReadyKernel => {
  let kernel = ready.get(key)
  if (kernel !== undefined) return kernel
  const module = new webAssembly!.Module(bytes)
  const message = { id: ready.size, module, block, slots: Math.max(inputs, outputs) }
  kernel = { ...message, here: threadKernel(webAssembly!, loopMemory()!.memory, 0, message) }
  ready.set(key, kernel)
  team?.send(kernel)
  return kernel
}

/** Workers and the memory in which they are told what to do. */
class Team {
  readonly #shared = new SharedArrayBuffer(SHARED_BYTES)
  readonly #control = new Int32Array(this.#shared)
  readonly #numbers = new Float64Array(this.#shared)
  readonly #addresses = new BigUint64Array(this.#shared)
  readonly #ports: MessagePort[] = []

  constructor(size: number) {
    const koffi = createRequire(import.meta.url).resolve('koffi')
    const { memory, address, limit } = loopMemory()!
    for (let i = 0; i < size; i++) {
      const { port1, port2 } = new MessageChannel()
      const workerData: WorkerStart = {
        shared: this.#shared,
        port: port2,
        layout,
        memory,
        address,
        limit,
        scratch: (i + 1) * SCRATCH_BYTES,
        koffi,
        flush: denormalCall(),
        spins: SPINS,
      }
      // It makes little garbage, for which an isolate would otherwise grow by some megabytes.
      const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 }
      const options = { eval: true, execArgv: [], workerData, transferList: [port2], resourceLimits }
      const worker = new Worker(workerProgram(), options)
      // A worker that is lost takes no more blocks: the calling thread computes them.
      worker.on('error', () => undefined)
      worker.unref()
      port1.unref()
      this.#ports.push(port1)
    }
    for (const kernel of ready.values()) this.send(kernel)
  }

  send({ id, module, block, slots }: ReadyKernel): void {
    const message: KernelMessage = { id, module, block, slots }
    for (const port of this.#ports) port.postMessage(message)
  }

  /** Whether the shared memory holds what is to be said of these loops. */
  holds(calls: readonly LoopCall[]): boolean {
    const words = calls.reduce((sum, x) => sum + layout.head + x.inputs.length + x.outputs.length + x.scalars.length, 0)
    return (layout.tasks + words) * 8 <= SHARED_BYTES
  }

  /** Wakes the workers: a call comes at once. */
  announce(): void {
    Atomics.add(this.#control, layout.sequence, 1)
    Atomics.notify(this.#control, layout.sequence)
  }

  run(calls: readonly LoopCall[], tasks: readonly BlockTask[], blocks: number): void {
    const control = this.#control
    this.#describe(calls, tasks)
    Atomics.store(control, layout.blocks, blocks)
    Atomics.store(control, layout.nextBlock, 0)
    // Who sees that it is open has seen its number.
    Atomics.add(control, layout.sequence, 1)
    Atomics.store(control, layout.open, 1)
    Atomics.notify(control, layout.sequence)
    try {
      let position = 0
      for (;;) {
        const index = Atomics.add(control, layout.nextBlock, 1)
        if (index >= blocks) break
        while (index >= (tasks[position + 1]?.firstBlock ?? blocks)) position++
        computeBlock(tasks[position]!, index)
      }
    } finally {
      Atomics.store(control, layout.nextBlock, blocks)
      Atomics.store(control, layout.open, 0)
      this.#await()
    }
  }

  #describe(calls: readonly LoopCall[], tasks: readonly BlockTask[]): void {
    const numbers = this.#numbers
    let word: number = layout.tasks
    calls.forEach(({ kernel, size, inputs, outputs, scalars }, i) => {
      numbers[word++] = kernel.id
      numbers[word++] = size
      numbers[word++] = tasks[i]!.block
      numbers[word++] = tasks[i]!.firstBlock
      numbers[word++] = inputs.length
      numbers[word++] = outputs.length
      numbers[word++] = scalars.length
      for (const buffer of inputs) this.#addresses[word++] = buffer.address
      for (const buffer of outputs) this.#addresses[word++] = buffer.address
      for (const value of scalars) numbers[word++] = value
    })
  }

  /** Until no worker looks at the call: all blocks are done then. */
  #await(): void {
    const control = this.#control
    const end = performance.now() + PATIENCE_MS
    // Who sleeps here is woken on the worker's processor, and the next time the worker waits for it there.
    for (let i = 0; i < SPINS && Atomics.load(control, layout.active) !== 0; i++);
    for (;;) {
      const active = Atomics.load(control, layout.active)
      if (active === 0) break
      Atomics.wait(control, layout.active, active, 1000)
      if (performance.now() > end) throw new RuntimeError('FAIL', 'fused loops', 'a worker does not answer')
    }
    if (Atomics.load(control, layout.failed) === 1) {
      throw new RuntimeError(
        'FAIL',
        'fused loops',
        'a worker has failed; set ONNAX_NUM_THREADS=1 to do without workers',
      )
    }
  }
}

let team: Team | undefined
let msAlone = 0

/** Says that loops of so many elements, counted in all arrays, will run at once. */
export const announceLoops = (elements: number): void => {
  if (elements >= PARALLEL_FROM) team?.announce()
}

/** Computes loops one after the other; none reads what another one writes. Denormals count as zero. */
export const runLoops = (calls: readonly LoopCall[]): void => {
  let blocks = 0
  let elements = 0
  const blockInPlace = blockFor(calls.reduce((sum, { size }) => sum + size, 0))
  const tasks = new Array<BlockTask>(calls.length)
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i]!
    const task = (tasks[i] = taskOf(call, blocks, blockInPlace))
    blocks += Math.ceil(task.size / task.block)
    elements += task.size * (call.inputs.length + call.outputs.length)
  }
  flushDenormals()
  try {
    if (elements < PARALLEL_FROM) tasks.forEach(computeAll)
    else if (msAlone >= ALONE_MS && helps(calls)) team!.run(calls, tasks, blocks)
    else {
      const start = performance.now()
      tasks.forEach(computeAll)
      msAlone += performance.now() - start
    }
  } finally {
    restoreDenormals()
  }
}

const blockFor = (elements: number): number =>
  Math.min(MOST_BLOCK, Math.max(LEAST_BLOCK, 2 ** Math.floor(Math.log2(elements / BLOCKS_IN_PLACE))))

const taskOf = (
  { kernel, size, inputs, outputs, scalars }: LoopCall,
  firstBlock: number,
  blockInPlace: number,
): BlockTask => ({
  kernel: kernel.here,
  firstBlock,
  block: inputs.every(isInPlace) && outputs.every(isInPlace) ? blockInPlace : kernel.block,
  size,
  inputs: inputs.map(placeOf),
  outputs: outputs.map(placeOf),
  call: new Array<number>(1 + inputs.length + outputs.length).fill(0).concat(scalars),
})

const isInPlace = (buffer: TensorBuffer): boolean => buffer.loopOffset !== null

const placeOf = (buffer: TensorBuffer): Place => buffer.loopOffset ?? (buffer.view() as Float32Array)

const computeAll = (task: BlockTask): void => {
  const blocks = Math.ceil(task.size / task.block)
  for (let i = 0; i < blocks; i++) computeBlock(task, task.firstBlock + i)
}

/** Whether there are workers that can be told of these loops. */
const helps = (calls: readonly LoopCall[]): boolean => {
  if (team === undefined) {
    const workers = Math.min(threadCount(), MAX_THREADS) - 1
    if (workers < 1) return false
    team = new Team(workers)
  }
  return team.holds(calls)
}
