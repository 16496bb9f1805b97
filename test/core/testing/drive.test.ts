import { CONSUMER, definePlugin, type Phases, privateKey, type SseEvent, Type } from 'tacit-gateway/plugin'
import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'

const BASE = { contract: 1, name: 'sample', summary: 'For a test.', data: { reads: [] } } as const

/** Drives a plugin that reads bodies and has these phases. */
const drivePhases = (phases: Phases, options?: DriveOptions) =>
  drive(
    definePlugin({
      ...BASE,
      config: Type.Object({}),
      events: { noticed: Type.Object({ word: Type.String({ pattern: '^[a-z]+$' }) }) },
      data: { reads: ['request-body', 'response-body'] },
      setup: () => phases
    }),
    {},
    options
  )

t.test('sets a plugin up with its configuration as a gateway decodes it', async t => {
  let got: unknown
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({ limit: Type.Integer({ default: 3 }) }),
    setup(config) {
      got = config
      return {}
    }
  })
  await drive(plugin)
  t.strictSame(got, { limit: 3 })
  await t.rejects(drive(plugin, { limits: 4 }), { code: 'TACIT_CONFIG_INVALID', message: /Did you mean "limit"/ })
})

t.test('refuses what a gateway refuses: a set-up that fails, phases that nobody calls', async t => {
  const failing = definePlugin({
    ...BASE,
    config: Type.Object({}),
    setup() {
      throw new Error('The sky is falling.')
    }
  })
  await t.rejects(drive(failing), { code: 'TACIT_PLUGIN_SETUP_FAILED', message: /The sky is falling/ })
  await t.rejects(drivePhases({ upstreamPeer: (_exchange, [peer]) => peer }), { code: 'TACIT_PLUGIN_PHASES' })
})

t.test('runs all phases in order, each with the same exchange', async t => {
  const seen: string[] = []
  const NOTE = privateKey<string>('note')
  const driven = await drivePhases({
    requestFilter: (exchange, request) => {
      exchange.set(NOTE, `${request.method} ${request.target} ${request.clientIp}`)
      seen.push('requestFilter')
    },
    upstreamRequestFilter: (exchange, request) => {
      request.headers.set('x-note', exchange.need(NOTE))
      request.method = 'PUT'
      request.target = '/else'
      seen.push('upstreamRequestFilter')
    },
    upstreamResult: (_exchange, { outcome, status }) => void seen.push(`upstreamResult ${outcome} ${status}`),
    responseFilter: (_exchange, response) => {
      response.status = 299
      seen.push(`responseFilter ${response.source}`)
    },
    finish: (_exchange, { reason, status }) => void seen.push(`finish ${reason} ${status}`),
    logging: (_exchange, { source }) => void seen.push(`logging ${source}`)
  })
  const course = await driven
    .exchange({ method: 'GET', target: '/a?b', body: 'said' })
    .run({ status: 201, body: 'heard' })
  t.strictSame(seen, [
    'requestFilter',
    'upstreamRequestFilter',
    'upstreamResult committed 201',
    'responseFilter upstream',
    'finish complete 299',
    'logging upstream'
  ])
  t.strictSame(course, {
    refused: undefined,
    answered: undefined,
    request: { method: 'PUT', target: '/else', headers: { 'x-note': 'GET /a?b 192.0.2.1' }, body: 'said' },
    response: { status: 299, headers: {}, body: 'heard' }
  })
  t.strictSame(driven.waited, [])
})

t.test('a refusal stops the request, and goes out through the response', async t => {
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({}),
    reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
    setup: (_config, host) => ({
      requestFilter: () => host.refuse('too_many', { headers: { 'x-why': 'because' } }),
      responseFilter: (_exchange, { source, headers }) => headers.set('x-source', source)
    })
  })
  const { refused, request, response } = await (await drive(plugin)).exchange().run()
  t.equal(refused?.reason, 'too_many')
  t.equal(request, undefined)
  t.strictSame(response, { status: 429, headers: { 'x-why': 'because', 'x-source': 'gateway' }, body: '' })
})

t.test('an answer stops the request', async t => {
  const driven = await drivePhases({ requestFilter: () => ({ status: 204, headers: { allow: 'GET' } }) })
  const { answered, request, response } = await driven.exchange().run()
  t.strictSame(answered, { status: 204, headers: { allow: 'GET' } })
  t.equal(request, undefined)
  t.strictSame(response, { status: 204, headers: { allow: 'GET' }, body: '' })
})

t.test('tells which phases made somebody wait', async t => {
  const driven = await drivePhases({ requestFilter: async () => {}, responseFilter: () => {} })
  await driven.exchange().run()
  t.strictSame(driven.waited, ['requestFilter'])
})

t.test('lets a plugin read and edit the body of a request, for itself and for one try', async t => {
  const driven = await drivePhases({
    requestFilter: (_exchange, { body }) => {
      const [model] = body.scan(['model'])
      body.replace(JSON.stringify({ ...body.json(Type.Object({ n: Type.Integer() })), model: `${model}!` }))
    },
    upstreamRequestFilter: (_exchange, { body }) => body.splice([{ start: 0, end: 1, text: '{ ' }])
  })
  const exchange = driven.exchange({ body: '{"n":1,"model":"m"}' })
  await exchange.requestFilter()
  t.equal(exchange.requestBody, '{"n":1,"model":"m!"}')
  t.equal((await exchange.upstreamRequestFilter()).body, '{ "n":1,"model":"m!"}')
  t.equal(exchange.requestBody, '{"n":1,"model":"m!"}')
})

t.test('hands no body to a plugin that does not declare it', async t => {
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({}),
    setup: () => ({
      requestFilter: (_exchange, { body }) => void body.bytes(),
      responseFilter: (_exchange, { body }) => body.transformWhole(whole => whole)
    })
  })
  const exchange = (await drive(plugin)).exchange({ body: 'x' })
  await t.rejects(exchange.requestFilter(), { code: 'TACIT_DATA_UNDECLARED' })
  await t.rejects(exchange.responseFilter(), { code: 'TACIT_DATA_UNDECLARED' })
})

t.test('sends response bodies through what a plugin attaches', async t => {
  const ends: boolean[] = []
  const upstream: string[] = []
  const client: string[] = []
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  const driven = await drivePhases({
    responseFilter(_exchange, { body }) {
      body.observe({ chunk: bytes => void upstream.push(text(bytes)), end: clean => void ends.push(clean) }, 'upstream')
      body.observe({ chunk: bytes => void client.push(text(bytes)), end: () => {} }, 'client')
      body.transformBytes({
        chunk: (bytes, out) => out(Buffer.from(text(bytes).toUpperCase())),
        end: out => out(Buffer.from('!'))
      })
    }
  })
  const whole = await driven.exchange().responseFilter({ body: ['ab', 'cd'], headers: { 'content-length': '4' } })
  t.strictSame(whole, { status: 200, headers: {}, body: 'ABCD!' })
  t.strictSame([upstream, client, ends], [['ab', 'cd'], ['AB', 'CD', '!'], [true]])
  const cut = await driven.exchange().responseFilter({ body: ['ab', 'cd'], cut: true })
  t.equal(cut.body, 'ABCD')
  t.strictSame(ends, [true, false])
})

t.test('cuts streams into events, wherever their bytes were cut', async t => {
  const seen: string[] = []
  const driven = await drivePhases({
    responseFilter(_exchange, { body }) {
      body.observe(
        { event: ({ type, data }: SseEvent) => void seen.push(`${type}: ${data}`), end: () => {} },
        'upstream'
      )
      body.transformEvents({
        event: (event, out) => {
          if (event.data !== 'gone') out(event.with(`${event.data}${event.data}`))
        },
        end: () => {}
      })
    }
  })
  const stream = 'data: a\n\nevent: b\ndata: gone\n\ndata: c\n\n'
  for (let at = 1; at < stream.length; at++) {
    const { body } = await driven.exchange().responseFilter({
      headers: { 'Content-Type': 'text/event-stream' },
      body: [stream.slice(0, at), stream.slice(at)]
    })
    t.equal(body, 'data: aa\n\ndata: cc\n\n')
    t.strictSame(seen.splice(0), ['message: a', 'b: gone', 'message: c'])
  }
})

t.test('replaces whole bodies, but not of streams', async t => {
  const driven = await drivePhases({
    responseFilter: (_exchange, { body }) => body.transformWhole(async whole => Buffer.from(`<${whole.length}>`))
  })
  t.equal((await driven.exchange().responseFilter({ body: ['ab', Buffer.from('c')] })).body, '<3>')
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' }
  t.equal((await driven.exchange().responseFilter({ headers, body: 'data: a\n\n' })).body, 'data: a\n\n')
})

t.test('writes down what is logged, as it stands in the log', async t => {
  const driven = await drivePhases({
    logging: exchange => {
      exchange.log('noticed', { word: 'well', other: 'unknown' })
      exchange.log('noticed', { word: 'Free Text' })
    }
  })
  driven.exchange({ route: 'chat' }).logging()
  t.strictSame(driven.logged, [
    { event: 'noticed', exchange: '00000000-0000-4000-8000-000000000001', route: 'chat', word: 'well' },
    { event: 'noticed', exchange: '00000000-0000-4000-8000-000000000001', route: 'chat', left_out: 1 }
  ])
})

t.test('notes decisions, targets and facts', async t => {
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({}),
    setup: (_config, host) => {
      const upstream = host.upstream('chat')
      return {
        requestFilter(exchange) {
          exchange.decide('route', { to: 'chat' })
          exchange.routeTo([{ upstream, model: 'm' }, { upstream }])
          exchange.set(CONSUMER, { id: exchange.dialect, group: undefined, labels: {} })
        }
      }
    }
  })
  const exchange = (await drive(plugin, {}, { upstreams: ['chat'], instance: 'sample#2' })).exchange()
  await exchange.requestFilter()
  t.strictSame(exchange.decisions, [{ by: 'sample#2', name: 'route', facts: { to: 'chat' } }])
  t.strictSame(exchange.targets, [
    { upstream: 'chat', model: 'm' },
    { upstream: 'chat', model: undefined }
  ])
  t.equal(exchange.exchange.get(CONSUMER)?.id, 'openai-chat')
  await t.rejects(drive(plugin), { code: 'TACIT_PLUGIN_SETUP_FAILED', message: /No upstream is called "chat"/ })
})

t.test('asks how the plugin is, and closes it', async t => {
  let closed = 0
  const driven = await drivePhases({
    health: () => ({ status: 'degraded', detail: 'slow' }),
    close: () => void closed++
  })
  t.strictSame(await driven.health(), { status: 'degraded', detail: 'slow' })
  await driven.close()
  t.equal(closed, 1)
  t.equal(await (await drivePhases({})).health(), undefined)
})

t.test('hands over the body of an answer, in the pieces in which it is made', async t => {
  const driven = await drivePhases({
    requestFilter: () => ({
      status: 200,
      headers: {},
      body: ReadableStream.from([Buffer.from('a'), Buffer.from('b')])
    }),
    responseFilter: (_exchange, { body }) => {
      body.transformBytes({ chunk: (bytes, out) => out(Buffer.from(`<${Buffer.from(bytes)}>`)), end: () => {} })
    }
  })
  t.equal((await driven.exchange().run()).response.body, '<a><b>')
})

t.test('a client can read slowly, and leave in the middle', async t => {
  const ends: boolean[] = []
  const driven = await drivePhases({
    responseFilter: (_exchange, { body }) => body.observe({ end: clean => void ends.push(clean) }, 'upstream')
  })
  const order: string[] = []
  const slow = async (piece: Uint8Array) => {
    order.push(`takes ${Buffer.from(piece)}`)
    await new Promise(resolve => setImmediate(resolve))
    order.push('took it')
  }
  await driven.exchange().responseFilter({ body: ['a', 'b'], client: slow })
  t.strictSame(order, ['takes a', 'took it', 'takes b', 'took it'])
  const exchange = driven.exchange()
  const { signal } = exchange.exchange
  const { body } = await exchange.responseFilter({ body: ['a', 'b', 'c'], client: () => exchange.leave() })
  t.equal(body, 'a')
  t.ok(signal.aborted)
  t.strictSame(ends, [true, false])
})

t.test("limits are the gateway's own, and what an exchange holds is given back with its end", async t => {
  const claim = { counter: 'c', limit: 1, windowMs: 1000, algorithm: 'concurrency', amount: 1 } as const
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({}),
    reasons: { full: { status: 429, message: 'Full.', retryable: true } },
    setup: (_config, host) => ({
      async requestFilter(exchange) {
        const held = await host.limits.hold(exchange, [claim])
        return held.granted ? undefined : host.refuse('full')
      }
    })
  })
  const driven = await drive(plugin)
  const first = driven.exchange()
  t.equal(await first.requestFilter(), undefined)
  t.match(await driven.exchange().requestFilter(), { reason: 'full' })
  first.finish()
  first.logging()
  t.equal(await driven.exchange().requestFilter(), undefined)
})

t.test('threads are real, and gone when the plugin is closed', async t => {
  const file = new URL('../../fixtures/workers/tasks.ts', import.meta.url)
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({}),
    setup: (_config, host) => {
      const pool = host.workers<{ kind: string; text: string }, string>(file)
      return {
        async requestFilter({ signal }) {
          const answer = await pool.run({ kind: 'reverse', text: 'abc' }, signal)
          return { status: 200, headers: {}, body: answer }
        }
      }
    }
  })
  const driven = await drive(plugin)
  t.equal((await driven.exchange().run()).response.body, 'cba')
  await driven.close()
  const refused: unknown = await driven
    .exchange()
    .requestFilter()
    .catch((error: unknown) => error)
  t.match(refused, { reason: 'workers_busy' })
})

t.test('asks endpoints as a gateway does: what does not fit is refused, what is thrown is thrown', async t => {
  const plugin = definePlugin({
    ...BASE,
    config: Type.Object({}),
    reasons: { no: { status: 409, message: 'No.', retryable: false } },
    endpoints: {
      add: {
        listener: 'admin',
        method: 'POST',
        path: '/add/{to}',
        role: 'operator',
        summary: 'Adds.',
        request: Type.Object({ amount: Type.Integer() }),
        response: Type.Object({ to: Type.String(), sum: Type.Integer(), actor: Type.String() }),
        status: 201
      }
    },
    setup: (_config, host) => ({
      endpoints: {
        add({ actor, input: { amount }, params: { to = '' } }) {
          if (amount < 0) return host.refuse('no')
          if (amount > 9) throw new RangeError('too much')
          return { to, sum: amount + 1, actor }
        }
      }
    })
  })
  const driven = await drive(plugin)
  const add = (body: unknown) => driven.ask('add', { body, params: { to: 'tea' }, actor: 'anna' })
  t.strictSame(await add({ amount: 2 }), {
    refused: undefined,
    status: 201,
    body: { to: 'tea', sum: 3, actor: 'anna' }
  })
  t.match(await add({ amount: 'two' }), { status: 400, refused: { reason: 'invalid_request' }, body: undefined })
  t.match(await add({ amount: -1 }), { status: 409, refused: { reason: 'no' } })
  await t.rejects(add({ amount: 10 }), { message: 'too much' })
  await t.rejects(driven.ask('gone'), { code: 'TACIT_ENDPOINT_INVALID' })
})
