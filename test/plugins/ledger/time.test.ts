import t from 'tap'
import { instantOf, monthAt, monthOf, spanOf } from '../../../plugins/ledger/time.ts'

const at = (text: string) => Date.parse(text)
const told = (times: readonly number[]) => times.map(time => new Date(time).toISOString().slice(0, 16))

t.test('a day begins where it does in its zone', async t => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['2026-11-01', 'UTC', '2026-11-01T00:00Z'],
    ['2026-11-01', 'Europe/Berlin', '2026-10-31T23:00Z'],
    ['2026-11-01', 'Asia/Kathmandu', '2026-10-31T18:15Z'],
    ['2026-11-01', 'Pacific/Kiritimati', '2026-10-31T10:00Z'],
    ['2026-11-01', 'Pacific/Pago_Pago', '2026-11-01T11:00Z'],
    ['2026-11-01', 'America/New_York', '2026-11-01T04:00Z'],
    ['2026-11-01T18:00:00+01:00', 'Asia/Tokyo', '2026-11-01T17:00Z'],
    ['2011-12-30', 'Pacific/Apia', undefined],
    ['2026-02-30', 'UTC', undefined],
    ['now', 'UTC', undefined]
  ]
  for (const [text, zone, expected] of cases) {
    t.equal(instantOf(text, zone), expected === undefined ? undefined : at(expected), `${text} in ${zone}`)
  }
})

t.test('a month reaches from its first instant to the next one’s', async t => {
  t.strictSame(monthOf('2026-03', 'Europe/Berlin'), { from: at('2026-02-28T23:00Z'), to: at('2026-03-31T22:00Z') })
  t.strictSame(monthOf('2026-12', 'UTC'), { from: at('2026-12-01T00:00Z'), to: at('2027-01-01T00:00Z') })
  for (const text of ['2026-13', '2026-00', '2026-1', '26-01', '1960-01', '2026-01-01'])
    t.equal(monthOf(text, 'UTC'), undefined)
  t.equal(monthAt(at('2026-10-31T23:30Z'), 'Europe/Berlin'), '2026-11')
})

t.test('steps follow the clocks of a zone, also where they are changed', async t => {
  const days = spanOf(at('2026-03-27T23:00Z'), at('2026-03-30T22:00Z'), 'day', 'Europe/Berlin')
  t.strictSame(typeof days === 'string' ? days : told(days.steps), ['2026-03-28T23:00', '2026-03-29T22:00'])
  const hours = spanOf(at('2026-01-01T00:15Z'), at('2026-01-01T02:00Z'), 'hour', 'Asia/Kolkata')
  t.strictSame(typeof hours === 'string' ? hours : told(hours.steps), ['2026-01-01T00:30', '2026-01-01T01:30'])
  const weeks = spanOf(at('2026-11-01T00:00Z'), at('2026-11-16T00:00Z'), 'week', 'UTC')
  t.strictSame(typeof weeks === 'string' ? weeks : told(weeks.steps), ['2026-11-02T00:00', '2026-11-09T00:00'])
  const whole = spanOf(at('2026-11-01T00:00Z'), at('2026-11-16T00:00Z'), 'total', 'UTC')
  t.strictSame(typeof whole === 'string' ? whole : whole.steps, [])
})

t.test('says what is wrong with a stretch', async t => {
  t.match(spanOf(5, 5, 'total', 'UTC'), /before/)
  t.match(spanOf(1, 900_000, 'total', 'UTC'), /quarter of an hour/)
  t.match(spanOf(0, 3_600_000 * 2_000, 'hour', 'UTC'), /more than 1000 steps/)
  t.match(spanOf(at('1970-01-02T00:00Z'), at('1970-02-01T00:00Z'), 'day', 'Africa/Monrovia'), /no quarter/)
})
