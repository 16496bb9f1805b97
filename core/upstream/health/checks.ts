/**
 * Asks the peers of one upstream how they are, each by itself, over the
 * connections that requests take. Counts what is said in a row and tells the
 * upstream's health; what follows from it is decided there.
 */
import type { Clock } from '../../clock.ts'
import type { CheckConfiguration } from '../../configuration/health-schema.ts'
import type { Store } from '../../plugin.ts'
import { Timer, type TimerWheel } from '../../timers.ts'
import type { Connections, ResponseHeaders, ResponseSink, Transmission } from '../transport.ts'

/** A peer that can be asked. */
export interface CheckedPeer {
  readonly id: string
  readonly origin: URL
  /** Put in front of the path of a check; without a slash at its end. */
  readonly basePath: string
  readonly connections: Connections
}

/** Told what the latest checks of a peer say. */
export interface CheckOwner {
  checked(id: string, isWell: boolean): void
  /** When a client was last answered well by this peer, in monotonic ms; undefined for never. */
  answeredAtMs(id: string): number | undefined
  /** The peer asks to be left alone for a while. */
  limited(id: string, retryAfterMs: number): void
}

/** What checks need of the rest. */
export interface CheckParts {
  readonly upstream: string
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** In [0, 1): so that gateways do not all ask at once. */
  readonly random: () => number
  /** Where checks are counted that may not be made too often. */
  readonly store: Store
  readonly owner: CheckOwner
}

const HOUR_MS = 3_600_000
/** The first check of a peer comes within this time, in ms. */
const FIRST_MS = 1_000

/** The checks of one upstream. */
export class PeerChecks {
  readonly #parts: CheckParts
  #checks: readonly PeerCheck[] = []

  constructor(parts: CheckParts) {
    this.#parts = parts
  }

  /** Goes on with these peers and settings; what was counted in a row counts anew. No settings: no checks. */
  moveTo(peers: readonly CheckedPeer[], settings: CheckConfiguration | undefined): void {
    this.close()
    if (settings === undefined) return
    this.#checks = peers.map(peer => new PeerCheck(this.#parts, peer, settings))
    for (const check of this.#checks) check.begin(this.#parts.random() * Math.min(FIRST_MS, settings.interval))
  }

  /** Asks no more. */
  close(): void {
    for (const check of this.#checks) check.end()
    this.#checks = []
  }
}

/** The checks of one peer. A timer waits for the next, or for the answer to the one that is under way. */
class PeerCheck extends Timer implements ResponseSink {
  readonly #parts: CheckParts
  readonly #peer: CheckedPeer
  readonly #settings: CheckConfiguration
  readonly #headers: readonly string[]
  #transmission: Transmission | undefined
  #isAsking = false
  #isOver = false
  #passed = 0
  #failed = 0

  constructor(parts: CheckParts, peer: CheckedPeer, settings: CheckConfiguration) {
    super()
    this.#parts = parts
    this.#peer = peer
    this.#settings = settings
    const own = Object.entries(settings.headers).flatMap(([name, value]) => [name.toLowerCase(), value.reveal()])
    const type = settings.body === undefined ? [] : ['content-type', 'application/json']
    this.#headers = ['user-agent', 'tacit-health-check', ...type, ...own]
  }

  begin(inMs: number): void {
    const { wheel, clock } = this.#parts
    if (!this.#isOver) wheel.schedule(this, clock.monotonic() + inMs)
  }

  end(): void {
    this.#isOver = true
    this.#parts.wheel.cancel(this)
    this.#transmission?.abort()
  }

  expire(): void {
    if (this.#isAsking) {
      this.#transmission?.abort()
      this.#conclude(false)
    } else if (this.#settings.maxPerHour === undefined) this.#ask()
    else if (this.#isKnownWell()) this.#again()
    else this.#askWithin(this.#settings.maxPerHour)
  }

  onSent(): void {}
  onInformation(): void {}
  onData(): void {}

  onHead(status: number, headers: ResponseHeaders): void {
    const seconds = Number(headers['retry-after'] ?? Number.NaN)
    if (status === 429) {
      // It is there, and busy. Nobody is blamed for it, and nobody is brought back by it.
      if (Number.isFinite(seconds)) this.#parts.owner.limited(this.#peer.id, seconds * 1_000)
      this.#finish()
    } else
      this.#conclude(
        this.#settings.expect.some(word => word === String(status) || word === `${Math.floor(status / 100)}xx`)
      )
  }

  onEnd(): void {
    this.#transmission = undefined
  }

  onFailure(): void {
    this.#conclude(false)
  }

  /** For checks that cost: what clients are told says as much. */
  #isKnownWell(): boolean {
    const { owner, clock } = this.#parts
    const answeredAtMs = owner.answeredAtMs(this.#peer.id)
    return answeredAtMs !== undefined && clock.monotonic() - answeredAtMs < this.#settings.interval
  }

  #askWithin(maxPerHour: number): void {
    const { store, clock, upstream } = this.#parts
    const hour = Math.floor(clock.now() / HOUR_MS)
    store
      .increment(`tacit.checks/${upstream}/${this.#peer.id}/${hour}`, 1, HOUR_MS)
      .then(count => count <= maxPerHour)
      // What cannot be counted is not spent.
      .catch(() => false)
      .then(mayAsk => {
        if (this.#isOver) return
        if (mayAsk) this.#ask()
        else this.#again()
      })
  }

  #ask(): void {
    const { method, path, body, timeout } = this.#settings
    const { connections, basePath } = this.#peer
    // An answer that has not come to its end since the last time never will.
    this.#transmission?.abort()
    this.#transmission = undefined
    this.#isAsking = true
    this.begin(timeout)
    const request = {
      method,
      path: basePath + path,
      headers: [...this.#headers],
      body: body === undefined ? null : Buffer.from(body)
    }
    const transmission = connections.send(request, this)
    // Every connection is busy: that is no fault of the peer's, and an answer to a client will tell.
    if (transmission === undefined) this.#finish()
    else if (this.#isAsking) this.#transmission = transmission
  }

  #conclude(isWell: boolean): void {
    if (!this.#isAsking) return
    this.#passed = isWell ? this.#passed + 1 : 0
    this.#failed = isWell ? 0 : this.#failed + 1
    const { owner } = this.#parts
    if (this.#passed >= this.#settings.healthyThreshold) owner.checked(this.#peer.id, true)
    else if (this.#failed >= this.#settings.unhealthyThreshold) owner.checked(this.#peer.id, false)
    this.#finish()
  }

  #finish(): void {
    this.#isAsking = false
    this.#parts.wheel.cancel(this)
    this.#again()
  }

  /** A tenth earlier or later, so that checks of many gateways drift apart. */
  #again(): void {
    this.begin(this.#settings.interval * (0.9 + 0.2 * this.#parts.random()))
  }
}
