import t from 'tap'
import { assertDefinition } from '../../../core/definition.ts'
import { Events, judgingEvents } from '../../../core/events/events.ts'
import { definePlugin, SecretText, Type } from '../../../core/plugin.ts'
import { createFetch } from '../../../core/upstream/fetch.ts'
import { ManualClock } from '../../support/clock.ts'
import { startUpstream, type UpstreamExchange } from '../../support/upstream.ts'
import { openTestRecords } from '../records/support.ts'

type Tap = Parameters<typeof startUpstream>[0]

function definition() {
  const plugin: unknown = definePlugin({
    contract: 1,
    name: 'budget',
    summary: 'Tells of money.',
    config: Type.Object({}),
    events: {
      exceeded: Type.Object({ consumer: Type.String({ pattern: '^[a-z-]+$' }), spent: Type.Integer() }),
      reset: Type.Object({ route: Type.String({ pattern: '^[a-z-]+$' }) }, { subject: 'route' })
    },
    data: { reads: [] },
    setup: () => ({})
  })
  assertDefinition(plugin, 'budget')
  return plugin
}

async function start(t: Tap, statuses: number[], events: readonly string[] = ['*']) {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const seen: UpstreamExchange[] = []
  const server = await startUpstream(t, exchange => {
    seen.push(exchange)
    exchange.answer(statuses.shift() ?? 200, {}, '')
  })
  const secret = new SecretText('x'.repeat(20))
  const hook = { id: 'hook', url: server.url, secret, timeout: 5_000, attempts: 2 }
  const all = new Events({
    clock,
    random: () => 0,
    webhooks: [{ ...hook, events: [...events], allow: ['127.0.0.1'] }],
    store: records,
    fetchFor: ({ allow }) => createFetch({ allow })
  })
  t.teardown(() => all.close())
  const got = async () => await Promise.all(seen.map(async ({ body }) => JSON.parse(String(await body)).data))
  const spent = async () => (await got()).map((data: { spent: number }) => data.spent)
  return { clock, records, all, got, spent }
}

t.test('brings an event from a plugin to a webhook, and forgets it', async t => {
  const { records, all, got } = await start(t, [])
  all.ofPlugin(definition())('exceeded', { consumer: 'team', spent: 5 })
  await all.pump()
  t.strictSame(await got(), [{ event: 'exceeded', consumer: 'team', spent: 5 }])
  t.strictSame(await records.counts(), { waiting: 0, dead: 0 })
  t.strictSame(all.health(), { status: 'ok' })
})

t.test('keeps the order of a subject while an event is tried again, and goes on behind a dead one', async t => {
  const { clock, records, all, spent } = await start(t, [503, 200, 503])
  const emit = all.ofPlugin(definition())
  for (const amount of [1, 2, 3]) emit('exceeded', { consumer: 'team', spent: amount })
  await all.pump()
  t.strictSame(await spent(), [1])
  t.match(all.health(), { status: 'degraded', detail: 'the webhook hook takes no events: HTTP_503' })
  emit('exceeded', { consumer: 'other', spent: 9 })
  await all.pump()
  t.strictSame(await spent(), [1, 9], 'others do not wait')
  clock.advance(1_000)
  await all.pump()
  t.strictSame(await spent(), [1, 9, 1, 2, 3], 'its second try has failed, too')
  t.strictSame(await records.counts(), { waiting: 0, dead: 1 })
  t.strictSame(all.health(), { status: 'ok' })
})

t.test('hands over at once what is emitted, and what was left from before', async t => {
  const { all, records, spent } = await start(t, [])
  records.emit({ at: 0, name: 'budget.exceeded', subject: '', data: '{"spent":7}', webhooks: ['hook'] })
  await records.counts()
  const failed: unknown[] = []
  all.begin(error => failed.push(error))
  // Nothing tells when a webhook has been told, so it is asked for again and again.
  while ((await records.counts()).waiting > 0);
  t.strictSame(failed, [])
  t.strictSame(await spent(), [], 'a month is over for what is from 1970')
  all.ofPlugin(definition())('exceeded', { consumer: 'team', spent: 8 })
  while ((await spent()).length === 0) await records.counts()
  t.strictSame(await spent(), [8])
})

t.test('tells a webhook only what it asked for', async t => {
  const { all, got } = await start(t, [], ['budget.reset', 'other.*'])
  const emit = all.ofPlugin(definition())
  emit('exceeded', { consumer: 'team', spent: 1 })
  emit('reset', { route: 'chat' })
  await all.pump()
  t.strictSame(await got(), [{ event: 'reset', route: 'chat' }])
})

t.test('leaves out what an event may not say', async t => {
  const { all, got } = await start(t, [])
  all.ofPlugin(definition())('exceeded', { consumer: 'My name is Ada', spent: 1, prompt: 'secret' })
  await all.pump()
  t.strictSame(await got(), [{ event: 'exceeded', spent: 1, left_out: 1 }])
  t.throws(() => all.ofPlugin(definition())('other', {}), { code: 'TACIT_EVENT_UNKNOWN' })
})

t.test('judges events where nobody is told', async t => {
  const emit = judgingEvents.ofPlugin(definition())
  emit('exceeded', { consumer: 'team', spent: 1 })
  t.throws(() => emit('other', {}), { code: 'TACIT_EVENT_UNKNOWN' })
})
