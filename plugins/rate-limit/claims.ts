/** Limits as claims on counters. Pure. */
import type { Claim, Limit as CounterLimit, CounterName } from 'tacit-gateway/plugin'
import type { Rule } from './rules.ts'

/** The counter of a limit. @param owner beginning of its name; the time decides which window of the calendar it is. */
export function counterOf({ name, window, calendar }: Rule, owner: string, now: number): CounterName {
  const counter = `${owner}${name}`
  if (window.kind === 'rolling') return { counter, algorithm: window.algorithm, windowMs: window.windowMs }
  if (calendar === undefined) return { counter, algorithm: 'concurrency' }
  const { startsAt, endsAt } = calendar.windowAt(now)
  return { counter, algorithm: 'calendar', startsAt, endsAt }
}

/** The same with how much may be used of it. */
export function limitOf(rule: Rule, owner: string, now: number): CounterLimit {
  const burst = rule.window.kind === 'rolling' ? rule.window.burst : undefined
  const counter = counterOf(rule, owner, now)
  return burst === undefined ? { ...counter, limit: rule.limit } : { ...counter, limit: rule.limit, burst }
}

/** What is asked of it. */
export function claimOf(rule: Rule, owner: string, amount: number, now: number): Claim {
  const { unit, shadow, away, lost, sync } = rule
  return { ...limitOf(rule, owner, now), amount, shadow, away, lost, sync, final: unit === 'requests' }
}
