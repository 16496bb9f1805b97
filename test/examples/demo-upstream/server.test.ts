import t, { type Test } from 'tap'
import { type DemoOptions, startDemoUpstream } from '../../../examples/demo-upstream/server.ts'
import { openResponse, send } from '../../support/client.ts'

async function start(t: Test, options: DemoOptions = {}) {
  const upstream = await startDemoUpstream(options)
  t.teardown(() => upstream.close())
  return upstream
}

const CHAT = { model: 'demo-large', messages: [{ role: 'user', content: 'good morning' }] }
const MESSAGE = { ...CHAT, max_tokens: 100 }
const VERSION = { 'anthropic-version': '2023-06-01' }

function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return send({ url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
}

t.test('the same request gets the same bytes', async t => {
  const { url } = await start(t)
  const requests: readonly [path: string, body: object][] = [
    ['/v1/chat/completions', CHAT],
    ['/v1/chat/completions', { ...CHAT, stream: true }],
    ['/v1/responses', { model: 'demo-large', input: 'good morning' }],
    ['/v1/responses', { model: 'demo-large', input: 'good morning', stream: true }],
    ['/v1/embeddings', { model: 'demo-embedding', input: 'good morning' }],
    ['/v1/messages', MESSAGE],
    ['/v1/messages', { ...MESSAGE, stream: true }]
  ]
  for (const [path, body] of requests) {
    const one = await post(url + path, body, VERSION)
    const two = await post(url + path, body, VERSION)
    t.match(one, { status: 200, complete: true }, path)
    t.ok(one.body.equals(two.body), 'bodies are equal')
    t.strictSame(without(one.headers, 'date'), without(two.headers, 'date'))
  }
})

function without(headers: object, name: string): object {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))
}

t.test('names the request and itself', async t => {
  const { url } = await start(t, { name: 'north' })
  t.match((await post(`${url}/v1/chat/completions`, CHAT)).headers, {
    'x-request-id': /^req_[0-9a-f]{24}$/,
    'x-demo-upstream': 'north'
  })
  t.match((await post(`${url}/v1/messages`, MESSAGE, VERSION)).headers, { 'request-id': /^req_[0-9a-f]{24}$/ })
})

t.test('offers its models to both families', async t => {
  const { url } = await start(t)
  const list = await send({ url: `${url}/v1/models` })
  t.match(JSON.parse(list.body.toString()), { object: 'list', data: [{ object: 'model' }] })
  const page = await send({ url: `${url}/v1/models?limit=5`, headers: VERSION })
  t.match(JSON.parse(page.body.toString()), { data: [{ type: 'model' }], has_more: false })
  const one = await send({ url: `${url}/v1/models/demo-small` })
  t.match(JSON.parse(one.body.toString()), { id: 'demo-small' })
  t.equal((await send({ url: `${url}/v1/models/gone` })).status, 404)
})

t.test('fails on request, and says when to come back', async t => {
  const { url } = await start(t)
  const failing = await post(`${url}/v1/chat/completions`, { ...CHAT, model: 'demo:error=429' })
  t.equal(failing.status, 429)
  t.match(JSON.parse(failing.body.toString()), { error: { code: 'rate_limit_exceeded' } })
  t.equal(failing.headers['retry-after'], undefined)

  const messages = [{ role: 'user', content: 'demo:error=529 retry-after=1500ms' }]
  const overloaded = await post(`${url}/v1/messages`, { ...MESSAGE, messages }, VERSION)
  t.match(overloaded, { status: 529, headers: { 'retry-after': '2', 'retry-after-ms': '1500' } })
  t.match(JSON.parse(overloaded.body.toString()), { error: { type: 'overloaded_error' } })

  const page = await post(`${url}/v1/chat/completions`, { ...CHAT, model: 'demo:status=502' })
  t.match(page, { status: 502, headers: { 'content-type': 'text/html' } })
})

t.test('fails for early tries or at one upstream only', async t => {
  const { url } = await start(t, { name: 'south' })
  const path = `${url}/v1/chat/completions`
  const status = async (model: string, retryCount: string) =>
    (await post(path, { ...CHAT, model }, { 'x-stainless-retry-count': retryCount })).status
  t.equal(await status('demo:error=503 times=1', '0'), 503)
  t.equal(await status('demo:error=503 times=1', '1'), 200)
  t.equal(await status('demo:error=503 at=north', '0'), 200)
  t.equal(await status('demo:error=503 at=south', '0'), 503)
})

t.test('refuses what it cannot serve, in the form of the family', async t => {
  const { url } = await start(t)
  const seen = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const received = await send({ url: url + path, method, headers, ...(body === undefined ? {} : { body }) })
    return [received.status, JSON.parse(received.body.toString())]
  }
  t.match(await seen('GET', '/v1/nothing'), [404, { error: { type: 'invalid_request_error' } }])
  t.match(await seen('GET', '/v1/models/a%2Fb'), [404, { error: {} }])
  t.match(await seen('GET', '/v1/chat/completions'), [405, { error: { message: 'Use POST here.' } }])
  t.match(await seen('POST', '/v1/models'), [405, { error: { message: 'Use GET here.' } }])
  t.match(await seen('POST', '/v1/chat/completions', '{"model":'), [400, { error: { message: /not valid JSON/ } }])
  t.match(await seen('POST', '/v1/messages', JSON.stringify(MESSAGE)), [
    400,
    { type: 'error', error: { message: /anthropic-version/ } }
  ])
  t.match(await seen('POST', '/v1/messages', '{}', VERSION), [400, { type: 'error', request_id: /^req_/ }])
  const large = JSON.stringify({ ...CHAT, user: 'x'.repeat(33 * 1024 * 1024) })
  t.match(await seen('POST', '/v1/chat/completions', large), [413, { error: { code: 'request_too_large' } }])
})

t.test('takes one key only, when it has one', async t => {
  const { url } = await start(t, { apiKey: 'secret' })
  const status = async (headers: Record<string, string>) => (await send({ url: `${url}/v1/models`, headers })).status
  t.equal(await status({}), 401)
  t.equal(await status({ authorization: 'Bearer wrong' }), 401)
  t.equal(await status({ authorization: 'Bearer secret' }), 200)
  t.equal(await status({ 'x-api-key': 'secret' }), 200)
})

t.test('tells an observer of every request, and how it ended', async t => {
  const log: unknown[] = []
  const gone = Promise.withResolvers<void>()
  const upstream = await start(t, {
    observer: {
      started: ({ method, target }) => log.push([method, target]),
      ended(_request, clean) {
        log.push(clean)
        if (!clean) gone.resolve()
      }
    }
  })
  await send({ url: `${upstream.url}/v1/models?a=b` })
  const body = JSON.stringify({ ...CHAT, model: 'demo:slow=1h', stream: true })
  const response = await openResponse({ url: `${upstream.url}/v1/chat/completions`, body })
  response.destroy()
  await gone.promise
  t.strictSame(log, [['GET', '/v1/models?a=b'], true, ['POST', '/v1/chat/completions'], false])
})

t.test('says that its port is taken', async t => {
  const { port } = await start(t)
  await t.rejects(startDemoUpstream({ port }), { code: 'EADDRINUSE' })
})
