/** The few parts of WebAssembly's binary format that fused loops need: a module of one function over an imported memory. */

/** Bytes of a module or of a part of it. */
export type Code = readonly number[]

/** Types of values. */
export const wasmType = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const
export type WasmType = keyof typeof wasmType

/** Bytes of a page. */
export const PAGE_BYTES = 65536
/** Most pages of a memory: 4 GiB. */
export const MAX_PAGES = 65536

/** Memory that threads share; it can grow, and stays where it is. */
export interface WebAssemblyMemory {
  readonly buffer: SharedArrayBuffer
  grow(pages: number): number
}

/** The parts of the global object `WebAssembly` that loops use; Node's types leave it out. */
export interface WebAssemblyApi {
  readonly Memory: new (limits: {
    readonly initial: number
    readonly maximum: number
    readonly shared: true
  }) => WebAssemblyMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** The global object `WebAssembly`, if the process may have it. */
export const webAssembly = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly

/** An unsigned number in LEB128. */
export const unsigned = (value: number): Code => {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

/** A signed number in LEB128. */
const signed = (value: number): Code => {
  const bytes: number[] = []
  for (let rest = value; ;) {
    const low = rest & 0x7f
    rest >>= 7
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
    bytes.push(done ? low : low | 0x80)
    if (done) return bytes
  }
}

const text = (value: string): Code => {
  const bytes = Buffer.from(value, 'utf8')
  return [...unsigned(bytes.length), ...bytes]
}
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()]
const section = (id: number, body: Code): Code => [id, ...unsigned(body.length), ...body]

/** An instruction of the vector set. */
export const simd = (opcode: number, ...immediates: readonly number[]): Code => [
  0xfd,
  ...unsigned(opcode),
  ...immediates,
]

/** Instructions; addresses are in bytes, `align` is the binary logarithm of the alignment that is hinted at. */
export const instruction = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  i32: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a] as Code,
  lessThan: [0x48] as Code,
  loadVector: (offset: number): Code => simd(0, 4, ...unsigned(offset)),
  storeVector: (offset: number): Code => simd(11, 4, ...unsigned(offset)),
  vector: (words: Uint32Array): Code => simd(12, ...new Uint8Array(words.buffer, words.byteOffset, 16)),
  splatI32: simd(17),
  splatF32: simd(19),
  /** Does `body` once, then again as long as the condition on the stack that it ends with holds. */
  repeat: (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0, 0x0b],
} as const

/** A module that imports the shared memory `env.memory` and exports the function `run`. */
export const assemble = (
  parameters: readonly WasmType[],
  locals: readonly WasmType[],
  body: Code,
): Uint8Array<ArrayBuffer> => {
  const types = (names: readonly WasmType[]): Code => list(names.map((name) => [wasmType[name]]))
  const declarations = list(locals.map((name) => [...unsigned(1), wasmType[name]]))
  const code = [...declarations, ...body, 0x0b]
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([[0x60, ...types(parameters), ...types([])]])),
    ...section(2, list([[...text('env'), ...text('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(MAX_PAGES)]])),
    ...section(3, list([unsigned(0)])),
    ...section(7, list([[...text('run'), 0x00, ...unsigned(0)]])),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ])
}
