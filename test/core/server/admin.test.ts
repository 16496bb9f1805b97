import { once } from 'node:events'
import { type IncomingMessage, request as sendChunked } from 'node:http'
import { createServer } from 'node:net'
import t from 'tap'
import { ServedEndpoints } from '../../../core/endpoints/served.ts'
import type { Health } from '../../../core/plugin.ts'
import { type AdminOptions, openAdmin } from '../../../core/server/admin.ts'
import { send } from '../../support/client.ts'
import { ManualClock } from '../../support/clock.ts'
import { served } from '../endpoints/support.ts'

const TOKENS = [
  { id: 'ada', role: 'operator', keyHash: 'digest of token-a' },
  { id: 'eve', role: 'viewer', keyHash: 'digest of token-e' }
] as const

async function open(t: { teardown(work: () => unknown): void }, options: Partial<AdminOptions> = {}) {
  const failures: string[] = []
  const acts: unknown[] = []
  const listener = await openAdmin({
    admin: { host: '127.0.0.1', port: 0 },
    tokens: () => [],
    clock: new ManualClock(),
    digest: token => `digest of ${token}`,
    endpoints: () => new ServedEndpoints([]),
    page: [],
    acted: ({ actor, operation, status, isChange }) => isChange && acts.push([actor.id, operation, status]),
    refused: () => {},
    isReady: () => true,
    health: async () => ({}),
    metrics: () => 'up 1\n',
    failed: code => failures.push(code),
    ...options
  })
  t.teardown(() => listener.close())
  const ask = async (path: string, headers = {}) => {
    const { status, body } = await send({ url: `${listener.url}${path}`, headers })
    return [status, body.toString()] as const
  }
  /** Status, and the reason of a refusal. */
  const refusal = async (method: string, path: string, headers = {}, body?: string) => {
    const request = { url: `${listener.url}${path}`, method, headers, ...(body !== undefined && { body }) }
    const answer = await send(request)
    const said: unknown = JSON.parse(answer.body.toString())
    return [answer.status, Reflect.get(Object(said), 'reason')]
  }
  return { listener, ask, refusal, failures, acts }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

t.test('lives, whatever else is the matter', async t => {
  const { ask } = await open(t, { isReady: () => false })
  t.strictSame(await ask('/health/live'), [200, '{"status":"ok"}'])
})

t.test('is ready when the gateway is and no plugin has failed', async t => {
  let ready = true
  let plugins: Readonly<Record<string, Health>> = { one: { status: 'degraded', detail: 'half' } }
  const { ask } = await open(t, { isReady: () => ready, health: async () => plugins })
  const [status, body] = await ask('/health/ready')
  t.strictSame([status, JSON.parse(body)], [200, { status: 'ready', plugins }])
  plugins = { one: { status: 'failed' } }
  t.equal((await ask('/health/ready'))[0], 503)
  plugins = {}
  ready = false
  t.strictSame(await ask('/health/ready'), [503, '{"status":"not_ready","plugins":{}}'])
})

t.test('shows metrics as Prometheus reads them, and nothing is cached', async t => {
  const { listener } = await open(t)
  const { headers, body } = await send({ url: `${listener.url}/metrics` })
  t.equal(body.toString(), 'up 1\n')
  t.match(headers, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff'
  })
})

t.test('tells a fault by its code alone', async t => {
  const { ask, failures } = await open(t, {
    metrics: () => {
      throw Object.assign(new Error('canary'), { code: 'E_CANARY' })
    }
  })
  const [status, body] = await ask('/metrics')
  t.equal(status, 500)
  t.match(JSON.parse(body), { reason: 'gateway_failed' })
  t.notMatch(body, 'canary')
  t.strictSame(failures, ['E_CANARY'])
})

t.test('refuses names that are not its own while it is on the loopback', async t => {
  const { ask } = await open(t)
  for (const host of ['rebound.example', 'localhost.example', 'rebound.example:9090']) {
    t.equal((await ask('/metrics', { host }))[0], 421, host)
  }
  for (const host of ['localhost', 'localhost:1', '127.0.0.1:9090', '[::1]:9090']) {
    t.equal((await ask('/metrics', { host }))[0], 200, host)
  }
})

t.test('says what it does not have', async t => {
  const { refusal, listener } = await open(t)
  t.strictSame(await refusal('GET', '/canary'), [404, 'route_not_found'])
  t.strictSame(await refusal('GET', '/v1/canary'), [404, 'route_not_found'])
  t.strictSame(await refusal('GET', '/%zz'), [400, 'malformed_request'])
  const { headers } = await send({ url: `${listener.url}/canary` })
  t.match(headers, { 'content-type': /^application\/problem\+json/, 'cache-control': 'no-store' })
})

t.test('serves endpoints, as they stand at each request', async t => {
  let endpoints = new ServedEndpoints([served({ path: '/v1/things' })])
  const { ask, refusal } = await open(t, { endpoints: () => endpoints })
  t.strictSame(await ask('/v1/things'), [200, '{"said":"hello"}'])
  t.strictSame(await refusal('GET', '/v1/things?x=1'), [400, 'invalid_request'])
  t.strictSame(await refusal('HEAD', '/v1/things').catch(() => 'no body'), 'no body')
  t.strictSame(await refusal('PUT', '/v1/things'), [405, 'method_not_allowed'])
  endpoints = new ServedEndpoints([served({ path: '/plugins/one/things' })])
  t.equal((await ask('/v1/things'))[0], 404)
  t.equal((await ask('/plugins/one/things'))[0], 200)
})

t.test('a role may do what the roles below it may; what may change something is told', async t => {
  const endpoints = new ServedEndpoints([
    served({ path: '/v1/look' }),
    served({ path: '/v1/change', method: 'POST', role: 'operator' }),
    served({ path: '/v1/drop', method: 'DELETE', role: 'owner' })
  ])
  const { ask, refusal, acts } = await open(t, { endpoints: () => endpoints, tokens: () => TOKENS })
  t.strictSame(await refusal('GET', '/v1/look'), [401, 'token_missing'])
  t.strictSame(await refusal('GET', '/v1/look', bearer('canary')), [401, 'token_unknown'])
  t.strictSame(await ask('/v1/look', bearer('token-e')), [200, '{"said":"hello"}'])
  t.strictSame(await refusal('POST', '/v1/change', bearer('token-e')), [403, 'role_too_low'])
  t.strictSame(await refusal('POST', '/v1/change', bearer('token-a')), [200, undefined])
  t.strictSame(await refusal('DELETE', '/v1/drop', bearer('token-a')), [403, 'role_too_low'])
  const json = { ...bearer('token-a'), 'content-type': 'application/json' }
  t.strictSame(await refusal('POST', '/v1/change', json, '{"x":1}'), [400, 'invalid_request'])
  t.strictSame(acts, [
    ['eve', 'things.POST/v1/change', 403],
    ['ada', 'things.POST/v1/change', 200],
    ['ada', 'things.DELETE/v1/drop', 403],
    ['ada', 'things.POST/v1/change', 400]
  ])
})

t.test('who may not ask does not get to send a body', async t => {
  const change = served({ path: '/v1/change', method: 'POST', role: 'operator', maxBytes: 100 })
  const { refusal, acts } = await open(t, { endpoints: () => new ServedEndpoints([change]), tokens: () => TOKENS })
  const large = 'x'.repeat(2 * 1024 * 1024)
  t.strictSame(await refusal('POST', '/v1/change', {}, large), [401, 'token_missing'])
  t.strictSame(await refusal('POST', '/v1/change', bearer('token-a'), large), [413, 'body_too_large'])
  t.strictSame(await refusal('POST', '/v1/change', bearer('token-a'), 'x'.repeat(101)), [413, 'body_too_large'])
  t.strictSame(acts, Array(2).fill(['ada', 'things.POST/v1/change', 413]), 'who is known is noted')
})

t.test('a body that does not say how long it is may be no longer', async t => {
  const change = served({ path: '/v1/change', method: 'POST', maxBytes: 100 })
  const { listener, acts } = await open(t, { endpoints: () => new ServedEndpoints([change]) })
  for (const length of [101, 2 * 1024 * 1024]) {
    const request = sendChunked(`${listener.url}/v1/change`, { method: 'POST' })
    request.on('error', () => {})
    request.write('x')
    request.end('x'.repeat(length - 1))
    const [response]: IncomingMessage[] = await once(request, 'response')
    t.equal(response?.statusCode, 413, `${length} bytes`)
    response?.resume()
  }
  t.strictSame(acts, Array(2).fill(['anonymous', 'things.POST/v1/change', 413]), 'and noted')
})

t.test('what an endpoint throws is told by its code alone', async t => {
  const broken = served({ path: '/v1/broken' }, () => {
    throw Object.assign(new Error('canary'), { code: 'E_CANARY' })
  })
  const { ask, failures } = await open(t, { endpoints: () => new ServedEndpoints([broken]) })
  const [status, body] = await ask('/v1/broken')
  t.equal(status, 500)
  t.notMatch(body, 'canary')
  t.strictSame(failures, ['E_CANARY'])
})

t.test('where there are tokens, probes are told no more than whether, and figures are for who has one', async t => {
  const { ask, refusal } = await open(t, { tokens: () => TOKENS, health: async () => ({ one: { status: 'ok' } }) })
  t.strictSame(await ask('/health/ready'), [200, '{"status":"ready"}'])
  t.strictSame(await ask('/health/ready', bearer('canary')), [200, '{"status":"ready"}'])
  t.strictSame(await ask('/health/ready', bearer('token-e')), [
    200,
    '{"status":"ready","plugins":{"one":{"status":"ok"}}}'
  ])
  t.strictSame(await ask('/health/live'), [200, '{"status":"ok"}'])
  t.strictSame(await refusal('GET', '/metrics'), [401, 'token_missing'])
  t.strictSame(await ask('/metrics', bearer('token-e')), [200, 'up 1\n'])
})

t.test('sends the page as it is shipped, and no browser lets anything else into it', async t => {
  const { listener } = await open(t, { page: [{ path: '/', type: 'text/html; charset=utf-8', body: '<p>page</p>' }] })
  const { headers, body } = await send({ url: `${listener.url}/` })
  t.equal(body.toString(), '<p>page</p>')
  t.match(headers, {
    'content-type': 'text/html; charset=utf-8',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin'
  })
  const policy = String(headers['content-security-policy'])
  t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
  t.notMatch(policy, /unsafe|https?:|\*|data:/)
  t.equal(headers['set-cookie'], undefined)
  t.equal(headers['access-control-allow-origin'], undefined)
})

t.test('says that its port is taken', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise(resolve => taken.once('listening', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await t.rejects(open(t, { admin: { host: '127.0.0.1', port } }), {
    code: 'TACIT_LISTEN_FAILED',
    message: /EADDRINUSE/
  })
})
