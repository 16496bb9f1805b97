import { TOKEN_USAGE } from 'tacit-gateway/plugin'
import type { RequestInit } from 'tacit-gateway/testing'
import t from 'tap'
import { call, chat, driven, MAPS, PRICED, remaining, run, usage, type Who } from './rate-limit/support.ts'

t.test('the last request that fits is let in, and the next one is not', async t => {
  const plugin = await driven({ limits: [{ requests: 2, per: '1m' }] })
  t.strictSame([await run(plugin), await run(plugin), await run(plugin)], [undefined, undefined, 'requests_limited'])
  t.strictSame(plugin.waited, [], 'counters in memory are not waited for')
  plugin.clock.advance(61_900)
  t.equal(await run(plugin), undefined)
})

t.test('consumers, keys, groups, addresses, models and routes are counted apart', async t => {
  const cases: readonly [string | readonly string[], RequestInit & Partial<Who>][] = [
    ['consumer', { consumer: MAPS }],
    ['key', { key: 'k2' }],
    ['group', { consumer: { ...MAPS, group: 'others' } }],
    ['address', { clientIp: '192.0.2.2' }],
    ['model', chat({ model: 'unpriced' })],
    ['route', { route: 'other-route' }],
    [['consumer', 'route'], { route: 'other-route' }]
  ]
  for (const [by, other] of cases) {
    const plugin = await driven({ by, limits: [{ requests: 1, per: '1m' }] })
    const usual = by === 'model' ? chat() : {}
    t.equal(await run(plugin, usual), undefined, String(by))
    t.equal(await run(plugin, usual), 'requests_limited', String(by))
    t.equal(await run(plugin, { ...usual, ...other }), undefined, `another ${by}`)
  }
})

t.test('members of a group share its limit, and keys of a consumer its own', async t => {
  const group = await driven({ by: 'group', limits: [{ requests: 1, per: '1m' }] })
  t.equal(await run(group), undefined)
  t.equal(await run(group, { consumer: MAPS }), 'requests_limited')
  const consumer = await driven({ by: 'consumer', limits: [{ requests: 1, per: '1m' }] })
  t.equal(await run(consumer), undefined)
  t.equal(await run(consumer, { key: 'k2' }), 'requests_limited')
})

t.test('a header is counted by its digest, and those without one together', async t => {
  const plugin = await driven({ by: 'header', header: 'x-team', limits: [{ requests: 1, per: '1m' }] })
  const team = (name: string) => ({ headers: { 'x-team': name } })
  t.strictSame(
    [await run(plugin, team('a')), await run(plugin, team('b')), await run(plugin)],
    [undefined, undefined, undefined]
  )
  t.equal(await run(plugin, team('a')), 'requests_limited')
  t.equal(await run(plugin), 'requests_limited')
})

t.test('tokens are held by an estimate and settled by what was used', async t => {
  const plugin = await driven({ limits: [{ tokens: 1_000, per: '1m' }] })
  const exchange = call(plugin, chat())
  await exchange.requestFilter()
  const [held = 0] = await remaining(plugin)
  t.ok(held < 900 && held > 850, `${held} are left while 100 of output and some of input are held`)
  await exchange.upstreamRequestFilter()
  exchange.upstreamResult()
  exchange.exchange.set(TOKEN_USAGE, usage(7, 3))
  exchange.finish()
  t.strictSame(await remaining(plugin), [990])
})

t.test('input, output and all tokens are limits of their own, of which the first that is used up refuses', async t => {
  const limits = [
    { inputTokens: 10_000, per: '1m' },
    { outputTokens: 250, per: '1m' },
    { tokens: 10_000, per: '1m' }
  ]
  const plugin = await driven({ limits })
  t.equal(await run(plugin, chat(), usage(10, 100)), undefined)
  t.equal(await run(plugin, chat(), usage(10, 100)), undefined)
  t.equal(await run(plugin, chat(), usage(10, 100)), 'tokens_limited')
  t.strictSame(await remaining(plugin), [9_980, 50, 9_780], 'the two that had room were not charged')
})

t.test('cached input counts as input', async t => {
  const plugin = await driven({ limits: [{ inputTokens: 10_000, per: '1m' }] })
  const cached = { ...usage(10, 1), cacheReadTokens: 5, cacheWriteTokens: { short: 3, long: 2 } }
  await run(plugin, chat(), cached)
  t.strictSame(await remaining(plugin), [9_980])
})

t.test('what an answer used beyond its hold is charged and reported', async t => {
  const plugin = await driven({ limits: [{ tokens: 1_000, per: '1m' }] })
  await run(plugin, chat(), usage(100, 5_000))
  t.strictSame(await remaining(plugin), [0])
  const [beyond] = plugin.measured.filter(({ metric }) => metric === 'rate_limit_beyond_hold')
  t.ok(beyond !== undefined && beyond.value > 4_900 && beyond.labels.limit === 'tokens-1m')
  t.equal(await run(plugin, chat()), 'tokens_limited')
})

t.test('nothing is charged for tokens where no upstream has answered', async t => {
  const plugin = await driven({
    limits: [
      { tokens: 1_000, per: '1m' },
      { requests: 10, per: '1m' }
    ]
  })
  const early = call(plugin, chat())
  await early.requestFilter()
  early.finish({ reason: 'refused', status: 403 })
  const failed = call(plugin, chat())
  await failed.requestFilter()
  failed.upstreamResult({ outcome: 'connect_failed' })
  failed.upstreamResult({ outcome: 'rejected', status: 503 })
  failed.finish({ reason: 'no_upstream', status: 503 })
  const error = call(plugin, chat())
  await error.requestFilter()
  error.upstreamResult({ outcome: 'committed', status: 400 })
  error.finish({ reason: 'complete', status: 400 })
  t.strictSame(await remaining(plugin), [1_000, 7], 'requests are counted, tokens were not used')
  const cut = call(plugin, chat())
  await cut.requestFilter()
  cut.upstreamResult({ outcome: 'timed_out', status: undefined })
  cut.finish({ reason: 'no_upstream', status: 504 })
  t.ok(((await remaining(plugin))[0] ?? 0) < 1_000, 'a try that broke off may have used what it was held at')
})

t.test('requests at once are freed when they end, however they end', async t => {
  const plugin = await driven({ limits: [{ concurrent: 2 }] })
  const [one, two, three] = [call(plugin), call(plugin), call(plugin)]
  t.equal(await one.requestFilter(), undefined)
  t.equal(await two.requestFilter(), undefined)
  t.match(await three.requestFilter(), { reason: 'concurrency_limited' })
  two.leave()
  two.finish({ reason: 'client_gone', status: 0 })
  t.equal(await call(plugin).requestFilter(), undefined)
})

t.test('none of several limits is charged when another refuses', async t => {
  const plugin = await driven({ limits: [{ requests: 5, per: '1m' }, { concurrent: 1 }] })
  await call(plugin).requestFilter()
  t.match(await call(plugin).requestFilter(), { reason: 'concurrency_limited' })
  t.strictSame(await remaining(plugin), [4, 0])
})

t.test('a limit on trial counts and tells, and refuses nothing', async t => {
  const plugin = await driven({ limits: [{ requests: 1, per: '1m', shadow: true }] })
  t.strictSame([await run(plugin), await run(plugin)], [undefined, undefined])
  t.strictSame(
    plugin.measured.map(({ metric, labels }) => [metric, labels.limit]),
    [['rate_limit_shadowed', 'requests-1m']]
  )
  const { response } = await call(plugin).run()
  t.notOk('ratelimit' in response.headers, 'clients are not told of it')
})

t.test('tells clients in the standard headers and in those of their dialect', async t => {
  const plugin = await driven({
    limits: [
      { requests: 500, per: '1m' },
      { tokens: 10_000, per: '1m' }
    ]
  })
  const theirs = { 'x-ratelimit-limit-requests': '9', 'x-ratelimit-reset-images': '1s', 'x-other': 'kept' }
  const { response } = await call(plugin, chat()).run({ headers: theirs })
  t.match(response.headers, {
    'ratelimit-policy': '"requests-1m";q=500;w=60, "tokens-1m";q=10000;tacit-unit="tokens";w=60',
    ratelimit: /^"requests-1m";r=499;t=\d+, "tokens-1m";r=9\d{3};t=\d+$/,
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-limit-tokens': '10000',
    'x-other': 'kept'
  })
  t.notOk('x-ratelimit-reset-images' in response.headers, 'what the upstream says of its account is nobody’s business')
})

t.test('leaves headers alone where the operator says so', async t => {
  const plugin = await driven({ limits: [{ requests: 500, per: '1m' }], headers: false })
  const { response } = await call(plugin).run({ headers: { 'x-ratelimit-limit-requests': '9' } })
  t.strictSame(response.headers, { 'x-ratelimit-limit-requests': '9' })
})

t.test('a refusal says when to come back', async t => {
  const plugin = await driven({ limits: [{ requests: 1, per: '1m', algorithm: 'fixed' }] })
  await run(plugin)
  plugin.clock.advance(20_000)
  const { refused, response } = await call(plugin).run()
  t.match(refused, { status: 429, retryable: true, retryAfterMs: 40_000 })
  t.match(response.headers, { ratelimit: '"requests-1m";r=0;t=40', 'x-ratelimit-reset-requests': '40s' })
})

t.test('refuses with 503 while the store is away, and lets pass what the operator lets', async t => {
  const hold = async () => ({ granted: false, claim: 0, retryAfterMs: 1_000, cause: 'store' }) as const
  const limits = { hold, read: async () => [], topUp: async () => {}, reset: async () => {} }
  const plugin = await driven({ limits: [{ requests: 1, per: '1m' }] }, { parts: { ...PRICED, limits } })
  const { refused } = await call(plugin).run()
  t.match(refused, { reason: 'limits_unavailable', status: 503, retryable: true })
  t.strictSame(plugin.waited, ['requestFilter'])
})
