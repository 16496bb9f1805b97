import t from 'tap'
import { Delivery, type WaitingEvents } from '../../../core/events/delivery.ts'
import { signedHeaders } from '../../../core/events/signature.ts'
import { SecretText } from '../../../core/plugin.ts'
import type { DueEvent, Settlement } from '../../../core/records/outbox.ts'
import { createFetch } from '../../../core/upstream/fetch.ts'
import { ManualClock } from '../../support/clock.ts'
import { startUpstream, type UpstreamExchange } from '../../support/upstream.ts'

type Tap = Parameters<typeof startUpstream>[0]

const event = (seq: number): DueEvent => ({
  webhook: 'hook',
  seq,
  id: `evt_${seq}`,
  at: Date.UTC(2026, 0, 1),
  name: 'budget.exceeded',
  data: `{"event":"exceeded","spent":${seq}}`,
  attempts: seq - 1
})

/** A webhook on a real server that answers with `status`, and an outbox with some events. */
async function start(t: Tap, status: number, events: readonly DueEvent[], more: object = {}, brokenSettles = 0) {
  const clock = new ManualClock()
  const seen: UpstreamExchange[] = []
  const server = await startUpstream(t, exchange => {
    seen.push(exchange)
    exchange.answer(status, {}, status === 204 ? '' : 'thanks')
  })
  const settlements: Settlement[] = []
  let waiting = events
  let left = brokenSettles
  const outbox: WaitingEvents = {
    due: async () => waiting,
    settle: async done => {
      if (left-- > 0) throw new Error('the disk is full')
      settlements.push(...done)
      waiting = waiting.filter(({ seq }) => !done.some(one => one.seq === seq))
    }
  }
  const tried: unknown[] = []
  const webhook = {
    id: 'hook',
    url: `${server.url}/events`,
    secret: new SecretText('a secret of some length'),
    events: ['*'],
    allow: ['127.0.0.1'],
    timeout: 5_000,
    attempts: 3,
    ...more
  }
  const delivery = new Delivery(webhook, {
    clock,
    random: () => 0.5,
    outbox,
    fetchFor: ({ allow }) => createFetch({ allow }),
    tried: (...told) => tried.push(told)
  })
  return { clock, seen, delivery, settlements, tried }
}

t.test('hands an event over, signed, with what it says', async t => {
  const { clock, seen, delivery, settlements, tried } = await start(t, 200, [event(1)])
  await delivery.pump()
  const body = String(await seen[0]?.body)
  t.strictSame(JSON.parse(body), {
    type: 'budget.exceeded',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { event: 'exceeded', spent: 1 }
  })
  t.match(seen[0]?.headers, signedHeaders('a secret of some length', 'evt_1', clock.now(), body))
  t.match(settlements, [{ seq: 1, outcome: 'delivered' }])
  t.strictSame(tried, [['hook', 'ok', '']])
})

t.test('tries again later what was not taken, until it has failed too often', async t => {
  const { clock, delivery, settlements, tried } = await start(t, 503, [event(1), event(2), event(3)])
  await delivery.pump()
  t.strictSame(settlements, [
    { webhook: 'hook', seq: 1, outcome: 'retry', dueAt: clock.now() + 750, code: 'HTTP_503' },
    { webhook: 'hook', seq: 2, outcome: 'retry', dueAt: clock.now() + 1_500, code: 'HTTP_503' },
    { webhook: 'hook', seq: 3, outcome: 'dead', dueAt: clock.now() + 3_000, code: 'HTTP_503' }
  ])
  t.strictSame(tried[2], ['hook', 'dead', 'HTTP_503'])
})

t.test('reaches no private address unless the webhook says so', async t => {
  const { seen, delivery, settlements } = await start(t, 200, [event(1)], { allow: [] })
  await delivery.pump()
  t.match(settlements, [{ outcome: 'retry', code: 'TACIT_FETCH_REFUSED' }])
  t.equal(seen.length, 0)
})

t.test('begins nothing once it is closed', async t => {
  const { seen, delivery } = await start(t, 200, [event(1)])
  delivery.close()
  await delivery.pump()
  t.equal(seen.length, 0)
})

t.test('hands an event over again when it could not be noted that it was taken', async t => {
  const { seen, delivery, settlements } = await start(t, 200, [event(1)], {}, 1)
  await t.rejects(delivery.pump(), { message: 'the disk is full' })
  await delivery.pump()
  t.equal(seen.length, 2)
  t.match(settlements, [{ seq: 1, outcome: 'delivered' }])
})
