import t from 'tap'
import { Breaker } from '../../../core/store/breaker.ts'
import { ManualClock } from '../../support/clock.ts'

t.test('lets everything through until as many fail as it may, one after the other', async t => {
  const breaker = new Breaker(new ManualClock(), { failures: 2, pauseMs: 100 })
  breaker.failed()
  breaker.succeeded()
  breaker.failed()
  t.strictSame([breaker.isOpen, breaker.admits(), breaker.admits()], [false, true, true])
  breaker.failed()
  t.strictSame([breaker.isOpen, breaker.admits()], [true, false])
})

t.test('lets one try through after the pause, which decides', async t => {
  const clock = new ManualClock()
  const breaker = new Breaker(clock, { failures: 1, pauseMs: 100 })
  breaker.failed()
  clock.advance(99)
  t.equal(breaker.admits(), false)
  clock.advance(1)
  t.strictSame([breaker.admits(), breaker.admits()], [true, false], 'one')
  breaker.failed()
  clock.advance(99)
  t.equal(breaker.admits(), false, 'the pause begins anew when it fails')
  clock.advance(1)
  t.equal(breaker.admits(), true)
  breaker.succeeded()
  t.strictSame([breaker.isOpen, breaker.admits(), breaker.admits()], [false, true, true])
})

t.test('lets another try through when nobody told how the last one went', async t => {
  const clock = new ManualClock()
  const breaker = new Breaker(clock, { failures: 1, pauseMs: 100 })
  breaker.failed()
  clock.advance(100)
  t.equal(breaker.admits(), true)
  clock.advance(100)
  t.equal(breaker.admits(), true)
})
