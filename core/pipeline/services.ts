/** What the pipeline needs of the rest of core. Types only. */
import type { Clock } from '../clock.ts'
import type { CompiledEvent } from '../log.ts'
import type { AccessFacts, Attempt, Exchange, Facts, Phases } from '../plugin.ts'
import type { TimerWheel } from '../timers.ts'
import type { LiveList } from './live-list.ts'

/** Where a plugin failed: in a phase, or in what it attached to a body. */
export type FailedPhase = Exclude<keyof Phases, 'health' | 'show' | 'close'> | 'body'

/** Headers that an operator can switch off. */
export interface ShownHeaders {
  /** `x-tacit-overhead-ms`. */
  readonly overhead: boolean
  /** `x-tacit-upstream`: where the answer comes from, or where the last try went. */
  readonly upstream: boolean
  /** `x-tacit-attempts`: how many tries there were. */
  readonly attempts: boolean
}

/** Shared by all exchanges of a gateway. */
export interface Services {
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Exchanges under way. */
  readonly live: LiveList<Exchange>
  /** Which headers of its own the gateway adds to responses. */
  readonly shows: ShownHeaders
  /** True once the gateway was told to stop. */
  isStopping(): boolean
  /** Writes an event that a plugin has declared. */
  writeEvent(event: CompiledEvent, facts: Facts, exchange: Exchange): void
  /** A phase of a plugin threw. */
  pluginFailed(instance: string, phase: FailedPhase, route: string, error: unknown): void
  /** Core itself has a fault: an exchange was ended in the middle of what it did. */
  exchangeFailed(route: string, error: unknown): void
  /** A try is decided. */
  attemptDone(attempt: Attempt): void
  /** An exchange stands still for at most so long between two tries. Where time stands still itself, somebody has to move it. */
  paused?(ms: number): void
  /** A client is about to be answered: what it must not learn of before it is kept is kept now. */
  beforeAnswer?(): void
  /** An exchange has ended. `facts` come after every plugin's `logging`. */
  exchangeDone(exchange: Exchange, facts: AccessFacts): void
}
