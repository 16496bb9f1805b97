import t from 'tap'
import type { UpstreamConfiguration } from '../../core/configuration/schema.ts'
import { judgingEvents } from '../../core/events/events.ts'
import { createHostBase } from '../../core/host.ts'
import { createLogger } from '../../core/log.ts'
import { Measures } from '../../core/measures.ts'
import { JudgingSink } from '../../core/records/row-sink.ts'
import { Vocabulary } from '../../core/records/vocabulary.ts'
import { LocalLimits } from '../../core/store/limits.ts'
import { LocalStore } from '../../core/store/values.ts'
import { TimerWheel } from '../../core/timers.ts'
import { openUpstreams, releaseUpstreams, type UpstreamPools, warmUpstreams } from '../../core/upstream-pools.ts'
import { makeCertificate, noCertificates } from '../support/certificates.ts'
import { ManualClock } from '../support/clock.ts'
import type { Teardown } from '../support/upstream.ts'
import { load } from './configuration/support.ts'

/** Opens upstreams as a configuration has them, and notes what is closed. */
async function opened(t: Teardown, upstreams: string, before?: UpstreamPools) {
  const loaded = await load(`version: 1
upstreams: ${upstreams}
routes: [{ id: chat, match: { path: /* }, upstream: chat }]`)
  const clock = new ManualClock()
  const logger = createLogger({ level: 'silent', write: () => {} })
  const measures = new Measures(logger)
  t.teardown(() => measures.close())
  const vocabulary = new Vocabulary()
  const rows = new JudgingSink(clock, vocabulary)
  const shared = {
    limits: new LocalLimits(clock),
    store: new LocalStore(clock),
    wheel: new TimerWheel(clock),
    rows,
    vocabulary,
    events: judgingEvents
  }
  const base = createHostBase(loaded, { clock, random: () => 0, logger, measures, ...shared })
  const closed: string[] = []
  const connect: typeof base.connect = origin => ({
    size: 0,
    send: () => undefined,
    close: async () => void closed.push(origin)
  })
  const { upstreams: entries }: { readonly upstreams: readonly UpstreamConfiguration[] } = loaded.configuration
  return { closed, pools: openUpstreams(entries, { ...base, connect }, before) }
}

const peer = (pools: UpstreamPools, index = 0) => pools.upstreams.get('chat')?.peers[index]

t.test('goes on with peers and connections that have not changed', async t => {
  const first = await opened(
    t,
    '[{ id: chat, peers: [{ id: a, url: "http://a.test" }, { id: b, url: "http://b.test" }] }]'
  )
  const second = await opened(
    t,
    '[{ id: chat, timeouts: { idle: 1s }, peers: [{ id: a, url: "http://a.test" }, { id: b, url: "http://c.test" }] }]',
    first.pools
  )
  t.equal(peer(second.pools), peer(first.pools))
  t.not(peer(second.pools, 1), peer(first.pools, 1))
  t.equal(second.pools.upstreams.get('chat')?.timeouts.idle, 1000)
  t.equal(second.pools.upstreams.get('chat')?.budget, first.pools.upstreams.get('chat')?.budget)
  await releaseUpstreams(first.pools)
  t.strictSame(first.closed, ['http://b.test'], 'only what the second does not use')
  await releaseUpstreams(second.pools)
  t.strictSame([first.closed, second.closed], [['http://b.test', 'http://a.test'], ['http://c.test']])
})

t.test('a peer of another weight, path or label is another peer on the same connections', async t => {
  const first = await opened(t, '[{ id: chat, peers: [{ id: a, url: "http://a.test" }] }]')
  let before = first
  for (const more of ['weight: 2', 'labels: { tier: gold }', 'region: eu']) {
    const next = await opened(t, `[{ id: chat, peers: [{ id: a, url: "http://a.test/base", ${more} }] }]`, before.pools)
    t.not(peer(next.pools), peer(before.pools))
    t.equal(peer(next.pools)?.connections, peer(first.pools)?.connections)
    await releaseUpstreams(before.pools)
    before = next
  }
  t.strictSame(first.closed, [])
})

t.test('other bounds on connections, or other authorities, are other connections', async t => {
  const folder = t.testdir({ 'one.pem': 'one', 'two.pem': 'two' })
  const entry = (more: string) => `[{ id: chat, ${more} peers: [{ id: a, url: "https://a.test" }] }]`
  let before = await opened(t, entry(''))
  for (const more of [
    'connections: { max: 5 },',
    'connections: { keepAlive: 1s },',
    `tls: { ca: ${folder}/one.pem },`,
    `tls: { ca: ${folder}/two.pem },`,
    'tls: { serverName: b.test },'
  ]) {
    const next = await opened(t, entry(more), before.pools)
    t.not(peer(next.pools)?.connections, peer(before.pools)?.connections, more)
    await releaseUpstreams(before.pools)
    t.strictSame(before.closed, ['https://a.test'], more)
    before = next
  }
})

t.test('another budget begins with nothing spent', async t => {
  const first = await opened(t, '[{ id: chat, peers: [{ id: a, url: "http://a.test" }] }]')
  const second = await opened(
    t,
    '[{ id: chat, retry: { budget: 10% }, peers: [{ id: a, url: "http://a.test" }] }]',
    first.pools
  )
  t.not(second.pools.upstreams.get('chat')?.budget, first.pools.upstreams.get('chat')?.budget)
  t.equal(peer(second.pools), peer(first.pools))
})

t.test('how peers stand outlives a reload, and ends with the last configuration that has the upstream', async t => {
  const entry = (more: string) =>
    `[{ id: chat, ${more} peers: [{ id: a, url: "http://a.test" }, { id: b, url: "http://b.test" }] }]`
  const first = await opened(t, entry(''))
  first.pools.begin()
  const { health } = first.pools.upstreams.get('chat') ?? {}
  t.equal(health?.watches, false)
  t.ok(health?.drain('a'))
  const second = await opened(t, entry('health: {}, timeouts: { idle: 1s },'), first.pools)
  t.equal(second.pools.upstreams.get('chat')?.health, health)
  t.equal(health?.watches, false, 'until the second serves')
  second.pools.begin()
  await releaseUpstreams(first.pools)
  t.equal(health?.watches, true)
  t.strictSame(health?.offer?.peers, [peer(second.pools, 1)])
  await releaseUpstreams(second.pools)
})

t.test('a certificate that cannot be shown stops the start', { skip: noCertificates }, async t => {
  const folder = t.testdir({ 'none.pem': 'no certificate' })
  const one = makeCertificate(folder, 'one')
  const two = makeCertificate(folder, 'two')
  const loads = (cert: string, key: string) =>
    opened(
      t,
      `[{ id: chat, peers: [{ id: eu, url: https://eu.example.com }], tls: { cert: "${cert}", key: "${key}" } }]`
    )
  t.ok((await loads(one.cert, one.key)).pools.upstreams.has('chat'))
  const invalid = { code: 'TACIT_CLIENT_CERTIFICATE_INVALID' }
  await t.rejects(loads(one.cert, two.key), invalid, 'somebody else’s key')
  await t.rejects(loads(`${folder}/none.pem`, one.key), invalid)
  await t.rejects(loads(one.cert, `${folder}/missing.pem`), { ...invalid, message: /missing\.pem/ })
})

t.test(
  'a certificate that was replaced is another way to the peer from the next load on',
  { skip: noCertificates },
  async t => {
    const folder = t.testdir()
    const upstreams = `[{ id: chat, peers: [{ id: eu, url: https://eu.example.com }],
    tls: { cert: "${folder}/client.crt", key: "${folder}/client.key" } }]`
    makeCertificate(folder, 'client')
    const first = await opened(t, upstreams)
    const same = await opened(t, upstreams, first.pools)
    t.equal(peer(same.pools)?.connections, peer(first.pools)?.connections)
    makeCertificate(folder, 'client')
    const next = await opened(t, upstreams, same.pools)
    t.not(peer(next.pools)?.connections, peer(first.pools)?.connections)
  }
)

t.test('who is under way goes on being counted while the bounds stay the same', async t => {
  const entry = (limits: string) =>
    `[{ id: chat, peers: [{ id: eu, url: https://eu.example.com }], limits: ${limits} }]`
  const first = await opened(t, entry('{ inFlight: 5 }'))
  const places = (pools: UpstreamPools) => pools.upstreams.get('chat')?.places
  const same = await opened(t, entry('{ inFlight: 5 }'), first.pools)
  t.equal(places(same.pools), places(first.pools))
  const other = await opened(t, entry('{ inFlight: 6, peerInFlight: 2000 }'), same.pools)
  t.not(places(other.pools), places(first.pools))
  t.match(places(other.pools)?.limits, { inFlight: 6, peerInFlight: 1024 }, 'no more than there may be connections')
})

t.test('connections are warmed when they are told to', async t => {
  const { pools } = await opened(t, '[{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]')
  let warmed = 0
  const { connections } = peer(pools) ?? {}
  Object.assign(connections ?? {}, { warm: () => warmed++ })
  warmUpstreams(pools)
  t.equal(warmed, 1)
})
