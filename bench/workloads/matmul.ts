/** W5: a product of matrices of 1024 x 1024. */
import { jit, np } from 'onnax'
import { uniform } from '../data.js'

/** A function that multiplies and gives the first element of the product. */
export const matmul = (): (() => number) => {
  const n = 1024
  const [a, b] = [600, 601].map((seed) => np.array(uniform(seed, n * n, -1, 1)).reshape(n, n))
  const product = jit(np.matmul)
  return () => product(a!, b!).data({ copy: false })[0] as number
}
