/**
 * Limits and budgets over real sockets: what official SDKs make of them, what parallel requests may take, what two
 * gateways share through a real Redis.
 */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import { startDemoUpstream } from '../../examples/demo-upstream/server.ts'
import { send } from '../support/client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { chat, message, outcome } from '../support/sdk.ts'

// SDKs wait for seconds before they try again.
t.setTimeout(120_000)

const DIGEST_KEY = 'a digest key of some length'
const KEY = 'sk-search'
const TOKEN = 'admin-token-of-some-length'

const source = { url: 'contract', date: '2026-01-01' }
/** A thousandth of a dollar for a token, in and out; nobody has a price for `demo-small`. */
const CATALOGUE = {
  providers: [
    {
      id: 'acme',
      name: 'Acme',
      source,
      models: [
        { id: 'demo-large', source },
        { id: 'demo-small', source }
      ]
    }
  ],
  prices: [
    {
      provider: 'acme',
      model: 'demo-large',
      version: '1',
      from: '2020-01-01',
      rates: { input: '1000.00 USD', output: '1000.00 USD' },
      source
    }
  ]
}

interface Setting {
  readonly plugins: readonly object[]
  readonly stores?: object
}

/** A gateway in front of a demo upstream, and the requests that came through to it. */
async function start(t: Test, { plugins, stores = {} }: Setting) {
  let served = 0
  const upstream = await startDemoUpstream({
    apiKey: 'upstream',
    observer: {
      started: () => {
        served++
      },
      ended: () => {}
    }
  })
  t.teardown(() => upstream.close())
  const configuration = {
    digestKey: DIGEST_KEY,
    stores,
    admin: { port: 0, tokens: [{ id: 'ops', role: 'operator', keyHash: keyedDigest(DIGEST_KEY, TOKEN) }] },
    catalogue: CATALOGUE,
    consumers: [
      { id: 'team-search', group: 'teams', credentials: { 'key-auth': { keyHash: keyedDigest(DIGEST_KEY, KEY) } } }
    ],
    groups: [{ id: 'teams' }],
    upstreams: [
      {
        id: 'demo',
        provider: 'acme',
        peers: [{ id: 'one', url: upstream.url }],
        plugins: [{ use: 'upstream-auth', config: { secret: 'upstream' } }]
      }
    ],
    routes: [
      {
        id: 'api',
        match: { path: '/v1/*' },
        upstream: 'demo',
        plugins: [{ use: 'key-auth' }, ...plugins, { use: 'metering' }]
      }
    ]
  }
  const gateway = await startTestGateway(t, configuration)
  return { gateway, served: () => served, url: gateway.url }
}

/** An SDK that tells the status of every answer it gets. */
function clients(url: string) {
  const statuses: number[] = []
  const seen = Promise.withResolvers<void>()
  const watching: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    statuses.push(response.status)
    if (response.status === 429) seen.resolve()
    return response
  }
  return {
    statuses,
    /** Resolves with the first refusal. */
    refused: seen.promise,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 5, fetch: watching }),
    anthropic: new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 5, fetch: watching })
  }
}

async function ask(url: string, path: string, body?: object) {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const { status, body: said } = await send({
    url: `${url}${path}`,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return { status, said: JSON.parse(said.toString()) }
}

t.test('the official SDKs wait for as long as they are told, and come through', async t => {
  const { url, served } = await start(t, {
    plugins: [{ use: 'rate-limit', config: { limits: [{ concurrent: 1 }] } }]
  })
  for (const name of ['openai', 'anthropic'] as const) {
    const { statuses, refused, ...sdk } = clients(url)
    // One stream that goes on until somebody else was refused.
    const abort = new AbortController()
    const slow = { ...chat('demo:slow=50ms tokens=10000'), stream: true } as const
    const stream = await sdk.openai.chat.completions.create(slow, { signal: abort.signal })
    const reading = (async () => {
      for await (const chunk of stream) t.ok(chunk)
    })().catch(() => {})
    const before = served()
    const call =
      name === 'openai' ? sdk.openai.chat.completions.create(chat('hi')) : sdk.anthropic.messages.create(message('hi'))
    await refused
    t.equal(served(), before, 'the upstream saw nothing of it')
    abort.abort()
    await reading
    t.ok(await call, name)
    t.equal(statuses.at(-1), 200)
    t.ok(statuses.filter(status => status === 429).length >= 1)
  }
})

t.test('the official SDKs stop at once where a budget is used up, and tell why', async t => {
  const { url, served } = await start(t, {
    plugins: [{ use: 'budget', config: { budgets: [{ amount: '0.01 USD', each: 'month' }] } }]
  })
  const { openai, anthropic, statuses } = clients(url)
  t.match(await outcome(openai.chat.completions.create(chat('hi'))), {
    error: { class: 'RateLimitError', status: 429, code: 'budget_exceeded', type: 'insufficient_quota' }
  })
  t.match(await outcome(anthropic.messages.create(message('hi'))), {
    error: { class: 'RateLimitError', status: 429, error: { error: { details: { error_code: 'budget_exceeded' } } } }
  })
  t.strictSame(statuses, [429, 429], 'neither has tried again')
  t.equal(served(), 0)
})

t.test('the official SDKs stop at once where a request can never fit', async t => {
  const { url } = await start(t, {
    plugins: [{ use: 'rate-limit', config: { limits: [{ tokens: 1_000, per: '1m' }] } }]
  })
  const { openai, statuses } = clients(url)
  t.match(await outcome(openai.chat.completions.create({ ...chat('hi'), max_tokens: 5_000 })), {
    error: { class: 'RateLimitError', code: 'beyond_limit' }
  })
  t.strictSame(statuses, [429])
})

t.test('answers tell how limits stand, in the words of each API, and tokens settle by what was used', async t => {
  const limits = [
    { requests: 100, per: '1h' },
    { tokens: 100_000, per: '1h' }
  ]
  const { url } = await start(t, { plugins: [{ use: 'rate-limit', config: { limits } }] })
  const { openai, anthropic } = clients(url)
  const one = await openai.chat.completions.create({ ...chat('demo:tokens=20'), max_tokens: 500 }).withResponse()
  t.match(Object.fromEntries(one.response.headers), {
    'x-ratelimit-limit-requests': '100',
    'x-ratelimit-remaining-requests': '99',
    'x-ratelimit-limit-tokens': '100000',
    'ratelimit-policy': '"requests-1h";q=100;w=3600, "tokens-1h";q=100000;tacit-unit="tokens";w=3600'
  })
  const used = one.data.usage?.total_tokens ?? 0
  const two = await anthropic.messages.create({ ...message('demo:tokens=20'), max_tokens: 1_000 }).withResponse()
  const remaining = Number(two.response.headers.get('anthropic-ratelimit-tokens-remaining'))
  t.equal(two.response.headers.get('anthropic-ratelimit-requests-remaining'), '98')
  const held = 100_000 - used - remaining
  t.ok(used > 20 && held >= 1_000 && held < 1_200, `the first has settled at ${used}, the second holds ${held}`)
})

t.test('a model without a price reaches no upstream where a budget applies', async t => {
  const { url, served } = await start(t, {
    plugins: [{ use: 'budget', config: { budgets: [{ amount: '5.00 USD' }] } }]
  })
  const { openai } = clients(url)
  t.match(await outcome(openai.chat.completions.create({ ...chat('hi'), model: 'demo-small' })), {
    error: { class: 'BadRequestError', status: 400, code: 'model_unpriced' }
  })
  t.equal(served(), 0)
  t.ok(await openai.models.list(), 'lists cost nothing')
  t.ok(await openai.chat.completions.create({ ...chat('hi'), max_tokens: 100 }))
})

/** A call that may cost 0.2 USD and a little for its input. */
const BODY = JSON.stringify({ ...chat('demo:tokens=150'), max_tokens: 200 })

async function call(url: string): Promise<number> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  return (await send({ url: `${url}/v1/chat/completions`, headers, body: BODY })).status
}

async function admitted(urls: readonly string[], calls: number): Promise<number> {
  const statuses = await Promise.all(Array.from({ length: calls }, (_, index) => call(urls[index % urls.length] ?? '')))
  return statuses.filter(status => status === 200).length
}

t.test('parallel requests never overrun a budget', async t => {
  const { url, gateway, served } = await start(t, {
    plugins: [{ use: 'budget', config: { budgets: [{ amount: '2.00 USD', each: 'month' }] } }]
  })
  const through = await admitted([url], 60)
  t.equal(served(), through)
  const { said } = await ask(gateway.adminUrl, '/plugins/budget/budgets?consumer=team-search')
  const [{ spent, held }] = said.budgets
  t.equal(held, '0.00 USD', 'all is settled')
  t.ok(Number.parseFloat(spent) <= 2 && through >= 9, `${through} calls have spent ${spent}`)
  t.match(
    await ask(gateway.adminUrl, '/plugins/budget/top-up', {
      budget: 'month',
      consumer: 'team-search',
      amount: '10.00 USD'
    }),
    {
      status: 200,
      said: { budgets: [{ credit: '10.00 USD' }] }
    }
  )
  t.equal(await call(url), 200)
})

t.test('two gateways share limits and budgets through Redis', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const setting = {
    stores: { redis: { url: redis.url, commandTimeout: '5s' } },
    plugins: [
      { use: 'rate-limit', config: { limits: [{ requests: 15, each: 'day' }] } },
      { use: 'budget', config: { budgets: [{ amount: '2.00 USD', each: 'month' }] } }
    ]
  }
  const [one, two] = [await start(t, setting), await start(t, setting)]
  const through = await admitted([one.url, two.url], 40)
  t.equal(one.served() + two.served(), through)
  const standing = async ({ gateway }: typeof one) =>
    (await ask(gateway.adminUrl, '/plugins/budget/budgets?consumer=team-search')).said
  t.strictSame(await standing(one), await standing(two), 'both tell the same')
  const [{ spent, held }] = (await standing(one)).budgets
  t.equal(held, '0.00 USD')
  t.ok(Number.parseFloat(spent) <= 2 && through >= 9, `${through} calls have spent ${spent}`)
  const path = '/plugins/rate-limit/limits?consumer=team-search'
  t.match(
    (await ask(two.gateway.adminUrl, path)).said,
    { limits: [{ spent: 15, remaining: 0 }] },
    'exactly as many as may'
  )
  await ask(one.gateway.adminUrl, '/plugins/rate-limit/reset', { limit: 'requests-day', consumer: 'team-search' })
  t.match((await ask(two.gateway.adminUrl, path)).said, { limits: [{ spent: 0, remaining: 15 }] })
})
