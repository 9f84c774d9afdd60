/** A module that counts its calls, and what it is mapped over. */
import { type NDArray, nnx, np, TraceLevelError } from '../../src/index.js'

export class Cell extends nnx.Module<[x: NDArray], NDArray> {
  readonly w: nnx.Param
  readonly calls = new nnx.Variable(np.array(0))
  constructor(w: NDArray = np.array([0.5, -1])) {
    super()
    this.w = new nnx.Param(w)
  }
  override call(x: NDArray): NDArray {
    this.calls.value = this.calls.value.add(1)
    return np.tanh(this.w.value.mul(x))
  }
}
export const xs = np.array([
  [1, 2],
  [3, -1],
  [0.5, 4],
])
export const ws = np.array([
  [1, 2],
  [0.1, 0.2],
  [-1, 0.5],
])
export const stackedCell = (): Cell => {
  const cell = new Cell(ws)
  cell.calls.value = np.zeros([3])
  return cell
}
export const foreignWrite = {
  instanceOf: TraceLevelError,
  message: /Cannot mutate 'Variable' from a different trace level/,
}
