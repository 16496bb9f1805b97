import { drive, testCatalogue } from 'tacit-gateway/testing'
import t from 'tap'
import upstreamAuth from '../../plugins/upstream-auth/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const driven = (config: Record<string, unknown>) => drive(upstreamAuth, config, { place: 'upstream' })

/** What leaves for the upstream. */
async function sent(config: Record<string, unknown>, headers: Record<string, string | string[]> = {}, target?: string) {
  const auth = await driven(config)
  const request = await auth.exchange({ headers, ...(target && { target }) }).upstreamRequestFilter()
  t.strictSame(auth.waited, [])
  return request
}

t.test('sends a bearer secret unless it is told otherwise', async t => {
  const { headers } = await sent({ secret: 'sk-provider' })
  t.strictSame(headers, { authorization: 'Bearer sk-provider' })
})

t.test('sends the secret in the named header, without a scheme unless one is given', async t => {
  t.strictSame((await sent({ header: 'X-Api-Key', secret: 'sk' })).headers, { 'x-api-key': 'sk' })
  t.strictSame((await sent({ header: 'Authorization', scheme: '', secret: 'sk' })).headers, { authorization: 'sk' })
  t.strictSame((await sent({ header: 'x-auth', scheme: 'Token', secret: 'a b' })).headers, { 'x-auth': 'Token a b' })
})

t.test('sends it where the provider of the upstream expects it, and nothing of the client beside it', async t => {
  const parts = testCatalogue()
  const sentTo = async (provider: string, config: Record<string, unknown> = {}) => {
    const auth = await drive(upstreamAuth, { secret: 'sk', ...config }, { place: 'upstream', parts })
    const exchange = auth.exchange({ headers: { authorization: 'Bearer mine' }, provider })
    await exchange.upstreamRequestFilter()
    return (await exchange.upstreamRequestFilter()).headers
  }
  t.strictSame(await sentTo('anthropic'), { 'x-api-key': 'sk' })
  t.strictSame(await sentTo('google'), { 'x-goog-api-key': 'sk' })
  t.strictSame(await sentTo('openai'), { authorization: 'Bearer sk' })
  t.strictSame(await sentTo('nobody-knows'), { authorization: 'Bearer sk' })
  t.strictSame(await sentTo('anthropic', { header: 'authorization' }), { authorization: 'Bearer sk' })
})

t.test('takes the place of whatever the client sent there, however often', async t => {
  const { headers } = await sent({ secret: 'sk' }, { authorization: ['Bearer mine', 'Basic eA=='], accept: '*/*' })
  t.strictSame(headers, { authorization: 'Bearer sk', accept: '*/*' })
})

t.test('sends the secret in the query, in place of what the client sent under that name', async t => {
  const { target, headers } = await sent({ query: 'key', secret: 'a&b=c d' }, {}, '/v1beta/models?%6bey=mine&alt=sse')
  t.equal(target, '/v1beta/models?alt=sse&key=a%26b%3Dc%20d')
  t.strictSame(headers, {})
})

t.test('leaves path, method and body as they are', async t => {
  const auth = await driven({ secret: 'sk' })
  const request = await auth.exchange({ method: 'PUT', target: '/a%2Fb?x', body: '{"a": 1}' }).upstreamRequestFilter()
  t.strictSame(request, {
    method: 'PUT',
    target: '/a%2Fb?x',
    headers: { authorization: 'Bearer sk' },
    body: '{"a": 1}'
  })
})

t.test('does not start with a secret that cannot stand in a header, and does not repeat it', async t => {
  for (const secret of ['s3cret\n', ' s3cret', 's3cret\r\nx-evil: 1', 's3crét', 's3cret\u0000']) {
    const error: unknown = await driven({ secret }).catch((thrown: unknown) => thrown)
    t.match(error, { code: 'TACIT_PLUGIN_SETUP_FAILED', message: /must be one line of ASCII/ })
    t.notMatch(String(error), /s3cr/)
  }
  t.strictSame((await sent({ query: 'key', secret: 'schlüssel' }, {}, '/')).target, '/?key=schl%C3%BCssel')
})

t.test('does not start with a header and a query, or without a secret', async t => {
  const message = /`query` takes the place of a header/
  await t.rejects(driven({ query: 'key', header: 'authorization', secret: 'sk' }), { message })
  await t.rejects(driven({ query: 'key', scheme: '', secret: 'sk' }), { message })
  await t.rejects(driven({}), { code: 'TACIT_CONFIG_INVALID', message: /"secret" is missing/ })
  await t.rejects(driven({ secret: '' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ header: 'x:y', secret: 'sk' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ scheme: 'Two words', secret: 'sk' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ query: 'a=b', secret: 'sk' }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test("a gateway's own credential reaches the upstream, and the client's does not", async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(204, {}))
  const plugins = [
    { use: 'upstream-auth', config: { secret: '${PROVIDER_KEY}' } },
    { use: 'upstream-auth', config: { query: 'key', secret: '${PROVIDER_KEY}' } }
  ]
  const { url } = await startTestGateway(
    t,
    { upstreams: [upstreamOf([upstream.url], { plugins })], routes: [routeOf()] },
    { environment: { PROVIDER_KEY: 'sk-provider' } }
  )
  await send({ url: `${url}/a?key=mine&b`, headers: { authorization: 'Bearer mine' } })
  const [seen] = upstream.requests
  t.strictSame([seen?.target, seen?.headers.authorization], ['/a?b&key=sk-provider', 'Bearer sk-provider'])
})
