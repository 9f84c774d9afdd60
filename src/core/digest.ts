/** Checksums and random names by Node's own modules, which are loaded at the first use: they cost every start some milliseconds. */
type Crypto = typeof import('node:crypto')
type Zlib = typeof import('node:zlib')

let cryptoModule: Crypto | undefined
let zlibModule: Zlib | undefined

const crypto = (): Crypto => (cryptoModule ??= process.getBuiltinModule('node:crypto'))

/** SHA-256 of bytes that come in parts, in hexadecimal digits. */
export const sha256 = (...parts: readonly Uint8Array[]): string => {
  const hash = crypto().createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** `count` random bytes in hexadecimal digits. */
export const randomHex = (count: number): string => crypto().randomBytes(count).toString('hex')

/** CRC-32 of bytes, going on from `before`. */
export const crc32 = (bytes: Uint8Array, before = 0): number =>
  (zlibModule ??= process.getBuiltinModule('node:zlib')).crc32(bytes, before)
