import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import authLockout from '../../plugins/auth-lockout/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
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
  t.equal(lockout.waited.length, 3, 'for what others know of somebody who was not asked about within a second')
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

/** What gateways share. */
function sharedStore() {
  const values = new Map<string, string>()
  const gets: string[] = []
  return {
    values,
    gets,
    store: {
      get: async (key: string) => {
        gets.push(key)
        return values.get(key)
      },
      set: async (key: string, value: string) => {
        values.set(key, value)
      },
      increment: async (key: string, by: number) => {
        const sum = Number(values.get(key) ?? 0) + by
        values.set(key, String(sum))
        return sum
      }
    }
  }
}

t.test('who waits at one gateway waits at the others', async t => {
  const { store } = sharedStore()
  const [one, other] = [await driven({}, { parts: { store } }), await driven({}, { parts: { store } })]
  for (let round = 0; round < 3; round++) await attempt(one)
  t.equal(await attempt(other), 1_000, 'without having seen a single guess')
  other.clock.advance(600)
  t.equal(await attempt(other), 400)
  other.clock.advance(400)
  t.equal(await attempt(other), undefined)
  t.equal(await attempt(other), 2_000, 'the fourth for both together')
  t.equal(await attempt(other, { from: '192.0.2.2', key: 'another-key-1' }), undefined, 'somebody else')
})

t.test('asks about each once a second at most, and all who come meanwhile wait for the answer', async t => {
  const { store, gets } = sharedStore()
  const lockout = await driven({ free: 100, freePerPrefix: 100 }, { parts: { store } })
  await Promise.all([attempt(lockout), attempt(lockout), attempt(lockout)])
  await attempt(lockout)
  t.equal(gets.length, 2, 'the address, and how the key begins')
  t.ok(
    gets.every(key => /^wait\/hmac-sha256:/.test(key)),
    'neither stands in the store'
  )
  lockout.clock.advance(1_000)
  await attempt(lockout)
  t.equal(gets.length, 4)
})

t.test('believes no wait that is longer than its own longest, and nothing that is none', async t => {
  const { store, values, gets } = sharedStore()
  const lockout = await driven({ max: '10s' }, { parts: { store } })
  await attempt(lockout, { status: 200 })
  for (const key of gets.splice(0)) values.set(key, `9 ${lockout.clock.now() + 3_600_000}`)
  lockout.clock.advance(1_000)
  t.equal(await attempt(lockout), 10_000)
  lockout.clock.advance(10_000)
  for (const nonsense of ['', 'x', '1', '1 2 3', '-1 99999999999999', '1e9 1e99']) {
    for (const key of values.keys()) values.set(key, nonsense)
    lockout.clock.advance(1_000)
    t.equal(await attempt(lockout, { status: 200 }), undefined, nonsense)
  }
})

t.test(
  'gateways that share a Redis lock out together, and each by itself while it is away',
  { skip: withoutRedis },
  async t => {
    const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
    const server = await startRedis(t)
    const start = () =>
      startTestGateway(t, {
        digestKey: '0123456789abcdef',
        stores: { redis: { url: server.url, commandTimeout: '5s', breaker: { failures: 1 } } },
        upstreams: [upstreamOf([upstream.url])],
        routes: [
          routeOf({
            plugins: [{ use: 'auth-lockout', config: { free: 1, base: '1h', max: '1h' } }, { use: 'key-auth' }]
          })
        ]
      })
    const [one, other] = [await start(), await start()]
    const ask = async ({ url }: { readonly url: string }, key = 'guess') =>
      (await send({ url, headers: { 'x-api-key': key } })).status
    t.strictSame([await ask(one), await ask(one), await ask(one)], [401, 401, 429])
    while (Number(await server.command('eval', "return #redis.call('KEYS', '*wait/*')", 0)) === 0);
    t.equal(await ask(other), 429, 'it has not seen a guess')
    await server.kill()
    t.equal(await ask(one), 429, 'what is known here holds without it')
    const third = await start()
    t.equal(
      await ask(third),
      503,
      'waits of others are not known: whoever authenticates decides, and cannot look anybody up'
    )
  }
)

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
