import t from 'tap'
import type { CheckConfiguration } from '../../../../core/configuration/health-schema.ts'
import { SecretText } from '../../../../core/plugin.ts'
import { LocalStore } from '../../../../core/store/values.ts'
import { TimerWheel } from '../../../../core/timers.ts'
import { PeerChecks } from '../../../../core/upstream/health/checks.ts'
import type { OutgoingRequest, ResponseSink } from '../../../../core/upstream/transport.ts'
import { ManualClock } from '../../../support/clock.ts'
import { turns } from '../../../support/upstream.ts'

const USUAL: CheckConfiguration = {
  path: '/health?deep=1',
  method: 'GET',
  headers: {},
  expect: ['2xx', '418'],
  interval: 10_000,
  timeout: 2_000,
  unhealthyThreshold: 3,
  healthyThreshold: 2
}

/** Checks of one peer whose connections the test has in its hands. */
function checking(given: Partial<CheckConfiguration> = {}) {
  const clock = new ManualClock(0)
  const sent: { readonly request: OutgoingRequest; readonly sink: ResponseSink; aborted: boolean }[] = []
  const told: string[] = []
  let answeredAtMs: number | undefined
  let isBusy = false
  const checks = new PeerChecks({
    upstream: 'chat',
    clock,
    wheel: new TimerWheel(clock, { tickMs: 10 }),
    random: () => 0.5,
    store: new LocalStore(clock),
    owner: {
      checked: (id, isWell) => told.push(`${id} ${isWell ? 'well' : 'ill'}`),
      answeredAtMs: () => answeredAtMs,
      limited: (id, retryAfterMs) => told.push(`${id} rests ${retryAfterMs}`)
    }
  })
  const peer = {
    id: 'eu',
    origin: new URL('http://eu.test/base'),
    basePath: '/base',
    connections: {
      size: 0,
      close: async () => {},
      send(request: OutgoingRequest, sink: ResponseSink) {
        if (isBusy) return undefined
        const entry = { request, sink, aborted: false }
        sent.push(entry)
        return {
          pause() {},
          resume() {},
          abort() {
            entry.aborted = true
          }
        }
      }
    }
  }
  checks.moveTo([peer], { ...USUAL, ...given })
  /** The next check is made and answered. */
  const answer = (status: number, headers = {}) => {
    clock.advance(10_500)
    sent.at(-1)?.sink.onHead(status, headers)
    sent.at(-1)?.sink.onEnd()
  }
  return {
    checks,
    clock,
    sent,
    told,
    answer,
    answeredNow() {
      answeredAtMs = clock.monotonic()
    },
    busy() {
      isBusy = true
    }
  }
}

t.test('asks each peer below the path of its URL, soon and then again and again', async t => {
  const { clock, sent, answer, checks } = checking({ headers: { Authorization: new SecretText('Bearer x') } })
  clock.advance(600)
  t.match(sent[0]?.request, {
    method: 'GET',
    path: '/base/health?deep=1',
    headers: ['user-agent', 'tacit-health-check', 'authorization', 'Bearer x'],
    body: null
  })
  sent[0]?.sink.onHead(200, {})
  for (let count = 0; count < 3; count++) answer(200)
  t.equal(sent.length, 4)
  checks.close()
  clock.advance(100_000)
  t.equal(sent.length, 4)
})

t.test('so many checks in a row say that a peer is ill, and so many that it is well', async t => {
  const { answer, told } = checking()
  for (const status of [500, 301, 200, 404, 500]) answer(status)
  t.strictSame(told, [])
  answer(500)
  t.strictSame(told, ['eu ill'])
  for (const status of [418, 500, 204]) answer(status)
  t.strictSame(told, ['eu ill'])
  answer(299)
  t.strictSame(told, ['eu ill', 'eu well'])
})

t.test('no answer, a broken one and one that is late are failures', async t => {
  const { clock, sent, told } = checking({ unhealthyThreshold: 2 })
  clock.advance(600)
  clock.advance(2_100)
  t.equal(sent[0]?.aborted, true)
  clock.advance(10_100)
  sent[1]?.sink.onFailure(new Error('reset'))
  t.strictSame(told, ['eu ill'])
  sent[0]?.sink.onHead(200, {})
  clock.advance(10_100)
  t.equal(sent.length, 3, 'what comes late changes nothing')
})

t.test('an answer that does not end is given up before the next check', async t => {
  const { clock, sent } = checking()
  clock.advance(600)
  sent[0]?.sink.onHead(200, {})
  t.equal(sent[0]?.aborted, false)
  clock.advance(10_100)
  t.strictSame([sent.length, sent[0]?.aborted], [2, true])
})

t.test('a 429 blames nobody and brings nobody back', async t => {
  const { answer, told } = checking({ unhealthyThreshold: 1, healthyThreshold: 1 })
  answer(429, { 'retry-after': '7' })
  answer(429)
  t.strictSame(told, ['eu rests 7000'])
})

t.test('where every connection is busy nothing is said', async t => {
  const { clock, sent, told, busy } = checking({ unhealthyThreshold: 1 })
  busy()
  clock.advance(100_000)
  t.strictSame([sent, told], [[], []])
})

t.test('checks that cost are made no more often than they may in an hour', async t => {
  const { clock, sent } = checking({ method: 'POST', body: '{"max_tokens":1}', maxPerHour: 3 })
  const tick = async () => {
    clock.advance(10_100)
    await turns(2)
    sent.at(-1)?.sink.onHead(200, {})
  }
  for (let count = 0; count < 20; count++) await tick()
  t.equal(sent.length, 3)
  t.equal(sent[0]?.request.body?.toString(), '{"max_tokens":1}')
  clock.advance(3_600_000)
  await turns(2)
  t.equal(sent.length, 4)
})

t.test('and not at all while clients are answered well', async t => {
  const { clock, sent, answeredNow } = checking({ maxPerHour: 1_000 })
  for (let count = 0; count < 10; count++) {
    answeredNow()
    clock.advance(5_000)
    await turns(1)
  }
  t.equal(sent.length, 0)
  clock.advance(20_000)
  await turns(2)
  t.equal(sent.length, 1)
})
