import t from 'tap'
import { callOf } from '../../../plugins/ledger/call-record.ts'

const row = {
  id: '00000000-0000-4000-8000-000000000001',
  at: 1_000,
  fields: {
    consumer: 'ada',
    upstream: 'chat',
    peer: 'eu',
    model: 'small',
    receivedAt: 0,
    cost: 5n,
    currency: 'USD',
    pages: 3
  }
}

t.test('tells a consumer of its call, and nothing of where it went', async t => {
  t.strictSame(callOf(row, true), {
    exchange: row.id,
    endedAt: '1970-01-01T00:00:01.000Z',
    receivedAt: '1970-01-01T00:00:00.000Z',
    model: 'small',
    pages: 3,
    cost: '0.000000005 USD'
  })
  t.match(callOf(row, false), { consumer: 'ada', upstream: 'chat', peer: 'eu' })
})

t.test('a cost that is none of a currency is not told', async t => {
  t.equal(callOf({ ...row, fields: { cost: 0n, currency: 'XXX' } }, true).cost, undefined)
  t.equal(callOf({ ...row, fields: { missing: 'price' } }, true).missing, 'price')
})
