import { Type } from 'tacit-gateway/plugin'
import t from 'tap'
import { decodeConfig } from '../../../core/testing/config.ts'
import { type Limit, LimitEntry } from '../../../plugins/rate-limit/limit.ts'

const Block = Type.Object({ limit: LimitEntry })

function read(limit: Record<string, unknown>): Limit {
  return (decodeConfig(Block, { limit }) as { limit: Limit }).limit
}

t.test('a limit says what it counts, how much, and in which time', async t => {
  t.match(read({ requests: 60, per: '1m' }), {
    unit: 'requests',
    limit: 60,
    window: { kind: 'rolling', algorithm: 'sliding', windowMs: 60_000, burst: undefined },
    shadow: false,
    away: undefined,
    lost: 'charge',
    sync: 'exact'
  })
  t.match(read({ tokens: 1, per: '90s', algorithm: 'gcra', burst: 5 }), { window: { algorithm: 'gcra', burst: 5 } })
  t.match(read({ bytes: '1MiB', each: 'week', timeZone: 'Europe/Berlin' }), {
    unit: 'bytes',
    limit: 1_048_576,
    window: { kind: 'calendar', each: 'week', timeZone: 'Europe/Berlin' }
  })
  t.match(read({ cost: '5.00 USD', each: 'day' }), { unit: 'cost', limit: 5_000_000_000, currency: 'USD' })
  t.match(read({ concurrent: 3 }), { unit: 'concurrent', limit: 3, window: { kind: 'concurrent' } })
  t.match(read({ requests: 0, per: '1m' }), { limit: 0 })
})

t.test('its name says what it is, unless the operator has given another', async t => {
  t.equal(read({ requests: 60, per: '1m' }).name, 'requests-1m')
  t.equal(read({ requests: 60, per: '60s' }).name, 'requests-1m')
  t.equal(read({ inputTokens: 60, per: '1500ms' }).name, 'input-tokens-1500ms')
  t.equal(read({ cost: '1.00 USD', each: 'month' }).name, 'cost-month')
  t.equal(read({ concurrent: 60 }).name, 'concurrent')
  t.equal(read({ requests: 1, per: '1d', models: ['GPT 6', 'x*'] }).name, 'requests-1d-gpt_6-x_')
  t.equal(read({ requests: 60, per: '1m', name: 'rpm' }).name, 'rpm')
})

t.test('one entry may stand for a list', async t => {
  t.match(read({ requests: 1, per: '1m', by: 'key', models: 'small' }), { by: ['key'], models: ['small'] })
})

t.test('words that nobody knows are refused', async t => {
  const wrong = [
    { each: 'year' },
    { per: '1m', algorithm: 'leaky' },
    { per: '1m', by: 'moon' },
    { per: '1m', extra: 1 }
  ]
  for (const fields of wrong) {
    t.throws(() => read({ requests: 1, ...fields }), { code: 'TACIT_CONFIG_INVALID' }, JSON.stringify(fields))
  }
})
