import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { domainsOf } from '../../../core/store/domains.ts'
import { type Deciding, Decision } from '../../../core/store/redis-decision.ts'
import { RedisError } from '../../../core/store/redis-error.ts'
import type { Question } from '../../../core/store/turns.ts'
import { ManualClock } from '../../support/clock.ts'
import { TestExchange } from './support.ts'

const claim = (counter: string, amount: number): Claim => ({ counter, algorithm: 'total', limit: 10, amount })

/** A decision on claims of two owners, what it asks, and what came of it. */
function setUp() {
  const clock = new ManualClock(0)
  const asked: { readonly words: string; readonly keys: readonly string[]; readonly deadlineMs: number }[] = []
  const outcomes: unknown[] = []
  const deciding: Deciding = {
    clock,
    turns: { ask: ({ words, keys, deadlineMs }: Question) => asked.push({ words, keys, deadlineMs }) },
    deadlineMs: 50,
    leaseMs: 1_000,
    granted: ({ remaining, resetMs, shadowed }) => outcomes.push({ remaining, resetMs, shadowed }),
    refused: (_decision, index, retryAfterMs, reached) => outcomes.push({ index, retryAfterMs, reached }),
    unanswered: (_decision, { failure }, reached) => outcomes.push({ failure, reached })
  }
  const claims = [claim('group/b/x', 3), claim('consumer/a/x', 2), claim('group/b/y', 4)]
  const domains = domainsOf(claims, (owner, name) => `{${owner}}${name}`)
  const decision = new Decision(new TestExchange(), 'id', claims, domains, deciding, undefined)
  decision.ask()
  return { clock, asked, outcomes, decision }
}

t.test('asks one owner after the other, with the time that is left', async t => {
  const { clock, asked, outcomes, decision } = setUp()
  clock.advance(20)
  decision.answered('1 8 -1 0')
  t.strictSame(asked, [
    {
      words: 'hold id 1000 1 s 10 0 10 2 0 -1',
      keys: ['{consumer/a}leases', '{consumer/a}holds', '{consumer/a}count:total:0:/x'],
      deadlineMs: 50
    },
    {
      words: 'hold id 1000 2 s 10 0 10 3 0 -1 s 10 0 10 4 0 -1',
      keys: ['{group/b}leases', '{group/b}holds', '{group/b}count:total:0:/x', '{group/b}count:total:0:/y'],
      deadlineMs: 30
    }
  ])
  t.strictSame(outcomes, [])
  decision.answered('1 7 5 1 6 6 0')
  t.strictSame(outcomes, [{ remaining: [7, 8, 6], resetMs: [5, Number.POSITIVE_INFINITY, 6], shadowed: [0] }])
})

t.test('tells which claim refuses, and who granted before', async t => {
  const { outcomes, decision } = setUp()
  decision.answered('1 8 -1 0')
  decision.answered('0 1 700')
  t.strictSame(outcomes, [{ index: 2, retryAfterMs: 700, reached: 1 }])
})

t.test('tells how many owners may have granted, when one does not answer', async t => {
  for (const [mayHaveRun, reached] of [
    [true, 2],
    [false, 1]
  ] as const) {
    const { outcomes, decision } = setUp()
    decision.answered('1 8 -1 0')
    decision.failed(new RedisError('slow', { mayHaveRun }))
    t.strictSame(outcomes, [{ failure: 'slow', reached }])
  }
})

t.test('asks nobody when there is no time left', async t => {
  const { clock, asked, outcomes, decision } = setUp()
  clock.advance(50)
  decision.answered('1 8 -1 0')
  t.equal(asked.length, 1)
  t.strictSame(outcomes, [{ failure: 'slow', reached: 1 }])
})

t.test('a hold of its id that is over is none', async t => {
  const { outcomes, decision } = setUp()
  decision.answered('')
  t.strictSame(outcomes, [{ failure: 'slow', reached: 1 }])
})
