/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `ops`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../numpy/ops.js'

export const ops: typeof module = guarded('ops', module, {
  'ops.segmentMax': 'data: ArrayLike, ids: ArrayLike, options?: {numSegments?: number}',
  'ops.segmentMin': 'data: ArrayLike, ids: ArrayLike, options?: {numSegments?: number}',
  'ops.segmentProd': 'data: ArrayLike, ids: ArrayLike, options?: {numSegments?: number}',
  'ops.segmentSum': 'data: ArrayLike, ids: ArrayLike, options?: {numSegments?: number}',
})

/** The types of `ops`. */
export declare namespace ops {
  export type SegmentOptions = module.SegmentOptions
}
