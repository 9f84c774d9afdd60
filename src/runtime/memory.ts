/** Which arrays there are, and how much memory they hold. */
import { ConcreteArray, type DType, type NDArray, type Shape } from '../core/index.js'
import { TensorBuffer } from './buffer.js'
import { DeviceBuffer } from './devices/deviceBuffer.js'
import { counters } from './stats.js'

/**
 * All objects of a prototype that something still refers to. The engine is asked through its debugging protocol, after a garbage
 * collection: so that arrays need no register, which would cost every call.
 */
const instancesOf = (prototype: object): readonly unknown[] => {
  const { Session } = process.getBuiltinModule('node:inspector')
  const session = new Session()
  session.connect()
  const key = 'onnax: instances'
  const place = { prototype, found: [] as readonly unknown[] }
  const shared = globalThis as Record<string, unknown>
  shared[key] = place
  const where = `globalThis[${JSON.stringify(key)}]`
  try {
    // Within one thread answers come at once.
    session.post('Runtime.evaluate', { expression: `${where}.prototype` }, (_error, { result }) => {
      session.post('Runtime.queryObjects', { prototypeObjectId: result.objectId! }, (_failure, { objects }) => {
        const functionDeclaration = `function () { ${where}.found = this }`
        session.post('Runtime.callFunctionOn', { objectId: objects.objectId!, functionDeclaration })
      })
    })
    return place.found
  } finally {
    session.disconnect()
    Reflect.deleteProperty(shared, key)
  }
}

/** The memory of an array, and its bytes in it; the same for arrays that share it. */
const bufferOf = ({ memory }: ConcreteArray): TensorBuffer | DeviceBuffer | null =>
  memory instanceof TensorBuffer ? memory.owner : memory instanceof DeviceBuffer ? memory : null

/**
 * The arrays with memory that something still refers to, the largest first; also those that functions close over. For looking into
 * the use of memory: it collects garbage first, which takes 0.2 s and more.
 *
 * @see {@link https://docs.jax.dev/en/latest/_autosummary/jax.live_arrays.html jax.live_arrays}
 * @example
 * const x = np.ones([1000, 1000])
 * liveArrays().includes(x) // => true
 */
export const liveArrays = (): readonly NDArray[] =>
  instancesOf(ConcreteArray.prototype)
    .filter((x): x is ConcreteArray => x instanceof ConcreteArray && bufferOf(x) !== null)
    .sort((a, b) => bufferOf(b)!.byteLength - bufferOf(a)!.byteLength)

/** What {@link memoryStats} gives; sizes in bytes. */
export interface MemorySummary {
  /** Number of arrays with memory. */
  readonly arrays: number
  /** Of these arrays; memory that two share counts once. */
  readonly bytesInUse: number
  /** What waits to be written again. */
  readonly poolBytes: number
  /** Most that the process has held at a time, all things included. */
  readonly peakBytes: number
  /** The kinds of arrays that hold most, up to ten. */
  readonly largest: readonly {
    readonly dtype: DType
    readonly shape: Shape
    readonly count: number
    readonly bytes: number
  }[]
}

/** Most bytes that the process has held at a time. */
export const peakBytes = (): number => process.resourceUsage().maxRSS * 1024

/**
 * How much memory arrays hold, and which kinds of arrays hold most of it. Costs what {@link liveArrays} does.
 *
 * @example
 * const x = np.ones([1000, 1000])
 * memoryStats().bytesInUse >= 4 * x.size // => true
 */
export const memoryStats = (): MemorySummary => {
  const arrays = liveArrays() as readonly ConcreteArray[]
  const kinds = new Map<string, { dtype: DType; shape: Shape; count: number; bytes: number }>()
  const buffers = new Set<TensorBuffer | DeviceBuffer>()
  for (const x of arrays) {
    const buffer = bufferOf(x)!
    if (buffers.has(buffer)) continue
    buffers.add(buffer)
    const key = `${x.dtype}[${x.shape.join()}]`
    const kind = kinds.get(key) ?? { dtype: x.dtype, shape: x.shape, count: 0, bytes: 0 }
    kinds.set(key, { ...kind, count: kind.count + 1, bytes: kind.bytes + buffer.byteLength })
  }
  return {
    arrays: arrays.length,
    bytesInUse: [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0),
    poolBytes: counters.poolBytes,
    peakBytes: peakBytes(),
    largest: [...kinds.values()].sort((a, b) => b.bytes - a.bytes).slice(0, 10),
  }
}
