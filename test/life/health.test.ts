/** Whole gateways in front of servers that fail, rest and come back. */
import t from 'tap'
import { send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { type Handler, startUpstream, type Teardown } from '../support/upstream.ts'

const OK: Handler = exchange => exchange.answer(200, { 'content-type': 'text/plain' }, 'ok')

/** So many servers behind a gateway; the first has a handler of its own. */
async function start(t: Teardown, first: Handler, settings: object, count = 3) {
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) => startUpstream(t, index === 0 ? first : OK))
  )
  const gateway = await startTestGateway(t, {
    upstreams: [
      upstreamOf(
        servers.map(({ url }) => url),
        { balancer: { use: 'weighted' }, ...settings }
      )
    ],
    routes: [routeOf()]
  })
  return { servers, gateway }
}

/** Statuses of so many requests, some at a time, with how often each came. */
async function statusesOf(url: string, count: number, method = 'POST') {
  const statuses = new Map<number, number>()
  let left = count
  const worker = async () => {
    while (left-- > 0) {
      const { status } = await send({ url, method, ...(method === 'POST' && { body: 'a question' }) })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return [...statuses]
}

const REQUESTS = isFull ? 10_000 : 600

t.test(`one of three peers is dead, and none of ${REQUESTS} clients notices`, { timeout: 120_000 }, async t => {
  const { servers, gateway } = await start(t, OK, { health: { outlier: {} } })
  await servers[0]?.close()
  t.strictSame(await statusesOf(gateway.url, REQUESTS), [[200, REQUESTS]])
})

t.test('a peer that answers 503 to everything is left out after five, and clients get the other’s answers', async t => {
  const { servers, gateway } = await start(
    t,
    exchange => exchange.answer(503, {}, 'broken'),
    { health: { outlier: {} }, retry: { on: [503], minPerSecond: 1_000 } },
    2
  )
  for (let count = 0; count < 40; count++) t.equal((await send({ url: gateway.url })).status, 200)
  t.strictSame(
    servers.map(({ requests }) => requests.length),
    [5, 40]
  )
})

t.test('with nobody left requests are refused at once, and one good answer brings a peer back', async t => {
  let isBroken = true
  const { servers, gateway } = await start(
    t,
    exchange => (isBroken ? exchange.answer(500, {}) : exchange.answer(200, {}, 'back')),
    {
      health: {
        outlier: { consecutive5xx: 1, baseEjectionTime: '1ms', maxEjectionTime: '1ms', maxEjectionPercent: '100%' }
      }
    },
    1
  )
  const seen = new Map<number, number>()
  // Nothing but requests passes time here: a refusal is as good as an answer.
  const ask = async () => {
    const { status } = await send({ url: gateway.url })
    seen.set(status, (seen.get(status) ?? 0) + 1)
    return status
  }
  t.equal(await ask(), 500)
  while ((seen.get(500) ?? 0) < 3) await ask()
  isBroken = false
  while ((await ask()) !== 200);
  t.strictSame([...seen.keys()].sort(), [200, 500, 503])
  t.equal(servers[0]?.requests.length, (seen.get(500) ?? 0) + 1, 'who was refused did not reach the peer')
})

t.test('a refusal for want of peers says so, and when to come again', async t => {
  const outlier = { consecutive5xx: 1, maxEjectionPercent: '100%' }
  const { gateway } = await start(t, exchange => exchange.answer(500, {}), { health: { outlier } }, 1)
  await send({ url: gateway.url })
  const { status, headers, body } = await send({
    url: `${gateway.url}/v1/chat/completions`,
    method: 'POST',
    body: '{}'
  })
  t.equal(status, 503)
  t.match(headers['retry-after'], /^(?:29|30)$/)
  t.match(JSON.parse(body.toString()), { error: { code: 'no_healthy_peer' } })
})

t.test('a peer that answers 429 with retry-after is left alone', async t => {
  const limited: Handler = exchange => exchange.answer(429, { 'retry-after': '30' }, 'later')
  const { servers, gateway } = await start(t, limited, { health: {}, retry: { on: [429] } })
  for (let count = 0; count < 30; count++) t.equal((await send({ url: gateway.url })).status, 200)
  t.equal(servers[0]?.requests.length, 1)
})

t.test('a reload that leaves the upstream as it is leaves out whom it left out', async t => {
  const { servers, gateway } = await start(t, exchange => exchange.answer(500, {}), {
    health: { outlier: { consecutive5xx: 1 } }
  })
  const count = () => servers[0]?.requests.length ?? 0
  while (count() === 0) await send({ url: gateway.url })
  const urls = servers.map(({ url }) => url)
  const upstream = upstreamOf(urls, { balancer: { use: 'weighted' }, health: { outlier: { consecutive5xx: 1 } } })
  await gateway.rewrite({ upstreams: [upstream], routes: [routeOf({ limits: { maxBody: '1MiB' } })] })
  t.match(await gateway.reload(), { applied: true })
  for (let asked = 0; asked < 9; asked++) t.equal((await send({ url: gateway.url })).status, 200)
  t.equal(count(), 1)
})

t.test('a peer whose checks fail gets no request, until they are passed again', async t => {
  let isIll = true
  const checked = { ill: 0, headers: new Set<string>() }
  const first: Handler = exchange => {
    if (exchange.target !== '/health') return exchange.answer(200, {}, 'first')
    checked.headers.add(`${exchange.headers['x-key']} ${exchange.headers['user-agent']}`)
    if (isIll) checked.ill++
    exchange.answer(isIll ? 503 : 200, {}, 'state')
  }
  const check = {
    path: '/health',
    interval: '5ms',
    unhealthyThreshold: 1,
    healthyThreshold: 1,
    headers: { 'x-key': 'k' }
  }
  const { servers, gateway } = await start(t, first, { health: { check } }, 2)
  const requests = () => servers[0]?.requests.filter(({ target }) => target !== '/health').length ?? 0
  while (checked.ill < 2) await send({ url: gateway.url })
  const before = requests()
  for (let count = 0; count < 20; count++) t.equal((await send({ url: gateway.url })).status, 200)
  t.equal(requests(), before)
  isIll = false
  while (requests() === before) await send({ url: gateway.url })
  t.strictSame([...checked.headers], ['k tacit-health-check'])
})
