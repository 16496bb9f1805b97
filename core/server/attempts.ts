/**
 * Bounds how many different wrong tokens one address may try. The same wrong
 * token again is no guess, so that a program with an old one locks nobody out.
 * Must not know what tokens are good for.
 */
import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { plainAddress } from './trusted-proxies.ts'

/** Guesses that an address has at once, and the time after which it has another, in ms. */
const GUESSES = 10
const NEXT_GUESS_MS = 6_000
/** Addresses that are remembered; the one that was heard of longest ago is forgotten. */
const MAX_ADDRESSES = 1_000
/** Wrong tokens of an address that are remembered. */
const MAX_REMEMBERED = 16

/** What is remembered of an address. */
interface Guesses {
  /** When every guess is there again, in monotonic ms. */
  fullMs: number
  /** Digests of wrong tokens, the latest last. */
  readonly wrong: string[]
}

/** Wrong tokens, by the address that they came from. */
export class Attempts {
  readonly #clock: Clock
  readonly #records = new LRUCache<string, Guesses>({ max: MAX_ADDRESSES })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Time until this address may try a token again, in ms; 0 when it may now. */
  waitMs(address: string): number {
    const record = this.#records.get(networkOf(address))
    if (record === undefined) return 0
    return Math.max(0, record.fullMs - this.#clock.monotonic() - (GUESSES - 1) * NEXT_GUESS_MS)
  }

  /** Whether this address was told already that a token is wrong. */
  isKnownWrong(address: string, digest: string): boolean {
    return this.#records.get(networkOf(address))?.wrong.includes(digest) ?? false
  }

  /** A token that was tried was wrong. */
  failed(address: string, digest: string): void {
    const network = networkOf(address)
    const record = this.#records.get(network) ?? { fullMs: 0, wrong: [] }
    this.#records.set(network, record)
    record.fullMs = Math.max(record.fullMs, this.#clock.monotonic()) + NEXT_GUESS_MS
    record.wrong.push(digest)
    if (record.wrong.length > MAX_REMEMBERED) record.wrong.shift()
  }
}

/** An IPv6 host has a whole /64 to choose addresses from (RFC 4291, 2.5.4). */
function networkOf(address: string): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [before = '', after] = plain.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  return [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4).join(':')
}
