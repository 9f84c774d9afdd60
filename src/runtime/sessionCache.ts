/** The process's sessions: bounded in number, the least recently used released. */

/** Something with native memory. */
export interface Releasable {
  release(): void
}

/** A map of bounded size that forgets what was used least recently, releasing it. */
export class SessionCache<S extends Releasable> {
  readonly #sessions = new Map<string, S>()

  /** @param capacity - most sessions kept */
  constructor(readonly capacity: number) {}

  /** The session of a key, made if need be. */
  get(key: string, make: () => S): S {
    let session = this.#sessions.get(key)
    if (session === undefined) {
      session = make()
      if (this.#sessions.size >= this.capacity) {
        const [oldest] = this.#sessions.keys()
        this.#sessions.get(oldest!)!.release()
        this.#sessions.delete(oldest!)
      }
    } else this.#sessions.delete(key)
    this.#sessions.set(key, session)
    return session
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Release all. */
  clear(): void {
    for (const session of this.#sessions.values()) session.release()
    this.#sessions.clear()
  }
}
