/** io-ts codecs of trees. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { closed, decodeOptions } from '../core/index.js'
import * as nnx from '../nnx/index.js'
import { failAt } from './arrayCodec.js'
import { fit } from './like.js'
import { inlineArrays, type Json, type TreeCodecOptions, TreeFormat, treeOptions } from './treeFormat.js'

/** Options of codecs of whole trees. */
export interface TreeLikeOptions<T> extends TreeCodecOptions {
  /**
   * A tree of the same structure, with arrays of the same shapes, dtypes and weak types, or `ShapeDtypeStruct`s in their
   * place. What is read must be like it, down to the names of fields; without it, any tree is read.
   */
  readonly like?: T
}

const likeOptions = closed(t.partial({ ...treeOptions, like: t.unknown }))
const stateOptions = closed(t.partial(treeOptions))

/** @internal What was read, if it is like the tree it must be like. */
export const checkedLike = <T>(
  validation: t.Validation<unknown>,
  { like }: TreeLikeOptions<T>,
  context: t.Context,
): t.Validation<T> => {
  if (E.isLeft(validation)) return validation
  const faults = like === undefined ? [] : fit(like, validation.right, context)
  return faults.length > 0 ? t.failures(faults) : t.success(validation.right as T)
}

/**
 * The codec of trees: arrays, keys, numbers, text and `null` in lists, objects, Maps, registered nodes and states; so
 * that of every state of Optax and of every `nnx.State`. With `like` the data must have the structure, shapes and dtypes of
 * that tree; without it, the type of the tree is the caller's word.
 *
 * @example
 * const like = optax.adam(0.1).init({ w: np.zeros([2]) })
 * const codec = io.treeCodec({ like })
 * const json = JSON.stringify(codec.encode(like))
 * io.decodeOrThrow('state.json', codec, JSON.parse(json))[0].count // => Array(0, dtype=int32)
 * const other = io.treeCodec().encode(optax.adam(0.1).init({ w: np.zeros([3]) }))
 * io.decodeOrThrow('other.json', codec, other) // throws DecodeError: other.json: 0/mu/w: requires float32[2], got float32[3]
 * const wrong = { layers: [{ $: 'array', array: { dtype: 'float33', shape: [], data: '' } }] }
 * io.decodeOrThrow('wrong.json', codec, wrong) // throws DecodeError: wrong.json: layers/0/array/dtype: requires a dtype
 */
export const treeCodec = <T = unknown>(options: TreeLikeOptions<T> = {}): t.Type<T, Json> => {
  decodeOptions('io.treeCodec', likeOptions, options)
  const format = new TreeFormat(options)
  const store = inlineArrays(options.form ?? 'base64')
  return new t.Type<T, Json, unknown>(
    'Tree',
    (u): u is T => u !== undefined,
    (u, context) => checkedLike(format.read(u, store, context), options, context),
    (value) => format.write(value, store),
  )
}

/**
 * The codec of states of models: {@link treeCodec}, for a state only.
 *
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const codec = io.stateCodec<nnx.Linear>()
 * const saved = JSON.stringify(codec.encode(nnx.state(model)))
 * const other = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(1) })
 * nnx.update(other, io.decodeOrThrow('model.json', codec, JSON.parse(saved)))
 * other.kernel.value.toString() === model.kernel.value.toString() // => true
 */
export const stateCodec = <M = unknown>(options: TreeCodecOptions = {}): t.Type<nnx.State<M>, Json> => {
  decodeOptions('io.stateCodec', stateOptions, options)
  const whole = treeCodec(options)
  return new t.Type(
    'State',
    (u): u is nnx.State<M> => nnx.isState(u),
    (u, context) => {
      const result = whole.validate(u, context)
      if (E.isLeft(result)) return result
      return nnx.isState(result.right)
        ? t.success(result.right as nnx.State<M>)
        : failAt(context, u, 'requires a state')
    },
    (state) => whole.encode(state),
  )
}
