import t from 'tap'
import { dryHostBase } from '../../../core/dry-run/dry-host.ts'
import { ManualClock } from '../../support/clock.ts'
import { loadForDryRun, TWO_UPSTREAMS } from '../../support/dry.ts'

/** A base on a clock of its own. */
async function baseWith(given: object = {}) {
  const clock = new ManualClock()
  const connect = () => ({ size: 0, send: () => undefined, close: async () => {} })
  return { clock, base: dryHostBase(await loadForDryRun({ ...TWO_UPSTREAMS, ...given }), clock, 3, connect) }
}

t.test('chance repeats, time stands still, and nobody is reached', async t => {
  const [one, two] = [await baseWith(), await baseWith()]
  t.equal(one.base.random(), two.base.random())
  t.equal(one.base.clock, one.clock)
  await t.rejects(one.base.fetch('https://example.com', { timeoutMs: 1, maxBytes: 1 }), { code: 'TACIT_DRY_RUN' })
  one.base.metrics('x').counter('a', 'b').add(1)
  one.base.metrics('x').histogram('a', 'b').observe(1)
})

t.test('periodic work happens as time is moved, never twice at once, until it is stopped', async t => {
  const { base, clock } = await baseWith()
  let runs = 0
  let end = Promise.withResolvers<void>()
  const failures: unknown[] = []
  const stop = base.repeat(
    1000,
    () => {
      runs++
      return end.promise
    },
    error => failures.push(error)
  )
  clock.advance(999)
  t.equal(runs, 0)
  clock.advance(1)
  clock.advance(5000)
  t.equal(runs, 1, 'the first is still running')
  end.reject(new Error('broken'))
  await end.promise.catch(() => {})
  await new Promise(resolve => process.nextTick(resolve))
  t.equal(failures.length, 1)
  end = Promise.withResolvers()
  clock.advance(1000)
  t.equal(runs, 2)
  stop()
  end.resolve()
  await end.promise
  clock.advance(10_000)
  t.equal(runs, 2)
  t.equal(clock.listeners, 0)
})

t.test('digests credentials with the key of the configuration, and asks for one', async t => {
  const { base } = await baseWith({ digestKey: 'a digest key of a test' })
  t.match(base.digest('x'), /^hmac-sha256:/)
  const without = await baseWith()
  t.throws(() => without.base.digest('x'), { code: 'TACIT_DIGEST_KEY_MISSING' })
})
