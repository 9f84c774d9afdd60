/**
 * Passes and forms of lowering that `ONNAX_WITHOUT=cse,unexpand` in the environment switches off: `bench/passes.ts` measures with it
 * what each of them brings. Results stay the same, but for rounding.
 */
export const switchable = {
  cse: 'equal equations are one',
  foldScalars: 'arithmetic on numbers that the program holds is done while compiling',
  scatterSums: 'what is scattered into zeros and added to an array is scattered into that array',
  unexpand: 'nothing is expanded before an operation that broadcasts',
  addedBias: 'biases are added to products of matrices, where ONNX Runtime would begin the sums with them',
  turnedProducts: 'gradients of weights come out of the product in the order of the weights',
  matrixFlags: 'operands with the last two axes swapped go into products as they are',
  leadingSum: 'sums over leading axes in groups of rows',
  integerPower: 'whole powers as products',
  perPlace: 'gradients of convolution kernels as products for each place',
  dilatedConv: 'gradients of strided and one-channel convolutions as ConvTranspose',
  blocks: 'convolutions and averages over blocks of features',
  epilogues: 'biases and relu as a part of convolutions, divisions as a part of averages',
  windowGradient: 'gradients of windows side by side as Expand',
  rowScatter: 'gradients of embeddings row by row',
} as const

const off: ReadonlySet<string> = new Set((process.env['ONNAX_WITHOUT'] ?? '').split(','))

/** Whether it is to be used. */
export const isOn = (name: keyof typeof switchable): boolean => !off.has(name)
