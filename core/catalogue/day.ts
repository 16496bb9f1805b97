/** Days as the catalogue's data states them, from when prices hold and when a page was read. Pure. */
import { type TString, type TTransform, Type } from '@sinclair/typebox'
import { GatewayError } from '../errors.ts'

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/

/** `2026-11-21` as the instant at which it begins in UTC, in ms since the epoch; undefined for what is no day. */
export function parseDayAt(text: string): number | undefined {
  if (!DAY.test(text)) return undefined
  const at = Date.parse(`${text}T00:00:00Z`)
  // Some days that no calendar has are read as the days after them.
  return Number.isNaN(at) || dayOf(at) !== text ? undefined : at
}

/** The day, in UTC, that an instant falls on. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** A day such as `2026-11-21`; decodes to its first instant in UTC. */
export function Day(description: string): TTransform<TString, number> {
  return Type.Transform(Type.String({ pattern: DAY.source, unit: 'day', description, examples: ['2026-11-21'] }))
    .Decode(text => {
      const at = parseDayAt(text)
      if (at !== undefined) return at
      throw new GatewayError('TACIT_VALUE_INVALID', 'No calendar has this day.', 'Write it as 2026-11-21.')
    })
    .Encode(dayOf)
}
