import { createServer } from 'node:net'
import t from 'tap'
import { DryGateway, explain } from '../../../core/dry-run/explain.ts'
import type { DryRequest } from '../../../core/dry-run/explanation.ts'
import { keyedDigest } from '../../../core/identity/digest.ts'
import { handAlarm } from '../../support/alarm.ts'
import { loadForDryRun, pluginOf, TWO_UPSTREAMS } from '../../support/dry.ts'

const AT = Date.UTC(2026, 0, 1)
const CHAT: DryRequest = { method: 'POST', target: '/v1/chat/completions', body: '{"model":"m"}' }

t.test('says the route, who acts in which phase, the peer and why not the other', async t => {
  const loaded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    plugins: [{ use: 'access-log' }],
    routes: [
      {
        ...TWO_UPSTREAMS.routes[0],
        plugins: [
          { use: 'headers', config: { request: { set: { 'x-team': 'search' } }, response: { remove: ['server'] } } }
        ]
      }
    ]
  })
  const explanation = await explain(loaded, CHAT, {
    at: AT,
    answers: { eu: { outcome: 'answers', headers: { server: 'x' } } }
  })
  t.match(explanation, {
    route: 'all',
    dialect: 'openai-chat',
    end: 'complete',
    response: { status: 200, source: 'upstream' }
  })
  t.strictSame(
    explanation.phases.map(({ way, phase, plugins }) => [way, phase, ...plugins]),
    [
      ['try', 'upstreamPeer', 'weighted'],
      ['try', 'upstreamRequestFilter', 'headers'],
      ['out', 'responseFilter', 'headers'],
      ['out', 'responseFilter', 'headers'],
      ['end', 'logging', 'access-log']
    ]
  )
  t.strictSame(
    explanation.calls.map(({ phase, plugin, attempt, changed }) => [phase, plugin, attempt, ...changed]),
    [
      ['upstreamPeer', 'weighted', 1],
      ['upstreamRequestFilter', 'headers', 1, '+x-team'],
      ['responseFilter', 'headers', undefined, '-server'],
      ['logging', 'access-log', undefined]
    ]
  )
  t.match(explanation.attempts, [
    {
      number: 1,
      upstream: 'chat',
      peer: 'eu',
      origin: 'https://eu.llm.example.com',
      outcome: 'committed',
      others: [{ peer: 'us', why: 'its turn comes later', facts: { weight: 1 } }]
    }
  ])
})

t.test('is the same every time', async t => {
  const loaded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    upstreams: TWO_UPSTREAMS.upstreams.map(upstream => ({ ...upstream, balancer: { use: 'least-latency' } }))
  })
  const first = await explain(loaded, CHAT, { at: AT, seed: 7 })
  t.strictSame(await explain(loaded, CHAT, { at: AT, seed: 7 }), first)
})

t.test('says who is refused, by whom and why, and that nothing would be sent', async t => {
  const loaded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    digestKey: 'a digest key of a test',
    routes: [{ ...TWO_UPSTREAMS.routes[0], plugins: [{ use: 'key-auth' }, { use: 'access-log' }] }]
  })
  const explanation = await explain(loaded, CHAT, { at: AT })
  t.match(explanation, {
    response: { status: 401, source: 'gateway', reason: 'missing_api_key' },
    attempts: [],
    end: 'refused'
  })
  t.match(explanation.calls[0], { plugin: 'key-auth', outcome: 'refused', reason: 'missing_api_key' })
})

t.test('knows the consumer, and shows neither its key nor those of the gateway', async t => {
  const digestKey = 'a digest key of a test'
  const loaded = await loadForDryRun(
    {
      ...TWO_UPSTREAMS,
      digestKey,
      consumers: [{ id: 'team', credentials: { 'key-auth': { keyHash: keyedDigest(digestKey, 'client-secret') } } }],
      upstreams: TWO_UPSTREAMS.upstreams.map(upstream => ({
        ...upstream,
        plugins: [
          { use: 'upstream-auth', config: { secret: '${LLM}' } },
          { use: 'headers', config: { request: { set: { 'x-tag': 'about-upstream-secret' } } } }
        ]
      })),
      routes: [{ ...TWO_UPSTREAMS.routes[0], plugins: [{ use: 'key-auth' }] }]
    },
    [],
    { LLM: 'upstream-secret' }
  )
  const headers = [['authorization', 'Bearer client-secret']] as const
  const explanation = await explain(loaded, { ...CHAT, headers }, { at: AT })
  t.match(explanation, { consumer: 'team', credential: 'team/key-auth/1' })
  const sent = new Map(explanation.attempts[0]?.request?.headers)
  t.equal(sent.get('authorization'), 'Bearer [secret]')
  t.equal(sent.get('x-tag'), 'about-[secret]')
  t.notMatch(JSON.stringify(explanation), /upstream-secret|client-secret|digest key/)
})

t.test('shows no key that goes to an upstream in the query', async t => {
  const plugins = [{ use: 'upstream-auth', config: { secret: '${LLM}', query: 'key' } }]
  const upstreams = TWO_UPSTREAMS.upstreams.map(upstream => ({ ...upstream, plugins }))
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, upstreams }, [], { LLM: 'upstream+secret/1' })
  const explanation = await explain(loaded, CHAT, { at: AT })
  t.match(explanation.attempts[0]?.request?.target, /\?key=\[secret\]$/)
  t.notMatch(JSON.stringify(explanation), /upstream(?:\+|%2B)secret/)
})

t.test('tries again and elsewhere as it would, and says why each target lost', async t => {
  const router = pluginOf('router', {
    setup: (_config, host) => {
      const targets = [{ upstream: host.upstream('chat'), model: 'big' }, { upstream: host.upstream('spare') }]
      return {
        requestFilter(exchange) {
          exchange.decide('model', { asked: 'm', target: 'big' })
          exchange.routeTo(targets)
        }
      }
    }
  })
  const [chat, spare] = TWO_UPSTREAMS.upstreams
  const loaded = await loadForDryRun(
    {
      version: 1,
      upstreams: [{ ...chat, retry: { on: ['connect_failed'] } }, spare],
      routes: [{ id: 'routed', match: { path: '/*' }, plugins: [{ use: 'router' }] }]
    },
    [router]
  )
  const explanation = await explain(loaded, CHAT, {
    at: AT,
    answers: { 'chat/eu': { outcome: 'connect_failed' }, us: { outcome: 'answers', status: 503 } }
  })
  t.strictSame(
    explanation.attempts.map(({ upstream, peer, outcome, status }) => [upstream, peer, outcome, status]),
    [
      ['chat', 'eu', 'connect_failed', undefined],
      ['chat', 'us', 'rejected', 503],
      ['spare', 'only', 'committed', 200]
    ]
  )
  t.strictSame(explanation.attempts[1]?.others, [{ peer: 'eu', why: 'it was tried before', facts: {} }])
  t.strictSame(explanation.targets, [
    { upstream: 'chat', model: 'big', chosen: false, why: 'failed in 2 tries' },
    { upstream: 'spare', model: undefined, chosen: true, why: 'those before it failed' }
  ])
  t.strictSame(explanation.calls[0]?.decisions, [{ name: 'model', facts: { asked: 'm', target: 'big' } }])
  t.equal(explanation.attempts[2]?.request?.target, '/base/v1/chat/completions')
})

t.test('lets the time of a peer that does not answer pass in no time', async t => {
  const loaded = await loadForDryRun(TWO_UPSTREAMS)
  const explanation = await explain(loaded, CHAT, { at: AT, answers: { '*': { outcome: 'timed_out' } } })
  t.match(explanation, { response: { status: 504, reason: 'upstream_timeout' }, end: 'no_upstream' })
  t.equal(explanation.attempts[0]?.outcome, 'timed_out')
})

t.test('says that no route matches, and that a request is refused for its form', async t => {
  const loaded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    routes: [{ id: 'one', match: { path: '/v1', method: 'GET' }, upstream: 'chat' }]
  })
  t.match(await explain(loaded, { method: 'GET', target: '/v2' }, { at: AT }), {
    route: undefined,
    response: { status: 404, reason: 'route_not_found' },
    phases: [],
    calls: []
  })
  t.match(await explain(loaded, { method: 'POST', target: '/v1' }, { at: AT }), {
    response: { status: 405, reason: 'method_not_allowed' }
  })
  t.match(await explain(loaded, { method: 'GET', target: '/v1/%2e%2e/x' }, { at: AT }), {
    response: { status: 400, reason: 'ambiguous_path' }
  })
})

t.test('refuses what cannot be written as a request, and plugins that need the network to start', async t => {
  const loaded = await loadForDryRun(TWO_UPSTREAMS)
  await t.rejects(explain(loaded, { method: 'NO GOOD', target: '/' }, { at: AT }), { code: 'TACIT_REQUEST_INVALID' })
  await t.rejects(explain(loaded, { method: 'GET', target: '/a b' }, { at: AT }), { code: 'TACIT_REQUEST_INVALID' })
  const needy = pluginOf('needy', {
    setup: async (_config, host) => {
      await host.fetch('https://keys.example.com', { timeoutMs: 1, maxBytes: 1 })
      return {}
    }
  })
  const reaching = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'needy' }] }, [needy])
  await t.rejects(explain(reaching, CHAT, { at: AT }), {
    code: 'TACIT_PLUGIN_SETUP_FAILED',
    message: /A dry run reaches nobody/
  })
})

t.test('a plugin that never goes on meets the deadline of its route', async t => {
  const entered = Promise.withResolvers<void>()
  const stuck = pluginOf('stuck', {
    setup: () => ({
      requestFilter: () => {
        entered.resolve()
        return new Promise<void>(() => {})
      }
    })
  })
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'stuck' }] }, [stuck])
  const { alarm, ring } = handAlarm()
  const explained = explain(loaded, CHAT, { at: AT, alarm })
  await entered.promise
  ring()
  t.match(await explained, { end: 'deadline', response: { status: 504, reason: 'deadline_exceeded' } })
})

t.test('dials nobody', async t => {
  let calls = 0
  const server = createServer(socket => {
    calls++
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const loaded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    upstreams: [{ id: 'chat', peers: [{ id: 'near', url: `http://127.0.0.1:${port}` }] }]
  })
  t.match(await explain(loaded, CHAT, { at: AT }), { response: { status: 200 }, attempts: [{ peer: 'near' }] })
  t.equal(calls, 0)
})

t.test('requests to one dry gateway share its state, and time passes as it is told', async t => {
  const counting = pluginOf('counting', {
    reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
    setup: (_config, host) => ({
      async requestFilter(exchange) {
        const claim = { counter: 'all', limit: 2, windowMs: 60_000, algorithm: 'fixed', amount: 1 } as const
        const held = await host.limits.hold(exchange, [claim])
        return held.granted ? undefined : host.refuse('too_many', { retryAfterMs: held.retryAfterMs })
      }
    })
  })
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'counting' }] }, [counting])
  const dry = await DryGateway.open(loaded, { at: AT })
  t.teardown(() => dry.close())
  const statuses: number[] = []
  const peers: (string | undefined)[] = []
  for (let count = 0; count < 3; count++) {
    const { response, attempts } = await dry.ask(CHAT)
    statuses.push(response.status)
    peers.push(attempts[0]?.peer)
  }
  dry.advance(60_000)
  statuses.push((await dry.ask(CHAT)).response.status)
  t.strictSame(statuses, [200, 200, 429, 200])
  t.strictSame(peers, ['eu', 'eu', undefined])
})
