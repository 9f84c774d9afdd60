/** Compiled models and their runs. */
import {
  addressOf,
  check,
  created,
  hasAsyncStacks,
  ort,
  type Pointer,
  readString,
  type StringArray,
  stringArray,
} from './api.js'
import { type Operand, type PinnableOperand, unpin } from './buffer.js'
import { compile, type Compiled, type ExecutionProvider, type Optimize } from './compile.js'
import { SessionArityError, SessionReleasedError } from './errors.js'
import { flushDenormals, restoreDenormals } from './floatingPoint.js'
import { beginEpoch } from './handle.js'
import { giveThreads } from './ownThreads.js'
import { counters } from './stats.js'

/** How a model is compiled. */
export interface SessionOptions {
  /** The model's inputs, in the order in which runs pass them. */
  readonly inputs: readonly string[]
  /** The model's outputs, in the order in which runs pass their buffers. */
  readonly outputs: readonly string[]
  /** `none` compiles in half a millisecond, for graphs of a few nodes; `all` fuses and rewrites. */
  readonly optimize: Optimize
  /**
   * Whether `all` computes constant nodes ahead; false by default, because ONNX Runtime materialises large results of
   * Expand, Range and ConstantOfShape, too.
   */
  readonly foldConstants?: boolean
  /** Where to write what the runtime measures: the beginning of a file name; see {@link Session.endProfiling}. */
  readonly profile?: string
  /** Where it runs; by default on the CPU. */
  readonly provider?: ExecutionProvider
  /** Names the session in errors. */
  readonly name?: string
}

/** Where a session's handles lie, with the memory kept alive. */
type NativeArray = StringArray

interface NativeSession extends Omit<Compiled, 'pointer'> {
  pointer: Pointer
}

// A session that nobody holds any more is released, though late; `release` is the way to bound their number.
const forgotten = new FinalizationRegistry<NativeSession>(releaseNative)

/** A compiled model. Release it when it is no longer needed: it holds about 3 KB a node. */
export class Session {
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly #native: NativeSession
  readonly #runOptions: Pointer | null
  readonly #waitingOptions: Pointer | null
  readonly #inputNames: NativeArray
  readonly #outputNames: NativeArray
  readonly #inputHandles: NativeArray
  readonly #outputHandles: NativeArray
  #pending = 0
  #released = false

  /**
   * Compiles `model`, the bytes of an ONNX model.
   * @throws LibraryError where ONNX Runtime cannot be loaded.
   * @throws RuntimeError where it refuses the model.
   */
  constructor(model: Uint8Array, options: SessionOptions) {
    const { inputs, outputs, optimize, foldConstants = false, profile, provider, name } = options
    this.name = name ?? 'anonymous'
    this.inputs = inputs
    this.outputs = outputs
    this.#native = { ...compile(model, { optimize, foldConstants, profile, provider }, `session '${this.name}'`) }
    this.#runOptions = provider?.runOptions ?? null
    this.#waitingOptions = provider?.waitingOptions ?? null
    this.#inputNames = stringArray(inputs)
    this.#outputNames = stringArray(outputs)
    this.#inputHandles = nativeArray(inputs.length)
    this.#outputHandles = nativeArray(outputs.length)
    forgotten.register(this, this.#native, this.#native)
    counters.sessionsCreated++
    counters.sessionsLive++
  }

  /** Whether {@link release} was called. */
  get released(): boolean {
    return this.#released
  }

  /**
   * Runs the model and writes its results to `outputs`, whose types and shapes the caller guarantees; no output may
   * share memory with an input. Denormals count as zero.
   * @param options - of this run; by default those of the provider
   * @throws SessionReleasedError, SessionArityError
   * @throws RuntimeError where a kernel fails; the elements of `outputs` are then undefined.
   */
  run(inputs: readonly Operand[], outputs: readonly Operand[], options: Pointer | null = this.#runOptions): void {
    this.#checkCall(inputs, outputs)
    const epoch = beginEpoch()
    const inputHandles = this.#inputHandles
    const outputHandles = this.#outputHandles
    for (let index = 0; index < inputs.length; index++) inputHandles.values[index] = inputs[index]!.use(epoch)
    for (let index = 0; index < outputs.length; index++) outputHandles.values[index] = outputs[index]!.use(epoch)
    counters.runs++
    const status = this.#call(inputs, outputs, options)
    check(status, `run of '${this.name}'`)
  }

  #call(inputs: readonly Operand[], outputs: readonly Operand[], options: Pointer | null): Pointer | null {
    running.session = this
    running.inputs = inputs
    running.outputs = outputs
    flushDenormals()
    try {
      return ort().Run(
        this.#native.pointer,
        options,
        this.#inputNames.address,
        this.#inputHandles.address,
        inputs.length,
        this.#outputNames.address,
        outputs.length,
        this.#outputHandles.address,
      )
    } finally {
      restoreDenormals()
      running.session = running.inputs = running.outputs = null
    }
  }

  /**
   * The same on another thread; the event loop stays free, and calls may overlap. Until it settles nobody may write to
   * `inputs` or read `outputs`. The calling thread of this run is libuv's, which keeps denormals: its share of the
   * work may differ from {@link run} in numbers below 1.2e-38. Where the program has set koffi's stacks too small for
   * other threads, it runs on this one.
   * @returns a promise that rejects with what {@link run} throws
   */
  async runAsync(inputs: readonly PinnableOperand[], outputs: readonly PinnableOperand[]): Promise<void> {
    this.#checkCall(inputs, outputs)
    if (!hasAsyncStacks()) return this.run(inputs, outputs, this.#waitingOptions)
    // The arrays and the buffers in them must live until the call ends: the closure below holds them.
    const held = [[...inputs], [...outputs]] as const
    const cells = held.map((buffers) => buffers.map((buffer) => buffer.pin()))
    this.#pending++
    await slots.take()
    try {
      const [inputHandles, outputHandles] = cells.map((row) => {
        const array = nativeArray(row.length)
        row.forEach((cell, index) => (array.values[index] = cell.pointer))
        return array
      }) as [NativeArray, NativeArray]
      counters.runs++
      const status = await new Promise<Pointer | null>((resolve, reject) => {
        ort().Run.async(
          this.#native.pointer,
          // The thread waits for the device, so that nobody else has to.
          this.#waitingOptions,
          this.#inputNames.address,
          inputHandles.address,
          held[0].length,
          this.#outputNames.address,
          held[1].length,
          outputHandles.address,
          (error, result) => {
            keepAlive(held, inputHandles, outputHandles, this)
            if (error === null) resolve(result)
            else reject(error)
          },
        )
      })
      check(status, `run of '${this.name}'`)
    } finally {
      slots.give()
      for (const row of cells) row.forEach(unpin)
      this.#pending--
      if (this.#released) this.#dispose()
    }
  }

  /** Stops measuring, and writes the file: its path. */
  endProfiling(): string {
    const api = ort()
    const where = `the profile of '${this.name}'`
    const allocator = created(api.GetAllocatorWithDefaultOptions, where)
    const text = created((out) => api.SessionEndProfiling(this.#native.pointer, allocator, out), where)
    const path = readString(text)
    check(api.AllocatorFree(allocator, text), where)
    return path
  }

  /** Frees the compiled model, after the asynchronous runs under way; a second call does nothing. */
  release(): void {
    this.#released = true
    this.#dispose()
  }

  #dispose(): void {
    if (this.#pending > 0) return
    forgotten.unregister(this.#native)
    releaseNative(this.#native)
  }

  #checkCall(inputs: readonly Operand[], outputs: readonly Operand[]): void {
    if (this.#released) throw new SessionReleasedError(this.name)
    if (inputs.length !== this.inputs.length) {
      throw new SessionArityError(this.name, 'inputs', this.inputs.length, inputs.length)
    }
    if (outputs.length !== this.outputs.length) {
      throw new SessionArityError(this.name, 'outputs', this.outputs.length, outputs.length)
    }
  }
}

/** What the synchronous run uses: the native call knows addresses only, and these keep the garbage collector away. */
const running: {
  session: Session | null
  inputs: readonly Operand[] | null
  outputs: readonly Operand[] | null
} = { session: null, inputs: null, outputs: null }

/** Bounds the asynchronous calls under way: each holds a stack, and koffi refuses more than 256. */
const slots = {
  free: 32,
  waiting: [] as (() => void)[],
  take(): Promise<void> | undefined {
    if (this.free > 0) {
      this.free--
      return undefined
    }
    return new Promise((resolve) => this.waiting.push(resolve))
  },
  give(): void {
    const next = this.waiting.shift()
    if (next === undefined) this.free++
    else next()
  },
}

// Being an argument of a call that is not inlined away keeps a value reachable up to here.
function keepAlive(...values: readonly unknown[]): void {
  void values
}

function releaseNative(native: NativeSession): void {
  if (native.pointer === 0n) return
  ort().ReleaseSession(native.pointer)
  giveThreads(native.ownThreads)
  native.pointer = 0n
  counters.sessionsLive--
}

function nativeArray(length: number): NativeArray {
  const own = new ArrayBuffer(length * 8)
  return { values: new BigUint64Array(own), address: addressOf(own), memory: [own] }
}
