/** Configurations that are taken anew while exchanges run. */
import t from 'tap'
import { collect, openResponse, send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

t.test('serves by the new file from one request to the next, and ends a stream as it began', async t => {
  const upstream = await startUpstream(t)
  const parts = { upstreams: [upstreamOf([upstream.url])] }
  const marked = (mark: string) =>
    routeOf({ plugins: [{ use: 'headers', config: { response: { set: { 'x-mark': mark } } } }] })
  const gateway = await startTestGateway(t, { ...parts, routes: [marked('old')] })
  const opening = openResponse({ url: `${gateway.url}/stream` })
  const stream = await upstream.next()
  stream.head(200, { 'content-type': 'text/event-stream' })
  await stream.write('data: one\n\n')
  const response = await opening
  t.equal(response.headers['x-mark'], 'old')

  await gateway.rewrite({ ...parts, routes: [marked('new')] })
  const outcome = await gateway.reload()
  t.match(outcome, { applied: true, changes: [{ kind: 'changed', subject: 'route', id: 'route' }], needRestart: [] })
  upstream.handle(exchange => exchange.answer(200, {}, 'ok'))
  t.equal((await send({ url: gateway.url })).headers['x-mark'], 'new')

  await stream.write('data: two\n\n')
  stream.end()
  const { complete, body } = await collect(response)
  t.strictSame([complete, body.toString()], [true, 'data: one\n\ndata: two\n\n'])
})

t.test('a file that does not load changes nothing', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  for (const text of ['', '{', 'version: 1', 'version: 1\nroutes: [\n', 'a: &a [*a]']) {
    await gateway.rewrite(text)
    const outcome = await gateway.reload()
    if (outcome.applied) throw new Error('applied')
    t.equal(outcome.code, 'TACIT_CONFIGURATION_INVALID')
    t.ok(outcome.problems.length > 0)
    t.equal((await send({ url: gateway.url })).status, 200)
  }
})

t.test('what is asked for while the gateway stops is refused', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(t, { upstreams: [upstreamOf([upstream.url])], routes: [routeOf()] })
  const closed = gateway.close()
  t.match(await gateway.reload(), { applied: false, code: 'TACIT_STOPPING' })
  await closed
})
