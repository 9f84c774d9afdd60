/** Moving trees of arrays between devices and the host. */
import {
  ArgumentError,
  ConcreteArray,
  cpuDevice,
  type Device,
  type NDArray,
  Tracer,
  viewOf,
  weakLiteral,
} from '../../core/index.js'
import * as tree from '../../pytree/index.js'
import { TensorBuffer } from '../buffer.js'
import { DeviceBuffer } from './deviceBuffer.js'
import { bind, copyTo, isBound } from './placement.js'
import { currentDevice, isCpuOnly, resolveDevice, targetOf } from './registry.js'
import type { DeviceTarget } from './target.js'

const arrayOf = (leaf: unknown): NDArray => {
  if (leaf instanceof ConcreteArray || leaf instanceof Tracer) return leaf
  if (typeof leaf === 'number' || typeof leaf === 'boolean' || typeof leaf === 'bigint') return weakLiteral(leaf)
  throw new ArgumentError('devicePut', 'a tree of arrays and numbers', leaf === null ? 'null' : typeof leaf)
}

/** A copy of the array on a device: two arrays never share memory, as either may be donated. */
const onDevice = (x: ConcreteArray, target: DeviceTarget | null): ConcreteArray => {
  const { storage } = x
  const isHost = target === null && !(storage instanceof DeviceBuffer)
  const copy = isHost ? TensorBuffer.from(x.dtype, x.shape, viewOf(x.dtype, storage.read())) : copyTo(storage, target)
  return new ConcreteArray(x.aval, copy)
}

/**
 * The arrays of a tree on a device, bound to it: calls with them run there, and calls that mix them with arrays bound
 * to another device throw. Without a device the arrays go to the default one, and follow those that they meet.
 *
 * The originals stay as they are. Inside of a transformation, where programs
 * have one device, arrays are given back as they are.
 *
 * @param device - one of `devices()`, or its name: `cpu`, `cuda:1`
 * @throws DeviceUnavailableError where the device cannot be used
 * @throws ArgumentError for a leaf that is neither array nor number
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.device_put.html
 * @example
 * const { w } = devicePut({ w: np.ones([2]) }, 'cpu')
 * w.device // => CpuDevice(id=0)
 */
export const devicePut = <T>(x: T, device?: Device | string): T => {
  const to = device === undefined ? currentDevice() : resolveDevice('devicePut', device)
  const target = targetOf(to)
  return tree.map((leaf: unknown): unknown => {
    const array = arrayOf(leaf)
    if (!(array instanceof ConcreteArray)) return array
    // What is where it should be is not copied.
    const isThere = array.storage.device === to
    if (device === undefined ? isThere || isBound(array) : isThere && isBound(array)) return array
    const put = onDevice(array, target)
    if (device !== undefined) bind(put, to)
    return put
  }, x as never)
}

/**
 * The arrays of a tree in the memory of the host, bound to no device.
 *
 * @throws ArgumentError for a leaf that is neither array nor number
 * @throws ConcretizationError for a traced array
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.device_get.html
 * @example
 * deviceGet({ w: np.ones([2]) }).w.device // => CpuDevice(id=0)
 */
export const deviceGet = <T>(x: T): T =>
  tree.map((leaf: unknown): unknown => {
    const array = arrayOf(leaf)
    if (!(array instanceof ConcreteArray)) return array.data()
    const isThere = isCpuOnly() || array.storage.device === cpuDevice
    return isThere && !isBound(array) ? array : onDevice(array, null)
  }, x as never)
