/** What tests of counters share: uses that are made of one, and what they come to. */
import fc from 'fast-check'
import type { Bounds, Counter } from '../../../core/store/counters.ts'

/** What was really used, and when it counts. */
export interface Use {
  readonly atMs: number
  amount: number
}

export interface Step {
  readonly passesMs: number
  readonly amount: number
  readonly settles: { readonly which: number; readonly actual: number } | null
}

export const step: fc.Arbitrary<Step> = fc.record({
  passesMs: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 40 }) }, { weight: 1, arbitrary: fc.nat({ max: 500 }) }),
  amount: fc.nat({ max: 60 }),
  settles: fc.option(fc.record({ which: fc.nat(), actual: fc.nat({ max: 90 }) }), { freq: 3 })
})

/**
 * Runs steps through a counter, and tells of each claim whether it fitted and what had been used by then: an
 * amount that turned out smaller as if it had been so from the start, what was more at the time it was known.
 */
export function drive(
  counter: Counter,
  limit: Bounds,
  steps: readonly Step[],
  told: (fits: boolean, at: Asked) => void
): void {
  const uses: Use[] = []
  const open: { mark: number; held: number; use: Use }[] = []
  let nowMs = 0
  for (const { passesMs, amount, settles } of steps) {
    nowMs += passesMs
    const waitMs = counter.waitMs(limit, amount, nowMs)
    told(waitMs === 0, { uses, amount, nowMs, waitMs })
    if (waitMs === 0) {
      const use = { atMs: nowMs, amount }
      uses.push(use)
      open.push({ mark: counter.charge(limit, amount, nowMs), held: amount, use })
    }
    if (settles === null || open.length === 0) continue
    const [done] = open.splice(settles.which % open.length, 1)
    if (done === undefined) continue
    counter.settle(limit, done.mark, done.held, settles.actual, nowMs)
    done.use.amount = Math.min(settles.actual, done.held)
    if (settles.actual > done.held) uses.push({ atMs: nowMs, amount: settles.actual - done.held })
  }
}

export interface Asked {
  readonly uses: readonly Use[]
  readonly amount: number
  readonly nowMs: number
  readonly waitMs: number
}

export function sumSince(uses: readonly Use[], fromMs: number): number {
  return uses.filter(({ atMs }) => atMs > fromMs).reduce((sum, { amount }) => sum + amount, 0)
}

export const LIMIT: Bounds = { limit: 100, windowMs: 100 }
