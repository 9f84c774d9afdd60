/** A small convolutional network for digits. */
import { type NDArray, nnx } from 'onnax'

/** `[batch, 28, 28, 1]` to logits `[batch, 10]`. */
export class Cnn extends nnx.Module<[images: NDArray], NDArray> {
  readonly conv1: nnx.Conv
  readonly norm: nnx.BatchNorm
  readonly conv2: nnx.Conv
  readonly dropout: nnx.Dropout
  readonly linear1: nnx.Linear
  readonly linear2: nnx.Linear

  constructor(rngs: nnx.Rngs) {
    super()
    this.conv1 = new nnx.Conv(1, 16, [3, 3], { rngs })
    this.norm = new nnx.BatchNorm(16, { rngs })
    this.conv2 = new nnx.Conv(16, 32, [3, 3], { rngs })
    this.dropout = new nnx.Dropout(0.25, { rngs })
    this.linear1 = new nnx.Linear(7 * 7 * 32, 128, { rngs })
    this.linear2 = new nnx.Linear(128, 10, { rngs })
  }

  override call(images: NDArray): NDArray {
    const pool = (x: NDArray): NDArray => nnx.avgPool(x, [2, 2], { strides: [2, 2] })
    const h1 = pool(nnx.relu(this.norm(this.conv1(images))))
    const h2 = pool(nnx.relu(this.conv2(h1)))
    const h3 = nnx.relu(this.linear1(this.dropout(h2.reshape([h2.shape[0]!, -1]))))
    return this.linear2(h3)
  }
}
