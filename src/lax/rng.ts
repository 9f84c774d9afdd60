/** Threefry-2x32, the counter-based generator of JAX's keys. */
import {
  bind,
  DTypeError,
  type LowerContext,
  type NDArray,
  type Primitive,
  shaped,
  showAval,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { alignBatch } from './elementwise.js'
import { broadcastShapes } from './shape.js'

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

/** Nodes of 20 rounds on uint32; kernels of the CPU. */
const lowerBits = ({ graph }: LowerContext, inputs: readonly OnnxValue[]): readonly [OnnxValue, OnnxValue] => {
  const word = (n: number): OnnxValue => graph.scalar('uint32', n)
  const add = (a: OnnxValue, b: OnnxValue): OnnxValue => graph.op('Add', [a, b])
  const xor = (a: OnnxValue, b: OnnxValue): OnnxValue => graph.op('BitwiseXor', [a, b])
  const rotateLeft = (x: OnnxValue, n: number): OnnxValue =>
    graph.op('BitwiseOr', [
      graph.op('BitShift', [x, word(n)], { direction: 'LEFT' }),
      graph.op('BitShift', [x, word(32 - n)], { direction: 'RIGHT' }),
    ])
  return rounds(inputs, { word, add, xor, rotateLeft })
}

/** The same on kernels that the CUDA provider has: products for shifts, and a table of bytes for exclusive or. */
const lowerArithmetic = ({ graph }: LowerContext, inputs: readonly OnnxValue[]): readonly [OnnxValue, OnnxValue] => {
  const word = (n: number): OnnxValue => graph.scalar('uint32', n)
  const op = (name: string, a: OnnxValue, b: OnnxValue): OnnxValue => graph.op(name, [a, b])
  const table = graph.constant(
    'uint32',
    [65536],
    Uint32Array.from({ length: 65536 }, (_, i) => (i >> 8) ^ (i & 255)),
  )
  const byte = (x: OnnxValue, i: number): OnnxValue =>
    op('Mod', i === 0 ? x : op('Div', x, word(2 ** (8 * i))), word(256))
  const xor = (a: OnnxValue, b: OnnxValue): OnnxValue =>
    [0, 1, 2, 3]
      .map((i) => {
        const index = graph.op('Cast', [op('Add', op('Mul', byte(a, i), word(256)), byte(b, i))], { to: 7 })
        return op('Mul', graph.op('Gather', [table, index]), word(2 ** (8 * i)))
      })
      .reduce((a, b) => op('Add', a, b))
  const rotateLeft = (x: OnnxValue, n: number): OnnxValue =>
    op('Add', op('Mul', x, word(2 ** n)), op('Div', x, word(2 ** (32 - n))))
  return rounds(inputs, { word, add: (a, b) => op('Add', a, b), xor, rotateLeft })
}

interface Words {
  word(n: number): OnnxValue
  add(a: OnnxValue, b: OnnxValue): OnnxValue
  xor(a: OnnxValue, b: OnnxValue): OnnxValue
  rotateLeft(x: OnnxValue, n: number): OnnxValue
}

const rounds = ([k0, k1, c0, c1]: readonly OnnxValue[], m: Words): readonly [OnnxValue, OnnxValue] => {
  const keys = [k0!, k1!, m.xor(m.xor(k0!, k1!), m.word(0x1bd11bda))] as const
  let x0 = m.add(c0!, keys[0])
  let x1 = m.add(c1!, keys[1])
  for (let group = 0; group < 5; group++) {
    for (const n of rotations[group % 2]!) {
      x0 = m.add(x0, x1)
      x1 = m.xor(m.rotateLeft(x1, n), x0)
    }
    x0 = m.add(x0, keys[(group + 1) % 3]!)
    x1 = m.add(x1, m.add(keys[(group + 2) % 3]!, m.word(group + 1)))
  }
  return [x0, x1]
}

export const threefry2x32P: Primitive<null> = {
  name: 'threefry2x32',
  abstractEval(avals) {
    if (avals.some((a) => a.dtype !== 'uint32')) {
      throw new DTypeError('threefry2x32', 'uint32 keys and counters', avals.map(showAval).join(', '))
    }
    const aval = shaped(
      broadcastShapes(
        'threefry2x32',
        avals.map((a) => a.shape),
      ),
      'uint32',
    )
    return [aval, aval]
  },
  jvp: (primals) => [bind(threefry2x32P, primals, null), [zero, zero]],
  transpose: (_cts, args) => args.map(() => null),
  batch: (args, axes) => [bind(threefry2x32P, alignBatch(args, axes), null), [0, 0]],
  lower: (context, inputs) => (context.device.startsWith('cuda') ? lowerArithmetic : lowerBits)(context, inputs),
}

/**
 * Two words of random bits for each key and counter; all uint32, broadcast together.
 *
 * @see Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011
 */
export const threefry2x32 = (k0: NDArray, k1: NDArray, c0: NDArray, c1: NDArray): readonly [NDArray, NDArray] => {
  const [x0, x1] = bind(threefry2x32P, [k0, k1, c0, c1], null)
  return [x0!, x1!]
}
