import t, { type Test } from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { macToken } from '../support/tokens.ts'
import { startUpstream } from '../support/upstream.ts'

const DIGEST_KEY = '0123456789abcdef'
const SECRET = 'a secret of thirty-two bytes or more'
const TOKEN = { issuer: 'https://issuer.test', audience: 'gateway', algorithms: 'HS256' }
const JWT = { use: 'jwt-auth', config: { ...TOKEN, keys: [{ algorithm: 'HS256', key: '${SECRET}' }] } }
const claims = { iss: TOKEN.issuer, aud: 'gateway', sub: 'by-token', exp: 4_102_444_800 }

/** Says whom a request is from, instead of an upstream. */
const WHO = `
import { CONSUMER, definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'who', summary: 'Says who calls.', config: Type.Object({}), data: { reads: ['identity'] },
  requires: [CONSUMER],
  setup: () => ({
    responseFilter(exchange, response) {
      const consumer = exchange.get(CONSUMER)
      if (consumer !== undefined) response.headers.set('x-consumer', consumer.id)
    }
  })
})`

async function start(t: Test, config: object, more: object = {}) {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const digest = (secret: string) => keyedDigest(DIGEST_KEY, secret)
  const gateway = await startTestGateway(
    t,
    {
      digestKey: DIGEST_KEY,
      consumers: [
        { id: 'by-token' },
        { id: 'by-key', credentials: { 'key-auth': { keyHash: digest('sk-one') } } },
        { id: 'by-password', credentials: { 'basic-auth': { passwordHash: digest('ada:secret') } } },
        { id: 'nobody' }
      ],
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: 'any-of', config }, { use: './who.ts' }] })],
      ...more
    },
    { environment: { SECRET }, files: { 'who.ts': WHO } }
  )
  /** Whom a request is from, or why it is refused. */
  const ask = async (headers: Record<string, string | string[]>) => {
    const { status, headers: answered, body } = await send({ url: gateway.url, headers })
    if (status === 200) return String(answered['x-consumer'])
    return `${status} ${/"(?:reason|code)":"(\w+)"/.exec(`${body}`)?.[1]}`
  }
  return { upstream, gateway, ask }
}

const methods = [JWT, { use: 'key-auth' }, { use: 'basic-auth' }]
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })

t.test('the first method that applies decides, and keeps every credential from the upstream', async t => {
  const { upstream, ask } = await start(t, { methods })
  t.equal(await ask(bearer(macToken(SECRET, claims))), 'by-token')
  t.equal(await ask(bearer('sk-one')), 'by-key')
  t.equal(await ask({ 'x-api-key': 'sk-one' }), 'by-key')
  t.equal(await ask(basic('ada:secret')), 'by-password')
  t.equal(await ask({}), '401 missing_token', 'that of the first')
  for (const { headers } of upstream.requests) {
    t.notOk('authorization' in headers || 'x-api-key' in headers)
  }
})

t.test('a bad credential is final, whatever else would be good', async t => {
  const { upstream, ask } = await start(t, { methods, anonymous: 'nobody' })
  t.equal(await ask(bearer(macToken(`${SECRET}!`, claims))), '401 invalid_token')
  t.equal(await ask({ ...bearer(macToken(`${SECRET}!`, claims)), 'x-api-key': 'sk-one' }), '401 invalid_token')
  t.equal(await ask(bearer('sk-wrong')), '401 unknown_api_key')
  t.equal(await ask(basic('ada:wrong')), '401 unknown_password')
  t.equal(await ask({ authorization: 'Digest a' }), '401 unknown_credential', 'one that nobody can read')
  t.equal(await ask({ authorization: '' }), '401 unknown_credential')
  t.equal(await ask({ cookie: 'session=a' }), '401 unknown_credential')
  t.equal(upstream.requests.length, 0)
  t.equal(await ask({}), 'nobody', 'who presents nothing')
})

t.test('serves nobody without a credential when that consumer is not there', async t => {
  const { ask } = await start(t, { methods, anonymous: 'gone' })
  t.equal(await ask({}), '403 anonymous_unknown')
})

t.test('is judged with all that stands in it before anything is served', async t => {
  const failing = async (config: object) => {
    const error: unknown = await start(t, config).catch((error: unknown) => error)
    const problems: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'problems') : undefined
    const all: readonly { readonly code: string; readonly severity: string }[] = Array.isArray(problems) ? problems : []
    return all.filter(({ severity }) => severity === 'error').map(({ code }) => code)
  }
  t.strictSame(await failing({ methods: [JWT] }), ['TACIT_VALUE_INVALID'])
  t.strictSame(await failing({ methods: [JWT, { use: 'cors', config: { origins: ['https://a.test'] } }] }), [
    'TACIT_PLUGIN_NESTED'
  ])
  t.strictSame(await failing({ methods: [JWT, { use: 'key-auht' }] }), ['TACIT_PLUGIN_UNKNOWN'])
  t.strictSame(await failing({ methods: [JWT, { use: 'key-auth', config: { headr: 'x' } }] }), ['TACIT_KEY_UNKNOWN'])
  t.strictSame(await failing({ methods: [JWT, { use: 'key-auth', failureMode: 'allow' }] }), [
    'TACIT_KEY_UNKNOWN',
    'TACIT_GUARD_ALLOW'
  ])
})

t.test('goes on after a reload, with what stands in it as it is then', async t => {
  const { gateway, ask } = await start(t, { methods })
  t.equal(await ask(bearer('sk-one')), 'by-key')
  t.match(await gateway.reload(), { applied: true })
  t.equal(await ask(bearer('sk-one')), 'by-key')
  t.equal(await ask(bearer(macToken(SECRET, claims))), 'by-token')
})
