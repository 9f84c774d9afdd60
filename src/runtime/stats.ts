/** What the runtime has made and holds; benches and tests count with it. */

/** Counters since the process began; `…Live` and `poolBytes` are what exists now. */
export interface RuntimeStats {
  readonly sessionsCreated: number
  readonly sessionsLive: number
  readonly runs: number
  readonly buffersAllocated: number
  /** Bytes of tensor memory allocated, freed or not. */
  readonly bytesAllocated: number
  /** Native tensor handles made. */
  readonly handlesCreated: number
  readonly handlesLive: number
  /** Bytes that wait in buffer pools. */
  readonly poolBytes: number
  /** Buffers taken from a pool rather than allocated. */
  readonly poolHits: number
}

/** The counters themselves, for the files that count. */
export const counters: { -readonly [K in keyof RuntimeStats]: number } = {
  sessionsCreated: 0,
  sessionsLive: 0,
  runs: 0,
  buffersAllocated: 0,
  bytesAllocated: 0,
  handlesCreated: 0,
  handlesLive: 0,
  poolBytes: 0,
  poolHits: 0,
}

/** The counters as they are now. */
export function runtimeStats(): RuntimeStats {
  return { ...counters }
}
