/** Errors with fields: where requires what, got what, and the repair. */
import type * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import type { ShapedArray } from './aval.js'
import { showAval } from './showAval.js'

/** Shapes that an operation can't take. */
export class ShapeError extends TypeError {
  override readonly name = 'ShapeError'
  constructor(
    readonly primitive: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${primitive} requires ${expected}, got ${got}`)
  }
}

/** A dtype that an operation can't take. */
export class DTypeError extends TypeError {
  override readonly name = 'DTypeError'
  constructor(
    readonly primitive: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${primitive} requires ${expected}, got ${got}`)
  }
}

/** An argument that is neither an array nor a number where one is needed, or an option outside of its range. */
export class ArgumentError extends TypeError {
  override readonly name = 'ArgumentError'
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(`${where} requires ${expected}, got ${got}`)
  }
}

/**
 * The value of an array was asked for while a function is being traced, when only its shape and dtype are known.
 *
 * Inside `jit`, `grad` or `vmap` arrays are tracers: `x.item()`, `x.toArray()` or `if (x)` can't work on them.
 * Mark the argument static (`jit(f, { staticArgnums: [1] })`), use `np.where` or `lax.cond` in the place of `if`,
 * or return the value and read it outside.
 */
export class ConcretizationError extends TypeError {
  override readonly name = 'ConcretizationError'
  constructor(
    readonly aval: ShapedArray,
    readonly operation: string,
    readonly origin: string,
  ) {
    super(
      `${operation} requires a concrete array, got a traced ${showAval(aval)} (${origin}). ` +
        `Its value isn't known while the function is traced: make the argument static (staticArgnums), ` +
        `use np.where or lax.cond in the place of a branch, or return the array and read it outside of the function.`,
    )
  }
}

/** A tracer was kept and used after the transformation that made it had ended. */
export class EscapedTracerError extends ReferenceError {
  override readonly name = 'EscapedTracerError'
  constructor(
    readonly aval: ShapedArray,
    readonly operation: string,
    readonly origin: string,
  ) {
    super(
      `${operation} requires arrays of its own trace, got a traced ${showAval(aval)} (${origin}) whose transformation has ended. ` +
        `Return the value from the transformed function; don't store it in an outer variable.`,
    )
  }
}

/** A value outlives the transformation that it was traced by, and the setting `checkTracerLeaks` forbids it. */
export class LeakedTracerError extends Error {
  override readonly name = 'LeakedTracerError'
  constructor(readonly transform: string) {
    super(
      `${transform} requires a function that keeps no traced value, got one whose value is still held when it has ended. ` +
        `Return the value; don't store it in an outer variable, a closure or an object from outside.`,
    )
  }
}

/** A random key was used a second time, and the setting `debugKeyReuse` forbids it. */
export class KeyReuseError extends Error {
  override readonly name = 'KeyReuseError'
  constructor(
    /** The second use. */
    readonly where: string,
    /** The first. */
    readonly usedBy: string,
  ) {
    super(
      `${where} requires a key that is not used yet, got one used by ${usedBy}: both draw the same numbers. ` +
        `Make keys with random.split or random.foldIn, one for each use, or use random.clone where that is wanted.`,
    )
  }
}

/** A transformed function returned a Promise: traces are dynamic scopes, so it must be synchronous. */
export class AsyncFunctionError extends TypeError {
  override readonly name = 'AsyncFunctionError'
  constructor(readonly transform: string) {
    super(
      `${transform} requires a synchronous function, got one that returned a Promise. ` +
        `Await the data first and pass it as an argument.`,
    )
  }
}

/** A collective over an axis that no `vmap` around it has named. */
export class UnboundAxisError extends ReferenceError {
  override readonly name = 'UnboundAxisError'
  constructor(
    readonly where: string,
    readonly axisName: string,
    readonly known: readonly string[],
  ) {
    super(
      `${where} requires an axis that a vmap around it has named, got '${axisName}' ` +
        `(${known.length === 0 ? 'no axis is named here' : `named here: ${known.join(', ')}`}). ` +
        `Name it: vmap(f, { axisName: '${axisName}' }).`,
    )
  }
}

/** A Variable was written from a trace other than the one that made it. */
export class TraceLevelError extends Error {
  override readonly name = 'TraceLevelError'
  constructor(readonly what: string) {
    super(
      `Cannot mutate ${what} from a different trace level: it was made outside of the transformation that is running. ` +
        `Pass the module as an argument of the nnx transformation (nnx.jit, nnx.grad, …), or return the new value.`,
    )
  }
}

/** A donated array was used again. */
export class DeletedArrayError extends Error {
  override readonly name = 'DeletedArrayError'
  constructor(
    readonly aval: ShapedArray,
    readonly deletedBy: string,
  ) {
    super(
      `The array ${showAval(aval)} was donated to ${deletedBy} and its memory reused. ` +
        `Use that call's result, or leave this argument out of donateArgnums.`,
    )
  }
}

/** A result is NaN or infinite, and the setting `debugNans` or `debugInfs` forbids it. */
export class FloatingPointError extends Error {
  override readonly name = 'FloatingPointError'
  constructor(
    /** The primitive, or the function where none of its primitives alone does it. */
    readonly operation: string,
    readonly value: 'NaN' | 'Infinity',
    readonly aval: ShapedArray,
  ) {
    const setting = value === 'NaN' ? 'debugNans' : 'debugInfs'
    super(
      `${operation} gave ${value} in a result ${showAval(aval)}, which config.update('${setting}', true) forbids. ` +
        `Look at its arguments, or turn the setting off.`,
    )
  }
}

/** ONNX has no such operation for this dtype or opset. */
export class LoweringError extends Error {
  override readonly name = 'LoweringError'
  constructor(
    readonly primitive: string,
    readonly reason: string,
    readonly avals: readonly ShapedArray[] = [],
  ) {
    super(
      `${primitive} can't be lowered to ONNX: ${reason}${avals.length > 0 ? ` (${avals.map(showAval).join(', ')})` : ''}`,
    )
  }
}

/** A derivative that does not exist, said by the primitive's own rule. */
export class DifferentiationError extends TypeError {
  override readonly name = 'DifferentiationError'
  constructor(
    readonly primitive: string,
    readonly reason: string,
  ) {
    super(`${primitive}: ${reason}`)
  }
}

const maxReported = 20

const reported = (errors: t.Errors): string => {
  const first = errors.slice(0, maxReported)
  const texts = first.every((e) => e.message !== undefined)
    ? first.map((e) => e.message)
    : PathReporter.report({ _tag: 'Left', left: first })
  return errors.length > maxReported ? `${texts.join('; ')}; and ${errors.length - maxReported} more` : texts.join('; ')
}

/** Options that are unknown or out of range. */
export class OptionsError extends TypeError {
  override readonly name = 'OptionsError'
  constructor(
    readonly where: string,
    readonly errors: t.Errors,
  ) {
    super(`${where}: ${reported(errors)}`)
  }
}

/** Saved or foreign data that does not decode; `errors` hold the path of each fault. */
export class DecodeError extends TypeError {
  override readonly name = 'DecodeError'
  constructor(
    readonly source: string,
    readonly errors: t.Errors,
  ) {
    super(`${source}: ${reported(errors)}`)
  }
}
