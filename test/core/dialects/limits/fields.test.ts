import t from 'tap'
import {
  type LimitPolicy,
  type LimitStanding,
  rateLimit,
  rateLimitPolicy,
  writtenPolicy
} from '../../../../core/dialects/index.ts'

const PER_MINUTE: LimitPolicy = { name: 'requests-1m', unit: 'requests', limit: 500, windowMs: 60_000 }
const standing = (policy: Partial<LimitPolicy> = {}, rest: Partial<LimitStanding> = {}): LimitStanding => ({
  policy: writtenPolicy({ ...PER_MINUTE, ...policy }),
  remaining: 499,
  resetMs: 11_001,
  ...rest
})
const REQUESTS = standing()
const TOKENS = standing({ name: 'tokens-1m', unit: 'tokens', limit: 100_000 }, { remaining: 91_873 })

t.test('writes policies and how they stand as lists of structured fields', async t => {
  t.equal(
    rateLimitPolicy([REQUESTS, TOKENS]),
    '"requests-1m";q=500;w=60, "tokens-1m";q=100000;tacit-unit="tokens";w=60'
  )
  t.equal(rateLimit([REQUESTS, TOKENS]), '"requests-1m";r=499;t=12, "tokens-1m";r=91873;t=12')
})

t.test('names the units that are registered, and its own for tokens', async t => {
  const policy = (unit: LimitPolicy['unit']) => rateLimitPolicy([standing({ name: 'x', unit, limit: 5 })])
  t.equal(policy('bytes'), '"x";q=5;qu="content-bytes";w=60')
  t.equal(policy('concurrent'), '"x";q=5;qu="concurrent-requests";w=60')
  t.equal(policy('inputTokens'), '"x";q=5;tacit-unit="input-tokens";w=60')
  t.equal(policy('outputTokens'), '"x";q=5;tacit-unit="output-tokens";w=60')
})

t.test('money is not told', async t => {
  t.equal(rateLimitPolicy([standing({ unit: 'cost' })]), undefined)
  t.equal(rateLimit([standing({ unit: 'cost' })]), undefined)
})

t.test('says nothing of windows and resets that there are not', async t => {
  t.equal(rateLimitPolicy([standing({ windowMs: undefined })]), '"requests-1m";q=500')
  t.equal(rateLimitPolicy([standing({ windowMs: 250 })]), '"requests-1m";q=500')
  t.equal(rateLimit([{ ...REQUESTS, resetMs: Number.POSITIVE_INFINITY }]), '"requests-1m";r=499')
})

t.test('writes numbers and names that a structured field can hold', async t => {
  t.equal(rateLimit([{ ...REQUESTS, remaining: -3.5, resetMs: 0 }]), '"requests-1m";r=0;t=0')
  t.equal(rateLimitPolicy([standing({ limit: 2 ** 53 - 1 })]), '"requests-1m";q=999999999999999;w=60')
  t.equal(rateLimit([standing({ name: 'a"b\\c\u00e9' })]), '"a\\"b\\\\c?";r=499;t=12')
})
