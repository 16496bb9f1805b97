import { createHmac } from 'node:crypto'
import t from 'tap'
import { Refused } from '../../../core/errors.ts'
import { type AccessOptions, AdminAccess, type AdminToken, isLoopback } from '../../../core/server/admin-access.ts'
import { ManualClock } from '../../support/clock.ts'

const digest = (token: string) => `hmac-sha256:${createHmac('sha256', 'k').update(token).digest('base64url')}`
const TOKENS: readonly AdminToken[] = [
  { id: 'ada', role: 'owner', keyHash: digest('token-of-ada') },
  { id: 'grafana', role: 'viewer', keyHash: digest('token-of-grafana') }
]

/** Judges a request by its headers: id and role, or status and reason. */
function judging(given: Partial<AccessOptions> = {}) {
  const clock = new ManualClock()
  const refused: string[] = []
  const access = new AdminAccess({
    tokens: () => TOKENS,
    isLoopback: true,
    digest,
    clock,
    refused: reason => refused.push(reason),
    ...given
  })
  const judge = (headers: Readonly<Record<string, string>> = {}, address = '127.0.0.1') => {
    const judged = access.judge({ headers: { host: 'localhost:9090', ...headers }, address })
    return judged instanceof Refused ? [judged.status, judged.reason] : [judged.id, judged.role]
  }
  return { judge, clock, refused, access }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

t.test('knows a token by its digest', async t => {
  const { judge, access } = judging()
  t.strictSame(judge(bearer('token-of-ada')), ['ada', 'owner'])
  t.strictSame(judge({ authorization: 'bearer   token-of-grafana' }), ['grafana', 'viewer'])
  t.strictSame(judge(), [401, 'token_missing'])
  t.strictSame(judge(bearer(digest('token-of-ada'))), [401, 'token_unknown'], 'a digest is no token')
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'token-of-ada',
    'Bearer a b',
    `Bearer ${'a'.repeat(513)}`
  ]) {
    t.strictSame(judge({ authorization }), [401, 'token_missing'], authorization.slice(0, 20))
  }
  t.match(access.judge({ headers: {}, address: '::1' }), { headers: { 'www-authenticate': /^Bearer/ } })
})

t.test('without tokens whoever is on the machine may look, and nobody else', async t => {
  const { judge } = judging({ tokens: () => [] })
  t.strictSame(judge(), ['anonymous', 'viewer'])
  t.strictSame(judge(bearer('canary')), ['anonymous', 'viewer'])
  t.strictSame(judge({}, '::1'), ['anonymous', 'viewer'])
  t.strictSame(judge({}, '::ffff:127.0.0.1'), ['anonymous', 'viewer'])
  t.strictSame(judge({}, '192.0.2.1'), [403, 'tokens_not_configured'])
  for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']) {
    t.strictSame(
      judge({ [name]: '192.0.2.1' }),
      [403, 'tokens_not_configured'],
      `${name}: a proxy asks for somebody else`
    )
  }
  const elsewhere = judging({ tokens: () => [], isLoopback: false })
  t.strictSame(elsewhere.judge({}, '127.0.0.1'), [403, 'tokens_not_configured'])
})

t.test('lets no page of another origin ask, token or not', async t => {
  for (const given of [{}, { tokens: () => [] }]) {
    const { judge } = judging(given)
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'http://localhost:8080' },
      { origin: 'null' },
      { origin: 'canary' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://localhost:9090', 'sec-fetch-site': 'cross-site' }
    ]) {
      t.strictSame(judge({ ...bearer('token-of-ada'), ...headers }), [403, 'foreign_origin'], JSON.stringify(headers))
    }
    const own = { origin: 'http://localhost:9090', 'sec-fetch-site': 'same-origin' }
    t.type(judge({ ...bearer('token-of-ada'), ...own })[0], 'string')
    t.type(judge({ ...bearer('token-of-ada'), 'sec-fetch-site': 'none' })[0], 'string', 'typed in by hand')
  }
})

t.test('an address that guesses has to wait, and is told nothing meanwhile', async t => {
  const { judge, clock, refused } = judging()
  for (let guess = 0; guess < 10; guess++) t.strictSame(judge(bearer(`guess-${guess}`)), [401, 'token_unknown'])
  t.strictSame(judge(bearer('guess-10')), [429, 'too_many_attempts'])
  t.strictSame(judge(bearer('token-of-ada')), [429, 'too_many_attempts'], 'the right one is not looked at either')
  t.strictSame(judge(bearer('token-of-ada'), '192.0.2.1'), ['ada', 'owner'], 'others are not concerned')
  t.equal(refused.length, 10)
  clock.advance(6_000)
  t.strictSame(judge(bearer('token-of-ada')), ['ada', 'owner'])
})

t.test('a program with an old token locks nobody out', async t => {
  const { judge, refused } = judging()
  for (let time = 0; time < 100; time++) t.strictSame(judge(bearer('old-token')), [401, 'token_unknown'])
  t.strictSame(judge(bearer('token-of-ada')), ['ada', 'owner'])
  t.equal(refused.length, 1, 'told once')
})

t.test('a token that is taken out is good for nothing from then on', async t => {
  let tokens = TOKENS
  const { judge } = judging({ tokens: () => tokens })
  t.strictSame(judge(bearer('token-of-grafana')), ['grafana', 'viewer'])
  tokens = TOKENS.slice(0, 1)
  t.strictSame(judge(bearer('token-of-grafana')), [401, 'token_unknown'])
})

t.test('knows the loopback', async t => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) t.ok(isLoopback(host), host)
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'localhost.example', '1127.0.0.1']) t.notOk(isLoopback(host), host)
})
