/**
 * Blocks of features, the layout of ONNX Runtime's own kernels for convolutions and pools on CPUs, which it uses by itself only where kernels are
 * constants: [batch, features / block, ...spatial, block] in memory, of the shape [batch, features, ...spatial].
 */
import { backend, isOn, type LowerContext, type Shape } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import type { GraphArray } from './graphArray.js'

const domain = 'com.microsoft.nchwc'

/** Where the features of an array lie: after the batch, or after the spatial axes. */
export type FeatureAxis = 'second' | 'last'

/** Features of a block; 1 where the device, or the processor, has no such kernels. */
export const blockOf = (context: LowerContext): number =>
  context.device === 'cpu' && isOn('blocks') ? backend().channelBlock : 1

type BlockNode = 'Conv' | 'AveragePool' | 'ReorderInput' | 'ReorderOutput'
type BlockAttributes = Readonly<Record<string, number | string | readonly number[]>>

/** A node of these kernels; the shape is [batch, features, ...spatial] except that of ReorderOutput. */
export const blockNode = (
  x: GraphArray,
  name: BlockNode,
  others: readonly GraphArray[],
  shape: Shape,
  attributes: BlockAttributes,
): GraphArray => x.op(name, others, shape, { attributes, domain, rule: `nchwc.${name}` })

interface Blocked {
  readonly blocked: GraphArray
  readonly features: FeatureAxis
}

/** What arrays were made of: nobody needs to put them into blocks again. */
const origins = new WeakMap<OnnxValue, Blocked>()

const flag = (features: FeatureAxis): BlockAttributes => (features === 'last' ? { channels_last: 1 } : {})

/** An array of two spatial axes in blocks; whole ones. */
export const toBlocks = (x: GraphArray, features: FeatureAxis): GraphArray => {
  const origin = origins.get(x.value)
  if (origin?.features === features) return origin.blocked
  const [batch, a, b, c] = x.shape as [number, number, number, number]
  return blockNode(x, 'ReorderInput', [], features === 'last' ? [batch, c, a, b] : x.shape, flag(features))
}

/** The array of what lies in blocks. */
export const fromBlocks = (blocked: GraphArray, features: FeatureAxis): GraphArray => {
  const [batch, count, ...spatial] = blocked.shape as [number, number, number, number]
  const shape = features === 'last' ? [batch, ...spatial, count] : blocked.shape
  const x = blockNode(blocked, 'ReorderOutput', [], shape, { channels: count, ...flag(features) })
  origins.set(x.value, { blocked, features })
  return x
}
