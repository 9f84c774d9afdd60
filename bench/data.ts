/** The data of the workloads: the same numbers in every library. */

/** Elements in rows, and a shape. */
export interface Tensor {
  readonly data: Float32Array | Int32Array
  readonly shape: readonly number[]
}
/** A tree of tensors with something else in the place of each. */
export type Mapped<T, A> = T extends Tensor ? A : { readonly [K in keyof T]: Mapped<T[K], A> }

/** What training begins with and runs over, round and round. */
export interface Training<P> {
  readonly params: P
  /** Inputs and labels. */
  readonly batches: readonly { readonly x: Tensor; readonly y: Tensor }[]
}

const isTensor = (x: object): x is Tensor => 'shape' in x && 'data' in x

/** Each tensor of a tree of lists and objects as another library has it. */
export const mapTensors = <T, A>(tree: T, f: (x: Tensor) => A): Mapped<T, A> => {
  const map = (x: object): unknown => {
    if (isTensor(x)) return f(x)
    if (Array.isArray(x)) return x.map(map)
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, map(v as object)]))
  }
  return map(tree as object) as Mapped<T, A>
}

/** The next state of a linear congruential generator: 32 bits, as a signed integer, which engines keep out of the heap. */
const advance = (state: number): number => (Math.imul(state, 1664525) + 1013904223) | 0

/** The uniform number in [0, 1) of a state. */
const uniformOf = (state: number): number => (state >>> 0) / 2 ** 32

/** Uniform numbers in [0, 1). */
const generator = (seed: number): (() => number) => {
  let state = seed | 0
  return () => uniformOf((state = advance(state)))
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, m) => n * m, 1)

/** Numbers in [lo, hi). */
export const uniform = (seed: number, n: number, lo: number, hi: number): Float32Array => {
  const values = new Float32Array(n)
  let state = seed | 0
  for (let i = 0; i < n; i++) {
    state = advance(state)
    values[i] = lo + (hi - lo) * uniformOf(state)
  }
  return values
}

const drawn = (seed: number, shape: readonly number[], limit: number): Tensor => ({
  data: uniform(seed, sizeOf(shape), -limit, limit),
  shape,
})
const full = (value: number, ...shape: readonly number[]): Tensor => ({
  data: new Float32Array(sizeOf(shape)).fill(value),
  shape,
})

/** Glorot's uniform weights of a dense layer, `[fanIn, fanOut]`, or of a kernel with these fans. */
const glorot = (seed: number, fanIn: number, fanOut: number, shape: readonly number[] = [fanIn, fanOut]): Tensor =>
  drawn(seed, shape, Math.sqrt(6 / (fanIn + fanOut)))

/** Noise with a class-dependent pattern, in batches. */
const images = (seed: number, batches: number, batch: number, shape: readonly number[]): Training<never>['batches'] => {
  const [pixels, classes] = [784, 10]
  let state = seed | 0
  return Array.from({ length: batches }, () => {
    const x = new Float32Array(batch * pixels)
    const y = new Int32Array(batch)
    for (let i = 0; i < batch; i++) {
      state = advance(state)
      const label = Math.floor(uniformOf(state) * classes)
      y[i] = label
      for (let j = 0; j < pixels; j++) {
        state = advance(state)
        x[i * pixels + j] = uniformOf(state) + (j % classes === label ? 0.1 : 0)
      }
    }
    return { x: { data: x, shape: [batch, ...shape] }, y: { data: y, shape: [batch] } }
  })
}

export interface Dense<A = Tensor> {
  readonly w: A
  readonly b: A
}

/** W1: an MLP 784-512-512-10, batches of 128. */
export const mlpData = (): Training<readonly Dense[]> => {
  const sizes = [784, 512, 512, 10] as const
  return {
    params: sizes.slice(1).map((n, i) => ({ w: glorot(100 + i, sizes[i]!, n), b: full(0, n) })),
    batches: images(1, 10, 128, [784]),
  }
}

/** W2: a convolutional network, kernels HWIO, batches of 64 images NHWC. */
export const cnnData = () => ({
  params: {
    k0: glorot(200, 9, 288, [3, 3, 1, 32]),
    c0: full(0, 32),
    k1: glorot(201, 288, 576, [3, 3, 32, 64]),
    c1: full(0, 64),
    w0: glorot(202, 3136, 256),
    b0: full(0, 256),
    w1: glorot(203, 256, 10),
    b1: full(0, 10),
  },
  batches: images(2, 5, 64, [28, 28, 1]),
})

/** Sizes of W3. */
export const gptSizes = { vocabulary: 256, width: 128, heads: 4, length: 64, batch: 16, layers: 2 } as const

/** W3: a transformer, batches of 16 sequences of 64 tokens. */
export const gptData = () => {
  const { vocabulary, width, length, batch, layers } = gptSizes
  let seed = 300
  const dense = (n: number, m: number): Dense => ({ w: glorot(seed++, n, m), b: full(0, m) })
  const norm = () => ({ scale: full(1, width), bias: full(0, width) })
  const layer = () => {
    const [q, k, v, o] = [dense(width, width), dense(width, width), dense(width, width), dense(width, width)]
    return { ln1: norm(), q, k, v, o, ln2: norm(), f: dense(width, 4 * width), p: dense(4 * width, width) }
  }
  const embedding = (rows: number): Tensor => drawn(seed++, [rows, width], 0.05)
  const [tok, pos] = [embedding(vocabulary), embedding(length)]
  const params = {
    tok,
    pos,
    layers: Array.from({ length: layers }, layer),
    ln: norm(),
    head: glorot(seed++, width, vocabulary),
  }
  const next = generator(3)
  const batches = Array.from({ length: 5 }, () => {
    const [x, y] = [new Int32Array(batch * length), new Int32Array(batch * length)]
    for (let s = 0; s < batch; s++) {
      let token = Math.floor(next() * 256)
      for (let i = 0; i < length; i++) {
        x[s * length + i] = token
        token = (5 * token + 17 + Math.floor(next() * 4)) % 256
        y[s * length + i] = token
      }
    }
    return { x: { data: x, shape: [batch, length] }, y: { data: y, shape: [batch, length] } }
  })
  return { params, batches }
}

/** W4: 20 arrays of 500 x 1000 and their gradients. */
export const adamData = (): { readonly params: readonly Tensor[]; readonly grads: readonly Tensor[] } => {
  const arrays = (seed: number): readonly Tensor[] =>
    Array.from({ length: 20 }, (_, i) => drawn(seed + i, [500, 1000], 1))
  return { params: arrays(400), grads: arrays(500) }
}

/** W5: two matrices of 1024 x 1024. */
export const matmulData = (): readonly [Tensor, Tensor] => [drawn(600, [1024, 1024], 1), drawn(601, [1024, 1024], 1)]

/** Labels as rows with a 1, `[...shape, classes]`. */
export const oneHot = ({ data, shape }: Tensor, classes: number): Tensor => {
  const rows = new Float32Array(data.length * classes)
  data.forEach((label, i) => (rows[i * classes + label] = 1))
  return { data: rows, shape: [...shape, classes] }
}
