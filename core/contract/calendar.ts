/**
 * Days, weeks and months as clocks on a wall show them: which instants they begin and end at in a time zone, through
 * every change of its clocks. Zones are those of the IANA database that Node brings along. Pure: the instant is an
 * argument, and nothing here knows what is counted.
 */
import { type TString, type TTransform, Type } from '@sinclair/typebox'
import type { UnitOptions } from './units.ts'

/** Windows that begin at midnight: of every day, of Monday (ISO 8601), of the first of a month. */
export const CALENDAR_UNITS = ['day', 'week', 'month'] as const

/** A window of the calendar. */
export type CalendarUnit = (typeof CALENDAR_UNITS)[number]

/** One window, in ms since the epoch. */
export interface CalendarWindow {
  /** First instant of it. */
  readonly startsAt: number
  /** First instant after it; always later than `startsAt`. */
  readonly endsAt: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** No clock on earth was ever further from UTC. */
const FURTHEST_MS = 16 * HOUR_MS

/** Whether Node knows a time zone of that name, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The schema of a time zone such as `Europe/Berlin`. */
export function TimeZone(options: UnitOptions = {}): TTransform<TString, string> {
  return Type.Transform(Type.String({ ...options, unit: 'timeZone' }))
    .Decode(name => {
      if (!isTimeZone(name)) throw new RangeError('no time zone is called that')
      return name
    })
    .Encode(name => name)
}

/**
 * The windows of one unit in one zone. A window begins at the first instant of its first day, which is not midnight
 * where a clock skips it, and not 24 hours after the last one where a clock was changed. Windows never overlap, and
 * nothing lies between them.
 */
export class Calendar {
  readonly #unit: CalendarUnit
  readonly #format: Intl.DateTimeFormat
  /** The window that was asked for last: nearly always the one that is asked for next. */
  #last: CalendarWindow = { startsAt: 0, endsAt: 0 }

  /** @param timeZone see {@link isTimeZone}. @throws RangeError for one that Node does not know. */
  constructor(unit: CalendarUnit, timeZone: string) {
    this.#unit = unit
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23'
    })
  }

  /** The window that holds an instant, from 1970 on. The same object as before while it is the same window. */
  windowAt(at: number): CalendarWindow {
    const { startsAt, endsAt } = this.#last
    if (at >= startsAt && at < endsAt) return this.#last
    // A clock that is put back over midnight shows a day for a moment before that day begins for good.
    let first = this.#firstDay(this.#dayAt(at) - DAY_MS)
    let window = this.#windowFrom(first)
    while (window.endsAt <= at) {
      first = this.#nextFirstDay(first)
      window = this.#windowFrom(first)
    }
    this.#last = Object.freeze(window)
    return this.#last
  }

  #windowFrom(first: number): CalendarWindow {
    return { startsAt: this.#startOf(first), endsAt: this.#startOf(this.#nextFirstDay(first)) }
  }

  /** What clocks show, as the instant at which those of UTC show the same; to the second. */
  #shownAt(at: number): number {
    const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of this.#format.formatToParts(at)) shown[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }

  /** The day that clocks show, as 00:00 UTC of the day of that name. */
  #dayAt(at: number): number {
    return Math.floor(this.#shownAt(at) / DAY_MS) * DAY_MS
  }

  /** The first day of the window that a day lies in. */
  #firstDay(day: number): number {
    const date = new Date(day)
    if (this.#unit === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
    // Monday is 1, and Sunday 0 is the last day of its week.
    return this.#unit === 'week' ? day - ((date.getUTCDay() + 6) % 7) * DAY_MS : day
  }

  #nextFirstDay(first: number): number {
    if (this.#unit === 'day') return first + DAY_MS
    if (this.#unit === 'week') return first + 7 * DAY_MS
    const date = new Date(first)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  }

  /** The first instant at which clocks show a day or a later one: a zone may skip midnight, or a whole day. */
  #startOf(day: number): number {
    const midnight = day - (this.#shownAt(day) - day)
    if (this.#isStart(midnight, day)) return midnight
    let before = day - FURTHEST_MS
    let after = day + FURTHEST_MS
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.#dayAt(middle) >= day) after = middle
      else before = middle
    }
    return after
  }

  #isStart(at: number, day: number): boolean {
    return this.#dayAt(at) >= day && this.#dayAt(at - 1) < day
  }
}
