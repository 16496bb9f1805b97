import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import cors from '../../plugins/cors/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const APP = 'https://app.example.com'
const driven = (config: Record<string, unknown> = {}) => drive(cors, { origins: [APP], ...config })

/** The response to a preflight from `origin`. */
async function preflight(config: Record<string, unknown>, origin: string, headers: Record<string, string> = {}) {
  const plugin = await driven(config)
  const course = await plugin
    .exchange({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', ...headers } })
    .run()
  t.strictSame(plugin.waited, [])
  t.equal(course.request, undefined, 'a preflight does not reach the upstream')
  return course.response
}

/** The response to a request that the upstream, or the gateway, answered with `response`. */
async function answered(config: Record<string, unknown>, origin: string | undefined, response = {}) {
  const plugin = await driven(config)
  const exchange = plugin.exchange({ headers: origin === undefined ? {} : { origin } })
  t.equal(await exchange.requestFilter(), undefined)
  return exchange.responseFilter(response)
}

t.test('answers the preflight of an allowed origin itself', async t => {
  const { status, headers } = await preflight({}, APP, {
    'access-control-request-headers': 'authorization,content-type,x-stainless-os'
  })
  t.equal(status, 204)
  t.strictSame(headers, {
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': 'authorization, content-type, x-stainless-os',
    'access-control-max-age': '600',
    'access-control-allow-origin': APP,
    'access-control-expose-headers': 'retry-after, x-request-id, x-tacit-request-id',
    vary: ['access-control-request-method, access-control-request-headers', 'origin']
  })
})

t.test('tells the preflight of another origin nothing', async t => {
  const { status, headers } = await preflight({}, 'https://evil.test')
  t.equal(status, 204)
  t.strictSame(headers, { vary: 'origin' })
})

t.test('allows the methods, headers and age that the operator names', async t => {
  const { headers } = await preflight({ methods: ['POST'], headers: ['authorization'], maxAge: '1h' }, APP, {
    'access-control-request-headers': 'x-other'
  })
  t.equal(headers['access-control-allow-methods'], 'POST')
  t.equal(headers['access-control-allow-headers'], 'authorization')
  t.equal(headers['access-control-max-age'], '3600')
})

t.test('repeats no header name that is none', async t => {
  const { headers } = await preflight({}, APP, { 'access-control-request-headers': 'x-a, x b, "x-c"' })
  t.equal(headers['access-control-allow-headers'], 'x-a')
  t.notOk('access-control-allow-headers' in (await preflight({}, APP)).headers)
})

t.test('lets public pages reach a private address only when told to', async t => {
  const asked = { 'access-control-request-private-network': 'true' }
  const name = 'access-control-allow-private-network'
  t.equal((await preflight({ privateNetwork: true }, APP, asked)).headers[name], 'true')
  t.equal((await preflight({ privateNetwork: true }, APP)).headers[name], undefined)
  t.equal((await preflight({}, APP, asked)).headers[name], undefined)
  t.equal((await preflight({ privateNetwork: true }, 'https://evil.test', asked)).headers[name], undefined)
})

t.test('an OPTIONS request that is no preflight goes to the upstream', async t => {
  const plugin = await driven()
  const { request, answered: own } = await plugin.exchange({ method: 'OPTIONS', headers: { origin: APP } }).run()
  t.equal(own, undefined)
  t.equal(request?.method, 'OPTIONS')
  const noOrigin = { 'access-control-request-method': 'POST' }
  t.ok((await plugin.exchange({ method: 'OPTIONS', headers: noOrigin }).run()).request)
})

t.test('lets an allowed origin read responses, refusals by the gateway included', async t => {
  const expected = {
    vary: 'origin',
    'access-control-allow-origin': APP,
    'access-control-expose-headers': 'retry-after, x-request-id, x-tacit-request-id'
  }
  t.strictSame((await answered({}, APP)).headers, expected)
  t.strictSame((await answered({}, APP, { status: 401, source: 'gateway' })).headers, expected)
})

t.test('lets no other origin read, and none when the request has none, but says that it depends', async t => {
  t.strictSame((await answered({}, 'https://evil.test')).headers, { vary: 'origin' })
  t.strictSame((await answered({}, undefined)).headers, { vary: 'origin' })
})

t.test('two origins at once are no origin', async t => {
  const plugin = await driven()
  const exchange = plugin.exchange({ headers: { origin: [APP, APP] } })
  await exchange.requestFilter()
  t.strictSame((await exchange.responseFilter()).headers, { vary: 'origin' })
})

t.test('says the same of every origin when all are allowed', async t => {
  for (const origin of ['https://anybody.test', 'null', undefined]) {
    const { headers } = await answered({ origins: ['*'], expose: [] }, origin)
    t.strictSame(headers, { 'access-control-allow-origin': '*' })
  }
})

t.test('lets credentials be sent only when told to', async t => {
  const { headers } = await answered({ credentials: true }, APP)
  t.equal(headers['access-control-allow-credentials'], 'true')
  t.equal((await preflight({ credentials: true }, APP)).headers['access-control-allow-credentials'], 'true')
  t.equal(
    (await answered({ credentials: true }, 'https://evil.test')).headers['access-control-allow-credentials'],
    undefined
  )
})

t.test('what the upstream allows counts for nothing', async t => {
  const upstream = {
    'access-control-allow-origin': ['*', 'https://evil.test'],
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': '*'
  }
  t.strictSame((await answered({}, 'https://evil.test', { headers: upstream })).headers, { vary: 'origin' })
  t.strictSame((await answered({ expose: ['x-a'] }, APP, { headers: upstream })).headers, {
    'access-control-allow-origin': APP,
    'access-control-expose-headers': 'x-a',
    vary: 'origin'
  })
})

t.test('adds to what a response already varies by, once', async t => {
  const varies = async (vary: string | string[]) => (await answered({}, APP, { headers: { vary } })).headers.vary
  t.strictSame(await varies('accept-encoding'), ['accept-encoding', 'origin'])
  t.strictSame(await varies('Accept, Origin'), 'Accept, Origin')
  t.strictSame(await varies('*'), '*')
})

t.test('notes what it decided on a preflight, without naming the origin', async t => {
  const plugin = await driven()
  const exchange = plugin.exchange({
    method: 'OPTIONS',
    headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' }
  })
  await exchange.requestFilter()
  t.strictSame(exchange.decisions, [{ by: 'cors', name: 'preflight', facts: { allowed: false } }])
})

t.test('does not start with settings that browsers would not honour', async t => {
  const message = /`credentials: true` does not go with `\*`/
  await t.rejects(driven({ origins: ['*'], credentials: true }), { message })
  await t.rejects(driven({ methods: ['*'], credentials: true }), { message })
  await t.rejects(driven({ expose: ['*'], credentials: true }), { message })
  await t.rejects(driven({ origins: ['https://app.example.com/'] }), { message: /which no browser sends/ })
  await t.rejects(driven({ origins: [] }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(drive(cors), { code: 'TACIT_CONFIG_INVALID', message: /"origins" is missing/ })
  await t.rejects(driven({ methods: ['GET POST'] }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ headers: ['x:y'] }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ maxAge: 600 }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test('a page can ask a gateway, and read why it was refused', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const { url } = await startTestGateway(t, {
    digestKey: '0123456789abcdef',
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'cors', config: { origins: [APP] } }, { use: 'key-auth' }] })]
  })
  const asked = await send({
    url,
    method: 'OPTIONS',
    headers: { origin: APP, 'access-control-request-method': 'POST' }
  })
  t.strictSame([asked.status, asked.headers['access-control-allow-origin'], asked.body.length], [204, APP, 0])
  const refused = await send({ url, headers: { origin: APP } })
  t.strictSame([refused.status, refused.headers['access-control-allow-origin']], [401, APP])
  t.equal(upstream.requests.length, 0)
})
