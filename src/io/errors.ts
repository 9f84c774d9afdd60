/** Errors of files and of saved data. */

/** A safetensors file that breaks the format, or can't be read or written. */
export class SafetensorsError extends TypeError {
  override readonly name = 'SafetensorsError'
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
    cause?: unknown,
  ) {
    super(`${where} requires ${expected}, got ${got}`, cause === undefined ? {} : { cause })
  }
}

/** What a set of foreign weights and a tree of parameters don't share. */
export interface WeightsDifference {
  /** Names that the tree has and the weights lack. */
  readonly missing: readonly string[]
  /** Names that the weights have and the tree lacks. */
  readonly leftOver: readonly string[]
  /** Names that both have, with other shapes or dtypes: `name: got float32[2], for float32[3]`. */
  readonly mismatched: readonly string[]
}

const listed = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')}, … (${names.length} in all)` : names.join(', ')

/** Weights that don't fit the parameters they are loaded into. */
export class WeightsError extends TypeError implements WeightsDifference {
  override readonly name = 'WeightsError'
  readonly missing: readonly string[]
  readonly leftOver: readonly string[]
  readonly mismatched: readonly string[]
  constructor({ missing, leftOver, mismatched }: WeightsDifference) {
    const parts = [
      missing.length > 0 ? `nothing for ${listed(missing)}` : '',
      leftOver.length > 0 ? `no place for ${listed(leftOver)}` : '',
      mismatched.length > 0 ? `other types for ${listed(mismatched)}` : '',
    ]
    super(
      `loadWeights requires weights that fit the tree, got ${parts.filter((part) => part !== '').join('; ')}. ` +
        `Rename names with { rename }, convert dtypes with { cast: true }, or take what fits with { mode: 'partial' }.`,
    )
    this.missing = missing
    this.leftOver = leftOver
    this.mismatched = mismatched
  }
}

/** A checkpoint that is not whole, or a folder that can't hold one. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
    cause?: unknown,
  ) {
    super(`${where} requires ${expected}, got ${got}`, { cause })
  }
}

/** A function that can't be exported to ONNX, or a file that can't be imported, read or written. */
export class OnnxFileError extends TypeError {
  override readonly name = 'OnnxFileError'
  constructor(
    readonly where: string,
    readonly expected: string,
    readonly got: string,
    cause?: unknown,
  ) {
    super(`${where} requires ${expected}, got ${got}`, cause === undefined ? {} : { cause })
  }
}
