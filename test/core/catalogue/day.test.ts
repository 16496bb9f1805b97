import fc from 'fast-check'
import t from 'tap'
import { Day, dayOf, parseDayAt } from '../../../core/catalogue/day.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'
import { Type } from '../../../core/plugin.ts'

t.test('a day begins at midnight in UTC', async t => {
  t.equal(parseDayAt('2026-11-21'), Date.UTC(2026, 10, 21))
  t.equal(dayOf(Date.UTC(2026, 10, 21, 23, 59)), '2026-11-21')
})

t.test('every day of the calendar is read back as itself', async t => {
  fc.assert(
    fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), date => {
      const text = date.toISOString().slice(0, 10)
      return dayOf(parseDayAt(text) ?? Number.NaN) === text
    })
  )
  t.pass('held')
})

t.test('is no day: one that no calendar has, an instant, another order', async t => {
  for (const text of [
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '21.11.2026',
    '2026-11-21T00:00Z',
    ''
  ]) {
    t.equal(parseDayAt(text), undefined, text)
  }
})

t.test('a schema of a day decodes to its first instant, and says what is wrong with others', async t => {
  const schema = Type.Object({ on: Day('Some day, such as 2026-11-21.') })
  const check = (on: string) => validate(schema, { on }, [], new Substitutions())
  t.strictSame(check('2026-11-21').decoded, { on: Date.UTC(2026, 10, 21) })
  t.match(check('2026-02-30').findings, [{ code: 'TACIT_VALUE_INVALID', message: 'No calendar has this day.' }])
  t.match(check('today').findings, [{ code: 'TACIT_VALUE_INVALID', message: '"on" must be a day.' }])
})
