import type { TokenUsage } from 'tacit-gateway/plugin'
import t from 'tap'
import { expectedUnits, mayHaveUsed, usedUnits } from '../../../plugins/rate-limit/figures.ts'

const UNITS = ['requests', 'concurrent', 'inputTokens', 'outputTokens', 'tokens', 'cost', 'bytes'] as const
const USAGE: TokenUsage = {
  inputTokens: 1,
  cacheReadTokens: 2,
  cacheWriteTokens: { short: 4, long: 8 },
  outputTokens: 16,
  reasoningTokens: 3,
  audioTokens: { input: 1, output: 1 },
  units: {},
  source: 'reported'
}

t.test('each unit is held at what is expected of it', async t => {
  const expected = { inputTokens: 3, outputTokens: 5, costNano: 7, bytes: 11 }
  const units = UNITS.map(unit => expectedUnits(unit, expected))
  t.strictSame(units, [1, 1, 3, 5, 8, 7, 11])
})

t.test('each unit is settled at what was used of it, everything counted once', async t => {
  const units = UNITS.map(unit => usedUnits(unit, { usage: USAGE, costNano: 7, bytes: 11 }))
  t.strictSame(units, [1, 1, 15, 16, 31, 7, 11])
})

t.test('what nobody knows is told as unknown', async t => {
  const units = UNITS.map(unit => usedUnits(unit, { usage: undefined, costNano: undefined, bytes: undefined }))
  t.strictSame(units, [1, 1, undefined, undefined, undefined, undefined, undefined])
})

t.test('a try that was refused or never arrived has used nothing', async t => {
  t.ok(mayHaveUsed(attempt('committed', 200)))
  t.ok(mayHaveUsed(attempt('timed_out')))
  t.ok(mayHaveUsed(attempt('reset')))
  t.ok(mayHaveUsed(attempt('cancelled')))
  t.notOk(mayHaveUsed(attempt('committed', 400)))
  t.notOk(mayHaveUsed(attempt('rejected', 503)))
  t.notOk(mayHaveUsed(attempt('connect_failed')))
})

function attempt(outcome: Parameters<typeof mayHaveUsed>[0]['outcome'], status?: number) {
  return { outcome, status }
}
