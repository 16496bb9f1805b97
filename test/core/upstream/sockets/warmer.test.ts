import t from 'tap'
import { TimerWheel } from '../../../../core/timers.ts'
import { Warmer } from '../../../../core/upstream/sockets/warmer.ts'
import { ManualClock } from '../../../support/clock.ts'

function start(wanted: number) {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const pool = {
    size: 0,
    opened: 0,
    open() {
      pool.size++
      pool.opened++
    }
  }
  const warmer = new Warmer(wanted, pool, clock, wheel)
  const lose = (wasOpen: boolean) => {
    pool.size--
    warmer.lost(wasOpen)
  }
  return { clock, wheel, pool, warmer, lose }
}

t.test('opens as many as are wanted, and those that are lost again', async t => {
  const { warmer, pool, lose, clock } = start(3)
  warmer.begin()
  t.equal(pool.size, 3)
  lose(true)
  lose(true)
  clock.advance(99)
  t.equal(pool.size, 1)
  clock.advance(1)
  t.strictSame([pool.size, pool.opened], [3, 5])
  pool.size = 8
  lose(true)
  clock.advance(1_000)
  t.equal(pool.size, 7, 'more than are wanted may go')
})

t.test('asks a peer that cannot be reached ever less often', async t => {
  const { warmer, pool, lose, clock } = start(1)
  warmer.begin()
  const pauses: number[] = []
  for (let round = 0; round < 9; round++) {
    lose(false)
    const before = clock.monotonic()
    while (pool.size === 0) clock.advance(100)
    pauses.push(clock.monotonic() - before)
  }
  t.strictSame(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  warmer.opened()
  lose(false)
  clock.advance(500)
  t.equal(pool.size, 1)
})

t.test('opens no more when it is stopped', async t => {
  const { warmer, pool, lose, clock, wheel } = start(1)
  warmer.begin()
  lose(true)
  warmer.stop()
  clock.advance(60_000)
  lose(true)
  t.strictSame([pool.opened, wheel.size], [1, 0])
})
