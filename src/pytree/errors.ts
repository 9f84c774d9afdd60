/** The error of trees: what was required where, and both structures. */

import { keystr, type KeyPath } from './path.js'

/** What a {@link PytreeError} knows besides its message. */
export interface PytreeErrorDetails {
  /** Where in the tree; empty for the root. */
  readonly path?: KeyPath
  /** The required structure, printed; `null` where there is none. */
  readonly left?: string | null
  /** The structure that was found, printed; `null` where there is none. */
  readonly right?: string | null
}

/**
 * A value that is not a tree, or not a tree of the required structure.
 *
 * @example
 * ```ts
 * import { map, PytreeError } from 'onnax/pytree'
 *
 * try {
 *   map((x: number, y: number) => x + y, { a: 1 }, { b: 2 })
 * } catch (error) {
 *   error instanceof PytreeError // => true
 * }
 * ```
 */
export class PytreeError extends TypeError {
  override readonly name = 'PytreeError'
  /** Key path of the first difference; empty for the root. */
  readonly path: KeyPath
  /** The required structure, printed; `null` where there is none. */
  readonly left: string | null
  /** The structure that was found, printed; `null` where there is none. */
  readonly right: string | null

  constructor(message: string, { path = [], left = null, right = null }: PytreeErrorDetails = {}) {
    super(message)
    this.path = path
    this.left = left
    this.right = right
  }
}

const longestPath = 60

/** `['a'][0]`, or `the root` for the empty path; long paths lose their middle. */
export const showPath = (path: KeyPath): string => {
  if (path.length === 0) return 'the root'
  if (path.length <= longestPath) return keystr(path)
  return `${keystr(path.slice(0, longestPath / 2))}…${keystr(path.slice(-longestPath / 2))}`
}
