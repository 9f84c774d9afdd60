/** Golden files: numbers made by real JAX. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, type NDArray, np, vjp } from '../../src/index.js'
import { allClose, decodeNumber } from './arrays.js'

/** An array in a golden file. */
export interface GoldenArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string | boolean)[]
}

/** The content of a golden file. */
export const readGolden = <T>(name: string): T => JSON.parse(readFileSync(`test/golden/${name}.json`, 'utf8')) as T

/** The array that a golden file holds, in its own dtype or in another. */
export const arrayFrom = ({ dtype, shape, data }: GoldenArray, as: DType = dtype): NDArray =>
  np.array(Float64Array.from(data, decodeNumber)).astype(as).reshape(shape)

interface ShapingCase {
  readonly fn: string
  readonly operands: readonly string[]
  readonly params: unknown
  readonly out?: GoldenArray
  readonly ct?: GoldenArray
  /** Positions of the operands whose gradients follow. */
  readonly wrt?: readonly number[]
  readonly grads?: readonly GoldenArray[]
}

/** How a function of `shaping.json` is called here, by its name there. */

export type Calls = Readonly<Record<string, (params: any, name: string) => (...xs: NDArray[]) => NDArray>>

/** Tests of values and gradients of some functions of `shaping.json`. */
export const checkShaping = (calls: Calls): void => {
  const { inputs, cases } = readGolden<{
    readonly inputs: Readonly<Record<string, GoldenArray>>
    readonly cases: Readonly<Record<string, ShapingCase>>
  }>('shaping')
  for (const [name, c] of Object.entries(cases)) {
    const call = calls[c.fn]
    const { out } = c
    if (call === undefined || out === undefined) continue
    test(`as JAX: ${name}`, (t) => {
      const f = call(c.params, name)
      const xs = c.operands.map((key) => arrayFrom(inputs[key]!))
      const y = f(...xs)
      t.deepEqual([y.dtype, y.shape], [out.dtype, out.shape])
      allClose(t, y, out.data, { rtol: 1e-6, atol: 1e-7 })
      if (c.ct === undefined) return
      const wrt = c.wrt!
      const [, pullback] = vjp(
        (...zs: NDArray[]) => f(...xs.map((x, i) => zs[wrt.indexOf(i)] ?? x)),
        ...wrt.map((i) => xs[i]!),
      )
      const grads = pullback(arrayFrom(c.ct))
      c.grads!.forEach((g, i) => allClose(t, grads[i]!, g.data, { rtol: 1e-6, atol: 1e-6 }, `gradient ${i}`))
    })
  }
}
