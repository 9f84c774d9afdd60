/** `npx tsx examples/transformer.ts`: a character-level transformer learns this project's documentation, and writes some. */
import { type NDArray, nnx, np, optax, random } from 'onnax'
import { loadText, pieces } from './shared/text.js'
import { isMain, type Losses, train } from './shared/training.js'

export interface TransformerSizes {
  readonly characters: number
  /** The longest text, in characters. */
  readonly context: number
  readonly features: number
  readonly heads: number
  readonly blocks: number
}

class Block extends nnx.Module<[x: NDArray, decode: boolean], NDArray> {
  readonly norm1: nnx.LayerNorm
  readonly attention: nnx.MultiHeadAttention
  readonly norm2: nnx.LayerNorm
  readonly wide: nnx.Linear
  readonly narrow: nnx.Linear
  readonly dropout: nnx.Dropout

  constructor({ features, heads }: TransformerSizes, rngs: nnx.Rngs) {
    super()
    this.norm1 = new nnx.LayerNorm(features, { rngs })
    this.attention = new nnx.MultiHeadAttention(heads, features, { rngs })
    this.norm2 = new nnx.LayerNorm(features, { rngs })
    this.wide = new nnx.Linear(features, 4 * features, { rngs })
    this.narrow = new nnx.Linear(4 * features, features, { rngs })
    this.dropout = new nnx.Dropout(0.1, { rngs })
  }

  override call(x: NDArray, decode: boolean): NDArray {
    const seen = np.add(x, this.dropout(this.attention(this.norm1(x), { decode, isCausal: !decode })))
    return np.add(seen, this.dropout(this.narrow(nnx.gelu(this.wide(this.norm2(seen))))))
  }
}

/** Characters `[batch, time]` to logits of the next ones, `[batch, time, characters]`. */
export class Transformer extends nnx.Module<[characters: NDArray, position?: NDArray | null], NDArray> {
  readonly embed: nnx.Embed
  readonly positions: nnx.Embed
  readonly blocks: readonly Block[]
  readonly norm: nnx.LayerNorm

  constructor(
    readonly sizes: TransformerSizes,
    rngs: nnx.Rngs,
  ) {
    super()
    const { characters, context, features, blocks } = sizes
    const embeddingInit = nnx.initializers.normal(0.1)
    this.embed = new nnx.Embed(characters, features, { embeddingInit, rngs })
    this.positions = new nnx.Embed(context, features, { embeddingInit, rngs })
    this.blocks = Array.from({ length: blocks }, () => new Block(sizes, rngs))
    this.norm = new nnx.LayerNorm(features, { rngs })
  }

  /** @param position - of the one character given, whose predecessors are in the caches; default they are all given */
  override call(characters: NDArray, position: NDArray | null = null): NDArray {
    const places = position ?? np.arange(characters.shape[1]!)
    const first = np.add(this.embed(characters), this.positions(places))
    const last = this.blocks.reduce((x, block) => block(x, position !== null), first)
    return this.embed.attend(this.norm(last))
  }

  /** Forget what was decoded. */
  initCache(batch: number): void {
    const { context, features } = this.sizes
    for (const { attention } of this.blocks) attention.initCache([batch, context, features])
  }
}

/** One character `[batch, 1]` and its position to logits `[batch, characters]`; the caches advance. */
const decodeStep = nnx.jit(
  (model: Transformer, character: NDArray, position: NDArray) => np.squeeze(model(character, position), 1),
  { donateArgnums: 0 },
)

/** The logits of {@link Transformer.call}, one character after the other, with caches. */
export const decodeAll = (model: Transformer, characters: NDArray): NDArray => {
  const [batch, length] = characters.shape as readonly [number, number]
  model.initCache(batch)
  const steps = Array.from({ length }, (_, i) => {
    return decodeStep(model, characters.slice('...', [i, i + 1]), np.array([i], { dtype: 'int32' }))
  })
  return np.stack(steps, { axis: 1 })
}

export interface WriteOptions {
  readonly key?: random.PRNGKey
  /** 0 always takes the likeliest character; default 0.7. */
  readonly temperature?: number
}

/** Continue a text by `count` characters; where the context is full, its second half is read again. */
export const write = (
  model: Transformer,
  start: Int32Array,
  count: number,
  { key = random.key(0), temperature = 0.7 }: WriteOptions = {},
): readonly number[] => {
  const { context } = model.sizes
  const written: number[] = [...start]
  const keys = [...random.split(key, count)]
  let from = 0
  model.initCache(1)
  for (let i = 0; written.length < start.length + count; i++) {
    if (i - from === context) {
      from = i - context / 2
      i = from
      model.initCache(1)
    }
    const character = np.array([[written[i]!]], { dtype: 'int32' })
    const logits = decodeStep(model, character, np.array([i - from], { dtype: 'int32' }))
    if (i + 1 < written.length) continue
    const drawn = random.categorical(keys[i + 1 - start.length]!, logits.div(Math.max(temperature, 1e-6)))
    written.push((temperature === 0 ? np.argmax(logits) : drawn).item())
  }
  return written.slice(start.length)
}

export interface TransformerOptions {
  /** Default 1,500. */
  readonly steps?: number
  readonly batchSize?: number
  readonly sizes?: Partial<Omit<TransformerSizes, 'characters'>>
  readonly report?: boolean
}

/** Trains a {@link Transformer}. */
export const trainTransformer = ({
  steps = 1500,
  batchSize = 16,
  sizes = {},
  report = true,
}: TransformerOptions = {}): Losses & { readonly model: Transformer; readonly text: ReturnType<typeof loadText> } => {
  const text = loadText()
  const all = { context: 64, features: 96, heads: 4, blocks: 3, characters: text.alphabet.length, ...sizes }
  const model = new Transformer(all, new nnx.Rngs(0))
  const schedule = optax.warmupCosineDecaySchedule(0, 3e-3, Math.ceil(steps / 10), steps, { endValue: 1e-4 })
  const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adamw(schedule, { weightDecay: 0.01 }))
  const optimizer = new nnx.Optimizer(model, tx, { wrt: nnx.Param })

  const lossOf = (model: Transformer, batch: NDArray): NDArray => {
    const logits = model(batch.slice('...', [0, -1]))
    return np.mean(optax.softmaxCrossEntropyWithIntegerLabels(logits, batch.slice('...', [1, null])))
  }
  const trainStep = nnx.jit(
    (optimizer: nnx.Optimizer<Transformer>, batch: NDArray) => {
      const [loss, grads] = nnx.valueAndGrad(lossOf)(optimizer.model, batch)
      optimizer.update(grads)
      return loss
    },
    { donateArgnums: 0 },
  )
  const testStep = nnx.jit(lossOf)

  const length = all.context + 1
  const batchAt = (part: Int32Array, starts: ArrayLike<number>): NDArray =>
    np.array(pieces(part, starts, length)).reshape([starts.length, length])
  const keys = [...random.split(random.key(1), steps)]
  const step = (i: number): number => {
    const starts = random.randint(keys[i]!, [batchSize], 0, text.train.length - length + 1)
    return trainStep(optimizer, batchAt(text.train, starts.data() as Int32Array)).item()
  }
  const testBatch = batchAt(
    text.test,
    Array.from({ length: Math.floor(text.test.length / length) }, (_, i) => i * length),
  )
  const evaluate = (): { readonly loss: number } => {
    model.eval()
    const loss = testStep(model, testBatch).item()
    model.train()
    return { loss }
  }

  const titles = { name: 'transformer', title: 'Characters of the documentation', loss: 'cross-entropy' }
  const losses = train({ ...titles, steps, every: Math.ceil(steps / 10), report, step, evaluate })
  model.eval()
  return { ...losses, model, text }
}

if (isMain(import.meta.url)) {
  const { model, text } = trainTransformer()
  const start = 'A transformation '
  console.log(start + text.decode(write(model, text.encode(start), 400)))
}
