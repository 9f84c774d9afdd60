/** Small models and buffers for the tests of the runtime. */
import { GraphBuilder, type ElementType, type OnnxValue } from '../../src/onnx/index.js'
import { TensorBuffer } from '../../src/runtime/buffer.js'
import { Session } from '../../src/runtime/session.js'

/** A session of `build`'s graph over float32 inputs of `shapes`, with one float32 output of `outputShape`. */
export function sessionOf(
  shapes: readonly (readonly (number | string)[])[],
  outputShape: readonly (number | string)[],
  build: (graph: GraphBuilder, ...inputs: readonly OnnxValue[]) => OnnxValue,
  optimize: 'none' | 'all' = 'none',
): Session {
  const graph = new GraphBuilder()
  const inputs = shapes.map((shape) => graph.input('float32', shape))
  const output = graph.output(build(graph, ...inputs), 'float32', outputShape)
  const names = inputs.map(({ name }) => name)
  return new Session(graph.encode(), { inputs: names, outputs: [output.name], optimize, name: 'subject' })
}

/** A float32 buffer of one axis. */
export function floats(...values: readonly number[]): TensorBuffer {
  return TensorBuffer.from('float32', [values.length], Float32Array.from(values))
}

/** An uninitialised buffer. */
export function empty(shape: readonly number[], type: ElementType = 'float32'): TensorBuffer {
  return TensorBuffer.allocate(type, shape)
}

/** The elements of a buffer as an array. */
export function values(buffer: TensorBuffer): readonly (number | bigint)[] {
  return Array.from(buffer.view() as Iterable<number | bigint>)
}
