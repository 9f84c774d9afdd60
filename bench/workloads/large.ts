/**
 * Larger workloads, for GPUs: an MLP 4096 wide, ResNet-18 on images of 224 x 224, a transformer of 100 million
 * parameters. `ONNAX_BENCH_SMALL=1` makes them small, so that they run anywhere.
 */
import { type NDArray, nn, nnx, np, optax, random } from 'onnax'

const isSmall = process.env['ONNAX_BENCH_SMALL'] === '1'

/** A jitted training step over one batch, and the loss it gives. */
const trainingOf = <M extends object>(
  model: M,
  tx: optax.GradientTransformation<unknown>,
  loss: (model: M, x: NDArray, y: NDArray) => NDArray,
  x: NDArray,
  y: NDArray,
): (() => number) => {
  const optimizer = new nnx.Optimizer(model as never, tx, { wrt: nnx.Param })
  const step = nnx.jit((m: M, o: typeof optimizer, a: NDArray, b: NDArray) => {
    const [value, grads] = nnx.valueAndGrad((inner: M) => loss(inner, a, b))(m)
    o.update(grads as never)
    return value
  })
  return () => step(model, optimizer, x, y).item()
}

const crossEntropy = (logits: NDArray, labels: NDArray): NDArray =>
  np.mean(optax.softmaxCrossEntropyWithIntegerLabels(logits, labels))

const labelsOf = (shape: readonly number[], classes: number): NDArray =>
  random.randint(random.key(9), shape, 0, classes)

/** Four layers 4096 wide, batches of 1024, Adam. */
export const mlp = (): (() => number) => {
  const [width, batch, layers] = isSmall ? [64, 16, 4] : [4096, 1024, 4]
  const rngs = new nnx.Rngs(0)
  class Mlp extends nnx.Module<[x: NDArray], NDArray> {
    readonly layers = Array.from({ length: layers }, () => new nnx.Linear(width, width, { rngs }))
    override call(x: NDArray): NDArray {
      return this.layers.reduce((h, layer, i) => (i === 0 ? layer(h) : layer(nn.relu(h))), x)
    }
  }
  const x = random.normal(random.key(1), [batch, width])
  return trainingOf(new Mlp(), optax.adam(1e-3), (m, a, b) => crossEntropy(m(a), b), x, labelsOf([batch], width))
}

/** ResNet-18 (He et al. 2015) with batch normalization, NHWC, SGD with momentum. */
export const resnet = (): (() => number) => {
  const [size, batch, base, classes] = isSmall ? [32, 2, 8, 10] : [224, 64, 64, 1000]
  const rngs = new nnx.Rngs(0)
  const conv = (from: number, to: number, kernel: number, stride: number): nnx.Conv =>
    new nnx.Conv(from, to, [kernel, kernel], { strides: [stride, stride], padding: 'SAME', useBias: false, rngs })

  class Block extends nnx.Module<[x: NDArray], NDArray> {
    readonly conv1: nnx.Conv
    readonly norm1: nnx.BatchNorm
    readonly conv2: nnx.Conv
    readonly norm2: nnx.BatchNorm
    readonly shortcut: nnx.Conv | null
    readonly shortcutNorm: nnx.BatchNorm | null
    constructor(from: number, to: number, stride: number) {
      super()
      this.conv1 = conv(from, to, 3, stride)
      this.norm1 = new nnx.BatchNorm(to, { rngs })
      this.conv2 = conv(to, to, 3, 1)
      this.norm2 = new nnx.BatchNorm(to, { rngs })
      this.shortcut = stride === 1 && from === to ? null : conv(from, to, 1, stride)
      this.shortcutNorm = this.shortcut === null ? null : new nnx.BatchNorm(to, { rngs })
    }
    override call(x: NDArray): NDArray {
      const y = this.norm2(this.conv2(nn.relu(this.norm1(this.conv1(x)))))
      return nn.relu(y.add(this.shortcut === null ? x : this.shortcutNorm!(this.shortcut(x))))
    }
  }

  class ResNet extends nnx.Module<[x: NDArray], NDArray> {
    readonly stem = conv(3, base, 7, 2)
    readonly norm = new nnx.BatchNorm(base, { rngs })
    readonly blocks = [1, 1, 2, 1, 2, 1, 2, 1].map((stride, i) => {
      const to = base * 2 ** (i >> 1)
      return new Block(stride === 2 ? to / 2 : to, to, stride)
    })
    readonly head = new nnx.Linear(base * 8, classes, { rngs })
    override call(x: NDArray): NDArray {
      const stem = nn.maxPool(nn.relu(this.norm(this.stem(x))), [3, 3], { strides: [2, 2], padding: 'SAME' })
      return this.head(np.mean(this.blocks.reduce((h, block) => block(h), stem), { axis: [1, 2] })) // prettier-ignore
    }
  }
  const x = random.normal(random.key(1), [batch, size, size, 3])
  const loss = (m: ResNet, a: NDArray, b: NDArray): NDArray => crossEntropy(m(a), b)
  return trainingOf(new ResNet(), optax.sgd(0.1, { momentum: 0.9 }), loss, x, labelsOf([batch], classes))
}

/** 12 layers of width 768 over 16,384 tokens of vocabulary: 110 million parameters; sequences of 512, AdamW. */
export const transformer = (): (() => number) => {
  const [width, layers, heads, vocabulary, length, batch] = isSmall
    ? [32, 2, 4, 64, 16, 2]
    : [768, 12, 12, 16384, 512, 16]
  const rngs = new nnx.Rngs(0)
  const dense = (from: number, to: number): nnx.Linear => new nnx.Linear(from, to, { rngs })
  const mask = nnx.makeCausalMask(np.ones([1, length]))

  class Layer extends nnx.Module<[x: NDArray], NDArray> {
    readonly norm1 = new nnx.LayerNorm(width, { rngs })
    readonly q = dense(width, width)
    readonly k = dense(width, width)
    readonly v = dense(width, width)
    readonly o = dense(width, width)
    readonly norm2 = new nnx.LayerNorm(width, { rngs })
    readonly up = dense(width, 4 * width)
    readonly down = dense(4 * width, width)
    override call(x: NDArray): NDArray {
      const h = this.norm1(x)
      const split = (y: NDArray): NDArray => y.reshape(batch, length, heads, width / heads)
      const mixed = nnx.dotProductAttention(split(this.q(h)), split(this.k(h)), split(this.v(h)), { mask })
      const y = x.add(this.o(mixed.reshape(batch, length, width)))
      return y.add(this.down(nn.gelu(this.up(this.norm2(y)))))
    }
  }

  class Transformer extends nnx.Module<[x: NDArray], NDArray> {
    readonly tokens = new nnx.Embed(vocabulary, width, { rngs })
    readonly positions = new nnx.Embed(length, width, { rngs })
    readonly layers = Array.from({ length: layers }, () => new Layer())
    readonly norm = new nnx.LayerNorm(width, { rngs })
    readonly head = new nnx.Linear(width, vocabulary, { useBias: false, rngs })
    override call(x: NDArray): NDArray {
      const h = this.tokens(x).add(this.positions(np.arange(length)))
      return this.head(this.norm(this.layers.reduce((y, layer) => layer(y), h)))
    }
  }
  const x = random.randint(random.key(1), [batch, length], 0, vocabulary)
  const loss = (m: Transformer, a: NDArray, b: NDArray): NDArray => crossEntropy(m(a), b)
  return trainingOf(new Transformer(), optax.adamw(3e-4), loss, x, labelsOf([batch, length], vocabulary))
}
