/** Programs that tests export, and run in the plain runtime. */
import type { NDArray } from '../../src/index.js'
import { io, nn, nnx, np, random } from '../../src/index.js'

export class Mlp extends nnx.Module<[x: NDArray], NDArray> {
  readonly first: nnx.Linear
  readonly last: nnx.Linear
  constructor(rngs: nnx.Rngs) {
    super()
    this.first = new nnx.Linear(4, 8, { rngs })
    this.last = new nnx.Linear(8, 3, { rngs })
  }
  override call(x: NDArray): NDArray {
    return nn.softmax(this.last(np.tanh(this.first(x))))
  }
}

export const mlp = new Mlp(new nnx.Rngs(0))

export const wide = new nnx.Linear(600, 500, { rngs: new nnx.Rngs(5) })

export const shift = random.normal(random.key(4), [600])

export const deep = (x: NDArray) => mlp(np.tanh(wide(x.add(shift))).slice('...', [0, 4]))

export const xWide = random.normal(random.key(6), [3, 600])

export const exportDeep = () =>
  io.exportOnnx(deep, [xWide], {
    names: { inputs: ['x'], outputs: ['y'], weights: { wide: nnx.state(wide), mlp: nnx.state(mlp), shift } },
    batch: { x: 0 },
    weights: 'external',
    location: 'deep.weights',
  })
