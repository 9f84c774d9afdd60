/** Large files in pieces: each is written and checked by itself, so that no more than a few of them are in memory. */
import { type FileHandle, open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from '../core/index.js'
import { readAll } from './files.js'

/** Bytes of a piece. The last one is shorter. */
export const pieceBytes = 4 << 20

/** Pieces that are written by one call: each call costs a turn of the event loop, in which the disk may wait. */
const together = 8

/** Calls that are under way at one time. */
const inFlight = 2

/** Length of a file, and CRC-32 of each of its pieces: sees one or two flipped bits always, others but for one in 2^32. */
export interface Checksums {
  readonly bytes: number
  readonly crc32: readonly number[]
}

/** How many pieces a file of so many bytes has. */
export const pieceCount = (bytes: number): number => Math.ceil(bytes / pieceBytes)

/** A file that is in memory. */
export interface PieceSource {
  readonly byteLength: number
  /**
   * A stretch of it: views of memory, never copies. They may lose their meaning when others run; the same stretch is then
   * in other memory.
   */
  parts(position: number, length: number): readonly Uint8Array[]
  /** What is before `position` is not read again. */
  release(position: number): void
}

const writeAt = async (file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> => {
  let [rest, at] = [pieces, position]
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev([...rest], at)
    at += bytesWritten
    rest = rest.flatMap((piece) => {
      const written = Math.min(bytesWritten, piece.byteLength)
      bytesWritten -= written
      return written < piece.byteLength ? [piece.subarray(written)] : []
    })
  }
}

/** Writes a file and brings it to the disk, while other code runs. */
export const writePieces = async (path: string, source: PieceSource): Promise<Checksums> => {
  const { byteLength } = source
  const sums: number[] = []
  const file = await open(path, 'wx')
  const turns: Promise<void>[] = []
  const groupBytes = together * pieceBytes
  const write = async (position: number): Promise<void> => {
    const end = Math.min(position + groupBytes, byteLength)
    let parts = source.parts(position, end - position)
    const sum = async (): Promise<void> => {
      for (let at = position; at < end; at += pieceBytes) {
        const piece = source.parts(at, Math.min(pieceBytes, end - at))
        sums[at / pieceBytes] = piece.reduce((crc, part) => crc32(part, crc), 0)
        await setImmediate()
      }
    }
    await Promise.all([writeAt(file, parts, position), sum()])
    for (;;) {
      const now = source.parts(position, end - position)
      if (now.every((part, i) => part.buffer === parts[i]?.buffer)) return
      parts = now
      await writeAt(file, parts, position)
    }
  }
  try {
    for (let i = 0; i * groupBytes < byteLength; i++) {
      await turns[i - inFlight]
      source.release((i - inFlight + 1) * groupBytes)
      turns.push(write(i * groupBytes))
    }
    await Promise.all(turns)
    await file.sync()
  } finally {
    await Promise.allSettled(turns)
    await file.close()
  }
  return { bytes: byteLength, crc32: sums }
}

/** Reads a file from its start and checks its pieces as they end. */
export class CheckedReader {
  #sum = 0
  #position = 0

  /** @param refuse - throws for a piece that is not that of its checksum, or not there */
  constructor(
    readonly fd: number,
    readonly checksums: Checksums,
    readonly refuse: (got: string) => never,
  ) {}

  /** Fill `into` with what comes next. */
  read(into: Uint8Array): void {
    const { bytes } = this.checksums
    for (let at = 0; at < into.byteLength;) {
      const end = Math.min(bytes, (Math.floor(this.#position / pieceBytes) + 1) * pieceBytes)
      const part = into.subarray(at, at + Math.min(into.byteLength - at, end - this.#position))
      if (part.byteLength === 0 || readAll(this.fd, part, this.#position) < part.byteLength) {
        this.refuse(`${this.#position}`)
      }
      this.#sum = crc32(part, this.#sum)
      this.#position += part.byteLength
      at += part.byteLength
      if (this.#position === end) this.#check()
    }
  }

  #check(): void {
    const index = Math.ceil(this.#position / pieceBytes) - 1
    if (this.#sum !== this.checksums.crc32[index]) this.refuse('others')
    this.#sum = 0
  }

  /** The whole file was read. */
  end(): void {
    if (this.#position !== this.checksums.bytes) this.refuse(`${this.#position}`)
  }
}
