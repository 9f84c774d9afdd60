/** The arrays of a tree beside it: named tensors, to which the JSON of the tree refers. */
import * as t from 'io-ts'
import type { NDArray } from '../core/index.js'
import { failAt, isRecord, stepInto } from './arrayCodec.js'
import { arrayOfBytes, bytesOfArray, freeName } from './bytes.js'
import type { Tensors } from './safetensors.js'
import type { ArrayStore } from './treeFormat.js'

/** A store for writing, which fills `tensors`: each array gets the name of its path. */
export const collectTensors = (tensors: Map<string, NDArray>): Pick<ArrayStore, 'write'> => ({
  write: (x, path) => {
    const ref = freeName(path.join('/'), tensors)
    tensors.set(ref, x)
    return x.weakType ? { ref, weakType: true } : { ref }
  },
})

/** A store for reading from tensors. */
export const referToTensors = (tensors: Tensors): Pick<ArrayStore, 'read'> => ({
  read: (u, context) => {
    const name = isRecord(u) ? u['ref'] : undefined
    if (typeof name !== 'string' || !Object.hasOwn(tensors, name)) {
      return failAt(stepInto(context, 'ref', name, 'Name'), name, 'requires the name of an array of the file')
    }
    const x = tensors[name]!
    const isWeak = isRecord(u) && u['weakType'] === true
    return t.success(isWeak ? arrayOfBytes(bytesOfArray(x), x.shape, x.dtype, true) : x)
  },
})
