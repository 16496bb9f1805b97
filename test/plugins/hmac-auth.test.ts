import { createHash, createHmac } from 'node:crypto'
import { CONSUMER, CREDENTIAL, SecretText } from 'tacit-gateway/plugin'
import { type DriveOptions, drive, type RequestInit } from 'tacit-gateway/testing'
import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const SECRET = 'what the client signs with, at length'
const NOW = Date.UTC(2026, 0, 1) / 1000
const credentials = [
  { secret: 'search', consumer: { id: 'team-search' }, credential: { secret: new SecretText(SECRET) } },
  { secret: 'short', consumer: { id: 'team-maps' }, credential: { secret: new SecretText('short') } }
]

interface Signed {
  readonly method?: string
  readonly target?: string
  readonly body?: string
  readonly created?: number
  readonly nonce?: string
  readonly keyId?: string
  readonly secret?: string
  readonly host?: string
  readonly more?: string
}

/** Headers of a signed request. */
function sign(of: Signed = {}): Record<string, string> {
  const { method = 'POST', target = '/files/a?b=c', body = '', created = NOW, nonce = 'n1', keyId = 'search' } = of
  const { secret = SECRET, host = 'gateway.test', more = '' } = of
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const list = `("@method" "@authority" "@request-target"${body === '' ? '' : ' "content-digest"'})`
  const parameters = `${list};created=${created};keyid="${keyId}";nonce="${nonce}"${more}`
  const lines = [`"@method": ${method}`, `"@authority": ${host}`, `"@request-target": ${target}`]
  if (body !== '') lines.push(`"content-digest": ${digest}`)
  const base = [...lines, `"@signature-params": ${parameters}`].join('\n')
  const signature = createHmac('sha256', secret).update(base).digest('base64')
  return {
    host,
    ...(body !== '' && { 'content-digest': digest }),
    'signature-input': `sig=${parameters}`,
    signature: `sig=:${signature}:`
  }
}

const driven = (options: DriveOptions = {}) => drive(hmacAuth, {}, { credentials, ...options })

/** Whom a request is from, or why it is refused. */
async function outcome(auth: Awaited<ReturnType<typeof driven>>, init: RequestInit): Promise<string | undefined> {
  const exchange = auth.exchange({ method: 'POST', target: '/files/a?b=c', ...init })
  const { refused } = await exchange.run()
  return refused?.reason ?? exchange.exchange.get(CONSUMER)?.id
}

t.test('knows a consumer by a signature, and keeps that from the upstream', async t => {
  const auth = await driven()
  const exchange = auth.exchange({
    method: 'POST',
    target: '/files/a?b=c',
    headers: sign({ body: 'hello' }),
    body: 'hello'
  })
  const { request } = await exchange.run()
  t.equal(exchange.exchange.get(CONSUMER)?.id, 'team-search')
  t.equal(exchange.exchange.get(CREDENTIAL)?.id, 'team-search/hmac-auth/1')
  t.strictSame(Object.keys(request?.headers ?? {}), ['host', 'content-digest'])
})

t.test('takes each signature once', async t => {
  const auth = await driven()
  const headers = sign()
  t.equal(await outcome(auth, { headers }), 'team-search')
  t.equal(await outcome(auth, { headers }), 'repeated_signature')
  t.equal(await outcome(auth, { headers: sign({ nonce: 'n2' }) }), 'team-search')
})

t.test('takes a signature within its window', async t => {
  const auth = await driven()
  const at = (created: number, more = '') =>
    outcome(auth, { headers: sign({ created, nonce: `${created}${more}`.slice(0, 12), more }) })
  t.equal(await at(NOW - 300), 'team-search')
  t.equal(await at(NOW - 301), 'stale_signature')
  t.equal(await at(NOW + 300), 'team-search')
  t.equal(await at(NOW + 301), 'stale_signature')
  t.equal(await at(NOW - 1, `;expires=${NOW}`), 'stale_signature')
})

t.test('refuses what was changed on the way, and what nobody has signed', async t => {
  const auth = await driven()
  const body = 'hello'
  t.equal(await outcome(auth, {}), 'missing_signature')
  for (const [why, init] of Object.entries({
    'another method': { headers: sign({ method: 'GET' }) },
    'another target': { headers: sign({ target: '/files/b' }) },
    'another host': { headers: { ...sign(), host: 'other.test' } },
    'another body': { headers: sign({ body }), body: 'HELLO' },
    'a body that is not signed': { headers: sign(), body },
    'another secret': { headers: sign({ secret: `${SECRET}!` }) },
    'another nonce': { headers: { ...sign(), 'signature-input': sign({ nonce: 'n3' })['signature-input'] ?? '' } },
    'a key that nobody has': { headers: sign({ keyId: 'nobody' }) },
    'a secret that is too short': { headers: sign({ keyId: 'short', secret: 'short' }) },
    'two signatures': { headers: { ...sign(), signature: ['sig=:AAAA:', 'sig=:AAAA:'] } }
  })) {
    t.equal(await outcome(auth, init), 'invalid_signature', why)
  }
})

t.test('fails closed when the store cannot be asked', async t => {
  const away = () => Promise.reject(new Error('away'))
  const auth = await driven({ parts: { store: { get: away, set: away, increment: away } } })
  t.equal(await outcome(auth, { headers: sign() }), 'replays_unknown')
})

t.test('does not start with a window that is none', async t => {
  await t.rejects(drive(hmacAuth, { window: '2h' }), { message: /from 1s to 1h/ })
})

t.test('lets a signed request through a gateway once', async t => {
  const digestKey = '0123456789abcdef'
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const { url } = await startTestGateway(
    t,
    {
      digestKey,
      consumers: [
        {
          id: 'team-search',
          credentials: { 'hmac-auth': { keyHash: keyedDigest(digestKey, 'search'), secret: `\${SIGNING}` } }
        }
      ],
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: 'hmac-auth' }] })]
    },
    { environment: { SIGNING: SECRET } }
  )
  const created = Math.floor(Date.now() / 1000)
  const body = '{"a":1}'
  const headers = sign({ created, body, host: new URL(url).host })
  const ask = async () => (await send({ url: `${url}/files/a?b=c`, method: 'POST', headers, body })).status
  t.equal(await ask(), 200)
  t.equal(await ask(), 401)
  t.equal(upstream.requests[0]?.body.toString(), body)
  t.equal(upstream.requests.length, 1)
})
