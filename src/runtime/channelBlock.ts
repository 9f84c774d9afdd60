/** What ONNX Runtime's blocked convolutions do on this processor. */
import { GraphBuilder } from '../onnx/index.js'
import { TensorBuffer } from './buffer.js'
import { RuntimeError } from './errors.js'
import { Session } from './session.js'

const channels = 64

let found: number | undefined

/**
 * How many features lie beside each other in the arrays of its blocked kernels (domain `com.microsoft.nchwc`); 1 where it has no such kernels,
 * which it registers by the instructions of the processor. Found by reordering an array of two pixels.
 */
export const channelBlock = (): number => (found ??= probe())

const probe = (): number => {
  const graph = new GraphBuilder()
  const x = graph.input('float32', [1, channels, 1, 2], 'x')
  graph.output(
    graph.op('ReorderInput', [x], {}, { domain: 'com.microsoft.nchwc' }),
    'float32',
    [1, channels, 1, 2],
    'y',
  )
  const shape = [1, channels, 1, 2]
  const isSecond = TensorBuffer.from(
    'float32',
    shape,
    Float32Array.from({ length: channels * 2 }, (_, i) => i % 2),
  )
  const blocked = TensorBuffer.allocate('float32', shape)
  try {
    const session = new Session(graph.encode(), { inputs: ['x'], outputs: ['y'], optimize: 'none', name: 'blocks' })
    session.run([isSecond], [blocked])
    session.release()
  } catch (error) {
    if (error instanceof RuntimeError) return 1
    throw error
  }
  // A block of the first pixel, then one of the second.
  const size = (blocked.view() as Float32Array).indexOf(1)
  return size > 1 && channels % size === 0 ? size : 1
}
