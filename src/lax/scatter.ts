/** Scatters that put, multiply, or keep the lesser or the greater. */
import {
  bind1,
  DifferentiationError,
  Linear,
  literal,
  type NDArray,
  type Primitive,
  type Shape,
  shaped,
  sizeOf,
  zero,
} from '../core/index.js'
import { add, div, mul } from './arithmetic.js'
import { convertElementType, eq, ne, select } from './compare.js'
import {
  gatherUpdated,
  type Scatter,
  scatterAddP,
  scatterFunction,
  scatterPrimitive,
  scatterWindows,
  shapeOf,
} from './gather.js'
import { areDisjoint } from './indexing.js'
import { iota } from './iota.js'
import { broadcastInDim, instantiate, range, reshape, zerosOf } from './shape.js'

/** Whether no two windows overlap: by the caller's promise, or because there is one window for each part of `x`. */
const isUnique = (operandShape: Shape, indices: NDArray, updatesShape: Shape, params: Scatter): boolean =>
  params.uniqueIndices || areDisjoint(scatterWindows(operandShape, indices.shape, updatesShape, params))

// scatter

/** A positive number for each window, in the shape of the updates. */
const windowNumbers = (updatesShape: Shape, windowDims: readonly number[]): NDArray => {
  const batch = range(updatesShape.length).filter((d) => !windowDims.includes(d))
  const batchShape = batch.map((d) => updatesShape[d]!)
  const numbers = add(iota('int32', sizeOf(batchShape)), 1)
  return broadcastInDim(reshape(numbers, batchShape), updatesShape, batch)
}

export const scatterP: Primitive<Scatter> = scatterPrimitive('scatter', 'none', {
  jvp([x, indices, updates], [tx, , tUpdates], params) {
    const write = (operand: NDArray, values: NDArray): NDArray => bind1(scatterP, [operand, indices!, values], params)
    const y = write(x!, updates!)
    if (tx === zero && tUpdates === zero) return [[y], [zero]]
    const operandTangent = instantiate(tx!, x!.aval)
    const updatesTangent = instantiate(tUpdates!, updates!.aval)
    const { shape } = updates!
    if (isUnique(x!.shape, indices!, shape, params)) return [[y], [write(operandTangent, updatesTangent)]]
    // Of windows that overlap any may win: number them, see whose number is left, and take the tangents of those.
    const numbers = windowNumbers(shape, params.dimensionNumbers.updateWindowDims)
    const winners = write(zerosOf(shaped(x!.shape, 'int32')), numbers)
    const won = eq(gatherUpdated(winners, indices!, shape, params), numbers)
    const kept = select(eq(winners, 0), 0, operandTangent)
    const put = select(won, 0, updatesTangent)
    return [[y], [bind1(scatterAddP, [kept, indices!, put], params)]]
  },
  transpose([ct], [x, indices, updates], params) {
    const starts = indices as NDArray
    const shape = shapeOf(updates!)
    if (!isUnique(shapeOf(x!), starts, shape, params)) {
      throw new DifferentiationError('scatter', 'transposes only with windows that do not overlap: pass uniqueIndices')
    }
    const of = (arg: NDArray | Linear, value: () => NDArray) =>
      arg instanceof Linear ? (ct === zero ? zero : value()) : null
    return [
      of(x!, () => bind1(scatterP, [ct as NDArray, starts, zerosOf(shaped(shape, (ct as NDArray).dtype))], params)),
      null,
      of(updates!, () => gatherUpdated(ct as NDArray, starts, shape, params)),
    ]
  },
})

/**
 * `x` with updates put in the place of its windows, one window for each index vector. Of windows that overlap any may
 * win.
 *
 * @param indices - `[...batch, components]`
 * @param updates - the batch axes with the window axes put in at `updateWindowDims`
 * @throws ShapeError, DTypeError if the dimension numbers don't fit
 * @see https://openxla.org/stablehlo/spec#scatter
 */
export const scatter = scatterFunction(scatterP)

// scatterMul

export const scatterMulP: Primitive<Scatter> = scatterPrimitive('scatter_mul', 'mul', {
  jvp([x, indices, updates], [tx, , tUpdates], params) {
    const scale = (operand: NDArray): NDArray => bind1(scatterMulP, [operand, indices!, updates!], params)
    const y = scale(x!)
    const ofOperand = tx === zero ? zero : scale(tx!)
    if (tUpdates === zero) return [[y], [ofOperand]]
    if (!isUnique(x!.shape, indices!, updates!.shape, params)) {
      throw new DifferentiationError('scatter_mul', 'has derivatives by the updates only with uniqueIndices')
    }
    const ofUpdates = mul(x!, bind1(scatterAddP, [zerosOf(x!.aval), indices!, tUpdates!], params))
    return [[y], [ofOperand === zero ? ofUpdates : add(ofOperand, ofUpdates)]]
  },
  transpose([ct], [x, indices, updates], params) {
    if (!(x instanceof Linear) || updates instanceof Linear) {
      throw new DifferentiationError('scatter_mul', 'is linear in its operand only')
    }
    return [ct === zero ? zero : bind1(scatterMulP, [ct!, indices as NDArray, updates!], params), null, null]
  },
})

/** `x` with its windows multiplied by updates; arguments as those of {@link scatter}. */
export const scatterMul = scatterFunction(scatterMulP)

// scatterMin, scatterMax

const extremum = (name: string, reduction: 'min' | 'max'): Primitive<Scatter> => {
  const primitive: Primitive<Scatter> = scatterPrimitive(name, reduction, {
    /** The operand and the updates that equal the result share its derivative. */
    jvp([x, indices, updates], [tx, , tUpdates], params) {
      const y = bind1(primitive, [x!, indices!, updates!], params)
      if (tx === zero && tUpdates === zero) return [[y], [zero]]
      const sum = (operand: NDArray, values: NDArray): NDArray =>
        bind1(scatterAddP, [operand, indices!, values], params)
      const read = (operand: NDArray): NDArray => gatherUpdated(operand, indices!, updates!.shape, params)
      const { dtype } = y
      const operandWins = convertElementType(eq(x!, y), dtype)
      const updateWins = convertElementType(eq(updates!, read(y)), dtype)
      const winners = sum(operandWins, updateWins)
      const shares = div(literal(1, dtype), select(ne(winners, 0), 1, winners))
      const kept = mul(instantiate(tx!, x!.aval), mul(operandWins, shares))
      const put = mul(instantiate(tUpdates!, updates!.aval), mul(updateWins, read(shares)))
      return [[y], [sum(kept, put)]]
    },
    transpose: () => {
      throw new DifferentiationError(name, 'is not linear: differentiate it forward before transposing')
    },
  })
  return primitive
}

export const scatterMinP = extremum('scatter_min', 'min')
export const scatterMaxP = extremum('scatter_max', 'max')

/** `x` with the lesser of its windows and updates; NaN wins. Arguments as those of {@link scatter}. */
export const scatterMin = scatterFunction(scatterMinP)
/** `x` with the greater of its windows and updates; NaN wins. Arguments as those of {@link scatter}. */
export const scatterMax = scatterFunction(scatterMaxP)
