import { CONSUMER, CREDENTIAL } from 'tacit-gateway/plugin'
import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import keyAuth from '../../plugins/key-auth/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const CREDENTIALS = [
  { secret: 'sk-search', consumer: { id: 'team-search', group: 'teams' }, credential: { scopes: ['chat'] } },
  { secret: 'sk-maps', consumer: { id: 'team-maps' }, credential: { id: 'maps-2026' } }
]

const driven = (config: Record<string, unknown> = {}, options: DriveOptions = {}) =>
  drive(keyAuth, config, { credentials: CREDENTIALS, ...options })

t.test('knows a consumer by a key in each of the headers that official SDKs use', async t => {
  const auth = await driven()
  for (const headers of [
    { authorization: 'Bearer sk-search' },
    { 'x-api-key': 'sk-search' },
    { 'x-goog-api-key': 'sk-search' }
  ]) {
    const exchange = auth.exchange({ headers })
    t.equal(await exchange.requestFilter(), undefined)
    t.strictSame(exchange.exchange.get(CONSUMER), { id: 'team-search', group: 'teams', labels: {} })
    t.strictSame(exchange.exchange.get(CREDENTIAL), { id: 'team-search/key-auth/1', scopes: ['chat'] })
  }
})

t.test('names the credential as the operator does, with no scopes unless some are given', async t => {
  const auth = await driven()
  const exchange = auth.exchange({ headers: { authorization: 'Bearer sk-maps' } })
  await exchange.requestFilter()
  t.strictSame(exchange.exchange.get(CREDENTIAL), { id: 'maps-2026', scopes: [] })
})

t.test('waits for nothing when credentials are at hand', async t => {
  const auth = await driven()
  await auth.exchange({ headers: { authorization: 'Bearer sk-search' } }).run()
  await auth.exchange({ headers: { authorization: 'Bearer sk-wrong' } }).run()
  await auth.exchange().run()
  t.strictSame(auth.waited, [])
})

t.test('waits for credentials that have to be fetched', async t => {
  const auth = await driven({}, { slowCredentials: true })
  const known = auth.exchange({ headers: { authorization: 'Bearer sk-search' } })
  t.equal(await known.requestFilter(), undefined)
  t.equal(known.exchange.get(CONSUMER)?.id, 'team-search')
  const { refused } = await auth.exchange({ headers: { authorization: 'Bearer sk-wrong' } }).run()
  t.equal(refused?.reason, 'unknown_api_key')
  t.strictSame(auth.waited, ['requestFilter', 'requestFilter'])
})

/** Why, and with which challenge, requests with these headers are refused. */
async function refusal(headers: Record<string, string | string[]>, config?: Record<string, unknown>) {
  const auth = await driven(config)
  const { refused } = await auth.exchange({ headers }).run()
  return refused && [refused.status, refused.reason, refused.headers?.['www-authenticate']]
}

t.test('answers 401 when the key is missing', async t => {
  t.strictSame(await refusal({}), [401, 'missing_api_key', 'Bearer'])
  t.strictSame(await refusal({ authorization: 'Basic c2stc2VhcmNo' }), [401, 'missing_api_key', 'Bearer'])
})

t.test('answers 401 when the key is unknown', async t => {
  const expected = [401, 'unknown_api_key', 'Bearer error="invalid_token"']
  t.strictSame(await refusal({ authorization: 'Bearer sk-wrong' }), expected)
  t.strictSame(await refusal({ authorization: 'Bearer SK-SEARCH' }), expected)
  t.strictSame(await refusal({ authorization: `Bearer ${'k'.repeat(513)}` }), expected)
})

t.test('answers 401 when there are two keys, or one header twice', async t => {
  const expected = [401, 'ambiguous_api_key', 'Bearer error="invalid_request"']
  t.strictSame(await refusal({ authorization: 'Bearer sk-search', 'x-api-key': 'sk-search' }), expected)
  t.strictSame(await refusal({ authorization: ['Bearer sk-search', 'Bearer sk-maps'] }), expected)
  t.strictSame(await refusal({ 'x-api-key': ['sk-search', 'sk-search'] }), expected)
})

t.test('a refused request sets no consumer', async t => {
  const auth = await driven()
  const exchange = auth.exchange({ headers: { authorization: 'Bearer sk-wrong' } })
  await exchange.requestFilter()
  t.equal(exchange.exchange.get(CONSUMER), undefined)
  t.equal(exchange.exchange.get(CREDENTIAL), undefined)
})

t.test('no refusal repeats the key', async t => {
  const auth = await driven()
  const { refused } = await auth.exchange({ headers: { authorization: 'Bearer sk-wrong-but-secret' } }).run()
  t.notMatch(JSON.stringify(refused), /wrong-but-secret/)
})

t.test('keeps every header that may carry a key from the upstream, and touches no other', async t => {
  const auth = await driven()
  const { request } = await auth
    .exchange({ headers: { 'x-api-key': 'sk-search', authorization: 'Basic eA==', accept: 'text/event-stream' } })
    .run()
  t.strictSame(request?.headers, { accept: 'text/event-stream' })
})

t.test('takes the key from the header and after the scheme that the operator names', async t => {
  const config = { header: 'X-Gateway-Key', scheme: '', alsoAccept: [] }
  t.equal(await refusal({ 'x-gateway-key': 'sk-search' }, config), undefined)
  t.strictSame(await refusal({ authorization: 'Bearer sk-search' }, config), [401, 'missing_api_key', 'Key'])
  t.equal(await refusal({ authorization: 'token sk-search' }, { scheme: 'Token' }), undefined)
  t.strictSame(await refusal({ authorization: 'Bearer sk-search' }, { scheme: 'Token' }), [
    401,
    'missing_api_key',
    'Token'
  ])
})

t.test('refuses a key from the moment on that it is revoked', async t => {
  const credentials = [...CREDENTIALS]
  const auth = await driven({}, { credentials })
  const headers = { authorization: 'Bearer sk-search' }
  t.equal((await auth.exchange({ headers }).run()).refused, undefined)
  credentials.shift()
  t.equal((await auth.exchange({ headers }).run()).refused?.reason, 'unknown_api_key')
})

t.test('does not start with a header named twice, or with something that is no header', async t => {
  await t.rejects(driven({ alsoAccept: ['Authorization'] }), {
    message: /`header` and `alsoAccept` name "authorization" twice/
  })
  await t.rejects(driven({ header: 'x key' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ alsoAccept: ['x\nkey'] }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ scheme: 'Two words' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ headers: 'x-api-key' }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test('lets a known key through a gateway, and no other', async t => {
  const digestKey = '0123456789abcdef'
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const { url } = await startTestGateway(t, {
    digestKey,
    consumers: [{ id: 'team-search', credentials: { 'key-auth': { keyHash: keyedDigest(digestKey, 'sk-search') } } }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'key-auth' }] })]
  })
  const known = await send({ url, headers: { 'x-api-key': 'sk-search' } })
  t.strictSame([known.status, `${known.body}`], [200, 'hello'])
  const unknown = await send({ url, headers: { authorization: 'Bearer sk-wrong' } })
  t.strictSame([unknown.status, unknown.headers['www-authenticate']], [401, 'Bearer error="invalid_token"'])
  t.match(`${unknown.body}`, /unknown_api_key/)
  t.equal((await send({ url })).status, 401)
  t.equal(upstream.requests.length, 1)
  t.notOk('x-api-key' in (upstream.requests[0]?.headers ?? {}))
})

t.test('a gateway without a key for digests does not start with it', async t => {
  const started = startTestGateway(t, {
    upstreams: [upstreamOf(['http://127.0.0.1:9'])],
    routes: [routeOf({ plugins: [{ use: 'key-auth' }] })]
  })
  await t.rejects(started, { message: /cannot be digested without a key/ })
})
