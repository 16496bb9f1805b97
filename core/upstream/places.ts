/**
 * The places of one upstream: how many tries may be under way there at once, and
 * who waits for one. What cannot be served in time is turned away at once, so
 * that an overload costs those who are served as little as possible. Knows
 * nothing of requests.
 */
import type { Clock } from '../clock.ts'
import type { LivePeer } from './upstream.ts'

/** Bounds of one upstream. */
export interface PlaceLimits {
  /** Tries under way, at all peers together. */
  readonly inFlight: number
  /** At each peer. */
  readonly peerInFlight: number
  /** Tries beyond the first that are under way. */
  readonly retries: number
  /** Who may wait for a place. */
  readonly waiting: number
  /** How long, in ms. */
  readonly waitMs: number
}

/** Somebody who waits. The links belong to {@link Places}. */
export interface Waiter {
  nextWaiter: Waiter | undefined
  previousWaiter: Waiter | undefined
  /** Whether there is a place for it. */
  hasPlace(): boolean
  /** Takes the place; it waits no more. Must not throw. */
  take(): void
}

/** Weight of the latest gap between two places that became free, in the average of all (an exponentially weighted one). */
const LATEST = 0.1
/** Never less is asked of whom is turned away, in ms: the estimate of a moment is not worth coming back for at once. */
const MIN_RETRY_AFTER_MS = 1_000

/** The places of one upstream. */
export class Places {
  readonly limits: PlaceLimits
  /** Tries under way, and how many of them are not their exchange's first here. */
  inFlight = 0
  retries = 0
  readonly #clock: Clock
  readonly #random: () => number
  #first: Waiter | undefined
  #last: Waiter | undefined
  #waiting = 0
  /** Average time between two places that became free while somebody waited, in ms; 0 before there were two. */
  #gapMs = 0
  /** When a place became free last, or the waiting began. Monotonic. */
  #freedMs = 0
  #isHandingOut = false

  /** @param random in [0, 1), so that those who are turned away do not all come back at once. */
  constructor(limits: PlaceLimits, clock: Clock, random: () => number) {
    this.limits = limits
    this.#clock = clock
    this.#random = random
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting
  }

  /** Those of the peers that have a place for another try: the same list where all do, an empty one where nobody may go. */
  free(peers: readonly LivePeer[]): readonly LivePeer[] {
    const { inFlight, peerInFlight } = this.limits
    if (this.inFlight >= inFlight) return NOBODY
    for (const peer of peers) {
      if (peer.inFlight >= peerInFlight) return peers.filter(other => other.inFlight < peerInFlight)
    }
    return peers
  }

  /** A try begins. */
  enter(peer: LivePeer, isRetry: boolean): void {
    peer.inFlight++
    this.inFlight++
    if (isRetry) this.retries++
  }

  /** A try is over, and its connection is free or gone. */
  leave(peer: LivePeer, isRetry: boolean): void {
    peer.inFlight--
    this.inFlight--
    if (isRetry) this.retries--
    if (this.#waiting === 0) return
    const nowMs = this.#clock.monotonic()
    const gapMs = nowMs - this.#freedMs
    this.#gapMs = this.#gapMs === 0 ? gapMs : this.#gapMs + LATEST * (gapMs - this.#gapMs)
    this.#freedMs = nowMs
    this.#handOut()
  }

  /**
   * Puts somebody at the end of those who wait, unless it would wait in vain: too many do already, or it would take
   * longer than anybody may wait. The first may always wait, since what is expected is only found out by waiting.
   * @returns undefined when it waits; otherwise how long it should stay away, in ms.
   */
  wait(waiter: Waiter): number | undefined {
    const { waiting, waitMs } = this.limits
    if (this.#waiting === 0) this.#freedMs = this.#clock.monotonic()
    const expectedMs = this.#expectedMs()
    if (this.#waiting >= waiting || (this.#waiting > 0 && expectedMs > waitMs)) return this.retryAfterMs(expectedMs)
    waiter.previousWaiter = this.#last
    waiter.nextWaiter = undefined
    if (this.#last === undefined) this.#first = waiter
    else this.#last.nextWaiter = waiter
    this.#last = waiter
    this.#waiting++
    return undefined
  }

  /** Somebody waits no more. For those who wait, and once; who is given a place waits no more already. */
  giveUp(waiter: Waiter): void {
    const { previousWaiter, nextWaiter } = waiter
    if (previousWaiter === undefined) this.#first = nextWaiter
    else previousWaiter.nextWaiter = nextWaiter
    if (nextWaiter === undefined) this.#last = previousWaiter
    else nextWaiter.previousWaiter = previousWaiter
    waiter.previousWaiter = undefined
    waiter.nextWaiter = undefined
    this.#waiting--
  }

  /** How long somebody who is turned away should stay away, in ms: as those wait who are here, and up to twice that. */
  retryAfterMs(expectedMs = this.#expectedMs()): number {
    return Math.max(MIN_RETRY_AFTER_MS, expectedMs) * (1 + this.#random())
  }

  /** Gives places to those who wait, in order, when this turn of the event loop is over: whoever left a place is not done yet. */
  #handOut(): void {
    if (this.#isHandingOut || this.#waiting === 0) return
    this.#isHandingOut = true
    process.nextTick(() => {
      this.#isHandingOut = false
      for (let first = this.#first; first !== undefined; first = this.#first) {
        if (!first.hasPlace()) return
        this.giveUp(first)
        first.take()
      }
    })
  }

  /** How long whoever comes now would wait. While no place becomes free, it is at least as long as none has. */
  #expectedMs(): number {
    const silentMs = this.#waiting === 0 ? 0 : this.#clock.monotonic() - this.#freedMs
    return (this.#waiting + 1) * this.#gapMs + Math.max(0, silentMs - this.#gapMs)
  }
}

const NOBODY: readonly LivePeer[] = []
