import t from 'tap'
import { driven, run } from './support.ts'

t.test('a window of the calendar ends at midnight of its zone', async t => {
  const plugin = await driven(
    { limits: [{ requests: 1, each: 'day' }], timeZone: 'Asia/Shanghai' },
    { startAt: Date.parse('2026-11-22T15:59:00Z') }
  )
  t.strictSame([await run(plugin), await run(plugin)], [undefined, 'requests_limited'])
  plugin.clock.advance(60_000)
  t.equal(await run(plugin), undefined, 'it is the 23rd in Shanghai')
})

t.test('a bucket takes a burst, and fills evenly', async t => {
  const plugin = await driven({ limits: [{ requests: 60, per: '1m', algorithm: 'gcra', burst: 2 }] })
  t.strictSame([await run(plugin), await run(plugin), await run(plugin)], [undefined, undefined, 'requests_limited'])
  plugin.clock.advance(1_000)
  t.strictSame([await run(plugin), await run(plugin)], [undefined, 'requests_limited'])
})
