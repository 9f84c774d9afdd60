/**
 * What the threads of fused loops do. Workers get the text of these functions, so they use nothing but their parameters.
 */
import type { MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { WebAssemblyApi, WebAssemblyMemory } from '../fusion/index.js'

/** Elements of an array: its first byte in the memory of loops, or a view of them elsewhere. */
export type Place = number | Float32Array

/** A kernel as it is sent to workers. */
export interface KernelMessage {
  readonly id: number
  readonly module: object
  /** Elements of a block in scratch memory; slot `i` begins at element `i · block` of it. */
  readonly block: number
  readonly slots: number
}

/** A kernel made ready for one thread. */
export interface ThreadKernel {
  readonly run: (bytes: number, ...rest: readonly number[]) => void
  readonly block: number
  /** The thread's scratch memory. */
  readonly slots: readonly { readonly at: number; readonly view: Float32Array }[]
}

/** One loop of a call: its blocks are numbered on from those of the loop before it. */
export interface BlockTask {
  readonly kernel: ThreadKernel
  readonly firstBlock: number
  /** Elements of a block, and of each array. */
  readonly block: number
  readonly size: number
  readonly inputs: readonly Place[]
  readonly outputs: readonly Place[]
  /** What the kernel is called with: bytes and where arrays begin are set for each block, scalars stay. */
  readonly call: number[]
}

/** Places in the memory that the threads share: words of 4 bytes, then those of 8 from `tasks` on. */
export const layout = {
  /** Counts the calls and their announcements; workers wait for it. */
  sequence: 0,
  /** 1 while blocks may be taken. */
  open: 1,
  /** Workers that look at the call. */
  active: 2,
  nextBlock: 3,
  blocks: 4,
  /** 1 once a worker has failed. */
  failed: 6,
  /** In words of 8 bytes. */
  tasks: 8,
  /** Of one task: kernel, size, elements of a block, first block, numbers of inputs, outputs, scalars; then addresses and scalars. */
  head: 7,
} as const

/** What a worker begins with. */
export interface WorkerStart {
  readonly shared: SharedArrayBuffer
  readonly port: MessagePort
  readonly layout: typeof layout
  /** The memory of loops, the address of its first byte, and how many it may grow to. */
  readonly memory: WebAssemblyMemory
  readonly address: bigint
  readonly limit: number
  /** Where this thread's scratch memory begins. */
  readonly scratch: number
  /** Where the foreign function interface is. */
  readonly koffi: string
  /** The call that has a thread flush denormals. */
  readonly flush: { readonly library: string; readonly name: string; readonly environment: Uint8Array } | null
  /** Looks for a call that is announced before the thread sleeps again. */
  readonly spins: number
}

/** A kernel for the thread whose scratch memory begins at `scratch`. */
export const threadKernel = (
  wasm: WebAssemblyApi,
  memory: WebAssemblyMemory,
  scratch: number,
  { module, block, slots }: KernelMessage,
): ThreadKernel => {
  const { exports } = new wasm.Instance(module, { env: { memory } })
  return {
    run: exports['run'] as ThreadKernel['run'],
    block,
    slots: Array.from({ length: slots }, (_, i) => {
      const at = scratch + i * block * 4
      return { at, view: new Float32Array(memory.buffer, at, block) }
    }),
  }
}

/** Computes one block. */
export const computeBlock = (task: BlockTask, index: number): void => {
  const { block, size, inputs, outputs, call } = task
  const { slots, run } = task.kernel
  const start = (index - task.firstBlock) * block
  const count = Math.min(block, size - start)
  let next = 0
  call[next++] = count * 4
  for (let i = 0; i < inputs.length; i++) {
    const place = inputs[i]!
    if (typeof place === 'number') call[next++] = place + start * 4
    else {
      const slot = slots[i]!
      slot.view.set(count === size ? place : place.subarray(start, start + count))
      call[next++] = slot.at
    }
  }
  for (let i = 0; i < outputs.length; i++) {
    const place = outputs[i]!
    call[next++] = typeof place === 'number' ? place + start * 4 : slots[i]!.at
  }
  run(...(call as [number, ...number[]]))
  for (let i = 0; i < outputs.length; i++) {
    const place = outputs[i]!
    if (typeof place === 'number') continue
    const { view } = slots[i]!
    place.set(count === view.length ? view : view.subarray(0, count), start)
  }
}

/** A worker's life: waits for calls, takes blocks of them until none is left. */
export const serve = (
  start: WorkerStart,
  ready: typeof threadKernel,
  compute: typeof computeBlock,
  receive: typeof receiveMessageOnPort,
  load: (name: string) => unknown,
  wasm: WebAssemblyApi,
): void => {
  const { layout: at, port } = start
  const control = new Int32Array(start.shared)
  const numbers = new Float64Array(start.shared)
  const addresses = new BigUint64Array(start.shared)
  const koffi = load(start.koffi) as typeof import('koffi')
  if (start.flush !== null) {
    const { library, name, environment } = start.flush
    const loaded = koffi.load(library)
    loaded.func(name, 'int', ['void *'])(environment)
  }
  const kernels = new Map<number, ThreadKernel>()
  const kernel = (id: number): ThreadKernel => {
    for (;;) {
      const known = kernels.get(id)
      if (known !== undefined) return known
      const { message } = receive(port) as { readonly message: KernelMessage }
      kernels.set(message.id, ready(wasm, start.memory, start.scratch, message))
    }
  }
  // Views of memory that belongs to the main thread, which keeps it alive during each call.
  const views = new Map<bigint, Float32Array>()
  const placeOf = (address: bigint, size: number): Place => {
    const offset = Number(address - start.address)
    if (offset >= 0 && offset < start.limit) return offset
    let view = views.get(address)
    if (view?.length !== size) {
      if (views.size >= 4096) views.clear()
      views.set(address, (view = new Float32Array(koffi.view(address, size * 4))))
    }
    return view
  }
  const readTask = (word: number): readonly [BlockTask, next: number] => {
    const head = numbers.subarray(word, word + at.head) as unknown as number[]
    const [id, size, block, firstBlock, inputs, outputs, scalars] = head
    const arrays = word + at.head
    const all = Array.from({ length: inputs! + outputs! }, (_, i) => placeOf(addresses[arrays + i]!, size!))
    const end = arrays + all.length + scalars!
    const task = {
      kernel: kernel(id!),
      firstBlock: firstBlock!,
      block: block!,
      size: size!,
      inputs: all.slice(0, inputs),
      outputs: all.slice(inputs),
      call: [0, ...all.map(() => 0), ...numbers.subarray(arrays + all.length, end)],
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
    for (let i = 0; i < start.spins && Atomics.load(control, at.open) === 0; i++);
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
    `const parts = [${threadKernel.toString()}, ${computeBlock.toString()}]`,
    `;(${serve.toString()})(workerData, ...parts, receiveMessageOnPort, require, WebAssembly)`,
  ].join('\n')
