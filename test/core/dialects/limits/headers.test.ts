import t from 'tap'
import {
  type LimitStanding,
  type LimitUnit,
  limitHeaders,
  tellsOfLimits,
  writtenPolicy
} from '../../../../core/dialects/index.ts'
import { goDuration } from '../../../../core/dialects/limits/headers.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const standing = (unit: LimitUnit, limit: number, remaining: number, resetMs: number): LimitStanding => ({
  policy: writtenPolicy({ name: `${unit}-1m`, unit, limit, windowMs: 60_000 }),
  remaining,
  resetMs
})
const REQUESTS = standing('requests', 500, 499, 120)
const TOKENS = standing('tokens', 100_000, 91_873, 360_000)

const told = (dialect: Parameters<typeof limitHeaders>[0], standings: readonly LimitStanding[]) =>
  Object.fromEntries(limitHeaders(dialect, standings, NOW))

t.test('tells OpenAI’s callers in the headers of OpenAI', async t => {
  const expected = {
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-reset-requests': '120ms',
    'x-ratelimit-limit-tokens': '100000',
    'x-ratelimit-remaining-tokens': '91873',
    'x-ratelimit-reset-tokens': '6m0s'
  }
  t.strictSame(told('openai-chat', [REQUESTS, TOKENS]), expected)
  t.strictSame(told('openai-embeddings', [REQUESTS, TOKENS]), expected)
})

t.test('tells Anthropic’s callers in the headers of Anthropic, with instants', async t => {
  t.strictSame(
    told('anthropic-messages', [{ ...REQUESTS, resetMs: 1_200 }, standing('inputTokens', 100_000, 91_873, 360_000)]),
    {
      'anthropic-ratelimit-requests-limit': '500',
      'anthropic-ratelimit-requests-remaining': '499',
      'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:02Z',
      'anthropic-ratelimit-input-tokens-limit': '100000',
      'anthropic-ratelimit-input-tokens-remaining': '91873',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-22T12:06:00Z'
    }
  )
})

t.test('other dialects have no headers of their own', async t => {
  t.strictSame(told('gemini', [REQUESTS]), {})
  t.strictSame(told('http', [REQUESTS]), {})
})

t.test('of several limits on the same, tells the one that is nearest to its end', async t => {
  const daily = standing('requests', 10_000, 50, 120)
  t.match(told('openai-chat', [REQUESTS, daily]), { 'x-ratelimit-remaining-requests': '50' })
  t.match(told('openai-chat', [daily, REQUESTS]), { 'x-ratelimit-remaining-requests': '50' })
})

t.test('says nothing of a reset that never comes', async t => {
  const never = { ...REQUESTS, resetMs: Number.POSITIVE_INFINITY }
  t.notOk('x-ratelimit-reset-requests' in told('openai-chat', [never]))
  t.notOk('anthropic-ratelimit-requests-reset' in told('anthropic-messages', [never]))
})

t.test('writes durations as Go does', async t => {
  const written = [0, 0.2, 12, 1_000, 1_500, 60_000, 61_250, 360_000, 3_600_000, 90_061_000].map(goDuration)
  t.strictSame(written, ['0s', '1ms', '12ms', '1s', '1.5s', '1m0s', '1m1.25s', '6m0s', '1h0m0s', '25h1m1s'])
})

t.test('knows the headers of an upstream that tell of its own limits', async t => {
  for (const name of [
    'x-ratelimit-limit-tokens',
    'anthropic-ratelimit-requests-reset',
    'ratelimit',
    'ratelimit-policy'
  ]) {
    t.ok(tellsOfLimits(name), name)
  }
  for (const name of ['x-request-id', 'retry-after', 'ratelimited', 'content-type']) t.notOk(tellsOfLimits(name), name)
})
