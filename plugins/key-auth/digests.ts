/** Digests of API keys, kept at hand for keys that are known. Knows nothing of whose they are. */
import { LRUCache } from 'lru-cache'

/** How many digests of known keys are kept at hand. */
const REMEMBERED = 10_000

/**
 * Digests keys, and remembers those of keys that turned out to be known,
 * because an HMAC costs more than all the rest of a request's way through the
 * plugin. Unknown keys are never remembered, so guessing displaces nothing.
 * What a digest leads to is not remembered: a revoked key is refused at once.
 */
export class Digests {
  readonly #digest: (key: string) => string
  readonly #known = new LRUCache<string, string>({ max: REMEMBERED })

  /** @param digest what a key's digest is made with. */
  constructor(digest: (key: string) => string) {
    this.#digest = digest
  }

  /** The digest of `key`. */
  of(key: string): string {
    return this.#known.get(key) ?? this.#digest(key)
  }

  /** Notes whether `key` is known, so that its digest is at hand next time. */
  note(key: string, digest: string, isKnown: boolean): void {
    if (!isKnown) this.#known.delete(key)
    else if (!this.#known.has(key)) this.#known.set(key, digest)
  }

  /** How many are remembered. */
  get size(): number {
    return this.#known.size
  }
}
