import fc from 'fast-check'
import t from 'tap'
import type { TokenUsage } from '../../../../core/contract/usage.ts'
import { accountOf, addedUsage } from '../../../../core/dialects/usage/accounting.ts'
import type { UsageFacts } from '../../../../core/dialects/usage/facts.ts'

const WITHIN: UsageFacts = {
  at: [''],
  marks: [],
  input: ['in'],
  toolInput: ['tool'],
  cache: { relation: 'within', read: ['read'], write: ['write'], writeLong: ['long'] },
  output: ['out'],
  reasoning: { relation: 'within', from: ['thought'] },
  audio: { input: ['heard'], output: ['spoken'] },
  total: ['all'],
  units: { searches: ['searches'] }
}
const BESIDE: UsageFacts = {
  ...WITHIN,
  cache: { relation: 'beside', read: ['read'], write: ['write'], writeLong: ['long'] },
  reasoning: { relation: 'beside', from: ['thought'] }
}

/** Full price, read, written short, written long / output, reasoning / audio in, audio out. */
function figures(facts: UsageFacts, told: Readonly<Record<string, unknown>>): string {
  const usage = accountOf(facts, told)?.usage
  if (usage === undefined) return 'none'
  const { short, long } = usage.cacheWriteTokens
  const input = [usage.inputTokens, usage.cacheReadTokens, short, long].join(' ')
  return `${input} / ${usage.outputTokens} ${usage.reasoningTokens} / ${usage.audioTokens.input} ${usage.audioTokens.output}`
}

t.test('takes parts out of their whole where they are within it, and leaves them where they are beside', async t => {
  const told = { in: 100, read: 60, write: 30, long: 10, out: 50, thought: 20 }
  t.equal(figures(WITHIN, told), '10 60 20 10 / 50 20 / 0 0')
  t.equal(figures(BESIDE, told), '100 60 20 10 / 70 20 / 0 0')
})

t.test('adds what tools fetched to the input', async t => {
  t.equal(figures(WITHIN, { in: 32, tool: 4610, out: 62 }), '4642 0 0 0 / 62 0 / 0 0')
})

t.test('lets the total decide where a part stands', async t => {
  t.equal(figures(WITHIN, { in: 12, out: 1, thought: 228, all: 241 }), '12 0 0 0 / 229 228 / 0 0')
  t.equal(figures(WITHIN, { in: 12, out: 300, thought: 228, all: 540 }), '12 0 0 0 / 528 228 / 0 0')
  t.equal(figures(WITHIN, { in: 3, heard: 375, out: 11, all: 389 }), '378 0 0 0 / 11 0 / 375 0')
  t.equal(figures(WITHIN, { in: 8, read: 5, out: 1, all: 14 }), '8 5 0 0 / 1 0 / 0 0')
  t.equal(figures(WITHIN, { in: 3, heard: 4, out: 5, thought: 6, all: 18 }), '7 0 0 0 / 11 6 / 4 0')
})

t.test('makes a part smaller that cannot be true, where the total agrees with its whole', async t => {
  t.equal(figures(WITHIN, { in: 7, read: 163, out: 1, all: 8 }), '0 7 0 0 / 1 0 / 0 0')
  t.equal(figures(WITHIN, { in: 9, out: 16, thought: 19, all: 25 }), '9 0 0 0 / 16 16 / 0 0')
})

t.test('a part that is larger than its whole stands beside it, where no total says otherwise', async t => {
  t.equal(figures(WITHIN, { in: 5, read: 90, out: 1, thought: 228 }), '5 90 0 0 / 229 228 / 0 0')
  t.equal(figures(WITHIN, { in: 5, heard: 7, out: 1 }), '12 0 0 0 / 1 0 / 7 0')
})

t.test('takes what is left of a total for hidden reasoning, where a provider is known to hide it', async t => {
  const told = { in: 35, out: 12, all: 109 }
  t.equal(figures({ ...WITHIN, surplus: 'reasoning' }, told), '35 0 0 0 / 74 62 / 0 0')
  t.equal(figures(WITHIN, told), '35 0 0 0 / 12 0 / 0 0')
})

t.test('a total alone is input for vectors, or a unit, or nothing', async t => {
  t.equal(figures({ ...WITHIN, totalIsInput: true }, { all: 12 }), '12 0 0 0 / 0 0 / 0 0')
  t.strictSame(accountOf({ ...WITHIN, loneTotal: 'storedTokens' }, { all: 12 })?.usage.units, { storedTokens: 12 })
  t.equal(figures(WITHIN, { all: 12 }), 'none')
})

t.test('tells an explicit 0 from what was not told', async t => {
  t.match(accountOf(WITHIN, { in: 0, out: 0 }), { hasInput: true, hasOutput: true, usage: { inputTokens: 0 } })
  t.match(accountOf(WITHIN, { in: 0 }), { hasInput: true, hasOutput: false })
  t.match(accountOf(WITHIN, { out: 5 }), { hasInput: false, hasOutput: true })
  for (const nothing of [{}, { in: null }, { in: '5' }, { in: -5, out: 0.5 }, { tokens: 5 }]) {
    t.equal(accountOf(WITHIN, nothing), undefined, JSON.stringify(nothing))
  }
})

t.test('whatever an upstream writes, the parts add up and all are counts', async () => {
  const number = fc.oneof(
    fc.nat(50),
    fc.maxSafeNat(),
    fc.constantFrom(undefined, null, -1, 0.5, 1e308, '7', Number.MAX_SAFE_INTEGER, 0)
  )
  const names = ['in', 'tool', 'read', 'write', 'long', 'out', 'thought', 'heard', 'spoken', 'all', 'searches']
  const told = fc.record(Object.fromEntries(names.map(name => [name, number])))
  const facts = fc.constantFrom<UsageFacts>(WITHIN, BESIDE, { ...WITHIN, surplus: 'reasoning', totalIsInput: true })
  fc.assert(
    fc.property(facts, told, (facts, told) => {
      const usage = accountOf(facts, told)?.usage
      return usage === undefined || isBalanced(usage)
    }),
    { numRuns: 5000 }
  )
})

t.test('small figures add up to what was told', async () => {
  const told = fc.record({ in: fc.nat(50), read: fc.nat(50), write: fc.nat(50), out: fc.nat(50), thought: fc.nat(50) })
  fc.assert(
    fc.property(told, figures => {
      const usage = accountOf(WITHIN, { ...figures, all: figures.in + figures.out })?.usage
      if (usage === undefined) return false
      const input =
        usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens.short + usage.cacheWriteTokens.long
      return input === figures.in && usage.outputTokens === figures.out
    })
  )
})

function isBalanced(usage: TokenUsage): boolean {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens, audioTokens, units } = usage
  const counts = [inputTokens, cacheReadTokens, cacheWriteTokens.short, cacheWriteTokens.long, outputTokens]
  const all = [...counts, reasoningTokens, audioTokens.input, audioTokens.output, ...Object.values(units)]
  return (
    all.every(count => Number.isSafeInteger(count) && count >= 0) &&
    reasoningTokens + audioTokens.output <= outputTokens &&
    audioTokens.input <= inputTokens
  )
}

t.test('two accounts of one model are added part by part', async t => {
  const one = accountOf(BESIDE, { in: 1, read: 2, write: 3, out: 4, searches: 1 })?.usage
  const two = accountOf(BESIDE, { in: 10, long: 20, out: 30, thought: 5, searches: 2 })?.usage
  t.strictSame(one && two && addedUsage(one, two), {
    inputTokens: 11,
    cacheReadTokens: 2,
    cacheWriteTokens: { short: 3, long: 20 },
    outputTokens: 39,
    reasoningTokens: 5,
    audioTokens: { input: 0, output: 0 },
    units: { searches: 3 },
    source: 'reported'
  })
})
