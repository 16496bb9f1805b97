import { request } from 'node:http'
import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream, type Teardown, type UpstreamExchange } from '../support/upstream.ts'

const CHAT = { dialect: 'openai-chat' }

/** Two peers that answer when the test lets them: `next` is the next request at either. */
async function start(t: Teardown, limits: object) {
  const arrived: UpstreamExchange[] = []
  const wanted: ((exchange: UpstreamExchange) => void)[] = []
  const arrive = (exchange: UpstreamExchange) => {
    const taker = wanted.shift()
    if (taker === undefined) arrived.push(exchange)
    else taker(exchange)
  }
  const one = await startUpstream(t, arrive)
  const two = await startUpstream(t, arrive)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([one.url, two.url], { limits })],
    routes: [routeOf(CHAT)]
  })
  return {
    gateway,
    arrived,
    ask: () => send({ url: gateway.url, method: 'POST', body: '{}' }),
    next(): Promise<UpstreamExchange> {
      const exchange = arrived.shift()
      return exchange === undefined ? new Promise(resolve => wanted.push(resolve)) : Promise.resolve(exchange)
    }
  }
}

const answer = (exchange: UpstreamExchange) => exchange.answer(200, {}, 'done')
const statuses = async (answers: readonly Promise<{ readonly status: number }>[]) =>
  (await Promise.all(answers)).map(({ status }) => status).sort()

t.test('beyond what may be under way requests wait, and beyond those that may wait they are turned away', async t => {
  const { ask, next, arrived } = await start(t, { inFlight: 2, waiting: 2, wait: '30s' })
  const first = [ask(), ask()]
  const underWay = [await next(), await next()]
  const all = [ask(), ask(), ask(), ask()]
  const refused = await Promise.race(all)
  t.equal(refused.status, 503)
  t.ok(Number(refused.headers['retry-after']) >= 1, 'says when to come back')
  t.match(JSON.parse(refused.body.toString()), { error: { code: 'upstream_busy' } })
  t.equal(arrived.length, 0, 'no more than two are under way')
  for (const exchange of underWay) answer(exchange)
  t.strictSame(await statuses(first), [200, 200])
  answer(await next())
  answer(await next())
  t.strictSame(await statuses(all), [200, 200, 503, 503])
})

t.test('a peer that is full is passed by', async t => {
  const { ask, next } = await start(t, { peerInFlight: 1, waiting: 0 })
  const both = [ask(), ask()]
  const [first, second] = [await next(), await next()]
  t.not(first.socket.localPort, second.socket.localPort, 'one at each')
  t.equal((await ask()).status, 503)
  answer(first)
  await Promise.race(both)
  for (let count = 0; count < 3; count++) {
    const again = ask()
    const exchange = await next()
    t.equal(exchange.socket.localPort, first.socket.localPort, 'whoever’s turn it would be')
    answer(exchange)
    t.equal((await again).status, 200)
  }
  answer(second)
  t.strictSame(await statuses(both), [200, 200])
})

t.test('who waits for longer than is allowed is turned away, and who leaves makes room', async t => {
  const { ask, next, gateway } = await start(t, { inFlight: 1, waiting: 1, wait: '1s' })
  const first = ask()
  const exchange = await next()
  const late = await ask()
  t.strictSame([late.status, JSON.parse(late.body.toString()).error.code], [503, 'upstream_busy'])
  const leaving = request(gateway.url, { method: 'POST', agent: false })
  leaving.on('error', () => {})
  leaving.end('{}')
  answer(exchange)
  t.equal((await first).status, 200)
  // Whether it waited or was let through, it is gone then, and the place is free.
  leaving.destroy()
  const last = ask()
  const served = last.then(({ status }) => status)
  for (let status: number | undefined; status === undefined; ) {
    const outcome = await Promise.race([next(), served])
    if (typeof outcome === 'number') {
      status = outcome
      t.equal(status, 200)
    } else answer(outcome)
  }
})

t.test('an upstream that is full is left for the next target at once', async t => {
  const plugin = `
    import { definePlugin, Type } from 'tacit-gateway/plugin'
    export default definePlugin({
      contract: 1, name: 'both', summary: 'Names targets.', data: { reads: [] }, config: Type.Object({}),
      setup (_config, host) {
        const targets = ['first', 'second'].map(id => ({ upstream: host.upstream(id) }))
        return { requestFilter: exchange => exchange.routeTo(targets) }
      }
    })`
  const first = await startUpstream(t)
  const second = await startUpstream(t, answer)
  const gateway = await startTestGateway(
    t,
    {
      upstreams: [
        { ...upstreamOf([first.url], { limits: { inFlight: 1, wait: '30s' } }), id: 'first' },
        { ...upstreamOf([second.url]), id: 'second' }
      ],
      routes: [routeOf({ upstream: undefined, plugins: [{ use: './both.ts' }] })]
    },
    { files: { 'both.ts': plugin } }
  )
  const held = send({ url: gateway.url })
  const exchange = await first.next()
  t.equal((await send({ url: gateway.url })).status, 200)
  t.equal(second.requests.length, 1)
  answer(exchange)
  t.equal((await held).status, 200)
})
