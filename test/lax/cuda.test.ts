/** What every primitive is lowered to for CUDA: only nodes that have kernels there, and the same numbers. */
import test from 'ava'
import * as onnax from '../../src/index.js'
import { primitiveCases, type PrimitiveCase } from '../../bench/gpu/primitives.js'
import { type ConcreteArray, type DType, stage, viewOf } from '../../src/core/index.js'
import { elementTypes } from '../../src/onnx/index.js'
import { TensorBuffer } from '../../src/runtime/buffer.js'
import { nodesWithoutCudaKernel } from '../../src/runtime/devices/kernelCheck.js'
import { Session } from '../../src/runtime/session.js'
import { lower } from '../../src/transforms/index.js'
import { allClose } from '../helpers/arrays.js'

const { jit, makeJaxpr, NDArray } = onnax
type NDArray = onnax.NDArray

const cases = primitiveCases(onnax)

/** What has no kernels on CUDA, and why it stays so. */
const withoutKernels: readonly (readonly [name: RegExp, dtype: RegExp, reason: string])[] = [
  [/^(bitcast|nextafter|reducePrecision)$/, /^float/, 'the bits of a float can be had by BitCast only'],
  [/^scatter (add|mul|min|max)$/, /^uint64$/, 'scattered reductions have no wider dtype to run in'],
]

const isExcused = (name: string, dtype: DType): boolean =>
  withoutKernels.some(([n, d]) => n.test(name) && d.test(dtype))

/** The nodes without kernels, or why the program cannot be lowered. */
const faults = ({ f, args }: PrimitiveCase, dtype: DType): readonly string[] => {
  const jaxpr = makeJaxpr(f as (...xs: NDArray[]) => NDArray)(...args(dtype))
  try {
    return nodesWithoutCudaKernel(lower(jaxpr, 'cuda').graph.toModel()).map((n) => `${n.operator}(${n.types.join()})`)
  } catch (error) {
    return [String(error)]
  }
}

for (const dtype of elementTypes)
  test(`${dtype}: every primitive has kernels on CUDA, or is listed`, (t) => {
    const found = cases.filter((c) => c.dtypes.includes(dtype)).map((c) => ({ name: c.name, faults: faults(c, dtype) }))
    const faulty = found.filter((c) => c.faults.length > 0)
    t.deepEqual(
      faulty.filter(({ name }) => !isExcused(name, dtype)),
      [],
    )
    // The list holds nothing that works.
    const working = found.filter(({ name, faults: none }) => none.length === 0 && isExcused(name, dtype))
    t.deepEqual(working, [])
  })

/** All results of the cases for one dtype, in one program. */
const together = (dtype: DType): readonly [(...xs: readonly NDArray[]) => readonly NDArray[], readonly NDArray[]] => {
  // The CPU has no sums along an axis for unsigned integers.
  const isForBoth = ({ name }: PrimitiveCase): boolean => name !== 'cumsum' || !dtype.startsWith('u')
  const chosen = cases.filter((c) => c.dtypes.includes(dtype) && !isExcused(c.name, dtype) && isForBoth(c))
  const args = chosen.map((c) => c.args(dtype))
  const f = (...xs: readonly NDArray[]): readonly NDArray[] => {
    let next = 0
    return chosen.flatMap((c, i) => {
      const result = c.f(...xs.slice(next, (next += args[i]!.length)))
      return result instanceof NDArray ? [result] : result
    })
  }
  return [f, args.flat()]
}

for (const dtype of ['float32', 'int8', 'int32', 'int64', 'uint8', 'uint32', 'uint64', 'bool'] as const)
  test(`${dtype}: the nodes for CUDA compute what those for the CPU do`, (t) => {
    const [f, args] = together(dtype)
    const expected = jit(f)(...args)
    const { jaxpr, consts } = stage((...xs) => f(...xs), args.map((x) => x.aval)) // prettier-ignore
    const { graph, inputs, inputNames, outputNames } = lower(jaxpr, 'cuda')
    const session = new Session(graph.encode(), { inputs: inputNames, outputs: outputNames, optimize: 'none' })
    const results = jaxpr.avalsOut.map((aval) => TensorBuffer.allocate(aval.dtype, aval.shape))
    const given = [...consts, ...args]
    const buffers = inputs.map((i) => {
      const x = given[i] as ConcreteArray
      return TensorBuffer.from(x.dtype, x.shape, viewOf(x.dtype, x.storage.read()))
    })
    session.run(buffers, results)
    session.release()
    results.forEach((result, i) => {
      const { dtype: type } = jaxpr.avalsOut[i]!
      const got = Array.from(viewOf(type, result.read()) as Iterable<number | bigint>, Number)
      if (type === 'float32') allClose(t, got, expected[i]!, { rtol: 1e-5 }, `result ${i}`)
      else if (!['float16', 'bfloat16'].includes(type)) {
        t.deepEqual(got, Array.from(expected[i]!.data() as Iterable<number | bigint>, Number), `result ${i}`)
      }
    })
  })

test('products, sums and products over axes of integers wrap as on the CPU', (t) => {
  for (const dtype of ['int32', 'uint32', 'int64', 'uint64', 'int16', 'int8'] as const) {
    const big = onnax.lax.iota(dtype, 12).add(7).mul(0x5a5a5a5).reshape([3, 4])
    const f = (x: NDArray): readonly NDArray[] => [
      onnax.np.matmul(x, x.T),
      onnax.lax.reduceSum(x, [1]),
      onnax.lax.reduceSum(x, [0, 1]),
      onnax.np.prod(x, { axis: 0 }),
      onnax.np.max(x),
      onnax.np.argmin(x, { axis: 0 }),
      onnax.np.argmax(x.add(onnax.lax.iota(dtype, 4))),
      onnax.np.min(x, { axis: 1 }),
      onnax.lax.not(x),
      onnax.lax.shiftRightArithmetic(x, onnax.lax.iota(dtype, 4)),
      onnax.lax.shiftLeft(x, onnax.lax.iota(dtype, 4).mul(20)),
      onnax.lax.populationCount(x),
      onnax.lax.clz(x),
    ]
    const expected = jit(f)(big)
    const wrap = (v: bigint): bigint => (dtype.startsWith('u') ? BigInt.asUintN(bits, v) : BigInt.asIntN(bits, v))
    const bits = expected[3]!.dtype === dtype ? Number(/\d+/.exec(dtype)![0]) : 32
    const flat = Array.from(big.data() as Iterable<number | bigint>, BigInt)
    const columns = [0, 1, 2, 3].map((i) => wrap(flat[i]! * flat[i + 4]! * flat[i + 8]!))
    t.deepEqual(Array.from(expected[3]!.data() as Iterable<number | bigint>, BigInt), columns)
    const { graph, inputNames, outputNames } = lower(makeJaxpr(f)(big), 'cuda')
    const session = new Session(graph.encode(), { inputs: inputNames, outputs: outputNames, optimize: 'none' })
    const results = expected.map((y) => TensorBuffer.allocate(y.dtype, y.shape))
    session.run([TensorBuffer.from(dtype, big.shape, big.data())], results)
    session.release()
    results.forEach((result, i) => {
      t.deepEqual(viewOf(expected[i]!.dtype, result.read()), expected[i]!.data(), `${dtype}, result ${i}`)
    })
  }
})
