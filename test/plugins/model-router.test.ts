import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import { send } from '../support/client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { type Handler, startUpstream } from '../support/upstream.ts'

type Tap = Pick<typeof t, 'teardown'>

const DIGEST_KEY = '0123456789abcdef'
const SOURCE = { url: 'a test', date: '2026-01-01' }
const modelsOf = (...ids: readonly string[]) => ids.map(id => ({ id, contextTokens: 1000, source: SOURCE }))

/** Two providers: one that is like OpenAI but elsewhere, and one of Anthropic's kind. */
const CATALOGUE = {
  builtIn: false,
  providers: [
    {
      id: 'acme',
      name: 'Acme',
      credential: { header: 'authorization', scheme: 'Bearer' },
      paths: [
        { dialect: 'openai-chat', path: '/compatible/v2/chat/completions' },
        { dialect: 'openai-embeddings', path: '/compatible/v2/embeddings' },
        { dialect: 'gemini', path: '/v9/models/{model}:generateContent' }
      ],
      models: modelsOf('acme-large', 'acme-small'),
      source: SOURCE
    },
    {
      id: 'other',
      name: 'Other',
      credential: { header: 'x-other-key' },
      headers: { 'other-version': '1' },
      paths: [
        { dialect: 'anthropic-messages', path: '/v1/messages' },
        { dialect: 'openai-chat', path: '/v1/chat/completions' }
      ],
      models: modelsOf('other-one', 'acme-small'),
      source: SOURCE
    }
  ],
  prices: [
    {
      provider: 'acme',
      model: 'acme-small',
      version: '1',
      from: '2020-01-01',
      rates: { input: '1.00 USD', output: '2.00 USD' },
      source: SOURCE
    }
  ]
}

interface Behind {
  readonly acme?: Handler
  readonly other?: Handler
  readonly plugins?: readonly unknown[]
  readonly route?: Readonly<Record<string, unknown>>
  readonly settings?: Readonly<Record<string, unknown>>
  readonly goodFor?: Readonly<Record<string, unknown>>
}

async function routed(t: Tap, config: Readonly<Record<string, unknown>>, behind: Behind = {}) {
  const echo: Handler = exchange => exchange.answer(200, {}, '{}')
  const acme = await startUpstream(t, behind.acme ?? echo)
  const other = await startUpstream(t, behind.other ?? echo)
  const keyHash = keyedDigest(DIGEST_KEY, 'sk-one')
  const { settings, goodFor } = behind
  const gateway = await startTestGateway(t, {
    digestKey: DIGEST_KEY,
    catalogue: CATALOGUE,
    consumers: [
      {
        id: 'one',
        labels: { plan: 'free' },
        credentials: { 'key-auth': { keyHash, ...(goodFor && { goodFor }) } },
        ...(settings && { settings: { 'model-router': settings } })
      }
    ],
    upstreams: [
      { id: 'acme', provider: 'acme', peers: [{ id: 'a', url: `${acme.url}/base` }] },
      { id: 'other', provider: 'other', peers: [{ id: 'o', url: other.url }] }
    ],
    routes: [
      {
        id: 'llm',
        match: { path: '/*' },
        plugins: [{ use: 'key-auth' }, { use: 'model-router', config }, ...(behind.plugins ?? [])],
        ...behind.route
      }
    ]
  })
  const ask = async (
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' }
  ) => {
    const answered = await send({
      url: `${gateway.url}${path}`,
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: 'Bearer sk-one', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = answered.body.toString()
    return {
      status: answered.status,
      headers: answered.headers,
      text,
      reason: /"(?:error_)?code":"(\w+)"/.exec(text)?.[1]
    }
  }
  return { gateway, acme, other, ask }
}

t.test('sends a request where the catalogue knows its model, to the path that is served there', async t => {
  const { acme, other, ask } = await routed(t, { upstreams: ['acme', 'other'] })
  const body = '{ "model" : "acme-large", "messages":[{"role":"user","content":"hi"}],"x":1.0 }'
  t.equal((await ask('/v1/chat/completions?a=1', body)).status, 200)
  t.match(acme.requests, [
    { method: 'POST', target: '/base/compatible/v2/chat/completions?a=1', body: Buffer.from(body) }
  ])
  t.equal((await ask('/v1/chat/completions', { model: 'other-one' })).status, 200)
  t.match(other.requests, [{ target: '/v1/chat/completions', headers: { 'other-version': '1' } }])
})

t.test('puts the name that a target has into the body, and leaves all other bytes alone', async t => {
  const { acme, ask } = await routed(t, {
    models: [{ name: 'fast', targets: [{ upstream: 'acme', model: 'acme-small' }] }]
  })
  const around = (model: string) =>
    `{"n" : 1.50,\n "model" : "${model}", "\\u0078":"\\u00e9", "inner":{"model":"fast"}}`
  t.equal((await ask('/v1/chat/completions', around('fast'))).status, 200)
  t.match(acme.requests, [
    { body: Buffer.from(around('acme-small')), headers: { 'content-length': `${around('acme-small').length}` } }
  ])
  const { status, reason } = await ask('/v1/chat/completions', '{"mod\\u0065l":"fast"}')
  t.strictSame([status, reason], [400, 'invalid_json'], 'a name that nobody would find is not let through')
})

t.test('puts it into the path of APIs that name it there, and into the body where the path does not', async t => {
  const { acme, ask } = await routed(t, {
    models: [{ name: 'fast', targets: [{ upstream: 'acme', model: 'acme/small' }] }]
  })
  await ask('/v1beta/models/fast:streamGenerateContent?alt=sse', { contents: [] })
  await ask('/openai/deployments/fast/chat/completions?api-version=2024-10-21', { messages: [] })
  await ask('/openai/deployments/fast/chat/completions', { model: 'fast', messages: [] })
  t.strictSame(
    acme.requests.map(({ target, body }) => [target, body.toString()]),
    [
      ['/base/v9/models/acme%2Fsmall:streamGenerateContent?alt=sse', '{"contents":[]}'],
      ['/base/compatible/v2/chat/completions', '{"model":"acme/small","messages":[]}'],
      ['/base/compatible/v2/chat/completions', '{"model":"acme/small","messages":[]}']
    ]
  )
  const { reason } = await ask('/openai/deployments/fast/chat/completions', { model: 'slow' })
  t.equal(reason, 'model_ambiguous', 'path and body name different ones')
})

t.test('puts it into a form, whose file stays as it is', async t => {
  const { acme, ask } = await routed(t, {
    models: [{ name: 'fast', targets: [{ upstream: 'acme', model: 'acme-hears' }] }]
  })
  const form = (model: string) =>
    `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n--b\r\n` +
    'content-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\0\x01RIFF\r\n--b--\r\n'
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  t.equal((await ask('/v1/audio/transcriptions', form('fast'), headers)).status, 200)
  t.match(acme.requests, [
    { target: '/base/compatible/v2/audio/transcriptions', body: Buffer.from(form('acme-hears')) }
  ])
})

t.test('answers 404 with the names that were perhaps meant, as far as the caller may use them', async t => {
  const config = { upstreams: ['acme', 'other'], aliases: { fast: ['acme-small'] } }
  const { ask } = await routed(t, config)
  const chat = await ask('/v1/chat/completions', { model: 'acme-smal' })
  t.match(chat, { status: 404, reason: 'model_not_found' })
  t.match(JSON.parse(chat.text).error, { type: 'invalid_request_error', message: /Did you mean "acme-small"\?$/ })
  const messages = await ask('/v1/messages', { model: 'other-on' }, { 'anthropic-version': '2023-06-01' })
  t.match(JSON.parse(messages.text), { error: { type: 'not_found_error', message: /Did you mean "other-one"\?$/ } })
  const scoped = await routed(t, { ...config, allow: ['fast'] })
  const { text } = await scoped.ask('/v1/chat/completions', { model: 'acme-smal' })
  t.notMatch(text, 'acme-small')
  t.notMatch((await ask('/v1/chat/completions', { model: 'x'.repeat(200) })).text, 'mean')
})

t.test('aliases and wildcards lead to models, the longest wildcard first and the one for everything last', async t => {
  const { acme, other, ask } = await routed(t, {
    models: [
      { name: 'a/*', targets: [{ upstream: 'acme', model: '*' }] },
      { name: 'a/other/*', targets: [{ upstream: 'other', model: 'x-*' }] },
      { name: '*', targets: [{ upstream: 'other' }] }
    ],
    aliases: { fast: 'acme-small' },
    upstreams: ['acme']
  })
  const sent = async (model: string) => {
    const before = [acme.requests.length, other.requests.length]
    await ask('/v1/chat/completions', { model })
    const [toAcme, toOther] = [acme.requests[before[0] ?? 0], other.requests[before[1] ?? 0]]
    return `${toAcme === undefined ? 'other' : 'acme'} ${JSON.parse((toAcme ?? toOther)?.body.toString() ?? '{}').model}`
  }
  t.equal(await sent('a/b/c'), 'acme b/c')
  t.equal(await sent('a/other/y'), 'other x-y')
  t.equal(await sent('fast'), 'acme acme-small')
  t.equal(await sent('acme-large'), 'acme acme-large', 'the catalogue goes before the wildcard for everything')
  t.equal(await sent('who-knows'), 'other who-knows')
  t.equal(await sent('a/..'), 'other a/..', 'no target is sent dots for a name')
})

t.test('goes on to the next target under the name that it has there, and tells who answered', async t => {
  const { acme, other, ask } = await routed(
    t,
    {
      models: [
        {
          name: 'good',
          targets: [
            { upstream: 'acme', model: 'acme-large', on: [503] },
            { upstream: 'other', model: 'other-one' }
          ]
        }
      ]
    },
    { acme: exchange => exchange.answer(503, {}, '{}') }
  )
  const { status, headers } = await ask('/v1/chat/completions', { model: 'good' })
  t.match([status, headers], [200, { 'x-tacit-upstream': 'other', 'x-tacit-attempts': '2' }])
  const modelsSeen = [acme, other].map(({ requests }) => JSON.parse(requests[0]?.body.toString() ?? '{}').model)
  t.strictSame(modelsSeen, ['acme-large', 'other-one'])
})

t.test('never leaves the API of the request, whoever else serves the model', async t => {
  const { acme, other, ask } = await routed(t, {
    upstreams: ['acme', 'other'],
    aliases: { any: ['acme-large', 'other-one'] }
  })
  t.equal((await ask('/v1/messages', { model: 'acme-small' })).status, 200)
  t.equal((await ask('/v1/messages', { model: 'any' })).status, 200)
  t.strictSame([acme.requests.length, other.requests.length], [0, 2])
  const { status, text } = await ask('/v1/messages', { model: 'acme-large' })
  t.equal(status, 400)
  t.match(text, 'model_not_served')
})

t.test('weights share requests between providers, and those without one come after', async t => {
  const targets = [
    { upstream: 'acme', model: 'acme-large' },
    { upstream: 'other', model: 'other-one', weight: 1 }
  ]
  const { acme, other, ask } = await routed(t, { models: [{ name: 'm', targets }] })
  for (let index = 0; index < 5; index++) await ask('/v1/chat/completions', { model: 'm' })
  t.strictSame([acme.requests.length, other.requests.length], [0, 5])
})

t.test('conditions choose by who calls, by the size of the input and by what it needs', async t => {
  const { acme, other, ask } = await routed(t, {
    models: [
      { name: 'plan', targets: [{ upstream: 'acme', when: { labels: { plan: 'paid' } } }, { upstream: 'other' }] },
      { name: 'long', targets: [{ upstream: 'acme', when: { fromInputTokens: 100 } }, { upstream: 'other' }] },
      { name: 'eyes', targets: [{ upstream: 'acme', lacks: 'images' }, { upstream: 'other' }] },
      { name: 'tools', targets: [{ upstream: 'acme', when: { needs: 'tools' } }] }
    ]
  })
  const image = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]
  const goes = async (model: string, content: unknown = 'hi', more = {}) => {
    const before = [acme.requests.length, other.requests.length]
    const { status, reason } = await ask('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content }],
      ...more
    })
    if (status !== 200) return reason
    return acme.requests.length > (before[0] ?? 0) ? 'acme' : 'other'
  }
  t.equal(await goes('plan'), 'other')
  t.equal(await goes('long'), 'other')
  t.equal(await goes('long', 'word '.repeat(200)), 'acme')
  t.equal(await goes('eyes'), 'acme')
  t.equal(await goes('eyes', image), 'other')
  t.equal(await goes('tools', 'hi', { tools: [{ type: 'function', function: { name: 'f' } }] }), 'acme')
  t.equal(await goes('tools'), 'no_target_fits')
})

t.test('a consumer may use the models that its settings allow, and its key those that it is good for', async t => {
  const config = { upstreams: ['acme', 'other'], allow: ['acme-*'] }
  const everybody = await routed(t, config)
  t.equal((await everybody.ask('/v1/chat/completions', { model: 'acme-large' })).status, 200)
  t.equal((await everybody.ask('/v1/chat/completions', { model: 'other-one' })).reason, 'model_not_allowed')
  const own = await routed(t, config, { settings: { allow: ['other-one'] } })
  t.equal((await own.ask('/v1/chat/completions', { model: 'other-one' })).status, 200)
  t.equal((await own.ask('/v1/chat/completions', { model: 'acme-large' })).reason, 'model_not_allowed')
  const key = await routed(t, config, { goodFor: { models: ['acme-s*'] } })
  t.equal(
    (await key.ask('/v1/chat/completions', { model: 'acme-small' })).status,
    200,
    'and no other plugin has to look'
  )
  t.equal((await key.ask('/v1/chat/completions', { model: 'acme-large' })).reason, 'model_not_allowed')
  const listed = JSON.parse((await key.ask('/v1/models')).text).data.map(({ id }: { id: string }) => id)
  t.strictSame(listed, ['acme-small'])
})

t.test('refuses what names no model, several, or one in two ways', async t => {
  const { acme, ask } = await routed(t, { upstreams: ['acme'] })
  const reasonOf = async (body: unknown) => (await ask('/v1/chat/completions', body)).reason
  t.equal(await reasonOf({}), 'model_not_told')
  t.equal(await reasonOf({ model: 7 }), 'model_not_told')
  t.equal(await reasonOf('{"model":"acme-large","model":"acme-small"}'), 'invalid_json')
  t.equal(await reasonOf({ model: 'acme-large', models: ['dear'] }), 'models_several')
  t.equal(await reasonOf({ model: 'acme-large', fallbacks: [{ model: 'dear' }] }), 'models_several')
  t.equal(await reasonOf({ model: 'acme-large', models: null }), undefined)
  t.equal((await ask('/v1/files')).status, 400, 'and it has nowhere else to go')
  t.equal(acme.requests.length, 1)
})

t.test('requests without a model go to the default, and APIs without models where the route leads', async t => {
  const { acme, other, ask } = await routed(
    t,
    { upstreams: ['acme'], default: 'acme-small' },
    { route: { upstream: 'other' } }
  )
  await ask('/v1/chat/completions', { messages: [] })
  t.match(acme.requests, [{ body: Buffer.from('{"model":"acme-small","messages":[]}') }])
  t.equal((await ask('/files/report.pdf')).status, 200)
  t.equal((await ask('/v1/files/f1')).status, 200)
  t.strictSame(
    other.requests.map(({ target }) => target),
    ['/files/report.pdf', '/v1/files/f1']
  )
  const limited = await routed(t, { upstreams: ['acme'], allow: ['acme-*'] }, { route: { upstream: 'other' } })
  t.equal((await limited.ask('/files/report.pdf')).status, 400, 'who may use some models only cannot get around them')
})

t.test('limits, budgets and meters go by the model that was chosen, whatever the client calls it', async t => {
  const routerOf = (limit: unknown) =>
    routed(
      t,
      {
        models: [
          { name: 'fast', targets: [{ upstream: 'acme', model: 'acme-small' }] },
          { name: 'dear', targets: [{ upstream: 'acme', model: 'acme-large' }] },
          {
            name: 'both',
            targets: [
              { upstream: 'acme', model: 'acme-small' },
              { upstream: 'acme', model: 'acme-large' }
            ]
          }
        ]
      },
      {
        acme: async exchange => {
          const { model } = JSON.parse((await exchange.body).toString())
          const isBad = (await exchange.body).includes('fail') && model === 'acme-small'
          const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
          const answer = { model, choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], usage }
          exchange.answer(isBad ? 503 : 200, { 'content-type': 'application/json' }, JSON.stringify(answer))
        },
        plugins: [limit, { use: 'metering' }]
      }
    )
  const budgeted = await routerOf({ use: 'budget', config: { budgets: [{ amount: '1.00 USD' }] } })
  const ask = async (model: string, content = 'hi') => {
    const body = { model, max_tokens: 5, messages: [{ role: 'user', content }] }
    const { status, reason } = await budgeted.ask('/v1/chat/completions', body)
    return reason ?? status
  }
  t.equal(await ask('fast'), 200)
  t.equal(await ask('dear'), 'model_unpriced', 'the model behind the name has no price')
  t.equal(await ask('both'), 200, 'the first of its targets has')
  t.equal(await ask('both', 'fail'), 'model_unpriced', 'and the one that it would go on to has none')
  const told = await send({ url: `${budgeted.gateway.adminUrl}/plugins/budget/budgets?consumer=one` })
  t.match(
    JSON.parse(told.body.toString()),
    { budgets: [{ spent: '0.00004 USD' }] },
    'at the price of the model behind it'
  )
  const limited = await routerOf({
    use: 'rate-limit',
    config: { limits: [{ requests: 1, per: '1h', models: ['acme-small'] }] }
  })
  const chat = { model: 'fast', messages: [] }
  t.equal((await limited.ask('/v1/chat/completions', chat)).status, 200)
  t.equal((await limited.ask('/v1/chat/completions', chat)).status, 429, 'the limit on the model holds for its alias')
  t.equal((await limited.ask('/v1/chat/completions', { ...chat, model: 'dear' })).status, 200)
})
