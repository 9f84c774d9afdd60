/** Which kernels ONNX Runtime has for which dtypes, and how the others are reached through casts. */
import { type DType, LoweringError, type LowerContext } from '../core/index.js'
import { type Attributes, elementCode, type OnnxValue } from '../onnx/index.js'

export { elementCode }

const letters: Readonly<Record<string, readonly DType[]>> = {
  F: ['float32'],
  D: ['float64'],
  H: ['float16'],
  B: ['bfloat16'],
  I: ['int8', 'int16', 'int32', 'int64'],
  U: ['uint8', 'uint16', 'uint32', 'uint64'],
  b: ['bool'],
}

const parse = (text: string): ReadonlySet<DType> =>
  new Set(
    text.split(' ').flatMap((word): readonly DType[] => {
      const match = /^([iu])(\d+)$/.exec(word)
      if (match !== null) return [`${match[1] === 'i' ? 'int' : 'uint'}${match[2]!}` as DType]
      return [...word].flatMap((letter) => letters[letter]!)
    }),
  )

const any = 'FDHB I U b'
const float = 'FDH'
const numeric = 'FDH I U'

/**
 * Kernels of the CPU and of the CUDA provider at opset 18.
 *
 * F, D, H, B: float32, float64, float16, bfloat16; I, U: all signed, all unsigned; b: bool. Verified for the CPU by running each; CUDA from its documentation.
 */
const table: Readonly<Record<string, readonly [cpu: string, cuda: string]>> = {
  Abs: [numeric, 'FDHB I U'],
  Neg: ['FDH I', 'FDHB I'],
  Sign: ['FDHB I U', 'FDHB I U'],
  Floor: [float, float],
  Ceil: [float, float],
  Round: [float, float],
  Exp: [float, 'FDHB'],
  Log: [float, float],
  Sqrt: [float, 'FDHB'],
  Reciprocal: [float, float],
  Tanh: [float, 'FDHB'],
  Sigmoid: [float, 'FDHB'],
  Softplus: [float, float],
  Erf: ['FH', 'FDHB'],
  Sin: [float, float],
  Cos: [float, float],
  Add: [numeric, 'FDHB I U'],
  Sub: [numeric, 'FDHB I U'],
  Mul: [numeric, 'FDHB I U'],
  Div: [numeric, 'FDHB I U'],
  Mod: [numeric, 'FDHB i32 i64 u32 u64'],
  Pow: ['FDH i32 i64', 'FDHB i32 i64'],
  Max: ['FDH i8 i32 i64 u8 u32 u64', 'FDHB i32 i64 u32 u64'],
  Min: ['FDH i8 i32 i64 u8 u32 u64', 'FDHB i32 i64 u32 u64'],
  Clip: ['FDH i8 i32 i64 u8 u32 u64', float],
  Equal: ['FDH I U b', 'FDH i32 i64 u32 u64 b'],
  Less: [numeric, 'FDH i32 i64 u32 u64'],
  LessOrEqual: [numeric, 'FDH i32 i64 u32 u64'],
  Greater: [numeric, 'FDH i32 i64 u32 u64'],
  GreaterOrEqual: [numeric, 'FDH i32 i64 u32 u64'],
  Where: ['FDH i32 i64 u8', 'FDHB i32 i64 u8'],
  Not: ['b', 'b'],
  And: ['b', 'b'],
  Or: ['b', 'b'],
  Xor: ['b', 'b'],
  BitwiseAnd: ['I U', ''],
  BitwiseOr: ['I U', ''],
  BitwiseXor: ['I U', ''],
  BitwiseNot: ['I U', ''],
  BitShift: ['u8 u32 u64', ''],
  BitCast: ['FDHB I U', ''],
  ReduceSum: ['FDH i32 i64', 'FDHB i32 i64'],
  ReduceMean: ['FDH i32 i64', 'FDH i32'],
  ReduceMax: ['FDH i8 i32 i64 u8', 'FDH i32 i64'],
  ReduceMin: ['FDH i8 i32 i64 u8', 'FDH i8 i32 i64 u8'],
  ReduceProd: ['FDH i32 i64', 'FDH i32'],
  ArgMax: ['FDH i8 i32 i64 u8', float],
  ArgMin: ['FDH i8 i32 i64 u8', float],
  CumSum: ['FDH i32 i64', 'FDH i32 i64 u32 u64'],
  TopK: ['FDH I u8', 'FDH i32 i64'],
  MatMul: ['FDH i32 i64 u32 u64', 'FDHB'],
  FusedMatMul: ['FD', 'FDHB'],
  Conv: ['FH', float],
  ConvTranspose: ['FH', float],
  Relu: ['FD', float],
  'nchwc.Conv': ['F', ''],
  'nchwc.AveragePool': ['F', ''],
  'nchwc.ReorderInput': ['F', ''],
  'nchwc.ReorderOutput': ['F', ''],
  MaxPool: ['FDH i8 u8', 'FDH i8 u8'],
  AveragePool: ['FH', float],
  Pad: ['FDH i8 i32 i64 u8 u32 u64 b', 'FDH b'],
  Reshape: [any, any],
  Transpose: [any, any],
  Expand: ['FDH I U b', any],
  Slice: [any, any],
  Concat: [any, any],
  Gather: [any, any],
  GatherElements: [any, any],
  GatherND: [any, 'FDHB i64 b'],
  ScatterElements: [any, any],
  ScatterND: [any, any],
  'ScatterElements:add': ['FD I U', 'FD'],
  'ScatterND:add': ['FD I U', 'FD'],
  Range: ['FD i16 i32 i64', 'FD i16 i32 i64'],
  Softmax: [float, 'FDHB'],
  LogSoftmax: [float, float],
  LayerNormalization: ['FDHB', 'FDHB'],
  Identity: [any, any],
}

// The CPU would run float16 through float32 without rounding in between; with casts of our own every result is rounded.
const withoutHalf = (text: string): string => text.replace(/^(FD?)H(?!B)/, '$1')

const kernels = new Map(
  Object.entries(table).map(([op, [cpu, cuda]]) => [op, [parse(withoutHalf(cpu)), parse(cuda)]] as const),
)

/** Wider dtypes that hold every value, or wrap to the same bits when cast back; nearest first. */
const carriers: Readonly<Partial<Record<DType, readonly DType[]>>> = {
  bool: ['uint8', 'int32', 'float32'],
  uint8: ['int32', 'int64', 'float32'],
  uint16: ['int32', 'int64', 'float32'],
  uint32: ['int64', 'float64'],
  uint64: ['int64'],
  int8: ['int32', 'int64', 'float32'],
  int16: ['int32', 'int64', 'float32'],
  int32: ['int64', 'float64'],
  int64: ['float64'],
  bfloat16: ['float32'],
  float16: ['float32'],
}

/** Kernels of WebGPU's provider that fail in ONNX Runtime 1.30: Expand, of an element without axes. */
const failsOnWebGpu = (op: string, dtype: DType): boolean => op === 'Expand' && dtype === 'uint8'

/**
 * The dtype in which an operation runs for data of `dtype`: itself where there is a kernel.
 *
 * @throws LoweringError if no kernel can be reached
 */
export const carrierOf = (context: LowerContext, op: string, dtype: DType): DType => {
  const supported = kernels.get(op)?.[context.device.startsWith('cuda') ? 1 : 0]
  const isWebGpu = context.device === 'webgpu'
  const may = (d: DType): boolean => supported?.has(d) === true && !(isWebGpu && failsOnWebGpu(op, d))
  const carrier = [dtype, ...(carriers[dtype] ?? [])].find(may)
  if (carrier === undefined) {
    throw new LoweringError(op, `ONNX Runtime has no ${op} kernel for ${dtype} on ${context.device}`, context.avalsIn)
  }
  return carrier
}

/** Whether the graph is for the CPU, or for every ONNX Runtime. */
export const isOnHost = ({ device }: LowerContext): boolean => device === 'cpu' || device === 'portable'

/** A value cast to another dtype; itself where nothing changes. */
export const castTo = (context: LowerContext, x: OnnxValue, from: DType, to: DType): OnnxValue =>
  from === to ? x : context.graph.op('Cast', [x], { to: elementCode(to) })

interface KernelOptions {
  readonly attributes?: Attributes
  /** The rule of the table where it isn't the operation's name: `ScatterND:add`. */
  readonly rule?: string
  /** Positions of the inputs that hold data; default all. Others (axes, indices, conditions) are passed as they are. */
  readonly data?: readonly number[]
  /** Whether the result has the dtype of the data; default true. */
  readonly sameType?: boolean
  readonly domain?: string
}

/** One node, in `dtype` or in the nearest dtype that has a kernel, with the casts that takes. */
export const kernel = (
  context: LowerContext,
  op: string,
  inputs: readonly (OnnxValue | null)[],
  dtype: DType,
  { attributes = {}, rule = op, data, sameType = true, domain }: KernelOptions = {},
): OnnxValue => {
  const carrier = carrierOf(context, rule, dtype)
  const cast = inputs.map((x, i) =>
    x === null || (data !== undefined && !data.includes(i)) ? x : castTo(context, x, dtype, carrier),
  )
  const result = context.graph.op(op, cast, attributes, domain === undefined ? {} : { domain })
  return sameType ? castTo(context, result, carrier, dtype) : result
}
