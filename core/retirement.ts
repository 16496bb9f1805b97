/**
 * Configurations that were replaced while exchanges still ran on them. Closes
 * each when the last of its exchanges has ended. Knows nothing of what it closes.
 */
import type { RoutePlan } from './pipeline/plan.ts'

/** What was replaced. */
export interface Retiring {
  /** Whether an exchange on this route belongs to it. */
  has(plan: RoutePlan): boolean
  /** Releases what nobody uses any more. Must not reject. */
  close(): Promise<void>
}

interface Waiting {
  readonly retiring: Retiring
  exchanges: number
}

/** Those that wait for their exchanges. */
export class Retirement {
  /** Null while nothing waits, which every exchange's end looks at. */
  #waiting: Waiting[] | null = null
  readonly #closing = new Set<Promise<void>>()

  /** Replaced configurations that exchanges still run on. */
  get size(): number {
    return this.#waiting?.length ?? 0
  }

  /** @param live every exchange under way, by the route that it is on. */
  retire(retiring: Retiring, live: Iterable<RoutePlan>): void {
    let exchanges = 0
    for (const plan of live) if (retiring.has(plan)) exchanges++
    if (exchanges === 0) this.#close(retiring)
    else {
      this.#waiting ??= []
      this.#waiting.push({ retiring, exchanges })
    }
  }

  /** An exchange on this route is over, all of its plugins included. */
  ended(plan: RoutePlan): void {
    if (this.#waiting === null) return
    const index = this.#waiting.findIndex(({ retiring }) => retiring.has(plan))
    const waiting = this.#waiting[index]
    if (waiting === undefined || --waiting.exchanges > 0) return
    this.#waiting.splice(index, 1)
    if (this.#waiting.length === 0) this.#waiting = null
    this.#close(waiting.retiring)
  }

  /** Closes all that wait, and resolves when everything is closed. */
  async close(): Promise<void> {
    for (const { retiring } of this.#waiting?.splice(0) ?? []) this.#close(retiring)
    this.#waiting = null
    await Promise.all(this.#closing)
  }

  #close(retiring: Retiring): void {
    const closing = retiring.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
