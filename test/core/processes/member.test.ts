import t from 'tap'
import { Member, SHARED_DESCRIPTOR } from '../../../core/processes/member.ts'
import { LentState } from '../../../core/processes/shared-state.ts'
import { bind } from '../../../core/server/binding.ts'
import { LocalLimits } from '../../../core/store/limits.ts'
import { LocalStore } from '../../../core/store/values.ts'
import { send } from '../../support/client.ts'
import { ManualClock } from '../../support/clock.ts'
import { startUpstream } from '../../support/upstream.ts'

delete process.env.NODE_OPTIONS

t.test('serves on the socket of its parent, hands on its lines, and tells its end', { timeout: 60_000 }, async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const clock = new ManualClock()
  const { listen, descriptor = -1 } = bind({ host: '127.0.0.1', port: 0 })
  t.teardown(() => listen.handle?.close())
  const lines: string[] = []
  const ended = Promise.withResolvers<readonly unknown[]>()
  const member = new Member({
    descriptor,
    state: new LentState({ limits: new LocalLimits(clock), kept: () => undefined }, new LocalStore(clock)),
    line: line => lines.push(line),
    ended: (...how) => ended.resolve(how)
  })
  t.teardown(() => member.kill())
  const text = `version: 1
upstreams: [{ id: one, peers: [{ id: a, url: "${upstream.url}" }] }]
routes: [{ id: all, match: { path: /* }, upstream: one, plugins: [{ use: access-log }] }]`
  const order = { file: 'gateway.yaml', text, environment: {}, descriptor: SHARED_DESCRIPTOR, maxConnections: 10 }
  const { url } = await member.calls.call('start', order)
  t.equal((await send({ url: `${url}/x` })).status, 200)
  t.match(await member.calls.call('metrics', undefined), /tacit_exchanges_total\{http_route="all"/)
  t.match(await member.calls.call('stop', { graceMs: 1_000, lingerMs: 0 }), { cut: 0 })
  await member.release()
  t.strictSame(await ended.promise, [0, null])
  t.ok(lines.some(line => line.includes('"route":"all"') && line.endsWith('}\n')))
  await t.rejects(member.calls.call('metrics', undefined), { code: 'TACIT_PROCESS_GONE' })
})
