/** What samplers with parameters share: checks, conversion of the parameters, one program for a shape and a dtype. */
import {
  type DType,
  DTypeError,
  isFloat,
  NDArray,
  promoteTypes,
  type Shape,
  showAval,
  checkOptions,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import type { ArrayLike } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedParameter, parameter, shapeWith } from './arguments.js'
import { checkedSample, type SampleOptions } from './continuous.js'
import type { PRNGKey } from './key.js'

/** The samples, in a program, for arrays of the dtype that broadcast to the shape. */
export type SamplerBody = (k: PRNGKey, shape: Shape, dtype: DType, ...parameters: readonly NDArray[]) => NDArray

/** A sampler with parameters; the default shape is what they broadcast to. */
export type Sampler<P extends readonly (ArrayLike | undefined)[]> = (
  key: PRNGKey,
  ...rest: readonly [...parameters: P, shape?: Shape | null, options?: SampleOptions]
) => NDArray

export interface ParametricOptions {
  /** Parameters that may be left out. */
  readonly defaults?: readonly number[]
  /** Whether floating parameters of greater precision than the samples are refused, as JAX does for most samplers. */
  readonly safe?: boolean
}

/** A sampler from the body of its program: one program for a shape and a dtype, whatever the parameters are. */
export const parametric = <P extends readonly (ArrayLike | undefined)[]>(
  name: string,
  body: SamplerBody,
  { defaults = [], safe = true }: ParametricOptions = {},
): Sampler<P> => {
  const where = `random.${name}`
  const count = body.length - 3
  const named = {
    [name]: (k: PRNGKey, shape: Shape, dtype: DType, ...parameters: readonly NDArray[]): NDArray =>
      body(k, shape, dtype, ...parameters.map((x) => lax.convertElementType(x, dtype))),
  }[name]!
  const program = jit(named, { staticArgnums: [1, 2] })
  return (key, ...rest) => {
    const given: readonly unknown[] = rest
    const parameters = Array.from({ length: count }, (_, i) => checkedParameter(where, given[i] ?? defaults[i]))
    const [shape = null, options = {}] = given.slice(count) as unknown as readonly [
      shape?: Shape | null,
      options?: SampleOptions,
    ]
    checkOptions(where, options, ['dtype'])
    const { dtype = 'float32' } = options
    const sample = checkedSample(where, key, shapeWith(where, shape, parameters), dtype)
    if (safe) parameters.forEach((x) => checkPrecision(where, x, dtype))
    return program(...sample, ...parameters.map((x) => parameter(x, dtype)))
  }
}

/** @throws DTypeError if samples of the dtype can't hold a parameter's precision */
const checkPrecision = (where: string, x: ArrayLike, dtype: DType): void => {
  if (!(x instanceof NDArray) || x.weakType || !isFloat(x.dtype)) return
  const both = promoteTypes(x.aval, { dtype, weakType: false }).dtype
  if (both === dtype) return
  throw new DTypeError(where, `parameters that ${dtype} holds, or the option dtype: '${both}'`, showAval(x.aval))
}
