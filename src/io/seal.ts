/** A checksum that stands in the bytes that it is of: SHA-256, with zeros in its own place. */
import { sha256 } from '../core/index.js'

/** What stands in its place while it is computed: as long as a checksum. */
export const noSeal = '0'.repeat(64)

/** The checksum of bytes, given in parts; it stands in the first part at `at`. */
export const sealOf = ([first, ...rest]: readonly Uint8Array[], at: number): string =>
  first === undefined
    ? sha256()
    : sha256(first.subarray(0, at), Buffer.from(noSeal), first.subarray(at + noSeal.length), ...rest)

/** Put the checksum into its place. */
export const seal = (parts: readonly Uint8Array[], at: number): void => {
  parts[0]!.set(Buffer.from(sealOf(parts, at), 'latin1'), at)
}

/** Whether bytes are those of the checksum in them. */
export const isSealed = (bytes: Uint8Array, at: number): boolean =>
  Buffer.from(bytes.subarray(at, at + noSeal.length)).toString('latin1') === sealOf([bytes], at)
