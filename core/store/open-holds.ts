/**
 * What was granted in Redis and has not been settled. Knows which are open, and
 * nothing of what happens with them.
 */
import type { Granted } from '../plugin.ts'
import type { Domain } from './domains.ts'
import type { Decision } from './redis-decision.ts'

/** What one decision granted. */
export class OpenHold implements Granted {
  readonly granted = true
  readonly unsure = false
  readonly id: string
  readonly domains: readonly Domain[]
  /** Monotonic ms, from when it was asked for. */
  readonly openedMs: number
  readonly remaining: readonly number[]
  readonly resetMs: readonly number[]
  readonly shadowed: readonly number[]
  /** Its neighbours among those that are open; the list's own. */
  previous: OpenHold | undefined
  next: OpenHold | undefined
  readonly #settle: (held: OpenHold, actual: readonly number[]) => void

  constructor(decision: Decision, settle: (held: OpenHold, actual: readonly number[]) => void) {
    this.id = decision.id
    this.domains = decision.domains
    this.openedMs = decision.startedMs
    this.remaining = decision.remaining
    this.resetMs = decision.resetMs
    this.shadowed = decision.shadowed
    this.#settle = settle
  }

  settle(actual: readonly number[]): void {
    this.#settle(this, actual)
  }
}

/**
 * Those that are open, the youngest first. Chained rather than in a Set: a Set that things come into and go out of all
 * the time is copied again and again, and an old copy keeps alive what was in it, and every copy after it.
 */
export class OpenHolds implements Iterable<OpenHold> {
  #first: OpenHold | undefined

  add(held: OpenHold): void {
    const first = this.#first
    held.next = first
    if (first !== undefined) first.previous = held
    this.#first = held
  }

  /** @returns false for one that is not open. */
  delete(held: OpenHold): boolean {
    const { previous, next } = held
    if (previous === undefined && this.#first !== held) return false
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next !== undefined) next.previous = previous
    held.previous = undefined
    held.next = undefined
    return true
  }

  *[Symbol.iterator](): Iterator<OpenHold> {
    for (let held = this.#first; held !== undefined; held = held.next) yield held
  }
}
