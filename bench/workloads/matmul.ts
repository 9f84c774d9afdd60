/** W5: a product of matrices of 1024 x 1024. */
import { jit, np } from 'onnax'
import { matmulData } from '../data.js'
import { array } from './training.js'

/** A function that multiplies and gives the first element of the product. */
export const matmul = (): (() => number) => {
  const [a, b] = matmulData()
  const [x, y] = [array(a), array(b)]
  const product = jit(np.matmul)
  return () => product(x, y).data({ copy: false })[0] as number
}
