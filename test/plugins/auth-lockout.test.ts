import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import authLockout from '../../plugins/auth-lockout/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

type Lockout = Awaited<ReturnType<typeof driven>>

const driven = (config: Record<string, unknown> = {}, options: DriveOptions = {}) =>
  drive(authLockout, { free: 2, freePerPrefix: 4, ...config }, options)

interface Try {
  readonly from?: string
  readonly key?: string
  /** What the plugin that authenticates says. Default: that the key is unknown. */
  readonly status?: number
  readonly reason?: string | undefined
}

/** One request. @returns for how long it has to wait in ms; undefined when it was judged. */
async function attempt(lockout: Lockout, { from = '192.0.2.1', key = 'tacit_guessed1', ...said }: Try = {}) {
  const headers = key === '' ? {} : { authorization: `Bearer ${key}` }
  const exchange = lockout.exchange({ clientIp: from, headers })
  const outcome = await exchange.requestFilter()
  const { status = 401, reason = 'unknown_api_key' } = said
  const locked = outcome !== undefined && 'retryAfterMs' in outcome ? outcome : undefined
  exchange.logging({
    source: 'gateway',
    reason: locked?.reason ?? reason,
    end: { reason: 'refused', status: locked?.status ?? status, durationMs: 1 }
  })
  return locked?.retryAfterMs
}

t.test('makes an address wait twice as long each time', async t => {
  const lockout = await driven()
  t.strictSame(
    [await attempt(lockout), await attempt(lockout), await attempt(lockout)],
    [undefined, undefined, undefined]
  )
  t.equal(await attempt(lockout), 1_000)
  lockout.clock.advance(400)
  t.equal(await attempt(lockout), 600, 'asking meanwhile costs nothing more')
  t.equal(await attempt(lockout, { from: '192.0.2.2', key: 'another-key-1' }), undefined, 'somebody else')
  lockout.clock.advance(600)
  t.equal(await attempt(lockout), undefined)
  t.equal(await attempt(lockout), 2_000)
  t.strictSame(lockout.waited, [])
})

t.test('makes those wait who try keys that begin in one way, from wherever', async t => {
  const lockout = await driven()
  for (let from = 1; from <= 5; from++) t.equal(await attempt(lockout, { from: `192.0.2.${from}` }), undefined)
  t.equal(await attempt(lockout, { from: '192.0.2.99', key: 'tacit_guessed2' }), 1_000)
  t.equal(await attempt(lockout, { from: '192.0.2.99', key: 'tacit_other777' }), undefined)
})

t.test('counts wrong credentials alone', async t => {
  const lockout = await driven()
  for (const said of [
    { status: 401, reason: 'missing_api_key' },
    { status: 200, reason: undefined },
    { status: 403, reason: 'route_not_allowed' },
    { status: 503, reason: 'identity_unavailable' }
  ]) {
    for (let round = 0; round < 5; round++) t.equal(await attempt(lockout, said), undefined, `${said.reason}`)
  }
})

t.test('forgets when nothing was wrong for long', async t => {
  const lockout = await driven({ forget: '10m' })
  for (let round = 0; round < 3; round++) await attempt(lockout)
  t.equal(await attempt(lockout), 1_000)
  lockout.clock.advance(601_000)
  for (let round = 0; round < 3; round++) t.equal(await attempt(lockout), undefined)
})

t.test('goes on by itself when the store cannot be asked', async t => {
  const away = () => Promise.reject(new Error('away'))
  const lockout = await driven({}, { parts: { store: { get: away, set: away, increment: away } } })
  for (let round = 0; round < 3; round++) await attempt(lockout)
  t.equal(await attempt(lockout), 1_000)
})

t.test('adds up what was guessed at other gateways', async t => {
  const counts = new Map<string, number>()
  const store = {
    get: async () => undefined,
    set: async () => {},
    increment: async (key: string, by: number) => {
      const sum = (counts.get(key) ?? 0) + by
      counts.set(key, sum)
      return sum
    }
  }
  const [one, other] = [await driven({}, { parts: { store } }), await driven({}, { parts: { store } })]
  for (let round = 0; round < 3; round++) await attempt(one)
  await attempt(other)
  t.equal(await attempt(other), 2_000, 'the fourth for both together')
})

t.test('stands in front of whatever authenticates in a gateway', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const { url } = await startTestGateway(t, {
    digestKey: '0123456789abcdef',
    upstreams: [upstreamOf([upstream.url])],
    routes: [
      routeOf({ plugins: [{ use: 'auth-lockout', config: { free: 1, base: '1h', max: '1h' } }, { use: 'key-auth' }] })
    ]
  })
  const ask = async () => {
    const { status, headers } = await send({ url, headers: { 'x-api-key': 'guess' } })
    return [status, headers['retry-after']]
  }
  t.strictSame(
    [await ask(), await ask()],
    [
      [401, undefined],
      [401, undefined]
    ]
  )
  const [status, retryAfter] = await ask()
  t.equal(status, 429)
  t.ok(Number(retryAfter) > 3_500)
})
