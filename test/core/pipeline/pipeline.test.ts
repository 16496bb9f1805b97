import t from 'tap'
import { opaqueUpstream } from '../../../core/opaque.ts'
import { shutDown } from '../../../core/pipeline/pipeline.ts'
import type { Step } from '../../../core/pipeline/plan.ts'
import type { Target } from '../../../core/plugin.ts'
import { collect, openResponse, send } from '../../support/client.ts'
import { startServer, witness } from '../../support/exchanges.ts'
import { SSE, says, servers, startWith } from '../../support/peers.ts'
import { planOf, type Reachable, type RouteGiven, stepOf, upstreamAt } from '../../support/plans.ts'
import { type Teardown, turns } from '../../support/upstream.ts'

t.test('a try that fails is followed by another at a peer that was not tried', async t => {
  const peers = await servers(t, says(503), says(200, 'second'))
  const server = await startWith(t, peers, { attempts: 2, on: [503] })
  const { status, body } = await send({ url: server.url, body: 'question' })
  t.strictSame([status, body.toString()], [200, 'second'])
  t.strictSame(server.services.attempts, [
    ['upstream', 'peer-1', 'rejected'],
    ['upstream', 'peer-2', 'committed']
  ])
  t.strictSame(
    peers.map(({ requests }) => requests.map(seen => seen.body.toString())),
    [['question'], ['question']]
  )
  const { attempts, end } = await server.end()
  t.strictSame(
    [attempts.map(({ number, status: got }) => [number, got]), end.reason],
    [
      [
        [1, 503],
        [2, 200]
      ],
      'complete'
    ]
  )
})

t.test('what is not named is not tried again, and its answer is the client’s', async t => {
  const peers = await servers(t, says(500, 'broken'), says(200))
  const server = await startWith(t, peers, { attempts: 3, on: [503] })
  const { status, body } = await send({ url: server.url })
  t.strictSame([status, body.toString(), peers[1]?.connections], [500, 'broken', 0])
})

t.test('tries come to an end, and the last answer is the client’s', async t => {
  const peers = await servers(t, says(503, 'one'), says(503, 'two'))
  const server = await startWith(t, peers, { attempts: 3, on: [503] })
  t.equal((await send({ url: server.url })).status, 503)
  t.strictSame(
    server.services.attempts.map(([, peer, outcome]) => [peer, outcome]),
    [
      ...[
        ['peer-1', 'rejected'],
        ['peer-2', 'rejected'],
        ['peer-1', 'committed']
      ]
    ]
  )
})

t.test('a spent budget ends the tries', async t => {
  const peers = await servers(t, says(503), says(200))
  const server = await startWith(t, peers, { attempts: 2, on: [503], retriesPerSecond: 0 })
  t.equal((await send({ url: server.url })).status, 503)
})

/** A plugin that sends requests to these targets. */
function router(targets: readonly Omit<Target, 'upstream'>[]): Step {
  const ids = targets.map((_target, index) => `up-${index + 1}`)
  const chosen = targets.map((target, index) => ({ ...target, upstream: opaqueUpstream(ids[index] ?? '') }))
  return stepOf('router', { requestFilter: exchange => exchange.routeTo(chosen) }, { upstreams: new Set(ids) })
}

t.test('the next target follows when all tries at one have failed', async t => {
  const peers = await servers(t, says(429), says(500), says(200, 'third'))
  const server = await startServer(t, clock => {
    const reachable = peers.map(
      ({ url }, index): Reachable => ({ upstream: upstreamAt(clock, [url], { id: `up-${index + 1}` }) })
    )
    return planOf(reachable, { steps: [router([{}, {}, {}])] })
  })
  const { status, body } = await send({ url: server.url })
  t.strictSame([status, body.toString()], [200, 'third'])
  t.strictSame(
    server.services.attempts.map(([upstream, , outcome]) => [upstream, outcome]),
    [
      ...[
        ['up-1', 'rejected'],
        ['up-2', 'rejected'],
        ['up-3', 'committed']
      ]
    ]
  )
})

t.test('a target may say itself when it is left', async t => {
  for (const [on, status] of [
    [[404], 200],
    [[503], 404],
    [[], 404]
  ] as const) {
    const peers = await servers(t, says(404), says(200))
    const server = await startServer(t, clock => {
      const reachable = peers.map(
        ({ url }, index): Reachable => ({ upstream: upstreamAt(clock, [url], { id: `up-${index + 1}` }) })
      )
      return planOf(reachable, { steps: [router([{ on }, {}])] })
    })
    t.equal((await send({ url: server.url })).status, status, JSON.stringify(on))
  }
})

t.test('without a target, or a peer, or with a balancer that fails, nothing is sent', async t => {
  const [peer] = await servers(t, says(200))
  const balancers: readonly (readonly [Step | undefined, number, string, string])[] = [
    [undefined, 503, 'no_upstream', 'no_target'],
    [stepOf('none', { upstreamPeer: () => undefined }), 503, 'no_upstream', 'no_peer_chosen'],
    [
      stepOf('broken', {
        upstreamPeer: () => {
          throw new RangeError('no')
        }
      }),
      500,
      'plugin_failed',
      'plugin_failed'
    ]
  ]
  for (const [balancer, status, end, reason] of balancers) {
    const server = await startServer(t, clock => {
      const upstream = upstreamAt(clock, [peer?.url ?? ''])
      return balancer === undefined ? planOf([{ upstream }], { targets: undefined }) : planOf([{ upstream, balancer }])
    })
    t.equal((await send({ url: server.url })).status, status)
    t.match(await server.end(), { end: { reason: end }, reason })
  }
  t.equal(peer?.connections, 0)
})

t.test('who leaves cancels the upstream, wherever it is', async t => {
  const seen: string[] = []
  for (const headers of [undefined, {}, SSE]) {
    seen.length = 0
    const peers = await servers(t, undefined)
    const server = await startWith(t, peers, {}, { steps: [witness(seen)] })
    const aborter = new AbortController()
    const asked = send({ url: server.url, signal: aborter.signal })
    asked.catch(() => {})
    const exchange = await peers[0]?.next()
    if (headers !== undefined) {
      exchange?.head(200, headers)
      await exchange?.write('data: 1\n\n')
      await turns(4)
    }
    aborter.abort()
    t.equal((await exchange?.closed)?.clean, false)
    t.match(await server.end(), { end: { reason: 'client_gone' }, error: { code: 'CLIENT_GONE', origin: 'client' } })
    const status = headers === undefined ? 0 : 200
    t.strictSame(seen.slice(-2), [`finish client_gone ${status}`, 'logging client_gone'])
    t.equal(peers[0]?.requests.length, 1)
  }
})

/** A server that reads on without its client, and what an observer there sees. */
async function startDraining(t: Teardown, drain: RouteGiven['drain'] = {}) {
  const seen: string[] = []
  const looks = stepOf(
    'looks',
    {
      responseFilter: (_exchange, { body }) => {
        body.observe(
          { event: ({ data }) => void seen.push(data), end: clean => void seen.push(`end ${clean}`) },
          'upstream'
        )
        body.transformEvents({
          event: (event, out) => {
            seen.push('transformed')
            out(event)
          },
          end: () => {}
        })
      },
      finish: exchange => void seen.push(`aborted ${exchange.signal.aborted}`)
    },
    { readsResponseBody: true }
  )
  const [peer] = await servers(t, undefined)
  if (peer === undefined) throw new TypeError('no server')
  const server = await startWith(t, [peer], {}, { steps: [looks], drainsForClient: true, drain })
  const leave = async (head: boolean) => {
    const aborter = new AbortController()
    const beginning = server.begin()
    const opening = openResponse({ url: server.url, signal: aborter.signal })
    opening.catch(() => {})
    const exchange = await peer.next()
    const live = await beginning
    if (head) {
      exchange.head(200, SSE)
      ;(await opening).on('error', () => {})
    }
    while (live.attempt?.isSent !== true) await turns(1)
    aborter.abort()
    while (!live.clientGone) await turns(1)
    return exchange
  }
  return { server, seen, leave }
}

t.test('a stream is read to its end without its client where the route says so', async t => {
  for (const head of [true, false]) {
    const { server, seen, leave } = await startDraining(t)
    const exchange = await leave(head)
    if (!head) exchange.head(200, SSE)
    await exchange.write('data: 1\n\nda')
    await exchange.write('ta: 2\n\n')
    exchange.end()
    t.match(await server.end(), { end: { reason: 'client_gone', status: head ? 200 : 0 }, responseBytes: 0 })
    t.equal((await exchange.closed).clean, true)
    t.strictSame(seen, ['1', '2', 'end true', 'aborted false'], 'and nothing is transformed')
    t.equal([...server.services.live].length, 0)
  }
})

t.test('reading on is bounded in bytes, in time and in number', async t => {
  const bytes = await startDraining(t, { maxBytes: 100 })
  const much = await bytes.leave(true)
  await much.write(`data: ${'x'.repeat(100)}\n\n`)
  t.equal((await much.closed).clean, false)
  t.match(await bytes.server.end(), { end: { reason: 'client_gone' } })
  for (const head of [true, false]) {
    const time = await startDraining(t, { maxDuration: 1_000 })
    const slow = await time.leave(head)
    if (!head) slow.head(200, SSE)
    await slow.write('data: 1\n\n')
    await turns(4)
    time.server.clock.advance(1_050)
    t.equal((await slow.closed).clean, false)
    t.match(await time.server.end(), { end: { reason: 'client_gone' } })
  }
  const number = await startDraining(t, { maxConcurrent: 1 })
  const first = await number.leave(true)
  const second = await number.leave(true)
  t.equal((await second.closed).clean, false, 'the second is cancelled')
  first.end()
  await number.server.end()
  const third = await number.leave(true)
  third.end()
  t.equal((await third.closed).clean, true, 'there is room again')
})

t.test('nothing is begun for a client that has gone before its request was sent', async t => {
  const gate = Promise.withResolvers<void>()
  const peers = await servers(t, says(200))
  const slow = stepOf('slow', { upstreamRequestFilter: () => gate.promise })
  const server = await startWith(t, peers, {}, { steps: [slow], drainsForClient: true })
  const beginning = server.begin()
  const aborter = new AbortController()
  const asked = send({ url: server.url, signal: aborter.signal })
  asked.catch(() => {})
  const exchange = await beginning
  aborter.abort()
  while (!exchange.clientGone) await turns(1)
  gate.resolve()
  t.match(await server.end(), { end: { reason: 'client_gone' } })
  await turns(4)
  t.equal(peers[0]?.connections, 0)
})

t.test('the deadline ends what is under way, with the words that are still possible', async t => {
  const peers = await servers(t, undefined)
  const server = await startWith(t, peers, {}, { limits: { deadline: 1_000, maxStreamDuration: 5_000 } })
  const waiting = send({ url: server.url })
  const first = await peers[0]?.next()
  server.clock.advance(1_050)
  t.equal((await waiting).status, 504)
  t.equal((await first?.closed)?.clean, false)
  const opening = openResponse({ url: server.url })
  const second = await peers[0]?.next()
  second?.head(200, SSE)
  const response = await opening
  await second?.write('data: 1\n\n')
  server.clock.advance(4_900)
  t.equal(server.services.live.size, 1, 'a stream may take longer')
  server.clock.advance(150)
  const { body, complete } = await collect(response)
  t.match(body.toString(), /^data: 1\n\nevent: error\ndata: \{.*"reason":"deadline_exceeded".*\}\n\n$/)
  t.equal(complete, false)
  for (const status of [504, 200]) {
    t.match(await server.end(), { end: { reason: 'deadline', status }, error: { code: 'DEADLINE', origin: 'gateway' } })
  }
})

t.test('a shutdown ends what is left, each once', async t => {
  const seen: string[] = []
  const peers = await servers(t, undefined)
  const server = await startWith(t, peers, {}, { steps: [witness(seen)] })
  const beginning = server.begin()
  const asked = send({ url: server.url })
  const exchange = await beginning
  await peers[0]?.next()
  shutDown(exchange)
  shutDown(exchange)
  t.equal((await asked).status, 503)
  t.match(await server.end(), { end: { reason: 'shutdown' }, reason: 'shutting_down', error: { code: 'SHUTDOWN' } })
  t.strictSame(
    seen.filter(entry => /^(?:finish|logging)/.test(entry)),
    ['finish shutdown 503', 'logging shutdown']
  )
})

t.test('a long body is sent again only as long as nothing of it has left', async t => {
  const [dead, alive] = await servers(t, undefined, async exchange => {
    exchange.answer(200, {}, String((await exchange.body).length))
  })
  if (!(dead && alive)) throw new TypeError('no servers')
  await dead.close()
  const server = await startWith(t, [dead, alive], { attempts: 2, on: ['connect_failed', 503] })
  t.equal((await send({ url: server.url, body: Buffer.alloc(100_000) })).body.toString(), '100000')
  const peers = await servers(t, says(503), says(200))
  const consumed = await startWith(t, peers, { attempts: 2, on: [503] })
  t.equal((await send({ url: consumed.url, body: Buffer.alloc(100_000) })).status, 503)
  t.equal(peers[1]?.connections, 0)
})

t.test('a long body is there for a plugin that reads it on its way to the upstream', async t => {
  const seen: number[] = []
  const signs = stepOf(
    'signs',
    { upstreamRequestFilter: (_exchange, { body }) => void seen.push(body.bytes().length) },
    { readsRequestBody: true }
  )
  const peers = await servers(t, async exchange => exchange.answer(200, {}, String((await exchange.body).length)))
  const server = await startServer(t, clock => {
    const upstream = upstreamAt(
      clock,
      peers.map(({ url }) => url)
    )
    return planOf([{ upstream, steps: [signs] }])
  })
  t.equal((await send({ url: server.url, body: Buffer.alloc(100_000) })).body.toString(), '100000')
  t.strictSame(seen, [100_000])
})

t.test('edits for one try are gone at the next', async t => {
  const adds = stepOf(
    'adds',
    {
      upstreamRequestFilter: (_exchange, outgoing) => {
        outgoing.body.replace(`${Buffer.from(outgoing.body.bytes())}!`)
        outgoing.headers.append('x-tries', 'one')
        outgoing.target += '/more'
        outgoing.method = 'PUT'
      }
    },
    { readsRequestBody: true }
  )
  const peers = await servers(t, says(503), says(200))
  const server = await startWith(t, peers, { attempts: 2, on: [503] }, { steps: [adds] })
  await send({ url: `${server.url}/path`, body: 'body' })
  t.strictSame(
    peers.map(({ requests: [seen] }) => [seen?.method, seen?.target, seen?.headers['x-tries'], seen?.body.toString()]),
    Array(2).fill(['PUT', '/path/more', 'one', 'body!'])
  )
})

t.test('a stream that nobody else could be asked for is the client’s, however late its content is', async t => {
  const peers = await servers(t, undefined)
  const server = await startWith(t, peers, { timeouts: { perTry: 100 } }, { dialect: 'openai-chat' })
  const answer = openResponse({ url: server.url, body: '{}' })
  const exchange = await peers[0]?.next()
  exchange?.head(200, SSE)
  await exchange?.write(': still thinking\n\n')
  const response = await answer
  server.clock.advance(50_000)
  exchange?.end()
  const { body, complete } = await collect(response)
  t.strictSame([body.toString(), complete], [': still thinking\n\n', true])
})
