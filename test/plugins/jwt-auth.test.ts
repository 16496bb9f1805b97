import { CONSUMER, CREDENTIAL } from 'tacit-gateway/plugin'
import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import jwtAuth from '../../plugins/jwt-auth/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { rawOf, SHARED_CASES_MISSING, sharedCases } from '../support/shared-cases.ts'
import { encoded, type Issuer, issuer, macToken, tokenOf } from '../support/tokens.ts'
import { startUpstream } from '../support/upstream.ts'

const ISSUER = 'https://issuer.test'
const SECRET = 'gw-test-hs256-secret-32-bytes-min!!'
/** The first moment of 2026, at which a driven plugin begins. */
const NOW = Date.UTC(2026, 0, 1) / 1000
const good = { iss: ISSUER, aud: 'gateway', sub: 'team-search', exp: NOW + 600 }
const consumers = [{ id: 'team-search', group: 'gold', labels: { tier: 'one' } }, { id: 'user-1' }]

const withSecret = {
  issuer: ISSUER,
  audience: 'gateway',
  algorithms: 'HS256',
  keys: [{ algorithm: 'HS256', key: SECRET }]
}
const driven = (config: Record<string, unknown> = {}, options: DriveOptions = {}) =>
  drive(jwtAuth, { ...withSecret, ...config }, { consumers, ...options })

/** What becomes of a token: the consumer that it is for, or the reason of the refusal. */
async function outcome(auth: Awaited<ReturnType<typeof driven>>, token: string): Promise<string | undefined> {
  const exchange = auth.exchange({ headers: { authorization: `Bearer ${token}` } })
  const { refused } = await exchange.run()
  return refused?.reason ?? exchange.exchange.get(CONSUMER)?.id
}

t.test('knows a consumer by a token, and keeps it from the upstream', async t => {
  const auth = await driven({ claims: { scopes: 'scope' } })
  const authorization = `Bearer ${macToken(SECRET, { ...good, scope: 'read write' })}`
  const exchange = auth.exchange({ headers: { authorization, accept: 'text/plain' } })
  const { refused, request } = await exchange.run()
  t.equal(refused, undefined)
  t.strictSame(exchange.exchange.get(CONSUMER), { id: 'team-search', group: 'gold', labels: { tier: 'one' } })
  t.strictSame(exchange.exchange.get(CREDENTIAL), { id: 'team-search/jwt-auth', scopes: ['read', 'write'] })
  t.strictSame(request?.headers, { accept: 'text/plain' })
  t.strictSame(auth.waited, [])
})

t.test('waits for a consumer that has to be fetched', async t => {
  const auth = await driven({}, { slowCredentials: true })
  t.equal(await outcome(auth, macToken(SECRET, good)), 'team-search')
  t.equal(await outcome(auth, macToken(SECRET, { ...good, sub: 'nobody' })), 'unknown_consumer')
})

t.test('answers each fault with its reason and a challenge', async t => {
  const auth = await driven()
  const refusal = async (headers: Record<string, string | string[]>) => {
    const { refused } = await auth.exchange({ headers }).run()
    return refused && [refused.status, refused.reason, refused.headers?.['www-authenticate']]
  }
  const token = macToken(SECRET, good)
  t.strictSame(await refusal({}), [401, 'missing_token', 'Bearer'])
  t.strictSame(await refusal({ authorization: 'Basic YTpi' }), [401, 'missing_token', 'Bearer'])
  t.strictSame(await refusal({ authorization: [`Bearer ${token}`, `Bearer ${token}`] }), [
    401,
    'ambiguous_token',
    'Bearer error="invalid_request"'
  ])
  t.strictSame(await refusal({ authorization: `Bearer ${token}x` }), [
    401,
    'invalid_token',
    'Bearer error="invalid_token"'
  ])
  t.strictSame(await refusal({ authorization: `Bearer ${macToken(SECRET, { ...good, exp: NOW - 31 })}` }), [
    401,
    'expired_token',
    'Bearer error="invalid_token"'
  ])
})

t.test('a token ends when it says so, also one that is remembered', async t => {
  const auth = await driven({ leeway: '0s' })
  const token = macToken(SECRET, good)
  t.equal(await outcome(auth, token), 'team-search')
  auth.clock.advance(599_999)
  t.equal(await outcome(auth, token), 'team-search')
  auth.clock.advance(1)
  t.equal(await outcome(auth, token), 'expired_token')
  t.equal(await outcome(auth, token), 'expired_token')
})

t.test('a consumer that is blocked is refused at once, with a token that is remembered', async t => {
  const list = [...consumers]
  const auth = await driven({}, { consumers: list })
  const token = macToken(SECRET, good)
  t.equal(await outcome(auth, token), 'team-search')
  list.shift()
  t.equal(await outcome(auth, token), 'unknown_consumer')
})

t.test('tells two tokens apart that share their first 200 characters', async t => {
  const auth = await driven()
  const padding = 'p'.repeat(200)
  const first = macToken(SECRET, { padding, ...good })
  const second = macToken(SECRET, { padding, ...good, sub: 'user-1' })
  const forged = `${second.slice(0, second.lastIndexOf('.'))}${first.slice(first.lastIndexOf('.'))}`
  t.equal(first.slice(0, 200), second.slice(0, 200))
  for (const _round of [1, 2]) {
    t.equal(await outcome(auth, first), 'team-search')
    t.equal(await outcome(auth, second), 'user-1')
    t.equal(await outcome(auth, forged), 'invalid_token')
  }
})

t.test('takes the pinned algorithms alone, whatever a token says', async t => {
  const rsa = issuer('rsa', 'RS256')
  const auth = await driven({ algorithms: ['RS256'], keys: [{ id: 'rsa', algorithm: 'RS256', key: rsa.pem }] })
  t.equal(await outcome(auth, tokenOf(rsa, good)), 'team-search')
  t.equal(await outcome(auth, macToken(rsa.pem, good, { kid: 'rsa' })), 'invalid_token', 'the public key as a secret')
  t.equal(await outcome(auth, macToken(JSON.stringify(rsa.jwk), good, { kid: 'rsa' })), 'invalid_token')
  for (const alg of ['none', 'None', 'nOnE', '', 'RS384', 'PS256', 'HS256']) {
    const [, body = '', end = ''] = tokenOf(rsa, good).split('.')
    t.equal(await outcome(auth, `${encoded({ alg, kid: 'rsa' })}.${body}.${end}`), 'invalid_token', alg)
    t.equal(await outcome(auth, `${encoded({ alg, kid: 'rsa' })}.${body}.`), 'invalid_token', `${alg}, not signed`)
  }
  t.equal(await outcome(auth, tokenOf(rsa, good, { typ: 'logout+jwt' })), 'invalid_token', 'a token for something else')
})

t.test('believes no key that a token brings along, and no name of one that it invents', async t => {
  const [ours, theirs] = [issuer('ours'), issuer('ours')]
  const auth = await driven({
    algorithms: 'ES256',
    keys: [{ id: 'ours', algorithm: 'ES256', key: JSON.stringify(ours.jwk) }]
  })
  t.equal(await outcome(auth, tokenOf(ours, good)), 'team-search')
  t.equal(await outcome(auth, tokenOf(theirs, good)), 'invalid_token')
  t.equal(await outcome(auth, tokenOf(theirs, good, { jwk: theirs.jwk })), 'invalid_token')
  t.equal(await outcome(auth, tokenOf(ours, good, { jku: 'https://evil.test/keys' })), 'invalid_token')
  for (const kid of [
    '__proto__',
    'constructor',
    '../../dev/null',
    "x' UNION SELECT 'k'-- ",
    '/dev/null',
    'http://evil.test'
  ]) {
    t.equal(await outcome(auth, tokenOf(theirs, good, { kid })), 'invalid_token', kid)
  }
})

t.test('lets a guest in under a name that says nothing, if the operator wants guests', async t => {
  const auth = await driven({ consumers: 'guests', claims: { group: 'plan', labels: { tier: 'tier' } } })
  const token = macToken(SECRET, { ...good, sub: 'ada@example.com', plan: 'gold', tier: 'one' })
  const exchange = auth.exchange({ headers: { authorization: `Bearer ${token}` } })
  await exchange.run()
  const guest = exchange.exchange.get(CONSUMER)
  t.match(guest, { id: /^guest-[0-9a-f]{32}$/, group: 'gold', labels: { tier: 'one' } })
  t.equal(exchange.exchange.get(CREDENTIAL)?.id, `${guest?.id}/jwt-auth`)
  t.not(await outcome(auth, macToken(SECRET, { ...good, sub: 'bob@example.com' })), guest?.id)
})

t.test('a token that is good for some models only is refused where nobody looks at them', async t => {
  const auth = await driven({ claims: { models: 'models' } })
  const token = macToken(SECRET, { ...good, models: ['gpt-4.1'] })
  const thrown: unknown = await outcome(auth, token).catch((error: unknown) => error)
  t.match(thrown, { reason: 'models_not_checked', status: 403 })
})

t.test('does not start with settings that leave a hole', async t => {
  await t.rejects(driven({ leeway: '61s' }), { message: /at most 60s/ })
  await t.rejects(driven({ jwks: { url: `${ISSUER}/keys` } }), { message: /and not both/ })
  await t.rejects(driven({ keys: [] }), { message: /and not both/ })
  await t.rejects(driven({ keys: [], jwks: { url: `${ISSUER}/keys` } }), { message: /need `keys`/ })
  await t.rejects(driven({ algorithms: 'RS256' }), { message: /`algorithms` does not name/ })
  await t.rejects(driven({ keys: [{ algorithm: 'HS256', key: 'tiny-key' }] }), { message: /shorter than 32 bytes/ })
  await t.rejects(driven({ algorithms: 'none' }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ audience: [] }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test('stands all shared attacks with tokens', { skip: SHARED_CASES_MISSING ?? false }, async t => {
  const cases = sharedCases('jwt').filter(each => each.class === 'jwt')
  t.ok(cases.length >= 30)
  const auth = await driven({ keys: [{ id: 'k1', algorithm: 'HS256', key: SECRET }] })
  const made: Readonly<Record<string, string>> = {
    'jwt-052': macToken(SECRET, { ...good, padding: 'p'.repeat(1024 * 1024) }),
    'jwt-053': `${encoded(`{"alg":"HS256","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)}.e30.AAAA`
  }
  for (const each of cases) {
    const token = made[each.id] ?? rawOf(each)
    const came = await outcome(auth, token)
    // Every one of them is refused, those too that some may accept: nobody is called what they say.
    t.match(came, /^(?:invalid_token|missing_token|unknown_consumer)$/, `${each.id} ${each.expected}`)
  }
  t.equal(
    await outcome(auth, macToken(SECRET, { ...good, sub: 'user-1' }, { kid: 'k1' })),
    'user-1',
    'a good one still passes'
  )
  t.equal(Reflect.get({}, 'sub'), undefined)
})

t.test('fetches the keys of an issuer, follows their change, and goes through a gateway', async t => {
  const keys: { current: readonly Issuer[]; fetched: number } = { current: [issuer('old')], fetched: 0 }
  const published = await startUpstream(t, exchange => {
    keys.fetched++
    exchange.answer(200, {}, JSON.stringify({ keys: keys.current.map(({ jwk }) => jwk) }))
  })
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const { url } = await startTestGateway(t, {
    egress: { allow: ['127.0.0.1'] },
    consumers: [{ id: 'team-search' }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [
      routeOf({
        plugins: [
          {
            use: 'jwt-auth',
            config: {
              issuer: ISSUER,
              audience: 'gateway',
              algorithms: ['ES256'],
              jwks: { url: published.url, pause: '0s' }
            }
          }
        ]
      })
    ]
  })
  const exp = Math.floor(Date.now() / 1000) + 600
  const ask = async (by: Issuer) => {
    const { status } = await send({ url, headers: { authorization: `Bearer ${tokenOf(by, { ...good, exp })}` } })
    return status
  }
  const [old] = keys.current
  const next = issuer('next')
  const thief = issuer('old')
  t.equal(old && (await ask(old)), 200)
  t.equal(await ask(thief), 401, 'another key of that name')
  t.equal(keys.fetched, 1)
  t.equal(await ask(next), 401, 'not published yet')
  keys.current = [next]
  t.equal(await ask(next), 200, 'fetched because its name was not known')
  t.equal(old && (await ask(old)), 401, 'taken back, although it was remembered')
  t.equal((await send({ url })).status, 401)
  t.equal(upstream.requests.length, 2)
  t.notOk('authorization' in (upstream.requests[0]?.headers ?? {}))
})
