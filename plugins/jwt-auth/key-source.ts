/**
 * Keeps the keys of an issuer at hand: fetched once for all who wait, anew when
 * they are old or when a token names one that is not known, and never in a hurry.
 * What it cannot fetch it goes on without for a while, then not at all.
 */
import { parseObject } from './jws.ts'
import { type Algorithm, type KeySet, readJwkSet, type VerificationKey } from './keys.ts'

/** What a source needs. */
export interface KeySourceOptions {
  readonly url: string
  readonly algorithms: readonly Algorithm[]
  /** How old keys get before they are fetched anew, in ms. */
  readonly refreshMs: number
  /** How old they get at most, where they cannot be fetched, in ms. */
  readonly keepMs: number
  /** Pause between two fetches for names that are not known, or that failed, in ms. */
  readonly pauseMs: number
  /** Monotonic ms. */
  readonly now: () => number
  readonly fetch: (
    url: string,
    options: {
      readonly headers: Readonly<Record<string, string>>
      readonly timeoutMs: number
      readonly maxBytes: number
    }
  ) => Promise<{ readonly status: number; readonly body: Uint8Array }>
}

/** What came of a search: a key, none of that name, or nobody knows. */
export type FoundKey = VerificationKey | 'unknown' | 'unavailable'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 1024 * 1024
const HEADERS = { accept: 'application/jwk-set+json, application/json' }

/** The keys of one issuer. */
export class KeySource {
  readonly #options: KeySourceOptions
  #keys: KeySet = []
  #fetchedMs = Number.NEGATIVE_INFINITY
  #triedMs = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined

  constructor(options: KeySourceOptions) {
    this.#options = options
  }

  /** Whether the last fetch has failed. */
  get isFailing(): boolean {
    return this.#triedMs > this.#fetchedMs && this.#fetching === undefined
  }

  /** The key that a token means. Waits only for a fetch that it cannot go on without. */
  find(kid: string | undefined, algorithm: string): FoundKey | Promise<FoundKey> {
    const { now, refreshMs, keepMs } = this.#options
    const ageMs = now() - this.#fetchedMs
    if (ageMs >= refreshMs) {
      const fetching = this.#fetch()
      if (ageMs >= keepMs) return this.#after(fetching, kid, algorithm)
    }
    const key = pick(this.#keys, kid, algorithm)
    if (key !== undefined) return key
    // The issuer may have made a key since. Tokens with invented names must not become so many fetches.
    return this.#after(this.#fetch(), kid, algorithm)
  }

  #after(
    fetching: Promise<void> | undefined,
    kid: string | undefined,
    algorithm: string
  ): FoundKey | Promise<FoundKey> {
    return fetching === undefined ? this.#have(kid, algorithm) : fetching.then(() => this.#have(kid, algorithm))
  }

  #have(kid: string | undefined, algorithm: string): FoundKey {
    const { now, keepMs } = this.#options
    if (now() - this.#fetchedMs >= keepMs) return 'unavailable'
    return pick(this.#keys, kid, algorithm) ?? 'unknown'
  }

  /** One fetch for all. Undefined, and nothing is done, within the pause after the last one. */
  #fetch(): Promise<void> | undefined {
    const { now, pauseMs } = this.#options
    if (this.#fetching !== undefined) return this.#fetching
    if (now() - this.#triedMs < pauseMs) return undefined
    this.#triedMs = now()
    this.#fetching = this.#read().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  /** Never rejects: what cannot be fetched leaves things as they are. */
  async #read(): Promise<void> {
    const { url, algorithms, now } = this.#options
    const askedMs = now()
    try {
      const { status, body } = await this.#options.fetch(url, {
        headers: HEADERS,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES
      })
      const keys = status === 200 ? readJwkSet(parseObject(Buffer.from(body)), algorithms) : undefined
      if (keys === undefined) return
      this.#keys = keys
      this.#fetchedMs = askedMs
    } catch {
      // Told by `isFailing`.
    }
  }
}

/** The key that a token means, by its name where both have one; undefined when it is not the only one that fits. */
export function pick(keys: KeySet, kid: string | undefined, algorithm: string): VerificationKey | undefined {
  const fit = keys.filter(
    key => key.algorithm === algorithm && (kid === undefined || key.kid === undefined || key.kid === kid)
  )
  return fit.length === 1 ? fit[0] : undefined
}
