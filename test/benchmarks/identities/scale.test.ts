import { join } from 'node:path'
import t from 'tap'
import { fill, measure, quantile } from '../../../benchmarks/identities/scale.ts'
import { systemClock } from '../../../core/clock.ts'
import { SqliteIdentities } from '../../../core/identity/sqlite-identities.ts'

t.test('finds every key that was written, and remembers no more than it may', async t => {
  const store = new SqliteIdentities(join(t.testdir(), 'identities.sqlite'), systemClock)
  t.teardown(() => store.close())
  await fill(store, { keys: 300 })
  const figures = await measure(store, { keys: 300, cache: 50, cold: 300, warm: 500 })
  t.equal(figures.remembered, 50)
  t.ok(figures.coldUs.p99 > 0 && figures.warmUs.mean > 0)
})

t.test('reads quantiles', t => {
  t.strictSame(
    [0, 0.5, 0.99, 1].map(share => quantile([3, 1, 2], share)),
    [1, 2, 3, 3]
  )
  t.end()
})
