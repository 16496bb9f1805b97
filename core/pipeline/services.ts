/** What the pipeline needs of the rest of core. Types only. */
import type { Clock } from '../clock.ts'
import type { AccessFacts, Attempt, Exchange, Facts } from '../plugin.ts'
import type { TimerWheel } from '../timers.ts'

/** Writes one declared event. */
export type EventLog = (facts: Facts) => void

/** Shared by all exchanges of a gateway. */
export interface Services {
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Exchanges under way. */
  readonly live: Set<Exchange>
  /** Whether to send `x-tacit-overhead-ms`. */
  readonly showsOverhead: boolean
  /** True once the gateway was told to stop. */
  isStopping(): boolean
  /** A phase of a plugin threw. */
  pluginFailed(instance: string, phase: string, route: string, error: unknown): void
  /** A try is decided. */
  attemptDone(attempt: Attempt): void
  /** An exchange has ended. `facts` come after every plugin's `logging`. */
  exchangeDone(exchange: Exchange, facts: AccessFacts): void
}
