import { CONSUMER, CREDENTIAL } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const credentials = [
  { secret: 'ada:secret', consumer: { id: 'team-search' } },
  { secret: 'tacit_generated', consumer: { id: 'team-maps' }, proof: { goodFor: { routes: ['files'] } } }
]
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

t.test('knows a consumer by name and password, and by a key without a name', async t => {
  for (const slowCredentials of [false, true]) {
    const auth = await drive(basicAuth, {}, { credentials, slowCredentials })
    const ada = auth.exchange({ headers: { authorization: basic('ada:secret'), accept: 'text/plain' } })
    const { request } = await ada.run()
    t.equal(ada.exchange.get(CONSUMER)?.id, 'team-search')
    t.equal(ada.exchange.get(CREDENTIAL)?.id, 'team-search/basic-auth/1')
    t.strictSame(request?.headers, { accept: 'text/plain' })
    const maps = auth.exchange({ headers: { authorization: basic(':tacit_generated') }, route: 'files' })
    t.equal((await maps.run()).refused, undefined)
    t.equal(maps.exchange.get(CONSUMER)?.id, 'team-maps')
  }
})

t.test('refuses everybody else, with a challenge and without a word of theirs', async t => {
  const auth = await drive(basicAuth, { realm: 'files' }, { credentials })
  const refusal = async (authorization?: string | string[]) => {
    const { refused } = await auth.exchange({ headers: authorization === undefined ? {} : { authorization } }).run()
    t.notMatch(JSON.stringify(refused), /secret/)
    if (refused?.status === 401) t.equal(refused.headers?.['www-authenticate'], 'Basic realm="files", charset="UTF-8"')
    return refused?.reason
  }
  t.equal(await refusal(), 'missing_password')
  t.equal(await refusal(basic('ada:wrong')), 'unknown_password')
  t.equal(await refusal(basic('Ada:secret')), 'unknown_password')
  t.equal(await refusal(basic('x:tacit_generated')), 'unknown_password')
  t.equal(await refusal('Basic !'), 'unknown_password')
  t.equal(await refusal([basic('ada:secret'), basic('ada:secret')]), 'ambiguous_password')
  t.equal(await refusal(basic(':tacit_generated')), 'route_not_allowed')
})

t.test('lets a known password through a gateway, and no other', async t => {
  const digestKey = '0123456789abcdef'
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const passwordHash = keyedDigest(digestKey, 'ada:secret')
  const { url } = await startTestGateway(t, {
    digestKey,
    consumers: [{ id: 'team-search', credentials: { 'basic-auth': { passwordHash, expires: '2090-01-01' } } }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'basic-auth' }] })]
  })
  t.equal((await send({ url, headers: { authorization: basic('ada:secret') } })).status, 200)
  t.equal((await send({ url, headers: { authorization: basic('ada:Secret') } })).status, 401)
  t.equal((await send({ url })).status, 401)
  t.equal(upstream.requests.length, 1)
  t.notOk('authorization' in (upstream.requests[0]?.headers ?? {}))
})
