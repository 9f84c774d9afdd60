/** `npx tsx examples/socket.ts`: a training state goes over a socket, and another process could go on with it. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import * as t from 'io-ts'
import { io, jit, type NDArray, np, optax, random, valueAndGrad } from 'onnax'

interface Params {
  readonly w: NDArray
  readonly b: NDArray
}
const tx = optax.adamw(1e-2)
type State = ReturnType<typeof tx.init>

/** What goes over the wire: a codec of our own with codecs of onnax in it, as bytes with a checksum. */
const Run = t.type({
  step: t.number,
  losses: t.readonlyArray(t.number),
  params: io.treeCodec<Params>({ form: 'bytes' }),
  state: io.treeCodec<State>({ form: 'bytes' }),
  key: io.keyCodec({ form: 'bytes' }),
})
export type Run = t.TypeOf<typeof Run>
export const RunBytes = io.binaryCodec(Run)

const update = jit((params: Params, state: State, key: random.PRNGKey) => {
  const [next, now] = random.split(key)
  const x = random.normal(now!, [32, 3])
  const target = np.sum(x, { axis: 1 })
  const loss = ({ w, b }: Params): NDArray => np.mean(np.square(np.matmul(x, w).add(b).sub(target)))
  const [value, grads] = valueAndGrad(loss)(params)
  const [updates, newState] = tx.update(grads, state, params)
  return [optax.applyUpdates(params, updates), newState, next!, value] as const
})

export const newRun = (): Run => {
  const params = { w: np.zeros([3]), b: np.zeros([]) }
  return { step: 0, losses: [], params, state: tx.init(params), key: random.key(0) }
}

export const train = (run: Run, steps: number): Run => {
  let { params, state, key } = run
  const losses = [...run.losses]
  for (let i = 0; i < steps; i++) {
    const [newParams, newState, next, loss] = update(params, state, key)
    ;[params, state, key] = [newParams, newState, next]
    losses.push(loss.item())
  }
  return { step: run.step + steps, losses, params, state, key }
}

/** A message is its length in 4 bytes, then itself. */
const send = (socket: Socket, bytes: Uint8Array): void => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.byteLength)
  socket.end(Buffer.concat([length, bytes]))
}
const receive = async (socket: Socket): Promise<Run> => {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'end')
  const message = Buffer.concat(chunks)
  const [length, bytes] = [message.subarray(0, 4), message.subarray(4)]
  if (length.length < 4 || length.readUInt32LE() !== bytes.byteLength) throw new Error('the message was cut off')
  // What was altered on the way, or is no run, is a DecodeError that says where and why.
  return io.decodeOrThrow('socket', RunBytes, bytes)
}

/** Train here, send the run to a server, which trains on and sends it back. */
export const trainElsewhere = async (here: number, there: number): Promise<Run> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void receive(socket).then((run) => send(socket, RunBytes.encode(train(run, there))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  send(socket, RunBytes.encode(train(newRun(), here)))
  const run = await receive(socket)
  server.close()
  return run
}

if (import.meta.filename === process.argv[1]) {
  const run = await trainElsewhere(30, 70)
  const alone = train(newRun(), 100)
  console.log(`30 steps here, 70 there: loss ${run.losses.at(-1)}; 100 steps here: ${alone.losses.at(-1)}`)
}
