/**
 * An exchange that stands still between two tries: it waits for a place at an
 * upstream, or for some time before it tries again. Decides nothing about what
 * follows: the pipeline does.
 */
import { Timer } from '../timers.ts'
import type { Places, Waiter } from '../upstream/places.ts'
import type { LiveExchange } from './exchange.ts'
import { collapse } from './stages.ts'

/** What follows a pause. */
export interface PauseOwner {
  /** Whether the exchange has a place at its upstream. */
  hasPlace(exchange: LiveExchange): boolean
  /** The time has come, or the place is there. */
  goOn(exchange: LiveExchange): void
  /** There was no place in time. */
  tooLong(exchange: LiveExchange): void
}

/** Stands still for a time. */
export class Pause extends Timer {
  protected readonly exchange: LiveExchange
  protected readonly owner: PauseOwner
  readonly #startedMs: number

  constructor(exchange: LiveExchange, owner: PauseOwner) {
    super()
    this.exchange = exchange
    this.owner = owner
    this.#startedMs = exchange.services.clock.monotonic()
    exchange.pause = this
  }

  /** Begins. */
  begin(pauseMs: number): void {
    const { wheel, paused } = this.exchange.services
    wheel.schedule(this, this.#startedMs + pauseMs)
    paused?.(pauseMs)
  }

  expire(): void {
    this.end(() => this.owner.goOn(this.exchange))
  }

  /** The exchange ends, or is answered without another try. */
  cancel(): void {
    const { exchange } = this
    exchange.pause = undefined
    exchange.services.wheel.cancel(this)
    // Whoever waits for an upstream is not held up by the gateway.
    exchange.waitedMs += exchange.services.clock.monotonic() - this.#startedMs
  }

  protected end(next: () => void): void {
    this.cancel()
    try {
      next()
    } catch (error) {
      collapse(this.exchange, error)
    }
  }
}

/** Waits for a place. */
export class PlaceWait extends Pause implements Waiter {
  nextWaiter: Waiter | undefined
  previousWaiter: Waiter | undefined
  readonly #places: Places
  #isWaiting = false

  constructor(exchange: LiveExchange, owner: PauseOwner, places: Places) {
    super(exchange, owner)
    this.#places = places
  }

  /** Begins to wait. @returns how long to stay away, in ms, when it would be in vain; the pause is over then. */
  queue(): number | undefined {
    const retryAfterMs = this.#places.wait(this)
    if (retryAfterMs === undefined) {
      this.#isWaiting = true
      this.begin(this.#places.limits.waitMs)
    } else this.cancel()
    return retryAfterMs
  }

  hasPlace(): boolean {
    return this.owner.hasPlace(this.exchange)
  }

  take(): void {
    this.#isWaiting = false
    this.end(() => this.owner.goOn(this.exchange))
  }

  override expire(): void {
    this.end(() => this.owner.tooLong(this.exchange))
  }

  override cancel(): void {
    if (this.#isWaiting) this.#places.giveUp(this)
    this.#isWaiting = false
    super.cancel()
  }
}
