/**
 * What the threads of fused loops do. Workers get the text of these functions, so they use nothing but their parameters.
 */
import type { MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { WebAssemblyApi } from '../fusion/index.js'

/** One loop of a call: its blocks are numbered on from those of the loop before it. */
export interface BlockTask {
  readonly firstBlock: number
  /** Elements of a block, and of each array. */
  readonly block: number
  readonly size: number
  readonly run: (bytes: number, ...scalars: readonly number[]) => void
  /** The kernel's memory, a block each. */
  readonly slots: readonly Float32Array[]
  readonly inputs: readonly Float32Array[]
  readonly outputs: readonly Float32Array[]
  readonly scalars: readonly number[]
}

/** Places in the memory that the threads share: words of 4 bytes, then those of 8 from `tasks` on. */
export const layout = {
  /** Counts the calls; workers wait for it. */
  sequence: 0,
  /** 1 while blocks may be taken. */
  open: 1,
  /** Workers that look at the call. */
  active: 2,
  nextBlock: 3,
  blocks: 4,
  taskCount: 5,
  /** 1 once a worker has failed. */
  failed: 6,
  /** In words of 8 bytes. */
  tasks: 8,
  /** Of one task: kernel, size, first block, numbers of inputs, outputs, scalars; then addresses and scalars. */
  head: 6,
} as const

/** A kernel as it is sent to workers. */
export interface KernelMessage {
  readonly id: number
  readonly module: object
  readonly block: number
  readonly slots: number
}

/** What a worker begins with. */
export interface WorkerStart {
  readonly shared: SharedArrayBuffer
  readonly port: MessagePort
  readonly memoryPages: number
  readonly layout: typeof layout
  /** Where the foreign function interface is. */
  readonly koffi: string
  /** The call that has a thread flush denormals. */
  readonly flush: { readonly library: string; readonly name: string; readonly environment: Uint8Array } | null
}

/** Computes one block. */
export const computeBlock = (task: BlockTask, index: number): void => {
  const { block, size, slots, inputs, outputs } = task
  const start = (index - task.firstBlock) * block
  const count = Math.min(block, size - start)
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!
    slots[i]!.set(count === size ? input : input.subarray(start, start + count))
  }
  task.run(count * 4, ...task.scalars)
  for (let i = 0; i < outputs.length; i++) {
    const slot = slots[i]!
    outputs[i]!.set(count === block ? slot : slot.subarray(0, count), start)
  }
}

/** A worker's life: waits for calls, takes blocks of them until none is left. */
export const serve = (
  start: WorkerStart,
  compute: typeof computeBlock,
  receive: typeof receiveMessageOnPort,
  load: (name: string) => unknown,
  wasm: WebAssemblyApi,
): void => {
  const { layout: at, port } = start
  const control = new Int32Array(start.shared)
  const numbers = new Float64Array(start.shared)
  const addresses = new BigUint64Array(start.shared)
  const memory = new wasm.Memory({ initial: start.memoryPages })
  const koffi = load(start.koffi) as typeof import('koffi')
  if (start.flush !== null) {
    const { library, name, environment } = start.flush
    const loaded = koffi.load(library)
    loaded.func(name, 'int', ['void *'])(environment)
  }
  interface Ready {
    readonly run: BlockTask['run']
    readonly block: number
    readonly slots: readonly Float32Array[]
  }
  const kernels = new Map<number, Ready>()
  const kernel = (id: number): Ready => {
    for (;;) {
      const known = kernels.get(id)
      if (known !== undefined) return known
      const { message } = receive(port) as { readonly message: KernelMessage }
      const { exports } = new wasm.Instance(message.module, { env: { memory } })
      const { block } = message
      const slots = Array.from(
        { length: message.slots },
        (_, i) => new Float32Array(memory.buffer, i * block * 4, block),
      )
      kernels.set(message.id, { run: exports['run'] as BlockTask['run'], block, slots })
    }
  }
  // Views of memory that belongs to the main thread, which keeps it alive during each call.
  const views = new Map<bigint, Float32Array>()
  const viewOf = (address: bigint, size: number): Float32Array => {
    let view = views.get(address)
    if (view?.length !== size) {
      if (views.size >= 4096) views.clear()
      views.set(address, (view = new Float32Array(koffi.view(address, size * 4))))
    }
    return view
  }
  const readTask = (word: number): readonly [BlockTask, next: number] => {
    const [id, size, firstBlock, inputs, outputs, scalars] = numbers.subarray(
      word,
      word + at.head,
    ) as unknown as number[]
    const arrays = word + at.head
    const view = (_: unknown, i: number): Float32Array => viewOf(addresses[arrays + i]!, size!)
    const all = Array.from({ length: inputs! + outputs! }, view)
    const end = arrays + all.length + scalars!
    const task = {
      ...kernel(id!),
      firstBlock: firstBlock!,
      size: size!,
      inputs: all.slice(0, inputs),
      outputs: all.slice(inputs),
      scalars: Array.from(numbers.subarray(arrays + all.length, end)),
    }
    return [task, end]
  }
  const help = (): void => {
    const blocks = Atomics.load(control, at.blocks)
    let word: number = at.tasks
    let task: BlockTask | null = null
    let end = 0
    for (;;) {
      const index = Atomics.add(control, at.nextBlock, 1)
      if (index >= blocks) return
      while (index >= end) {
        ;[task, word] = readTask(word)
        end = task.firstBlock + Math.ceil(task.size / task.block)
      }
      compute(task!, index)
    }
  }
  let seen = 0
  for (;;) {
    Atomics.wait(control, at.sequence, seen)
    seen = Atomics.load(control, at.sequence)
    Atomics.add(control, at.active, 1)
    try {
      if (Atomics.load(control, at.open) === 1) help()
    } catch {
      Atomics.store(control, at.failed, 1)
    } finally {
      if (Atomics.sub(control, at.active, 1) === 1) Atomics.notify(control, at.active)
    }
  }
}

/** The program of a worker. */
export const workerProgram = (): string =>
  [
    // What bundlers put into functions that are to keep their names.
    'const __name = (f) => f',
    "const { receiveMessageOnPort, workerData } = require('node:worker_threads')",
    `;(${serve.toString()})(workerData, ${computeBlock.toString()}, receiveMessageOnPort, require, WebAssembly)`,
  ].join('\n')
