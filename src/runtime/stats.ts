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
  /** Copies to devices out of page-locked memory. */
  readonly pinnedUploads: number
  /** Copies to devices out of ordinary memory, which the host waits for. */
  readonly pageableUploads: number
  /** Copies from devices to the host. */
  readonly downloads: number
  /** Runs that a device replayed from a recording. */
  readonly replays: number
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
  pinnedUploads: 0,
  pageableUploads: 0,
  downloads: 0,
  replays: 0,
}

/** The counters as they are now. */
export function runtimeStats(): RuntimeStats {
  return { ...counters }
}
