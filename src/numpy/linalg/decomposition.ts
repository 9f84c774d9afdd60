/** What decompositions share: primitives whose program is a loop of other operations, over leading batch axes. */
import {
  DifferentiationError,
  DTypeError,
  isFloat,
  type Jaxpr,
  LoweringError,
  type NDArray,
  type Primitive,
  type Shape,
  ShapeError,
  type ShapedArray,
  shaped,
  showAval,
  stage,
  bind,
} from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { vmap } from '../../transforms/index.js'

/** Shapes of the results for a matrix `[n, m]`. */
type Outputs<P> = (n: number, m: number, params: P) => readonly Shape[]

interface Decomposition<P> {
  readonly name: string
  readonly isSquare: boolean
  readonly outputs: Outputs<P>
  /** Positions of results that are int32. */
  readonly integers?: readonly number[]
  /** The results of one matrix. */
  readonly run: (x: NDArray, params: P) => readonly NDArray[]
  readonly jvp: Primitive<P>['jvp']
}

/** Matrices along the leading axes one after the other, as one program. */
export const overBatch = (
  f: (...xs: NDArray[]) => readonly NDArray[],
  xs: readonly NDArray[],
  lead: Shape,
): readonly NDArray[] => {
  if (lead.length === 0) return f(...xs)
  const count = lead.reduce((a, b) => a * b, 1)
  const flat = xs.map((x) => lax.reshape(x, [count, ...x.shape.slice(lead.length)]))
  const results = vmap((...ys: NDArray[]) => f(...ys))(...flat)
  return results.map((y) => lax.reshape(y, [...lead, ...y.shape.slice(1)]))
}

/** Half precision is computed in single precision. */
const inCarrier = (f: (...xs: NDArray[]) => readonly NDArray[], xs: readonly NDArray[]): readonly NDArray[] => {
  const { dtype } = xs[0]!
  if (dtype === 'float32' || dtype === 'float64') return f(...xs)
  return f(...xs.map((x) => lax.convertElementType(x, 'float32'))).map((y) =>
    isFloat(y.dtype) ? lax.convertElementType(y, dtype) : y,
  )
}

/** The program of an operation on matrices `[...lead, n, m]`. */
export const program = (
  name: string,
  run: (...xs: NDArray[]) => readonly NDArray[],
  avals: readonly ShapedArray[],
): Jaxpr => {
  const lead = avals[0]!.shape.slice(0, -2)
  const { jaxpr, consts } = stage((...xs) => inCarrier((...ys) => overBatch(run, ys, lead), xs), avals)
  if (consts.length > 0) throw new LoweringError(name, 'its program closes over arrays', avals)
  return jaxpr
}

/** A floating point matrix, or several. @throws ShapeError, DTypeError */
export const checkMatrix = (name: string, x: ShapedArray, isSquare: boolean): readonly [number, number] => {
  const [n, m] = x.shape.slice(-2)
  if (n === undefined || m === undefined || (isSquare && n !== m)) {
    throw new ShapeError(name, `a ${isSquare ? 'square ' : ''}matrix, or several`, showAval(x))
  }
  if (!isFloat(x.dtype)) throw new DTypeError(name, 'a floating point matrix', showAval(x))
  return [n, m]
}

/** A primitive of one matrix argument. Leading axes are a batch. */
export const decomposition = <P>(spec: Decomposition<P>): Primitive<P> => {
  const { name, isSquare, outputs, integers = [], run, jvp } = spec
  const primitive: Primitive<P> = {
    name,
    abstractEval([x], params) {
      const [n, m] = checkMatrix(name, x!, isSquare)
      const lead = x!.shape.slice(0, -2)
      return outputs(n, m, params).map((shape, i) =>
        shaped([...lead, ...shape], integers.includes(i) ? 'int32' : x!.dtype),
      )
    },
    jvp,
    transpose: () => {
      throw new DifferentiationError(name, 'is not linear: differentiate it forward before transposing')
    },
    batch([x], [axis], params) {
      const results = bind(primitive, [lax.moveToFront(x!, axis!)], params)
      return [results, results.map(() => 0)]
    },
    lower({ inline, avalsIn }, inputs, params) {
      return inline(
        program(name, (x) => run(x, params), avalsIn),
        inputs,
      )
    },
  }
  return primitive
}
