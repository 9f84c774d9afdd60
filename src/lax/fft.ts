/** The discrete Fourier transform, of complex numbers as two arrays. */
import {
  bind,
  DTypeError,
  isFloat,
  Linear,
  type NDArray,
  type Primitive,
  ShapeError,
  showAval,
  sizeOf,
  type Tangent,
  withShape,
  zero,
} from '../core/index.js'
import { alignBatch } from './elementwise.js'
import { castTo } from './kernels.js'
import { broadcastTo, full } from './shape.js'

const instantiated = (t: Tangent, like: NDArray | Linear): NDArray =>
  t === zero ? full(like.aval.shape, 0, like.aval.dtype) : t

export const fftP: Primitive<null> = {
  name: 'fft',
  abstractEval([real, imag]) {
    const [a, b] = [real!, imag!]
    if (a.shape.join() !== b.shape.join() || a.dtype !== b.dtype || a.shape.length === 0 || a.shape.at(-1) === 0) {
      throw new ShapeError('fft', 'parts of one shape and dtype, with elements along the last axis', `${showAval(a)} and ${showAval(b)}`) // prettier-ignore
    }
    if (!isFloat(a.dtype)) throw new DTypeError('fft', 'floating point arrays', showAval(a))
    return [withShape(a, a.shape), withShape(a, a.shape)]
  },
  jvp(primals, tangents) {
    const [a, b] = tangents.map((t, i) => instantiated(t, primals[i]!))
    return [bind(fftP, primals, null), bind(fftP, [a!, b!], null)]
  },
  // The matrix of the transform is symmetric; that of its real form transposed is the conjugate's.
  transpose(cts, args) {
    const linear = args.find((x) => x instanceof Linear)!
    const [a, b] = cts.map((ct) => instantiated(ct, linear))
    const [imag, real] = bind(fftP, [b!, a!], null)
    return [real!, imag!].map((ct, i) => (args[i] instanceof Linear ? ct : null))
  },
  batch(args, axes, _params, size) {
    const fronts = alignBatch(args, axes).map((x, i) => (axes[i] === null ? broadcastTo(x, [size, ...x.shape]) : x))
    return [bind(fftP, fronts, null), [0, 0]]
  },
  lower(context, [real, imag]) {
    const { graph, avalsIn } = context
    const { shape, dtype } = avalsIn[0]!
    const n = shape.at(-1)!
    if (sizeOf(shape) === 0) return [real!, imag!]
    // Other lengths go through a convolution, which loses digits in single precision.
    const carrier = dtype === 'float64' || (n & (n - 1)) !== 0 ? 'float64' : 'float32'
    const parts = [real!, imag!].map((x) =>
      graph.op('Reshape', [castTo(context, x, dtype, carrier), graph.constant('int64', [3], [-1, n, 1])]),
    )
    const transformed = graph.op('DFT', [graph.op('Concat', parts, { axis: 2 })], { axis: 1, inverse: 0, onesided: 0 })
    const part = (i: 0 | 1) => {
      const picked = graph.op('Gather', [transformed, graph.constant('int64', [], [i])], { axis: 2 })
      const shaped = graph.op('Reshape', [picked, graph.constant('int64', [shape.length], shape)])
      return castTo(context, shaped, carrier, dtype)
    }
    return [part(0), part(1)]
  },
}

/**
 * The discrete Fourier transform along the last axis, of complex numbers as real and imaginary parts.
 *
 * The inverse, n times as great, is that of the parts exchanged, exchanged.
 * @throws ShapeError, DTypeError
 */
export const fft = (real: NDArray, imag: NDArray): readonly [real: NDArray, imag: NDArray] => {
  const [a, b] = bind(fftP, [real, imag], null)
  return [a!, b!]
}
