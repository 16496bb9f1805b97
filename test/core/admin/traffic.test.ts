import { once } from 'node:events'
import t from 'tap'
import { openResponse, send } from '../../support/client.ts'
import { startAdminGateway } from './support.ts'

const STREAM = { 'content-type': 'text/event-stream' }

t.test('tells sums by route and peer, and the course since the last time', async t => {
  const { gateway, ask } = await startAdminGateway(t, {}, exchange => {
    exchange.answer(exchange.target === '/bad' ? 500 : 200, {}, 'x')
  })
  const headers = { host: 'chat.example' }
  for (const path of ['/good', '/good', '/bad']) await send({ url: `${gateway.url}${path}`, headers })
  await send({ url: `${gateway.url}/account/notes` })
  const [status, answer] = await ask('/v1/traffic')
  t.equal(status, 200)
  t.match(answer, {
    everyMs: 2_000,
    from: 1,
    total: { inFlight: 0, streams: 0, requests: 4, errors: 1, refusals: 1 },
    routes: [
      { id: 'account', requests: 1, errors: 0, refusals: 1 },
      { id: 'chat', requests: 3, errors: 1, refusals: 0 }
    ],
    peers: [
      { upstream: 'upstream', id: 'peer-1' },
      { upstream: 'upstream', id: 'peer-2' }
    ]
  })
  t.match(await ask('/v1/traffic?since=1000000'), [200, { total: { course: { requests: [], p50Ms: [] } } }])
  t.match(await ask('/v1/traffic?since=-1'), [400, { errors: [{ pointer: '#/since' }] }])
})

t.test('lists what is under way, without a word of what is said', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { gateway, ask } = await startAdminGateway(t, {}, async exchange => {
    await exchange.body
    exchange.head(200, STREAM)
    await exchange.write('data: {"said":"canary-answer"}\n\n')
    await promise
    exchange.end()
  })
  const response = await openResponse({
    url: `${gateway.url}/canary-path?canary=query`,
    headers: { host: 'chat.example', 'x-canary': 'header' },
    body: 'canary-body'
  })
  await once(response, 'readable')
  const [status, answer] = await ask('/v1/exchanges')
  t.equal(status, 200)
  t.match(answer, {
    inFlight: 1,
    exchanges: [
      {
        route: 'chat',
        dialect: 'http',
        stream: true,
        upstream: 'upstream',
        peer: /^peer-[12]$/,
        tries: 1,
        status: 200,
        requestBytes: 11,
        draining: false
      }
    ]
  })
  t.notMatch(JSON.stringify(answer), /canary/)
  t.match(await ask('/v1/traffic'), [
    200,
    { total: { inFlight: 1, streams: 1 }, routes: [{}, { id: 'chat', streams: 1 }] }
  ])
  t.match(await ask('/v1/exchanges?limit=0'), [400, {}])
  resolve()
  response.resume()
})
