import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** A plugin that says when it is set up and closed, and fails where it is told to. */
const NOTING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'noting', summary: 'Notes its own life.', data: { reads: [] },
  config: Type.Object({ name: Type.String(), fails: Type.Boolean({ default: false }) }),
  setup ({ name, fails }) {
    const notes = globalThis.notes ??= []
    if (fails) throw new Error('The tide is out.')
    notes.push('open ' + name)
    return { logging () {}, close () { notes.push('close ' + name) } }
  }
})`

function notes(): string[] {
  const found: unknown = Reflect.get(globalThis, 'notes')
  Reflect.set(globalThis, 'notes', [])
  return Array.isArray(found) ? found.map(String) : []
}

t.test('serves what its configuration says', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, { 'content-type': 'text/plain' }, 'hello'))
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  const { status, body } = await send({ url: `${gateway.url}/x?y=1` })
  t.strictSame([status, body.toString()], [200, 'hello'])
  t.strictSame(
    upstream.requests.map(({ method, target }) => [method, target]),
    [['GET', '/x?y=1']]
  )
  t.equal(gateway.inFlight, 0)
})

t.test('closes instances in reverse when a later one cannot be set up, and says where', async t => {
  const upstream = await startUpstream(t)
  const noting = (name: string, fails = false) => ({ use: './noting.ts', config: { name, fails } })
  const starting = startTestGateway(
    t,
    {
      plugins: [noting('one'), noting('two')],
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [noting('three', true)] })]
    },
    { files: { 'noting.ts': NOTING } }
  )
  const error = await starting.then(
    () => undefined,
    (error: unknown) => error
  )
  t.match(error, { code: 'TACIT_PLUGIN_SETUP_FAILED', message: /^noting#3 \(.*gateway\.yaml:1\): .*The tide is out\./ })
  t.strictSame(notes(), ['open one', 'open two', 'close two', 'close one'])
})

t.test('says that a port is taken, and leaves nothing open', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const upstream = await startUpstream(t)
  const parts = {
    plugins: [{ use: './noting.ts', config: { name: 'one' } }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf()]
  }
  const files = { 'noting.ts': NOTING }
  for (const listener of ['listen', 'admin']) {
    await t.rejects(startTestGateway(t, { ...parts, [listener]: { port } }, { files }), {
      code: 'TACIT_LISTEN_FAILED',
      message: new RegExp(`127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\)`)
    })
    t.strictSame(notes(), ['open one', 'close one'])
  }
})

t.test('refuses a route whose plugins neither answer nor send anything on', async t => {
  const upstream = await startUpstream(t)
  const plugins = [{ use: './noting.ts', config: { name: 'one' } }]
  const route = { id: 'nowhere', match: { path: '/*' }, plugins }
  const starting = startTestGateway(
    t,
    { upstreams: [upstreamOf([upstream.url])], routes: [route] },
    { files: { 'noting.ts': NOTING } }
  )
  await t.rejects(starting, { code: 'TACIT_ROUTE_NOWHERE' })
  t.strictSame(notes(), ['open one', 'close one'])
})

t.test('a stop lets exchanges end within the grace, and is not ready meanwhile', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf()],
    shutdownGrace: '30s'
  })
  t.equal((await send({ url: `${gateway.adminUrl}/health/ready` })).status, 200)
  const answer = send({ url: `${gateway.url}/slow` })
  const exchange = await upstream.next()
  t.equal(gateway.inFlight, 1)
  const closed = gateway.close()
  t.equal(gateway.close(), closed, 'a second call waits for the first')
  const ready = await send({ url: `${gateway.adminUrl}/health/ready` })
  t.strictSame([ready.status, JSON.parse(ready.body.toString())], [503, { status: 'not_ready', plugins: {} }])
  t.equal((await send({ url: `${gateway.adminUrl}/health/live` })).status, 200)
  await t.rejects(send({ url: `${gateway.url}/late` }), 'takes no new connections')
  exchange.answer(200, {}, 'done')
  const { status, headers, body } = await answer
  t.strictSame([status, headers.connection, body.toString()], [200, 'close', 'done'])
  await closed
  await t.rejects(send({ url: `${gateway.adminUrl}/health/live` }), 'the admin listener is closed last')
})

t.test('a stop ends what outlives the grace, and tells the client', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, {
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ dialect: 'openai-chat' })],
    shutdownGrace: '50ms'
  })
  const waiting = send({ url: `${gateway.url}/unary`, method: 'POST' })
  const unary = await upstream.next()
  const streaming = send({ url: `${gateway.url}/stream` })
  const stream = await upstream.next()
  stream.head(200, { 'content-type': 'text/event-stream' })
  await stream.write('data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
  await gateway.close()
  const refused = await waiting
  t.equal(refused.status, 503)
  t.match(JSON.parse(refused.body.toString()), { error: { code: 'shutting_down' } })
  const cut = await streaming
  t.equal(cut.complete, false, 'a stream never ends as if it were whole')
  t.match(cut.body.toString(), /"code":"shutting_down"/)
  t.equal((await unary.closed).clean, false)
  t.equal((await stream.closed).clean, false)
})
