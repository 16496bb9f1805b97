import t from 'tap'
import { Attempts } from '../../../core/server/attempts.ts'
import { ManualClock } from '../../support/clock.ts'

t.test('an address has ten guesses, and another every six seconds', async t => {
  const clock = new ManualClock()
  const attempts = new Attempts(clock)
  for (let guess = 0; guess < 10; guess++) {
    t.equal(attempts.waitMs('192.0.2.1'), 0, `guess ${guess + 1}`)
    attempts.failed('192.0.2.1', `digest-${guess}`)
  }
  t.equal(attempts.waitMs('192.0.2.1'), 6_000)
  t.equal(attempts.waitMs('192.0.2.2'), 0, 'others are not concerned')
  clock.advance(5_999)
  t.equal(attempts.waitMs('192.0.2.1'), 1)
  clock.advance(1)
  t.equal(attempts.waitMs('192.0.2.1'), 0)
  attempts.failed('192.0.2.1', 'digest-10')
  t.equal(attempts.waitMs('192.0.2.1'), 6_000)
  clock.advance(60_000)
  attempts.failed('192.0.2.1', 'digest-11')
  t.equal(attempts.waitMs('192.0.2.1'), 0, 'all of them are there again')
})

t.test('a token that was wrong before is no guess', async t => {
  const attempts = new Attempts(new ManualClock())
  t.notOk(attempts.isKnownWrong('192.0.2.1', 'a'))
  attempts.failed('192.0.2.1', 'a')
  t.ok(attempts.isKnownWrong('192.0.2.1', 'a'))
  t.notOk(attempts.isKnownWrong('192.0.2.1', 'b'))
  t.notOk(attempts.isKnownWrong('192.0.2.2', 'a'))
  for (let guess = 0; guess < 16; guess++) attempts.failed('192.0.2.1', `b${guess}`)
  t.notOk(attempts.isKnownWrong('192.0.2.1', 'a'), 'no more are remembered than a few')
})

t.test('an IPv6 network counts as one address, and a mapped address as what it maps', async t => {
  const same: readonly [string, string][] = [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:db8::1', '2001:db8::ffff:1'],
    ['::ffff:192.0.2.1', '192.0.2.1']
  ]
  for (const [one, other] of same) {
    const attempts = new Attempts(new ManualClock())
    attempts.failed(one, 'a')
    t.ok(attempts.isKnownWrong(other, 'a'), other)
  }
  const attempts = new Attempts(new ManualClock())
  attempts.failed('2001:db8:1:2::1', 'a')
  t.notOk(attempts.isKnownWrong('2001:db8:1:3::1', 'a'))
})
