/**
 * A device that is a second memory of the host: arrays on it are apart from those of the CPU, and must be copied. It
 * exists for tests: `ONNAX_FAKE_DEVICES` says how many there are.
 */
import { bytesAt, created, ort } from '../api.js'
import { EnvironmentVariableError } from '../errors.js'
import { cpuMemory } from '../environment.js'
import type { Driver } from './driver.js'
import { NoAdapterError } from './errors.js'
import { memoryLimit } from './limit.js'

const variable = 'ONNAX_FAKE_DEVICES'

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
  provider: (id) => ({ name: `fake:${id}`, configure: () => undefined, runOptions: null }),
  memoryInfo: () => cpuMemory(),
  bytesLimit: memoryLimit,
  copy: (from, to, byteLength) => {
    const [source, target] = [from, to].map((value) => {
      const address = created((out) => ort().GetTensorMutableData(value, out), 'a copy')
      return bytesAt(address, byteLength)
    })
    target!.set(source!)
  },
}
