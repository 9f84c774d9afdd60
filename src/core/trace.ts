/** Traces without a stack: one is current, saved and restored around every rule. */
import type { ConcreteArray } from './array.js'
import { NDArray, Tracer } from './array.js'
import { backend } from './backend.js'
import { ArgumentError, EscapedTracerError } from './errors.js'
import type { Primitive } from './primitive.js'
import { kindOf } from './signature.js'

/** An interpreter of operations. */
export interface Trace {
  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[]
}

const concrete = (primitive: Primitive, args: readonly NDArray[]): readonly ConcreteArray[] => {
  for (const x of args) if (x instanceof Tracer) throw new EscapedTracerError(x.aval, primitive.name, x.origin)
  return args as readonly ConcreteArray[]
}

/** The bottom interpreter: evaluates at once. */
export const evalTrace: Trace = {
  process(primitive, args, params) {
    const values = concrete(primitive, args)
    return primitive.evaluate !== undefined
      ? primitive.evaluate(values, params)
      : backend().evaluate(primitive, values, params)
  },
}

let current: Trace = evalTrace

/** The interpreter that processes operations now. */
export const currentTrace = (): Trace => current

/** Run `f` with another interpreter. */
export const withTrace = <T>(trace: Trace, f: () => T): T => {
  const saved = current
  current = trace
  try {
    return f()
  } finally {
    current = saved
  }
}

/** Untyped callers may hand anything: for what reads fields of arrays before it binds. @throws ArgumentError */
export const requireArrays = (where: string, args: readonly unknown[]): void => {
  for (const x of args) {
    if (!(x instanceof NDArray))
      throw new ArgumentError(where, 'arrays', `${kindOf(x)}; make an array of it with np.array`)
  }
}

/** As {@link requireArrays}, for lists of sizes, axes and arrays. @throws ArgumentError */
export const requireLists = (where: string, args: readonly unknown[]): void => {
  for (const x of args) if (!Array.isArray(x)) throw new ArgumentError(where, 'lists', kindOf(x))
}

/** As {@link requireArrays}, for a function. @throws ArgumentError */
export const requireFunction = (where: string, f: unknown): void => {
  if (typeof f !== 'function') throw new ArgumentError(where, 'a function', `${kindOf(f)}; pass the function itself`)
}

/** Apply an operation under the current interpreter. @throws ArgumentError if an argument is no array */
export const bind = <P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] => {
  requireArrays(primitive.name, args)
  return current.process(primitive, args, params)
}

/** {@link bind} for operations of one output. */
export const bind1 = <P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): NDArray =>
  bind(primitive, args, params)[0]!
