/** How many elements and bytes values have. */
import { bitWidth, NDArray, shaped, type ShapedArray, sizeOf } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { PRNGKey } from '../random/index.js'
import { ShapeDtypeStruct } from '../transforms/index.js'

/** @internal Number of elements, and of bytes. */
export type Size = readonly [elements: number, bytes: number]

/** @internal Shape and dtype of an array, or of what stands for one; `null` for anything else. */
export const avalOf = (x: unknown): ShapedArray | null =>
  x instanceof NDArray ? x.aval : x instanceof ShapeDtypeStruct ? shaped(x.shape, x.dtype) : null

/** Of a key of two words. */
const keyBytes = 8

const sizeOfLeaf = (x: unknown): Size => {
  if (x instanceof PRNGKey) return [sizeOf(x.shape), keyBytes * sizeOf(x.shape)]
  const aval = avalOf(x)
  if (aval === null) return [0, 0]
  const n = sizeOf(aval.shape)
  return [n, (n * bitWidth(aval.dtype)) / 8]
}

/** @internal */
export const addSizes = ([a, b]: Size, [c, d]: Size): Size => [a + c, b + d]

/** @internal Of all arrays in values, which may be trees of them. */
export const sizeOfValues = (values: readonly unknown[]): Size =>
  values
    .flatMap((value) => tree.leaves(value, { isLeaf: (x: unknown) => x instanceof PRNGKey }) as readonly unknown[])
    .map(sizeOfLeaf)
    .reduce(addSizes, [0, 0])

/** @internal A number with its digits in groups of three. */
export const grouped = (n: number): string => n.toLocaleString('en-US')

const bytesText = (bytes: number): string => {
  for (const [unit, name] of [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'KB']] as const) // prettier-ignore
    if (bytes > unit) return `${(bytes / unit).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${name}` // prettier-ignore
  return `${grouped(bytes)} B`
}

/** @internal `1,024 (4.1 KB)`. */
export const sizeText = ([elements, bytes]: Size): string => `${grouped(elements)} (${bytesText(bytes)})`
