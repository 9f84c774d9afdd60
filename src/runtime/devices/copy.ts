/** Copies between devices and the host. */
import { check, ort, type Pointer } from '../api.js'
import { environment } from '../environment.js'

const values = { from: new BigUint64Array(new ArrayBuffer(8)), to: new BigUint64Array(new ArrayBuffer(8)) }

/** A copy by the runtime, in the order of what was asked of the device. @throws RuntimeError */
export const copyByRuntime = (from: Pointer, to: Pointer): void => {
  values.from[0] = from
  values.to[0] = to
  check(ort().CopyTensors(environment(), values.from, values.to, null, 1), 'a copy between devices')
}
