import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { LiveAttempt } from '../../../core/pipeline/attempt.ts'
import type { Conductor } from '../../../core/pipeline/conductor.ts'
import type { Outcome } from '../../../core/plugin.ts'
import type { ResponseHeaders } from '../../../core/upstream/transport.ts'
import { collect, openResponse, send } from '../../support/client.ts'
import { exchangeOf, servicesOf, startServer } from '../../support/exchanges.ts'
import { SSE, says, servers, startWith, streams } from '../../support/peers.ts'
import { planOf, stepOf, type UpstreamGiven, upstreamAt } from '../../support/plans.ts'
import { type Handler, turns } from '../../support/upstream.ts'

const OPENING = 'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'
const CONTENT = 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
const FAILURE = 'data: {"error":{"message":"busy","code":503}}\n\n'

/** A conductor that notes what it is told, and decides as given. */
function noting(decides: { readonly rejects?: boolean; readonly peeks?: boolean; readonly cancels?: boolean } = {}) {
  const told: string[] = []
  const conductor: Conductor = {
    isRejected: (_attempt, status, inStream) => {
      told.push(`isRejected ${status} ${inStream}`)
      return decides.rejects === true
    },
    shouldPeek: () => decides.peeks === true,
    isLate: () => {
      told.push('isLate')
      return decides.rejects === true
    },
    committed: attempt => {
      told.push(`committed ${attempt.status}`)
      if (decides.cancels) attempt.cancel()
    },
    failed: ({ outcome, failureCode }) => void told.push(`failed ${outcome} ${failureCode}`),
    upgraded: () => void told.push('upgraded'),
    informed: (_attempt, status) => void told.push(`informed ${status}`),
    concluded: ({ outcome }) => void told.push(`concluded ${outcome}`),
    rearm: () => {}
  }
  return { told, conductor }
}

/** A try that the test drives by itself, without a connection. */
function attemptOf(decides: { readonly rejects?: boolean; readonly peeks?: boolean; readonly cancels?: boolean } = {}) {
  const services = servicesOf()
  const timeouts = { connect: 1_000, firstByte: 2_000, idle: 3_000 }
  const plan = planOf([{ upstream: upstreamAt(services.clock, ['http://peer.test'], { timeouts }) }])
  const at = plan.upstreams.get('upstream')
  const peer = at?.upstream.peers[0]
  if (at === undefined || peer === undefined) throw new TypeError('no peer')
  const { told, conductor } = noting(decides)
  const exchange = exchangeOf(plan, { services, dialect: 'openai-chat' })
  const attempt = new LiveAttempt(exchange, at, peer, conductor)
  return { attempt, peer, told, clock: services.clock, exchange }
}

t.test('what is waited for is due in its own time', async t => {
  const { attempt, clock } = attemptOf({ peeks: true })
  clock.advance(100)
  t.equal(attempt.dueMs, Number.POSITIVE_INFINITY, 'nothing, before it has begun')
  attempt.begin()
  t.equal(attempt.dueMs, 1_100, 'a connection')
  clock.advance(50)
  attempt.onSent()
  t.equal(attempt.dueMs, 2_150, 'the first byte')
  clock.advance(50)
  attempt.onHead(200, SSE)
  t.equal(attempt.dueMs, 5_200, 'the first content')
  attempt.onData(Buffer.from(CONTENT))
  t.equal(attempt.dueMs, 3_200, 'the next piece')
  clock.advance(1_000)
  attempt.onData(Buffer.from(CONTENT))
  t.equal(attempt.dueMs, 4_200)
  attempt.onEnd()
  t.equal(attempt.dueMs, Number.POSITIVE_INFINITY)
  t.match(attempt, { status: 200, headersMs: 100, firstEventMs: 100, outcome: 'committed' })
})

t.test('a slow client is no slow peer', async t => {
  const { attempt, exchange, clock } = attemptOf()
  attempt.begin()
  attempt.onSent()
  exchange.awaitsBody = true
  t.equal(attempt.dueMs, Number.POSITIVE_INFINITY)
  clock.advance(10_000)
  exchange.awaitsBody = false
  attempt.sentPiece()
  t.equal(attempt.dueMs, 12_000)
})

t.test('every try is concluded once and leaves its peer once, however it ends', async t => {
  type Event = (attempt: LiveAttempt) => void
  const sent: Event = attempt => attempt.onSent()
  const head =
    (status: number, headers: ResponseHeaders): Event =>
    attempt =>
      attempt.onHead(status, headers)
  const fails: Event = attempt => attempt.onFailure(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
  const late: Event = attempt => attempt.overdue()
  const ends: Event = attempt => attempt.onEnd()
  const says: Event = attempt => attempt.onData(Buffer.from(FAILURE))
  const endings: readonly (readonly [Outcome, readonly Event[], boolean?])[] = [
    ['cancelled', []],
    ['connect_failed', [late]],
    ['connect_failed', [fails]],
    ['reset', [sent, fails]],
    ['timed_out', [sent, late]],
    ['committed', [sent, head(200, {}), ends]],
    ['committed', [sent, head(200, {}), fails]],
    ['rejected', [sent, head(503, {})], true],
    ['rejected', [sent, head(503, { 'content-length': '2' }), ends], true],
    ['rejected', [sent, head(503, { 'content-length': '2' }), fails], true],
    ['rejected', [sent, head(200, SSE), says], true],
    ['rejected', [sent, head(200, SSE), says, ends]],
    ['reset', [sent, head(200, SSE), fails]],
    ['reset', [sent, head(200, SSE), late, fails]],
    ['committed', [sent, head(200, SSE), ends]]
  ]
  for (const [outcome, events, rejects = false] of endings) {
    const { attempt, told, peer } = attemptOf({ rejects, peeks: true })
    t.equal(peer.inFlight, 1)
    attempt.begin()
    for (const event of events) event(attempt)
    attempt.cancel()
    attempt.fail('reset', 'LATE')
    attempt.onEnd()
    t.strictSame([peer.inFlight, attempt.outcome], [0, outcome], told.join())
    t.strictSame(
      told.filter(entry => entry.startsWith('concluded')),
      [`concluded ${outcome}`]
    )
    t.ok(told.filter(entry => /^(?:failed|committed)/.test(entry)).length <= 1, told.join())
  }
})

t.test('an answer that is given up in the moment it is committed is over once', async t => {
  for (const last of ['onEnd', 'onData'] as const) {
    const { attempt, peer } = attemptOf({ peeks: true, cancels: true })
    attempt.begin()
    attempt.onSent()
    attempt.onHead(200, SSE)
    if (last === 'onEnd') attempt.onEnd()
    else attempt.onData(Buffer.from(CONTENT))
    t.strictSame([peer.inFlight, attempt.isOver], [0, true], last)
  }
})

t.test('a rejected answer is given up when it is long, or does not come', async t => {
  const { attempt, peer, clock } = attemptOf({ rejects: true })
  attempt.begin()
  attempt.onSent()
  attempt.onHead(503, { 'content-length': '60000' })
  t.equal(peer.inFlight, 1, 'a short one is read, which saves the connection')
  clock.advance(1_050)
  t.equal(peer.inFlight, 0)
  const long = attemptOf({ rejects: true })
  long.attempt.begin()
  long.attempt.onSent()
  long.attempt.onHead(503, { 'content-length': '70000' })
  t.equal(long.peer.inFlight, 0)
})

t.test('says when its peer wants to be asked again', async t => {
  for (const [headers, ms] of [
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after-ms': '250', 'retry-after': '3' }, 250],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, undefined],
    [{}, undefined]
  ] as const) {
    const { attempt } = attemptOf()
    attempt.begin()
    attempt.onSent()
    attempt.onHead(429, headers)
    t.equal(attempt.retryAfterMs, ms)
  }
})

t.test('a request that may have been received is sent once, unless the operator allows more', async t => {
  const reset: Handler = async exchange => {
    await exchange.body
    exchange.reset()
  }
  for (const [method, nonIdempotent, tries] of [
    ['POST', false, 1],
    ['POST', true, 2],
    ['GET', false, 2],
    ['PUT', false, 2]
  ] as const) {
    const peers = await servers(t, reset, says(200))
    const server = await startWith(t, peers, { attempts: 2, on: ['reset'], nonIdempotent })
    const { status } = await send({ url: server.url, method, ...(method === 'GET' ? {} : { body: 'x' }) })
    t.strictSame(
      [status, server.services.attempts.length],
      [tries === 1 ? 502 : 200, tries],
      `${method} ${nonIdempotent}`
    )
  }
})

t.test('a peer that nobody reaches is left for another, even by a POST, and costs no budget', async t => {
  const [dead, alive] = await servers(t, undefined, says(200))
  if (!(dead && alive)) throw new TypeError('no servers')
  await dead.close()
  const server = await startWith(t, [dead, alive], { attempts: 2, retriesPerSecond: 0 })
  t.equal((await send({ url: server.url, body: 'x' })).status, 200)
  t.strictSame(
    server.services.attempts.map(([, , outcome]) => outcome),
    ['connect_failed', 'committed']
  )
})

t.test('when no try was good the client hears why, in its way', async t => {
  const [dead] = await servers(t, undefined)
  await dead?.close()
  const refusedBy = await startWith(t, dead === undefined ? [] : [dead])
  t.match(await send({ url: refusedBy.url }), { status: 502 })
  t.match(await refusedBy.end(), {
    end: { reason: 'no_upstream' },
    reason: 'upstream_failed',
    error: { code: 'ECONNREFUSED', origin: 'upstream' }
  })

  const silent = await startWith(t, await servers(t, () => {}), { timeouts: { firstByte: 2_000 } })
  const beginning = silent.begin()
  const asked = send({ url: silent.url })
  const exchange = await beginning
  while (exchange.attempt?.isSent !== true) await turns(1)
  silent.clock.advance(1_999)
  await turns(2)
  t.equal(silent.services.live.size, 1)
  silent.clock.advance(51)
  t.equal((await asked).status, 504)
  t.match(await silent.end(), {
    end: { reason: 'no_upstream' },
    reason: 'upstream_timeout',
    error: { code: 'FIRST_BYTE_TIMEOUT' }
  })

  const peers = await servers(t, undefined)
  const busy = await startWith(t, peers, { max: 1 })
  const first = openResponse({ url: busy.url })
  const taken = await peers[0]?.next()
  t.equal((await send({ url: busy.url })).status, 503)
  t.match(await busy.end(), { reason: 'upstream_busy', error: { code: 'NO_PLACE' } })
  taken?.answer(200, {})
  await collect(await first)
})

t.test('a connection that does not come about in time fails over', async t => {
  // TLS with somebody who speaks none: connected, but never ready.
  const [mute, alive] = await servers(t, undefined, says(200))
  const urls = [(mute?.url ?? '').replace('http:', 'https:'), alive?.url ?? '']
  const server = await startServer(t, clock =>
    planOf([{ upstream: upstreamAt(clock, urls, { attempts: 2, timeouts: { connect: 500 } }) }])
  )
  const beginning = server.begin()
  const asked = send({ url: server.url, body: 'x' })
  await beginning
  await turns(2)
  server.clock.advance(550)
  t.equal((await asked).status, 200)
  t.strictSame(server.services.attempts[0], ['upstream', 'peer-1', 'connect_failed'])
})

t.test('a plugin that waits before a try costs the peer nothing, and the request is sent once', async t => {
  const gate = Promise.withResolvers<void>()
  const peers = await servers(t, says(200), says(200))
  const slow = stepOf('slow', { upstreamRequestFilter: () => gate.promise })
  const server = await startWith(t, peers, { attempts: 2, timeouts: { connect: 500 } }, { steps: [slow] })
  const beginning = server.begin()
  const asked = send({ url: server.url })
  await beginning
  server.clock.advance(10_000)
  gate.resolve()
  t.equal((await asked).status, 200)
  t.strictSame(
    peers.map(({ requests }) => requests.length),
    [1, 0]
  )
  const { overheadMs } = await server.end()
  t.equal(overheadMs, 10_000, 'that time is the gateway’s own')
})

t.test('the opening of a stream that fails before its content goes to another peer unseen', async t => {
  const failures: readonly (readonly [Handler, Outcome])[] = [
    [streams([OPENING, FAILURE]), 'rejected'],
    [streams([OPENING], 'cut'), 'reset'],
    [streams([OPENING.slice(0, 10)], 'reset'), 'reset']
  ]
  for (const [fails, outcome] of failures) {
    const peers = await servers(t, fails, streams([OPENING, CONTENT, 'data: [DONE]\n\n']))
    const given: UpstreamGiven = { attempts: 2, on: [outcome === 'reset' ? 'reset' : 'rejected'] }
    const server = await startWith(t, peers, given, { dialect: 'openai-chat' })
    const { status, body, complete } = await send({ url: server.url })
    t.strictSame([status, body.toString(), complete], [200, `${OPENING}${CONTENT}data: [DONE]\n\n`, true])
    t.strictSame(
      server.services.attempts.map(([, , got]) => got),
      [outcome, 'committed']
    )
  }
})

t.test('what comes after the first content is the client’s, be it an error', async t => {
  const peers = await servers(t, streams([OPENING, CONTENT, FAILURE]), streams([CONTENT]))
  const server = await startWith(t, peers, { attempts: 2, on: ['rejected', 'reset'] }, { dialect: 'openai-chat' })
  const { body } = await send({ url: server.url })
  t.equal(body.toString(), OPENING + CONTENT + FAILURE)
  t.match(await server.end(), { end: { reason: 'error_in_stream', status: 200 } })
  t.equal(peers[1]?.connections, 0)
})

t.test('an opening is not held back for ever', async t => {
  const peers = await servers(t, undefined)
  const server = await startWith(t, peers, { attempts: 2, on: ['rejected'] }, { dialect: 'openai-chat' })
  const opening = openResponse({ url: server.url })
  const exchange = await peers[0]?.next()
  exchange?.head(200, SSE)
  await exchange?.write(OPENING)
  await turns(4)
  server.clock.advance(5_050)
  const response = await opening
  t.equal(String((await once(response, 'data'))[0]), OPENING)
  await exchange?.write(CONTENT)
  exchange?.end()
  t.equal((await collect(response)).body.toString(), CONTENT)
  const long = await startWith(
    t,
    await servers(t, streams([`: ${'x'.repeat(70_000)}`, `\n\n${CONTENT}`])),
    { attempts: 2, on: ['rejected'] },
    { dialect: 'openai-chat' }
  )
  t.equal((await send({ url: long.url })).body.length, 70_000 + 4 + CONTENT.length)
})

t.test('a rejected answer that never ends does not keep its connection', async t => {
  const peers = await servers(t, undefined, says(200))
  const server = await startWith(t, peers, { attempts: 2, on: [503] })
  const asked = send({ url: server.url })
  const exchange = await peers[0]?.next()
  exchange?.head(503, { 'content-length': '10' })
  t.equal((await asked).status, 200)
  server.clock.advance(5_000)
  t.equal((await exchange?.closed)?.clean, false)
})

t.test('a filter of the answer may take its time while the answer comes, ends or breaks', async t => {
  for (const [ending, headers, expected] of [
    ['end', {}, [200, 'abcdef', true]],
    ['cut', {}, [200, 'abcdef', false]],
    ['cut', { 'content-length': '10' }, [502, undefined, true]],
    ['end', SSE, [200, 'abcdef', true]]
  ] as const) {
    const gate = Promise.withResolvers<void>()
    const slow = stepOf('slow', { responseFilter: () => gate.promise })
    const peers = await servers(t, undefined)
    const server = await startWith(t, peers, {}, { steps: [slow] })
    const asked = send({ url: server.url })
    const exchange = await peers[0]?.next()
    exchange?.head(200, headers)
    await exchange?.write('abc')
    await exchange?.write('def')
    exchange?.[ending]()
    await turns(6)
    gate.resolve()
    const { status, body, complete } = await asked
    t.strictSame(
      [status, status === 502 ? undefined : body.toString(), complete],
      expected,
      `${ending} ${JSON.stringify(headers)}`
    )
    t.equal((await server.end()).end.reason, ending === 'end' ? 'complete' : 'upstream_cut')
  }
})

t.test('an upstream that answers before it has the whole body is heard', async t => {
  const peers = await servers(t, exchange => exchange.answer(401, {}, 'no'))
  const server = await startWith(t, peers, {}, { limits: { maxBody: 1e9 } })
  const upload = request(server.url, { agent: false, method: 'POST', headers: { 'content-length': 50_000_000 } })
  upload.on('error', () => {})
  upload.write(Buffer.alloc(100_000))
  const [response] = await once(upload, 'response')
  t.strictSame([response.statusCode, response.headers.connection], [401, 'close'])
  upload.destroy()
  t.equal((await server.end()).end.reason, 'complete')
})
