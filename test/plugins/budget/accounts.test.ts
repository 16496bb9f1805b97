import t from 'tap'
import { Accounts, claimOf, counterOf } from '../../../plugins/budget/accounts.ts'
import type { Budget } from '../../../plugins/budget/settings.ts'

const TOTAL: Budget = {
  name: 'total',
  by: undefined,
  currency: 'USD',
  amountNano: 1_000,
  window: { kind: 'total' },
  alerts: undefined,
  shadow: false,
  lost: 'charge'
}
const DEFAULTS = { by: 'consumer', timeZone: 'Europe/Berlin', alerts: [0.5] } as const
const NOTHING_OWN = { settings: () => ({}), groupSettings: () => undefined }

t.test('counters bear the name of their owner first, and those of keys stand with their consumer', async t => {
  const accounts = new Accounts([TOTAL, { ...TOTAL, by: 'key' }, { ...TOTAL, by: 'group' }], DEFAULTS, NOTHING_OWN)
  const payer = { consumer: { id: 'a', group: 'g', labels: {} }, credential: { id: 'a/key-auth/1', scopes: [] } }
  const names = accounts.of(payer).map(account => counterOf(account, 0).counter)
  t.strictSame(names, [
    'consumer/a/budget/total',
    'consumer/a/key/a%2Fkey-auth%2F1/budget/total',
    'group/g/budget/total'
  ])
})

t.test('a window of the calendar is a counter of its own', async t => {
  const month: Budget = { ...TOTAL, window: { kind: 'calendar', each: 'month', timeZone: undefined } }
  const [account] = new Accounts([month], DEFAULTS, NOTHING_OWN).of({
    consumer: { id: 'a', group: undefined, labels: {} },
    credential: undefined
  })
  if (account === undefined) throw new Error('there is one')
  t.match(claimOf(account, 5, Date.parse('2026-11-30T23:30:00Z'), 'deny'), {
    algorithm: 'calendar',
    startsAt: Date.parse('2026-11-30T23:00:00Z'),
    endsAt: Date.parse('2026-12-31T23:00:00Z'),
    limit: 1_000,
    amount: 5,
    away: 'deny',
    lost: 'charge'
  })
})

t.test('own budgets are worked out once', async t => {
  const own = { budgets: [{ ...TOTAL, amountNano: 9 }] }
  const accounts = new Accounts([TOTAL], DEFAULTS, { ...NOTHING_OWN, settings: () => own })
  const of = () => accounts.of({ consumer: { id: 'a', group: undefined, labels: {} }, credential: undefined })[0]?.plan
  t.equal(of()?.amountNano, 9)
  t.equal(of(), of())
})
