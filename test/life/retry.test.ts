import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { type Handler, startUpstream, type Teardown } from '../support/upstream.ts'

const OK: Handler = exchange => exchange.answer(200, { 'content-type': 'text/plain' }, 'ok')
const CHAT = { dialect: 'openai-chat' }
const content = (text: string) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`
const OPENING = 'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'

/** Two peers in turn, the first of which is asked first. */
async function start(t: Teardown, first: Handler, retry: object, { second = OK, route = {} } = {}) {
  const one = await startUpstream(t, first)
  const two = await startUpstream(t, second)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([one.url, two.url], { balancer: { use: 'weighted' }, retry })],
    routes: [routeOf(route)]
  })
  return { one, two, gateway }
}

t.test('a peer that cannot be reached is not noticed, whatever the method', async t => {
  const { one, two, gateway } = await start(t, OK, {})
  await one.close()
  for (const method of ['GET', 'POST', 'PATCH']) {
    for (let count = 0; count < 4; count++) t.equal((await send({ url: gateway.url, method })).status, 200, method)
  }
  t.equal(two.requests.length, 12)
})

t.test('a small body is sent again, whole', async t => {
  const { one, two, gateway } = await start(t, exchange => exchange.answer(503, {}), { on: [503] })
  const { status } = await send({ url: gateway.url, method: 'POST', body: 'what was said' })
  t.equal(status, 200)
  t.strictSame([one.requests.length, two.requests[0]?.body.toString()], [1, 'what was said'])
})

t.test('an answer that nobody asked to repeat is passed on as it is', async t => {
  const { two, gateway } = await start(t, exchange => exchange.answer(500, { 'x-why': 'bug' }, 'broken'), { on: [503] })
  const { status, headers, body } = await send({ url: gateway.url })
  t.strictSame([status, headers['x-why'], body.toString()], [500, 'bug', 'broken'])
  t.equal(two.requests.length, 0)
})

t.test('the last answer is passed on when every try was rejected', async t => {
  const unavailable: Handler = exchange => exchange.answer(503, { 'retry-after': '7' }, 'unavailable')
  const { one, two, gateway } = await start(t, unavailable, { on: [503] }, { second: unavailable })
  const { status, headers, body } = await send({ url: gateway.url })
  t.strictSame([status, headers['retry-after'], body.toString()], [503, '7', 'unavailable'])
  t.strictSame([one.requests.length, two.requests.length], [1, 1])
})

t.test('a POST that may have been received is sent once', async t => {
  const resets: Handler = async exchange => {
    await exchange.body
    exchange.reset()
  }
  const on = ['reset', 'timed_out', 'connect_failed']
  const { one, two, gateway } = await start(t, resets, { attempts: 3, on })
  for (let count = 0; count < 20; count++) {
    const sent = one.requests.length
    const { status } = await send({ url: gateway.url, method: 'POST', body: 'charge me' })
    if (one.requests.length > sent) t.equal(status, 502)
  }
  t.equal(one.requests.length + two.requests.length, 20, 'one copy of each')
  t.ok(one.requests.length >= 10)

  const idempotent = await start(t, resets, { attempts: 3, on })
  t.equal((await send({ url: idempotent.gateway.url, method: 'PUT', body: 'x' })).status, 200)
  const accepted = await start(t, resets, { attempts: 3, on, nonIdempotent: true })
  t.equal((await send({ url: accepted.gateway.url, method: 'POST', body: 'x' })).status, 200)
})

t.test(
  'a stream that fails before any content is tried at the next peer, and the client sees nothing of it',
  async t => {
    const failures: readonly [name: string, Handler][] = [
      [
        'an error event',
        async exchange => {
          exchange.head(200, { 'content-type': 'text/event-stream' })
          await exchange.write(OPENING)
          await exchange.write('data: {"error":{"message":"overloaded","type":"server_error"}}\n\n')
          exchange.end()
        }
      ],
      [
        'a status that is named',
        exchange => exchange.answer(529, { 'content-type': 'text/event-stream' }, 'data: x\n\n')
      ]
    ]
    const second: Handler = async exchange => {
      exchange.head(200, { 'content-type': 'text/event-stream' })
      await exchange.write(OPENING + content('whole'))
      await exchange.write('data: [DONE]\n\n')
      exchange.end()
    }
    for (const [name, first] of failures) {
      const { two, gateway } = await start(t, first, { on: ['rejected', 529] }, { second, route: CHAT })
      const { status, body, complete } = await send({ url: gateway.url, method: 'POST', body: '{}' })
      t.strictSame(
        [status, complete, body.toString()],
        [200, true, `${OPENING}${content('whole')}data: [DONE]\n\n`],
        name
      )
      t.equal(two.requests.length, 1)
    }
  }
)

t.test('a stream that fails after its first content is not tried again', async t => {
  const { two, gateway } = await start(
    t,
    async exchange => {
      exchange.head(200, { 'content-type': 'text/event-stream' })
      await exchange.write(OPENING + content('half'))
      exchange.cut()
    },
    { attempts: 3, on: ['rejected', 'reset', 503], nonIdempotent: true },
    { route: CHAT }
  )
  const { body, complete } = await send({ url: gateway.url, method: 'POST', body: '{}' })
  t.equal(complete, false)
  t.match(body.toString(), new RegExp(`^${OPENING.replace(/[[\]{}"]/g, '\\$&')}.*half.*upstream_cut.*\\n\\n$`, 's'))
  t.equal(two.requests.length, 0)
})

t.test('retries are bounded by their budget', async t => {
  const unavailable: Handler = exchange => exchange.answer(503, {})
  const { one, two, gateway } = await start(
    t,
    unavailable,
    { on: [503], budget: '20%', minPerSecond: 0 },
    { second: unavailable }
  )
  for (let count = 0; count < 50; count++) t.equal((await send({ url: gateway.url })).status, 503)
  const tries = one.requests.length + two.requests.length
  t.ok(tries >= 50 && tries <= 60, `${tries} tries for 50 requests`)
})

t.test('says 502, 504 and 503 in the dialect of the route when no try was committed', async t => {
  const silent = await startUpstream(t)
  const gateway = await startTestGateway(t, {
    upstreams: [
      { ...upstreamOf(['http://127.0.0.1:1']), id: 'dead' },
      { ...upstreamOf([silent.url], { timeouts: { firstByte: '100ms' } }), id: 'silent' },
      { ...upstreamOf([silent.url], { connections: { max: 1 } }), id: 'busy' }
    ],
    routes: ['dead', 'silent', 'busy'].map(id => ({
      id,
      match: { path: `/${id}` },
      upstream: id,
      dialect: 'anthropic-messages'
    }))
  })
  const answer = async (path: string) => {
    const { status, headers, body } = await send({ url: `${gateway.url}${path}` })
    return [status, headers['x-should-retry'], JSON.parse(body.toString()).error.details.error_code]
  }
  t.strictSame(await answer('/dead'), [502, 'true', 'upstream_failed'])
  t.strictSame(await answer('/silent'), [504, 'true', 'upstream_timeout'])
  const first = send({ url: `${gateway.url}/busy` })
  await silent.next()
  const exchange = await silent.next()
  t.strictSame(await answer('/busy'), [503, 'true', 'upstream_busy'])
  exchange.answer(200, {})
  t.equal((await first).status, 200)
})

t.test('goes on to the next target that a plugin named, and to no upstream that it did not declare', async t => {
  const plugin = `
    import { definePlugin, Type } from 'tacit-gateway/plugin'
    export default definePlugin({
      contract: 1, name: 'routing', summary: 'Names targets.', data: { reads: [] },
      config: Type.Object({ undeclared: Type.Boolean({ default: false }) }),
      setup ({ undeclared }, host) {
        const targets = ['first', 'second'].map(id => ({ upstream: host.upstream(id) }))
        const strange = [{ upstream: { id: 'third' } }]
        return { requestFilter: exchange => exchange.routeTo(undeclared ? strange : targets) }
      }
    })`
  const first = await startUpstream(t, exchange => exchange.answer(429, {}))
  const second = await startUpstream(t, OK)
  const third = await startUpstream(t, OK)
  const upstreams = [first, second, third].map(({ url }, index) => ({
    ...upstreamOf([url], { retry: { attempts: 1 } }),
    id: ['first', 'second', 'third'][index]
  }))
  const route = (path: string, undeclared: boolean) => ({
    id: path.slice(1),
    match: { path },
    plugins: [{ use: './routing.ts', config: { undeclared } }]
  })
  const gateway = await startTestGateway(
    t,
    { upstreams, routes: [route('/targets', false), route('/strange', true), routeOf({ upstream: 'third' })] },
    { files: { 'routing.ts': plugin } }
  )
  t.equal((await send({ url: `${gateway.url}/targets`, method: 'POST', body: 'x' })).status, 200)
  t.strictSame([first.requests.length, second.requests[0]?.body.toString()], [1, 'x'])
  t.equal((await send({ url: `${gateway.url}/strange` })).status, 500)
  t.equal(third.requests.length, 0)
})
