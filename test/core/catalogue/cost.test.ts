import fc from 'fast-check'
import t from 'tap'
import { costAt, type Price } from '../../../core/catalogue/cost.ts'
import type { Cost } from '../../../core/dialects/index.ts'
import type { TokenUsage } from '../../../core/plugin.ts'
import { at, pricing, registryOf, usageOf } from './support.ts'

const FULL = `{ input: 3.00 USD, cacheRead: 0.30 USD, cacheWriteShort: 3.75 USD, cacheWriteLong: 6.00 USD, output: 15.00 USD, reasoning: 7.00 USD, audioInput: 32.00 USD, audioOutput: 64.00 USD, call: 0.005 USD, units: { searches: 0.01 USD, images: 0.04 USD } }`

function priceOf(rates: string, more = ''): Price {
  const price = registryOf(pricing(rates, more)).priceAt('acme', 'big', at('2026-06-01'))
  if (price === undefined) throw new Error('no price')
  return price
}

function amountOf(cost: Cost): bigint {
  if (!cost.known) throw new Error(cost.missing)
  return cost.amountNano
}

const full = priceOf(FULL)
const plain = priceOf('{ input: 3.00 USD, cacheRead: 0.30 USD, output: 15.00 USD }')

t.test('a usage costs the sum of its kinds', async t => {
  const usage = usageOf({
    inputTokens: 1_000_000,
    cacheReadTokens: 2_000_000,
    cacheWriteTokens: { short: 4_000_000, long: 8_000_000 },
    outputTokens: 3_000_000,
    reasoningTokens: 1_000_000,
    audioTokens: { input: 250_000, output: 500_000 },
    units: { searches: 3, images: 2 }
  })
  const cost = costAt(full, usage, 'standard')
  const dollars = Object.fromEntries(
    cost.known ? cost.parts.map(part => [part.kind, Number(part.amountFemto) / 1e15]) : []
  )
  t.strictSame(dollars, {
    input: 2.25,
    cacheRead: 0.6,
    cacheWriteShort: 15,
    cacheWriteLong: 48,
    output: 22.5,
    reasoning: 7,
    audioInput: 8,
    audioOutput: 32,
    searches: 0.03,
    images: 0.08,
    call: 0.005
  })
  t.equal(amountOf(cost), 135_465_000_000n)
})

t.test('tokens from the cache are not input as well', async t => {
  const cached = usageOf({ inputTokens: 100, cacheReadTokens: 900 })
  t.equal(amountOf(costAt(plain, cached, 'standard')), 300_000n + 270_000n)
})

t.test('reasoning is output where it has no price of its own', async t => {
  const usage = usageOf({ outputTokens: 1000, reasoningTokens: 900 })
  t.equal(amountOf(costAt(plain, usage, 'standard')), 15_000_000n)
  t.equal(
    amountOf(costAt(priceOf('{ output: 15.00 USD, reasoning: 3.00 USD }'), usage, 'standard')),
    1_500_000n + 2_700_000n
  )
})

t.test('what has no rate makes the whole cost unknown, not smaller', async t => {
  const known = { inputTokens: 1000, outputTokens: 10 }
  const unpriced = (given: Partial<TokenUsage>) => costAt(plain, usageOf({ ...known, ...given }), 'standard')
  const without = (...kinds: string[]) => ({ known: false, missing: 'rate', kinds })
  t.strictSame(unpriced({ units: { searches: 1 } }), without('searches'))
  t.strictSame(unpriced({ cacheWriteTokens: { short: 1, long: 2 } }), without('cacheWriteShort', 'cacheWriteLong'))
  t.strictSame(unpriced({ audioTokens: { input: 1, output: 1 } }), without('audioInput', 'audioOutput'))
  t.equal(unpriced({ units: { searches: 0 } }).known, true, 'none of it was used')
})

t.test('a free model costs nothing, and that is known', async t => {
  const free = priceOf('{ input: 0.00 USD, output: 0 USD }')
  t.match(costAt(free, usageOf({ inputTokens: 5, outputTokens: 5 }), 'standard'), { known: true, amountNano: 0n })
})

t.test('usage that cannot be is not priced: it has no cost, and throws nothing', async t => {
  const wrong: Partial<TokenUsage>[] = [
    { inputTokens: -1 },
    { inputTokens: 0.5 },
    { inputTokens: Number.NaN },
    { outputTokens: Number.POSITIVE_INFINITY },
    { cacheReadTokens: 2 ** 53 },
    { units: { searches: 1.5 } },
    { outputTokens: 10, reasoningTokens: 11 },
    { outputTokens: 10, reasoningTokens: 6, audioTokens: { input: 0, output: 5 } },
    { inputTokens: 10, audioTokens: { input: 11, output: 0 } }
  ]
  for (const given of wrong) {
    t.strictSame(
      costAt(full, usageOf(given), 'standard'),
      { known: false, missing: 'usage', kinds: [] },
      JSON.stringify(given)
    )
  }
})

t.test('long input costs other rates, all of it, cache included', async t => {
  const stepped = priceOf(
    '{ input: 1.00 USD, cacheRead: 0.10 USD, output: 2.00 USD }',
    '    above: [{ inputTokens: 200000, rates: { input: 5.00 USD, cacheRead: 0.50 USD, output: 9.00 USD } }]\n'
  )
  const amount = (inputTokens: number, cacheReadTokens: number) =>
    amountOf(costAt(stepped, usageOf({ inputTokens, cacheReadTokens, outputTokens: 1000 }), 'standard'))
  t.equal(amount(200_000, 0), 200_000_000n + 2_000_000n)
  t.equal(amount(200_001, 0), 1_000_005_000n + 9_000_000n)
  t.equal(amount(1, 200_000), 5_000n + 100_000_000n + 9_000_000n)
})

t.test('a tier costs its share of tokens, or its own rates, and no tier is taken for another', async t => {
  const tiered = priceOf(
    '{ input: 1.00 USD, output: 2.00 USD, units: { searches: 0.01 USD } }',
    '    tiers: [{ tier: batch, share: 50% }, { tier: priority, rates: { input: 3.00 USD } }]\n'
  )
  const usage = usageOf({ inputTokens: 1000, outputTokens: 1000, units: { searches: 1 } })
  t.equal(amountOf(costAt(tiered, usage, 'batch')), 500_000n + 1_000_000n + 10_000_000n)
  t.match(costAt(tiered, usage, 'priority'), { known: false, missing: 'rate', kinds: ['output', 'searches'] })
  t.match(costAt(tiered, usage, 'flex'), { known: false, missing: 'tier' })
})

const count = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(0), fc.constant(Number.MAX_SAFE_INTEGER))
const usages = fc
  .record({
    input: count,
    audioIn: count,
    read: count,
    short: count,
    long: count,
    output: count,
    reasoning: count,
    audioOut: count,
    searches: count
  })
  .map(({ input, audioIn, read, short, long, output, reasoning, audioOut, searches }) => {
    const reasoningTokens = Math.min(reasoning, output)
    return usageOf({
      inputTokens: input,
      cacheReadTokens: read,
      cacheWriteTokens: { short, long },
      outputTokens: output,
      reasoningTokens,
      audioTokens: { input: Math.min(audioIn, input), output: Math.min(audioOut, output - reasoningTokens) },
      units: { searches }
    })
  })

/** Every count of a usage, with the usage in which it is one more; what is a part of something makes that one more, too. */
function* oneMore(usage: TokenUsage): Generator<TokenUsage> {
  const { cacheWriteTokens, audioTokens, units } = usage
  yield { ...usage, inputTokens: usage.inputTokens + 1 }
  yield { ...usage, cacheReadTokens: usage.cacheReadTokens + 1 }
  yield { ...usage, cacheWriteTokens: { ...cacheWriteTokens, short: cacheWriteTokens.short + 1 } }
  yield { ...usage, cacheWriteTokens: { ...cacheWriteTokens, long: cacheWriteTokens.long + 1 } }
  yield { ...usage, outputTokens: usage.outputTokens + 1 }
  yield { ...usage, outputTokens: usage.outputTokens + 1, reasoningTokens: usage.reasoningTokens + 1 }
  yield { ...usage, inputTokens: usage.inputTokens + 1, audioTokens: { ...audioTokens, input: audioTokens.input + 1 } }
  yield { ...usage, units: { searches: (units.searches ?? 0) + 1 } }
}

t.test('the amount is the sum of the parts, rounded up once, however large the counts', async t => {
  fc.assert(
    fc.property(usages, usage => {
      const cost = costAt(full, usage, 'standard')
      if (!cost.known) return false
      const sum = cost.parts.reduce((total, part) => total + part.amountFemto, 0n)
      const parts = cost.parts.every(part => part.amountFemto === BigInt(part.count) * part.rateFemto && part.count > 0)
      return parts && cost.amountNano * 1_000_000n >= sum && (cost.amountNano - 1n) * 1_000_000n < sum
    }),
    { numRuns: 1000 }
  )
  t.pass('held')
})

t.test('every token and every piece is counted in exactly one part', async t => {
  fc.assert(
    fc.property(usages, usage => {
      const cost = costAt(full, usage, 'standard')
      if (!cost.known) return false
      const of = (...kinds: string[]) =>
        cost.parts.filter(({ kind }) => kinds.includes(kind)).reduce((sum, part) => sum + BigInt(part.count), 0n)
      return (
        of('input', 'audioInput') === BigInt(usage.inputTokens) &&
        of('output', 'reasoning', 'audioOutput') === BigInt(usage.outputTokens) &&
        of('cacheRead') === BigInt(usage.cacheReadTokens) &&
        of('cacheWriteShort', 'cacheWriteLong') ===
          BigInt(usage.cacheWriteTokens.short) + BigInt(usage.cacheWriteTokens.long) &&
        of('searches') === BigInt(usage.units.searches ?? 0)
      )
    })
  )
  t.pass('held')
})

t.test('more of anything never costs less', async t => {
  fc.assert(
    fc.property(usages, usage => {
      const before = costAt(full, usage, 'standard')
      for (const more of oneMore(usage)) {
        const after = costAt(full, more, 'standard')
        // Past the largest whole number there is no count, and so no cost.
        if (before.known && after.known && after.amountNano < before.amountNano) return false
      }
      return true
    })
  )
  t.pass('held')
})

t.test('rows never add up to less than the whole, nor to more than a nano-unit a row above it', async t => {
  const small = fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 40 })
  const odd = priceOf('{ input: 0.000000007 USD }')
  fc.assert(
    fc.property(small, counts => {
      const rows = counts.map(inputTokens => amountOf(costAt(odd, usageOf({ inputTokens }), 'standard')))
      const sum = rows.reduce((total, row) => total + row, 0n)
      const whole = amountOf(
        costAt(odd, usageOf({ inputTokens: counts.reduce((total, one) => total + one, 0) }), 'standard')
      )
      return sum >= whole && sum <= whole + BigInt(rows.length)
    })
  )
  t.equal(amountOf(costAt(odd, usageOf({ inputTokens: 1 }), 'standard')), 1n, 'what costs something is never nothing')
})

t.test('no number that is not whole takes part', async t => {
  fc.assert(
    fc.property(usages, usage => {
      const cost = costAt(full, usage, 'standard')
      if (!cost.known) return false
      return (
        typeof cost.amountNano === 'bigint' &&
        cost.parts.every(
          part =>
            Number.isSafeInteger(part.count) &&
            typeof part.rateFemto === 'bigint' &&
            typeof part.amountFemto === 'bigint'
        )
      )
    })
  )
  const huge = Number.MAX_SAFE_INTEGER
  // 9007199254740991 × 3 USD a million: to the last digit, which a float would have lost.
  t.equal(amountOf(costAt(plain, usageOf({ inputTokens: huge }), 'standard')), BigInt(huge) * 3000n)
})
