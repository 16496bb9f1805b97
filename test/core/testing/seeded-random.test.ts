import t from 'tap'
import { seededRandom } from '../../../core/testing/seeded-random.ts'

t.test('the same seed gives the same numbers, evenly spread in [0, 1)', async t => {
  const numbers = (seed: number) => Array.from({ length: 10_000 }, seededRandom(seed))
  t.strictSame(numbers(3), numbers(3))
  t.notSame(numbers(3).slice(0, 10), numbers(4).slice(0, 10))
  t.ok(numbers(3).every(number => number >= 0 && number < 1))
  const tenths = Array.from({ length: 10 }, () => 0)
  for (const number of numbers(5)) {
    const tenth = Math.floor(number * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  t.ok(
    tenths.every(count => count > 850 && count < 1150),
    tenths.join(' ')
  )
})
