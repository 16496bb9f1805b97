import { CONSUMER } from 'tacit-gateway/plugin'
import { type Driven, drive } from 'tacit-gateway/testing'
import t from 'tap'
import consistentHash from '../../plugins/consistent-hash/index.ts'
import { peer } from '../support/balancing.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { type Handler, startUpstream } from '../support/upstream.ts'

const PEERS = ['one', 'two', 'three'].map(id => peer(id))
const balancer = (config: Record<string, unknown>) => drive(consistentHash, config, { place: 'balancer' })

/** Answers when the whole request is there. */
const READS: Handler = async exchange => {
  await exchange.body
  exchange.answer(200, {}, 'ok')
}

/** Where requests go, one for each. */
function chosen(driven: Driven, inits: readonly Parameters<Driven['exchange']>[0][]) {
  return inits.map(init => driven.exchange(init).upstreamPeer(PEERS)?.id)
}

t.test('requests of one consumer go to one peer, others elsewhere', async t => {
  const driven = await balancer({})
  const of = (id: string) => {
    const exchange = driven.exchange()
    exchange.exchange.set(CONSUMER, { id, group: undefined, labels: {} })
    return exchange.upstreamPeer(PEERS)?.id
  }
  for (const id of ['a', 'b', 'c', 'd']) t.equal(new Set(Array.from({ length: 20 }, () => of(id))).size, 1)
  t.equal(new Set(Array.from({ length: 60 }, (_, index) => of(`team-${index}`))).size, 3)
  t.strictSame(driven.waited, [])
})

t.test('goes by a header, or by a cookie', async t => {
  const byHeader = await balancer({ by: 'header', name: 'x-session' })
  const inits = Array.from({ length: 40 }, (_, index) => ({ headers: { 'x-session': `s${index % 2}` } }))
  const places = chosen(byHeader, inits)
  t.equal(new Set(places.filter((_, index) => index % 2 === 0)).size, 1)
  const byCookie = await balancer({ by: 'cookie', name: 'x-session' })
  const cookies = inits.map(({ headers }) => ({ headers: { cookie: `a=b; x-session=${headers['x-session']}` } }))
  t.strictSame(chosen(byCookie, cookies), places)
})

t.test('goes by how the prompt begins, and no further', async t => {
  const driven = await balancer({ by: 'prompt', prefix: '32B' })
  const body = (system: string, end: string) => ({
    body: `{"model":"${end}","system":"${system.padEnd(40, '.')}${end}"}`
  })
  const same = chosen(
    driven,
    Array.from({ length: 20 }, (_, index) => body('a long instruction', `${index}`))
  )
  t.equal(new Set(same).size, 1)
  const different = chosen(
    driven,
    Array.from({ length: 40 }, (_, index) => body(`instruction ${index}`, 'x'))
  )
  t.equal(new Set(different).size, 3)
})

t.test('a request with nothing to go by goes anywhere', async t => {
  for (const config of [{}, { by: 'header', name: 'x' }, { by: 'cookie', name: 'x' }, { by: 'prompt' }]) {
    const driven = await balancer(config)
    t.equal(
      new Set(
        chosen(
          driven,
          Array.from({ length: 60 }, () => ({}))
        )
      ).size,
      3
    )
  }
})

t.test('says to whom a request belongs, and when that one has its share', async t => {
  const driven = await balancer({ by: 'header', name: 'x' })
  const decisions = (peers: typeof PEERS, headers: Record<string, string>) => {
    const exchange = driven.exchange({ headers })
    exchange.upstreamPeer(peers)
    return exchange.decisions.map(({ name, facts }) => [name, facts.peer, facts.why])
  }
  const first = driven.exchange({ headers: { x: '1' } }).upstreamPeer(PEERS)?.id
  const busy = PEERS.map(({ id }) => peer(id, { inFlight: id === first ? 9 : 0 }))
  const [own, ...others] = decisions(PEERS, { x: '1' })
  t.strictSame(own, ['peer', first, 'the request belongs to it by its header'])
  t.strictSame(new Set(others.map(([, , why]) => why)), new Set(['the request does not belong to it']))
  const bounded = decisions(busy, { x: '1' })
  t.match(bounded[0], ['peer', /./, 'the peer that the request belongs to by its header has its share'])
  t.ok(bounded.some(([name, id, why]) => name === 'not_chosen' && id === first && /its share/.test(`${why}`)))
  t.match(decisions(PEERS, {})[0]?.[2], 'the request has no header to go by')
})

t.test('refuses settings that say nothing', async t => {
  for (const config of [
    { by: 'header' },
    { by: 'cookie' },
    { by: 'consumer', name: 'x' },
    { by: 'prompt', name: 'x' },
    { by: 'header', name: 'a b' },
    { by: 'prompt', prefix: '0B' },
    { loadBound: '50%' },
    { by: 'weather' }
  ]) {
    await t.rejects(balancer(config), JSON.stringify(config))
  }
})

t.test('reads bodies only where it goes by them, so that others flow through', async t => {
  const servers = await Promise.all([1, 2].map(() => startUpstream(t, READS)))
  const urls = servers.map(({ url }) => url)
  const start = (config: object) =>
    startTestGateway(t, {
      upstreams: [upstreamOf(urls, { balancer: { use: 'consistent-hash', config } })],
      routes: [routeOf({ limits: { maxBody: '1MiB' } })]
    })
  const gateway = await start({ by: 'prompt' })
  const body = `{"messages":[{"role":"user","content":"${'x'.repeat(300_000)}"}]}`
  for (let count = 0; count < 4; count++) t.equal((await send({ url: gateway.url, method: 'POST', body })).status, 200)
  t.strictSame(servers.map(({ requests }) => requests.length).sort(), [0, 4])
  const other = await start({ by: 'consumer' })
  t.equal((await send({ url: other.url, method: 'POST', body })).status, 200)
})
