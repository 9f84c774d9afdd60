/**
 * Runs fused loops, on the calling thread and on workers that help it.
 *
 * Nobody waits for a worker to begin: blocks are taken one after the other by whoever is free, and the calling thread
 * waits only for blocks that were taken. So a worker that is still starting, or busy elsewhere, costs nothing.
 */
import { createRequire } from 'node:module'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { KERNEL_MEMORY_BYTES, type Kernel, webAssembly } from '../fusion/index.js'
import type { TensorBuffer } from './buffer.js'
import { threadCount } from './environment.js'
import { RuntimeError } from './errors.js'
import { denormalCall, flushDenormals, restoreDenormals } from './floatingPoint.js'
import {
  type BlockTask,
  computeBlock,
  type KernelMessage,
  layout,
  type WorkerStart,
  workerProgram,
} from './loopWorker.js'

/** Fewer elements, counted in all arrays, are done before a worker wakes up. */
const PARALLEL_FROM = 1 << 18
/** Calls of that size before there are workers: who computes little needs none. */
const CALLS_BEFORE_WORKERS = 3
const MAX_WORKERS = 7
const SHARED_BYTES = 1 << 19
const PATIENCE_MS = 60_000

/** A kernel made ready for this thread. */
export interface ReadyKernel extends KernelMessage {
  readonly run: BlockTask['run']
  readonly views: readonly Float32Array[]
}

/** One loop of a call. */
export interface LoopCall {
  readonly kernel: ReadyKernel
  readonly size: number
  readonly inputs: readonly TensorBuffer[]
  readonly outputs: readonly TensorBuffer[]
  readonly scalars: readonly number[]
}

const memoryPages = KERNEL_MEMORY_BYTES / 65536
let memory: { readonly buffer: ArrayBuffer } | undefined
// Kernels do not depend on sizes: there are as many as there are formulas.
const ready = new Map<string, ReadyKernel>()

/** The kernel, compiled. */
export const prepareKernel = ({ key, bytes, block, inputs, outputs }: Kernel): ReadyKernel => {
  let kernel = ready.get(key)
  if (kernel !== undefined) return kernel
  memory ??= new webAssembly.Memory({ initial: memoryPages })
  const { buffer } = memory
  const module = new webAssembly.Module(bytes)
  const { exports } = new webAssembly.Instance(module, { env: { memory } })
  const slots = Math.max(inputs, outputs)
  const views = Array.from({ length: slots }, (_, i) => new Float32Array(buffer, i * block * 4, block))
  kernel = { id: ready.size, module, block, slots, run: exports['run'] as BlockTask['run'], views }
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
    for (let i = 0; i < size; i++) {
      const { port1, port2 } = new MessageChannel()
      const workerData: WorkerStart = {
        shared: this.#shared,
        port: port2,
        memoryPages,
        layout,
        koffi,
        flush: denormalCall(),
      }
      const options = { eval: true, execArgv: [], workerData, transferList: [port2] }
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

  run(calls: readonly LoopCall[], tasks: readonly BlockTask[], blocks: number): void {
    const control = this.#control
    this.#describe(calls, tasks)
    Atomics.store(control, layout.blocks, blocks)
    Atomics.store(control, layout.nextBlock, 0)
    Atomics.store(control, layout.open, 1)
    Atomics.add(control, layout.sequence, 1)
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
let large = 0

/** Computes loops one after the other; none reads what another one writes. Denormals count as zero. */
export const runLoops = (calls: readonly LoopCall[]): void => {
  let blocks = 0
  let elements = 0
  const tasks = calls.map(({ kernel, size, inputs, outputs, scalars }): BlockTask => {
    const firstBlock = blocks
    blocks += Math.ceil(size / kernel.block)
    elements += size * (inputs.length + outputs.length)
    const view = (x: TensorBuffer): Float32Array => x.view() as Float32Array
    return {
      firstBlock,
      block: kernel.block,
      size,
      run: kernel.run,
      slots: kernel.views,
      inputs: inputs.map(view),
      outputs: outputs.map(view),
      scalars,
    }
  })
  flushDenormals()
  try {
    if (elements >= PARALLEL_FROM && ++large > CALLS_BEFORE_WORKERS && helps(calls)) team!.run(calls, tasks, blocks)
    else tasks.forEach(computeAll)
  } finally {
    restoreDenormals()
  }
}

const computeAll = (task: BlockTask): void => {
  const blocks = Math.ceil(task.size / task.block)
  for (let i = 0; i < blocks; i++) computeBlock(task, task.firstBlock + i)
}

/** Whether there are workers that can be told of these loops. */
const helps = (calls: readonly LoopCall[]): boolean => {
  const workers = Math.min(threadCount() - 1, MAX_WORKERS)
  if (workers < 1) return false
  team ??= new Team(workers)
  return team.holds(calls)
}
