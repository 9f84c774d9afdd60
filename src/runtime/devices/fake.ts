/**
 * A device that is a second memory of the host: arrays on it are apart from those of the CPU, and must be copied. It
 * exists for tests: `ONNAX_FAKE_DEVICES` says how many there are, `ONNAX_FAKE_GRAPHS` whether runs are recorded.
 */
import { bytesAt, created, ort, type Pointer } from '../api.js'
import type { Operand } from '../buffer.js'
import { EnvironmentVariableError } from '../errors.js'
import { cpuMemory } from '../environment.js'
import type { Session } from '../session.js'
import type { Driver, Fence, GraphCapture, PinnedCopies } from './driver.js'
import { NoAdapterError } from './errors.js'
import { controlFlow } from './kernelCheck.js'
import { memoryLimit } from './limit.js'

const variable = 'ONNAX_FAKE_DEVICES'
const graphVariable = 'ONNAX_FAKE_GRAPHS'

const copy = (from: Pointer, to: Pointer, byteLength: number): void => {
  const [source, target] = [from, to].map((value) => {
    const address = created((out) => ort().GetTensorMutableData(value, out), 'a copy')
    return bytesAt(address, byteLength)
  })
  target!.set(source!)
}

/**
 * The copy is made at once, but ends later: when it is asked for the second time. Whoever writes to the source before
 * is found out.
 */
const fence = (source: Uint8Array): Fence => {
  const given = source.slice()
  let questions = 0
  const end = (): true => {
    if (questions < Infinity && Buffer.compare(given, source) !== 0) {
      throw new Error('page-locked memory was written during the copy out of it')
    }
    questions = Infinity
    return true
  }
  return { isPassed: () => questions++ > 0 && end(), wait: () => void end() }
}

const pinned: PinnedCopies = {
  memoryInfo: () => cpuMemory(),
  begin: (_id, from, to, byteLength) => {
    const source = bytesAt(from, byteLength)
    bytesAt(to, byteLength).set(source)
    return fence(source)
  },
}

interface Recording {
  readonly inputs: readonly Operand[]
  readonly outputs: readonly Operand[]
}

const recordings = new WeakMap<Session, Map<number, Recording>>()

const fixed = (operands: readonly Operand[]): readonly Operand[] =>
  operands.map((operand) => {
    const pointer = operand.use(0)
    return { use: () => pointer }
  })

/** As CUDA's provider does: the first run of a number computes twice, and later ones don't look at what they are given. */
const graphs: GraphCapture = {
  mode: () => {
    const given = process.env[graphVariable] ?? '0'
    if (given === '0') return 'off'
    if (given === '1') return 'required'
    if (given === 'auto') return 'auto'
    throw new EnvironmentVariableError(graphVariable, '0, 1 or auto', given)
  },
  provider: (id) => provider(id),
  obstacles: controlFlow,
  run: (_id, session, graph, inputs, outputs) => {
    let known = recordings.get(session)
    if (known === undefined) recordings.set(session, (known = new Map<number, Recording>()))
    let recording = known.get(graph)
    if (recording === undefined) {
      known.set(graph, (recording = { inputs: fixed(inputs), outputs: fixed(outputs) }))
      session.run(recording.inputs, recording.outputs)
    }
    session.run(recording.inputs, recording.outputs)
  },
  abandon: () => undefined,
}

const provider = (id: number): ReturnType<Driver['provider']> => ({
  name: `fake:${id}`,
  configure: () => undefined,
  runOptions: null,
})

/** The driver of fake devices. */
export const fakeDriver: Driver = {
  platform: 'fake',
  lowering: 'cpu',
  concurrent: true,
  releases: true,
  count: () => {
    const given = process.env[variable]
    if (given === undefined || given === '') {
      throw new NoAdapterError('fake', 'it is for tests only', `Set ${variable} to the number of devices.`)
    }
    const count = Number(given)
    if (!Number.isInteger(count) || count < 1) throw new EnvironmentVariableError(variable, 'a positive integer', given)
    return count
  },
  provider,
  memoryInfo: () => cpuMemory(),
  bytesLimit: memoryLimit,
  copy,
  copyWithin: (_id, from, to, byteLength) => {
    copy(from, to, byteLength)
  },
  pinned: () => pinned,
  graphs: () => graphs,
}
