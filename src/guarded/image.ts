/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `image`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../image/index.js'

export const image: typeof module = guarded('image', module, {
  'image.resize':
    "image: ArrayLike, shape: number[], method: 'area' | 'bicubic' | 'bicubic-pytorch' | 'bilinear' | 'cubic' | 'cubic-pytorch' | 'lanczos3' | 'lanczos5' | 'linear' | 'nearest' | 'triangle' | 'tricubic' | 'trilinear', options?: {antialias?: boolean}",
  'image.scaleAndTranslate':
    "image: ArrayLike, shape: number[], spatialDims: number[], scale: ArrayLike, translation: ArrayLike, method: 'area' | 'bicubic' | 'bicubic-pytorch' | 'bilinear' | 'cubic' | 'cubic-pytorch' | 'lanczos3' | 'lanczos5' | 'linear' | 'triangle' | 'tricubic' | 'trilinear', options?: {antialias?: boolean}",
})

/** The types of `image`. */
export declare namespace image {
  export type ResizeMethod = module.ResizeMethod
  export type ResizeOptions = module.ResizeOptions
  export type ScaleAndTranslateOptions = module.ScaleAndTranslateOptions
}
