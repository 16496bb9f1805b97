/** How long the rest of a rejected answer is read, which saves its connection. Knows nothing of what it says. */
import { Timer } from '../timers.ts'
import type { LiveAttempt } from './attempt.ts'

const DISCARD_MS = 1_000

/** Gives up on a rejected answer that does not come: the exchange has gone on, and looks at another attempt. */
export class DiscardLimit extends Timer {
  readonly #attempt: LiveAttempt

  constructor(attempt: LiveAttempt) {
    super()
    this.#attempt = attempt
    const { wheel, clock } = attempt.exchange.services
    wheel.schedule(this, clock.monotonic() + DISCARD_MS)
  }

  cancel(): void {
    this.#attempt.exchange.services.wheel.cancel(this)
  }

  expire(): void {
    this.#attempt.cancel()
  }
}
