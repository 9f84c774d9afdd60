/** Initializers whose Variables get metadata. */
import type { Initializer } from '../nn/index.js'
import { type Metadata, type VariableHooks, VariableMetadata } from './variable.js'

/**
 * An initializer that gives, with the value, metadata for the Variable that is made of it: names of axes, hooks, your own.
 *
 * @example
 * const kernelInit = nnx.withMetadata(nnx.initializers.lecunNormal(), { axes: ['in', 'out'] })
 * const linear = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0), kernelInit })
 * linear.kernel.metadata['axes'] // => ['in', 'out']
 */
export const withMetadata = (initializer: Initializer, metadata: Metadata & VariableHooks<never>): Initializer =>
  // What makes a Variable of it takes metadata for a value: to all others it is an initializer.
  ((...args: Parameters<Initializer>) =>
    new VariableMetadata<unknown>(initializer(...args), metadata as Metadata)) as unknown as Initializer
