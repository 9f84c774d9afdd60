/** Where a call runs: on the device that its arguments are bound to. */
import { type ConcreteArray, cpuDevice, type Device, type Storage } from '../../core/index.js'
import type { TensorBuffer } from '../buffer.js'
import { DeviceBuffer } from './deviceBuffer.js'
import { DeviceMismatchError } from './errors.js'
import { currentDevice, targetOf, watchPlacement } from './registry.js'
import type { DeviceTarget } from './target.js'

/** Arrays that stay where they are; all others follow those that they meet. */
const bound = new WeakMap<ConcreteArray, Device>()

/** Bind an array to the device that it is on. */
export const bind = (x: ConcreteArray, device: Device): void => {
  watchPlacement()
  bound.set(x, device)
  const { storage } = x
  if (storage instanceof DeviceBuffer) storage.committed = true
}

/** Whether an array is bound to its device. */
export const isBound = (x: ConcreteArray): boolean => bound.has(x)

/** Where a call runs, and whether its results are bound to it. */
export interface Place {
  readonly device: Device
  /** `null` for the CPU. */
  readonly target: DeviceTarget | null
  readonly isBound: boolean
}

/** The place of a call. @throws DeviceMismatchError where arguments are bound to different devices */
export const placeOf = (where: string, args: readonly ConcreteArray[]): Place => {
  let first: ConcreteArray | null = null
  let device: Device | null = null
  for (const x of args) {
    const of = bound.get(x)
    if (of === undefined || of === device) continue
    if (device !== null) throw new DeviceMismatchError(where, device, of, first!.aval, x.aval)
    first = x
    device = of
  }
  const chosen = device ?? currentDevice()
  return { device: chosen, target: targetOf(chosen), isBound: device !== null }
}

/** The elements of an array on another device: a copy. */
export const copyTo = (storage: Storage, target: DeviceTarget | null): DeviceBuffer | TensorBuffer => {
  if (storage instanceof DeviceBuffer && storage.memory === target?.memory) return storage.memory.duplicate(storage)
  const host = storage instanceof DeviceBuffer ? storage.memory.download(storage) : (storage as TensorBuffer)
  return target === null ? host : target.upload(host)
}

// A scalar that is a number here costs as much as a copy as it does as an argument.
const staysOnHost = (x: ConcreteArray): boolean => x.literal !== null

/** Puts the arguments of a call where it runs. */
export const gather = (args: readonly ConcreteArray[], { device, target }: Place): void => {
  for (const x of args) {
    if (x.isDeleted) continue
    const { storage } = x
    if (storage.device === device) continue
    if (target !== null && storage.device === cpuDevice && staysOnHost(x)) continue
    x.moveTo(copyTo(storage, target))
    if (bound.has(x)) bind(x, device)
  }
}

/** Binds the results of a call whose arguments are bound. */
export const scatter = (results: readonly ConcreteArray[], place: Place): readonly ConcreteArray[] => {
  if (place.isBound) for (const x of results) bind(x, place.device)
  return results
}
