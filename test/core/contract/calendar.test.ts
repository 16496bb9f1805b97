import fc from 'fast-check'
import { CALENDAR_UNITS, Calendar, type CalendarUnit, isTimeZone, TimeZone, Type } from 'tacit-gateway/plugin'
import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'
import { isFull } from '../../support/full.ts'

const HOUR_MS = 3_600_000

function windowIn(unit: CalendarUnit, zone: string, at: string): readonly string[] {
  const { startsAt, endsAt } = new Calendar(unit, zone).windowAt(Date.parse(at))
  return [new Date(startsAt).toJSON(), new Date(endsAt).toJSON()]
}

t.test('a day begins at midnight of its zone, not of Greenwich', async t => {
  t.strictSame(windowIn('day', 'UTC', '2026-11-22T23:59:59.999Z'), [
    '2026-11-22T00:00:00.000Z',
    '2026-11-23T00:00:00.000Z'
  ])
  t.strictSame(windowIn('day', 'Asia/Shanghai', '2026-11-22T17:00:00Z'), [
    '2026-11-22T16:00:00.000Z',
    '2026-11-23T16:00:00.000Z'
  ])
  t.strictSame(windowIn('day', 'America/Los_Angeles', '2026-11-22T07:59:59Z'), [
    '2026-11-21T08:00:00.000Z',
    '2026-11-22T08:00:00.000Z'
  ])
})

t.test('a week begins on Monday, a month on its first', async t => {
  // 2026-11-22 is a Sunday.
  t.strictSame(windowIn('week', 'UTC', '2026-11-22T12:00:00Z'), [
    '2026-11-16T00:00:00.000Z',
    '2026-11-23T00:00:00.000Z'
  ])
  t.strictSame(windowIn('week', 'UTC', '2026-11-23T00:00:00Z'), [
    '2026-11-23T00:00:00.000Z',
    '2026-11-30T00:00:00.000Z'
  ])
  t.strictSame(windowIn('month', 'UTC', '2028-02-29T12:00:00Z'), [
    '2028-02-01T00:00:00.000Z',
    '2028-03-01T00:00:00.000Z'
  ])
  t.strictSame(windowIn('month', 'UTC', '2026-12-31T12:00:00Z'), [
    '2026-12-01T00:00:00.000Z',
    '2027-01-01T00:00:00.000Z'
  ])
})

t.test('a day in which clocks are changed has 23 or 25 hours', async t => {
  const hoursOf = (at: string, zone = 'Europe/Berlin') => {
    const { startsAt, endsAt } = new Calendar('day', zone).windowAt(Date.parse(at))
    return (endsAt - startsAt) / HOUR_MS
  }
  t.equal(hoursOf('2026-03-29T12:00:00Z'), 23)
  t.equal(hoursOf('2026-10-25T12:00:00Z'), 25)
  t.equal(hoursOf('2026-07-01T12:00:00Z'), 24)
  t.equal(hoursOf('2026-04-05T00:00:00Z', 'Australia/Lord_Howe'), 24.5, 'half an hour, on an island')
})

t.test('a day whose midnight a clock skips begins when the clock has skipped it', async t => {
  // Cairo goes from 24:00 on Thursday to 01:00 on Friday.
  t.strictSame(windowIn('day', 'Africa/Cairo', '2026-04-24T09:00:00Z'), [
    '2026-04-23T22:00:00.000Z',
    '2026-04-24T21:00:00.000Z'
  ])
})

t.test('a day that a zone left out has no window', async t => {
  // Samoa went over the date line: after the 29th came the 31st.
  const samoa = new Calendar('day', 'Pacific/Apia')
  const before = samoa.windowAt(Date.parse('2011-12-30T09:59:59Z'))
  const after = samoa.windowAt(Date.parse('2011-12-30T10:00:00Z'))
  t.equal(before.endsAt, after.startsAt)
  t.equal(after.endsAt - after.startsAt, 24 * HOUR_MS)
})

t.test('a clock that is put back over midnight makes neither a gap nor an overlap', async t => {
  // Newfoundland put its clocks back at 00:01, to 23:01 of the day before.
  const calendar = new Calendar('day', 'America/St_Johns')
  let window = calendar.windowAt(Date.parse('2010-11-06T12:00:00Z'))
  const { endsAt } = window
  for (let at = window.startsAt; at < endsAt + 26 * HOUR_MS; at += 20 * 60_000) {
    const next = new Calendar('day', 'America/St_Johns').windowAt(at)
    if (next.startsAt !== window.startsAt) t.equal(next.startsAt, window.endsAt)
    if (at < next.startsAt || at >= next.endsAt) t.fail(`${at} lies outside`)
    window = next
  }
})

t.test('answers with the same object while it is the same window, also when the clock jumps', async t => {
  const calendar = new Calendar('day', 'Europe/Berlin')
  const today = calendar.windowAt(Date.parse('2026-11-22T12:00:00Z'))
  t.equal(calendar.windowAt(Date.parse('2026-11-22T22:59:59.999Z')), today)
  const tomorrow = calendar.windowAt(Date.parse('2026-11-22T23:00:00Z'))
  t.equal(tomorrow.startsAt, today.endsAt)
  t.strictSame(calendar.windowAt(Date.parse('2026-11-22T12:00:00Z')), today, 'back again')
})

/** The day that clocks show, `2026-11-22`, asked in another way than the calendar does. */
function shown(zone: string, at: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at)
}

/** Which window a day belongs to, by its name alone. */
function nameOf(unit: CalendarUnit, day: string): string {
  if (unit === 'month') return day.slice(0, 7)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return unit === 'week' ? String(Math.floor((midnight / (24 * HOUR_MS) + 3) / 7)) : day
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Santiago',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Asia/Beirut',
  'Antarctica/Troll'
]

t.test('agrees with a plain look at the clock, in every zone, at every instant', async () => {
  const instant = fc.integer({ min: Date.parse('2013-01-01T00:00:00Z'), max: Date.parse('2037-01-01T00:00:00Z') })
  fc.assert(
    fc.property(fc.constantFrom(...CALENDAR_UNITS), fc.constantFrom(...ZONES), instant, (unit, zone, at) => {
      const { startsAt, endsAt } = new Calendar(unit, zone).windowAt(at)
      const name = (moment: number) => nameOf(unit, shown(zone, moment))
      return (
        startsAt <= at &&
        at < endsAt &&
        name(startsAt) === name(at) &&
        name(endsAt - 1) === name(at) &&
        name(startsAt - 1) !== name(at) &&
        name(endsAt) !== name(at)
      )
    }),
    { seed: 20261122, numRuns: isFull ? 10_000 : 400 }
  )
})

t.test('windows follow each other without a gap', async t => {
  for (const zone of isFull ? ZONES : ['Europe/Berlin', 'Africa/Cairo', 'America/Santiago']) {
    const calendar = new Calendar('day', zone)
    let window = calendar.windowAt(Date.parse('2026-01-01T00:00:00Z'))
    for (let days = 0; days < 366; days++) {
      const next = calendar.windowAt(window.endsAt)
      if (next.startsAt !== window.endsAt) t.fail(`${zone} at ${new Date(window.endsAt).toJSON()}`)
      window = next
    }
  }
})

t.test('tells names of zones from other words', async t => {
  t.ok(isTimeZone('Europe/Berlin'))
  t.notOk(isTimeZone('Europe/Bonn'))
  t.notOk(isTimeZone(''))
  t.throws(() => new Calendar('day', 'Europe/Bonn'), RangeError)
})

t.test('a zone that does not exist is refused where the configuration names it', async t => {
  const schema = Type.Object({ timeZone: TimeZone({ default: 'UTC' }) })
  const read = (timeZone: unknown) => validate(schema, { timeZone }, [], new Substitutions())
  t.strictSame(read('Asia/Shanghai').decoded, { timeZone: 'Asia/Shanghai' })
  t.match(read('Moon/Tycho').findings, [{ path: ['timeZone'] }])
})
