import t from 'tap'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { createLogger } from '../../../core/log.ts'
import { ProcessGroup } from '../../../core/processes/group.ts'
import { LocalLimits } from '../../../core/store/limits.ts'
import { LocalStore } from '../../../core/store/values.ts'
import { send } from '../../support/client.ts'
import { ManualClock } from '../../support/clock.ts'
import { startUpstream, type Teardown } from '../../support/upstream.ts'

delete process.env.NODE_OPTIONS
const TIMEOUT = { timeout: 60_000 }

/** Two processes, and the events of their parent. */
async function groupOf(t: Teardown, upstream: string) {
  const clock = new ManualClock()
  const text = (path: string) => `version: 1
listen: { port: 0 }
log: { level: silent }
upstreams: [{ id: one, peers: [{ id: a, url: "${upstream}" }] }]
routes: [{ id: all, match: { path: ${path} }, upstream: one }]`
  const source = { file: 'gateway.yaml', text: text('/one'), environment: {} }
  const { configuration } = await loadConfiguration(source, new PluginLoader())
  const events: unknown[] = []
  const waiting: (() => void)[] = []
  const logger = createLogger({
    level: 'info',
    write(line) {
      events.push(JSON.parse(line))
      for (const wake of waiting.splice(0)) wake()
    }
  })
  const group = await ProcessGroup.open({
    count: 2,
    listen: configuration.listen,
    ...source,
    logger,
    counted: { limits: new LocalLimits(clock), kept: () => undefined },
    store: new LocalStore(clock),
    graceMs: () => 500
  })
  let isStopped = false
  const stop = async () => {
    if (isStopped) return
    isStopped = true
    await group.stop()
  }
  t.teardown(stop)
  const named = (name: string) => events.filter(event => Reflect.get(Object(event), 'event') === name)
  return {
    group,
    stop,
    text,
    named,
    status: async (path: string) => (await send({ url: group.url + path })).status,
    until: async (isTrue: () => boolean) => {
      while (!isTrue()) await new Promise<void>(resolve => waiting.push(resolve))
    }
  }
}

t.test('prepares in every process, and serves by it when it is committed', TIMEOUT, async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const { group, stop, text, status, named } = await groupOf(t, upstream.url)
  t.equal(group.size, 2)
  t.equal(named('process_started').length, 2)
  const discarded = await group.prepare(text('/two'))
  t.strictSame([await status('/one'), await status('/two')], [200, 404])
  await discarded.discard()
  await (await group.prepare(text('/two'))).commit()
  t.strictSame([await status('/one'), await status('/two')], [404, 200])
  await t.rejects(group.prepare('version: 2'), { code: 'TACIT_CONFIGURATION_INVALID' })
  t.equal(await status('/two'), 200)
  await stop()
  t.strictSame([group.cut, group.size], [0, 0])
  t.strictSame(named('process_failed'), [], 'nobody has crashed')
})

t.test('replaces a process that has ended, by one with the configuration of now', TIMEOUT, async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const { group, text, status, named, until } = await groupOf(t, upstream.url)
  await (await group.prepare(text('/two'))).commit()
  for (let round = 1; round <= 8; round++) await status('/two')
  const before = await group.metrics('')
  for (const event of named('process_started')) process.kill(Number(Reflect.get(Object(event), 'pid')), 'SIGKILL')
  await until(() => named('process_failed').length === 2)
  t.match(await group.health(), { workers: { status: 'failed', detail: '0 of 2 processes serve' } })
  // The port is still there: who calls now waits until somebody accepts.
  t.equal(await status('/two'), 200)
  await until(() => named('process_started').length === 4)
  t.strictSame([group.size, await group.health()], [2, {}])
  t.equal(await status('/one'), 404)
  const count = (page: string) => Number(/^tacit_exchanges_total\{.*"complete".*\} (\d+)$/m.exec(page)?.[1])
  t.equal(count(before), 8)
  t.equal(count(await group.metrics('')), 9, 'what was counted before is not lost')
})
