/** What one call held in the counters of this process, until it is settled. Knows nothing of where counters are found. */
import type { Clock } from '../clock.ts'
import type { Claim, Granted } from '../plugin.ts'
import type { Charge } from './slots.ts'

/** The charges of one call, all of which were granted. */
export class LocalHeld implements Granted {
  readonly granted = true
  readonly unsure = false
  readonly remaining: readonly number[]
  readonly resetMs: readonly number[]
  readonly shadowed: readonly number[]
  /** Another hold of the same exchange. */
  readonly next: LocalHeld | undefined
  readonly #charges: readonly Charge[]
  readonly #clock: Clock
  #isSettled = false

  /** @param next Another hold of the same exchange. */
  constructor(
    charges: readonly Charge[],
    shadowed: readonly number[],
    clock: Clock,
    nowMs: number,
    next: LocalHeld | undefined
  ) {
    this.#charges = charges
    this.shadowed = shadowed
    this.#clock = clock
    this.next = next
    const remaining: number[] = []
    const resetMs: number[] = []
    for (const charge of charges) {
      remaining.push(charge.slot.remaining(charge, nowMs))
      resetMs.push(charge.slot.counter.resetMs(charge, nowMs))
      if (charge.isFinal) charge.settle(undefined, nowMs)
    }
    this.remaining = remaining
    this.resetMs = resetMs
  }

  settle(actual: readonly number[]): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const nowMs = this.#clock.monotonic()
    let index = 0
    for (const charge of this.#charges) {
      if (!charge.isFinal) charge.settle(actual[index], nowMs)
      index++
    }
  }

  /** Nobody knows what was used: each claim has said what happens then. */
  lose(): void {
    this.settle(this.#charges.map(({ isGivenBack }) => (isGivenBack ? 0 : Number.NaN)))
  }

  /** Whether these are the counters that it holds. */
  isFor(claims: readonly Claim[]): boolean {
    return (
      claims.length === this.#charges.length &&
      this.#charges.every(({ slot }, index) => {
        const claim = claims[index]
        return claim !== undefined && slot.name === claim.counter && slot.is(claim)
      })
    )
  }
}
