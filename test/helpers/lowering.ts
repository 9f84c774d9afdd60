/** What programs are lowered to, and runs of graphs made for another device. */
import { makeJaxpr, type NDArray } from '../../src/index.js'
import { TensorBuffer } from '../../src/runtime/buffer.js'
import { Session } from '../../src/runtime/session.js'
import { lower } from '../../src/transforms/index.js'
import { viewOf } from '../../src/core/index.js'

type F = (...xs: NDArray[]) => NDArray

/** The ONNX operators of a function, in order, without Identity. */
export const operators = (f: F, xs: readonly NDArray[], device = 'cpu'): readonly string[] => {
  const { graph } = lower(makeJaxpr(f)(...xs), device)
  return (graph.toProto().node ?? []).map((node) => node.opType).filter((op) => op !== 'Identity')
}

/** Elements of the result of a graph that was lowered for `device`, run on the CPU. */
export const runLoweredFor = (device: string, f: F, xs: readonly NDArray[]): number[] => {
  const jaxpr = makeJaxpr(f)(...xs)
  const { graph, inputs, inputNames, outputNames } = lower(jaxpr, device)
  const session = new Session(graph.encode(), { inputs: inputNames, outputs: outputNames, optimize: 'none' })
  const buffer = (x: NDArray): TensorBuffer => TensorBuffer.from(x.dtype, x.shape, x.data())
  const [out] = jaxpr.avalsOut
  const result = TensorBuffer.allocate(out!.dtype, out!.shape)
  session.run(
    inputs.map((i) => buffer(xs[i]!)),
    [result],
  )
  const values = Array.from(viewOf(out!.dtype, result.read()) as Iterable<number | bigint>, Number)
  session.release()
  return values
}
