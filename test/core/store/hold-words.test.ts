import t from 'tap'
import type { CounterName } from '../../../core/plugin.ts'
import { claimWords, keyNameOf, readHold, readReadings, readTake } from '../../../core/store/hold-words.ts'

t.test('keys tell algorithms and windows apart', async t => {
  const named = (part: Partial<CounterName>): CounterName => ({ counter: 'a/b/c/d', algorithm: 'gcra', ...part })
  t.equal(keyNameOf(named({ windowMs: 60_000 })), 'count:gcra:60000:/c/d')
  t.equal(keyNameOf(named({ algorithm: 'calendar', startsAt: 5, endsAt: 9 })), 'count:calendar:5:/c/d')
  t.equal(keyNameOf({ counter: 'all', algorithm: 'concurrency' }), 'count:concurrency:0:')
})

t.test('claims become words', async t => {
  t.equal(
    claimWords({ counter: 'a', algorithm: 'gcra', limit: 60, windowMs: 60_000, burst: 5, final: true }, 2),
    'g 60 60000 5 2 1 -1'
  )
  t.equal(
    claimWords(
      { counter: 'a', algorithm: 'calendar', limit: 9, startsAt: 1, endsAt: 8, shadow: true, lost: 'give_back' },
      3
    ),
    's 9 0 9 3 6 8'
  )
})

t.test('answers are read, with times that never come', async t => {
  t.strictSame(readHold('1 5 1000 0 0 -1 1'), {
    granted: true,
    remaining: [5, 0],
    resetMs: [1_000, Number.POSITIVE_INFINITY],
    shadowed: [1]
  })
  t.strictSame(readHold('0 2 -1'), { granted: false, claim: 2, retryAfterMs: Number.POSITIVE_INFINITY })
  t.equal(readHold(''), undefined)
  t.strictSame(readTake('1 50 900 7 60000'), { units: 50, usableMs: 900, remaining: 7, resetMs: 60_000 })
  t.strictSame(readTake('0 125'), { units: 0, retryAfterMs: 125 })
  t.equal(readTake(''), undefined)
  t.strictSame(readReadings('1 2 3 4 -1'), [
    { spent: 1, held: 2, credit: 3, remaining: 4, resetMs: Number.POSITIVE_INFINITY }
  ])
  t.strictSame(readReadings(''), [])
})
