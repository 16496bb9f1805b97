/** Stretches of time as people name them in a zone, and the steps that they are told in. Pure. */
import { Calendar, parseMoment } from 'tacit-gateway/plugin'

/** How long one step is. */
export const STEPS = ['total', 'hour', 'day', 'week', 'month'] as const

/** How long one step is. */
export type StepName = (typeof STEPS)[number]

/** Figures are kept for each quarter of an hour, in ms. */
export const QUARTER_MS = 900_000
const HOUR_MS = 3_600_000
/** Steps of one answer. */
export const MAX_STEPS = 1_000

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MONTH = /^(\d{4})-(\d{2})$/

/** A stretch of time, and where its steps begin after the first. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly steps: readonly number[]
}

/**
 * `2026-11-01`, the first instant of that day in a zone, or `2026-11-01T18:00:00+01:00`, in ms since the epoch; undefined
 * for anything else.
 */
export function instantOf(text: string, timeZone: string): number | undefined {
  const at = parseMoment(text)
  if (at === undefined || !DAY.test(text)) return at
  const calendar = new Calendar('day', timeZone)
  // No zone is further than a day from UTC, so the day of that name is one of three.
  for (const guess of [at + 12 * HOUR_MS, at - 12 * HOUR_MS, at + 36 * HOUR_MS]) {
    const { startsAt, endsAt } = calendar.windowAt(Math.max(0, guess))
    if (dayIn(Math.floor((startsAt + endsAt) / 2), timeZone) === text) return startsAt
  }
  return undefined
}

/** First instant of a month such as `2026-11` in a zone, and the first after it; undefined for what is none. */
export function monthOf(text: string, timeZone: string): { readonly from: number; readonly to: number } | undefined {
  const [, year, month] = MONTH.exec(text) ?? []
  if (year === undefined || month === undefined || Number(month) < 1 || Number(month) > 12) return undefined
  const middle = Date.UTC(Number(year), Number(month) - 1, 15)
  if (middle < 0) return undefined
  const { startsAt, endsAt } = new Calendar('month', timeZone).windowAt(middle)
  return { from: startsAt, to: endsAt }
}

/** The month that an instant lies in, such as `2026-11`. */
export function monthAt(at: number, timeZone: string): string {
  return dayIn(at, timeZone).slice(0, 7)
}

/**
 * The steps of a stretch: those of a calendar begin where it does in the zone.
 * @returns a clause that says what is wrong with it.
 */
export function spanOf(from: number, to: number, step: StepName, timeZone: string): Span | string {
  if (from >= to) return '`from` must be before `to`'
  if (from % QUARTER_MS !== 0 || to % QUARTER_MS !== 0) return '`from` and `to` must be on a quarter of an hour'
  if (step === 'total') return { from, to, steps: [] }
  const steps: number[] = []
  const calendar = step === 'hour' ? undefined : new Calendar(step, timeZone)
  const minutes = new Intl.DateTimeFormat('en-US', { timeZone, minute: 'numeric' })
  // Zones are quarters of an hour away from UTC, so their hours begin on one.
  let at = from
  for (;;) {
    at = calendar === undefined ? hourAfter(at, minutes) : calendar.windowAt(at).endsAt
    if (at >= to) return { from, to, steps }
    if (at % QUARTER_MS !== 0) return 'this zone had days that begin on no quarter of an hour then'
    steps.push(at)
    if (steps.length >= MAX_STEPS) return `there are more than ${MAX_STEPS} steps: ask for longer ones, or for less`
  }
}

/** The next full hour of clocks in a zone. @param minutes writes those that they show. */
function hourAfter(at: number, minutes: Intl.DateTimeFormat): number {
  // Nearly always the one before was one.
  if (Number(minutes.format(at + HOUR_MS)) === 0) return at + HOUR_MS
  for (let next = at + QUARTER_MS; next < at + HOUR_MS; next += QUARTER_MS) {
    if (Number(minutes.format(next)) === 0) return next
  }
  return at + HOUR_MS
}

/** The day that clocks in a zone show, such as `2026-11-01`. */
function dayIn(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit'
  }).formatToParts(at)
  const part = (type: string) => parts.find(found => found.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
}
