import t from 'tap'
import { Refused } from '../../../core/errors.ts'
import { opaqueRefusal } from '../../../core/opaque.ts'
import type { Step } from '../../../core/pipeline/plan.ts'
import { type Answer, type Phases, privateKey } from '../../../core/plugin.ts'
import { openResponse, send } from '../../support/client.ts'
import { startServer, type TestServer, witness } from '../../support/exchanges.ts'
import { planOf, stepOf, upstreamAt } from '../../support/plans.ts'
import { startUpstream, type Teardown, turns } from '../../support/upstream.ts'

const NO = opaqueRefusal(new Refused('not_today', { status: 403, message: 'Not today.', retryable: false }))
const YES: Answer = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'yes' }

/** A server whose requests go through these plugins, to an upstream that says ok. */
async function start(t: Teardown, steps: readonly Step[]): Promise<TestServer> {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  return startServer(t, clock => planOf([{ upstream: upstreamAt(clock, [upstream.url]) }], { steps }))
}

/** Status, body, and how the exchange ended. */
async function ask(server: TestServer): Promise<readonly unknown[]> {
  const { status, body } = await send({ url: server.url })
  const { end, reason, error } = await server.end()
  return [status, body.toString(), end.reason, reason, error]
}

const NO_BODY = /^\{"type":"about:blank","title":"Forbidden","status":403,"detail":"Not today\.","reason":"not_today"/

t.test('runs every phase in its order, and the way out in reverse', async t => {
  const seen: string[] = []
  const named = (name: string): Step => {
    const note = (phase: string) => () => void seen.push(`${phase} ${name}`)
    return stepOf(name, {
      requestFilter: note('requestFilter'),
      upstreamRequestFilter: note('upstreamRequestFilter'),
      upstreamResult: note('upstreamResult'),
      responseFilter: note('responseFilter'),
      finish: note('finish'),
      logging: note('logging')
    })
  }
  const server = await start(t, [named('a'), named('b')])
  t.strictSame(await ask(server), [200, 'ok', 'complete', undefined, undefined])
  const inOrder = ['requestFilter', 'upstreamRequestFilter', 'upstreamResult']
  t.strictSame(seen, [
    ...inOrder.flatMap(phase => [`${phase} a`, `${phase} b`]),
    ...['responseFilter', 'finish'].flatMap(phase => [`${phase} b`, `${phase} a`]),
    ...['logging a', 'logging b']
  ])
})

t.test('waits for a phase that returns a promise before the next plugin runs', async t => {
  const seen: string[] = []
  const slow = async (note: string) => {
    await turns(2)
    seen.push(note)
  }
  const server = await start(t, [
    stepOf('slow', {
      requestFilter: () => slow('slow in'),
      upstreamRequestFilter: () => slow('slow upstream'),
      responseFilter: () => slow('slow out')
    }),
    witness(seen)
  ])
  t.equal((await ask(server))[2], 'complete')
  t.strictSame(seen, [
    ...['slow in', 'requestFilter', 'slow upstream', 'upstreamRequestFilter peer-1', 'upstreamResult 1 committed'],
    ...['responseFilter upstream 200', 'slow out', 'finish complete 200', 'logging complete']
  ])
})

/** Whatever says no, said at once and said later, returned and thrown. */
const WAYS: readonly (readonly [string, () => unknown])[] = [
  ['returned', () => NO],
  ['promised', () => Promise.resolve(NO)],
  [
    'thrown',
    () => {
      throw NO
    }
  ],
  ['rejected', () => Promise.reject(NO)]
]

function phaseOf(phase: 'requestFilter' | 'upstreamRequestFilter' | 'responseFilter', work: () => unknown): Phases {
  // What a plugin hands back may be anything, whatever the types say.
  const phases: Record<string, unknown> = { [phase]: work }
  return phases
}

t.test('a refusal is sent from every phase, however it is said', async t => {
  for (const phase of ['requestFilter', 'upstreamRequestFilter', 'responseFilter'] as const) {
    for (const [how, work] of WAYS) {
      const seen: string[] = []
      const server = await start(t, [witness(seen), stepOf('no', phaseOf(phase, work))])
      const [status, body, ...end] = await ask(server)
      t.strictSame([status, end], [403, ['refused', 'not_today', undefined]], `${phase} ${how}`)
      t.match(body, NO_BODY)
      t.strictSame(
        seen.filter(entry => /^(?:finish|logging)/.test(entry)),
        ['finish refused 403', 'logging refused'],
        'and ends once'
      )
      // A plugin that refuses every response refuses its refusal, which then is not filtered by others.
      if (phase !== 'responseFilter')
        t.ok(seen.includes('responseFilter gateway 403'), 'it is filtered like any response')
    }
  }
})

t.test('a plugin that fails is a 500, from every phase, at once and later', async t => {
  for (const phase of ['requestFilter', 'upstreamRequestFilter', 'responseFilter'] as const) {
    for (const work of [
      () => {
        throw new RangeError('secret words')
      },
      () => Promise.reject(new RangeError('secret words')),
      () => 'neither a refusal nor an answer',
      () => ({ status: 500, headers: {} })
    ]) {
      const server = await start(t, [stepOf('broken', phaseOf(phase, work))])
      const [status, body, end, reason, error] = await ask(server)
      t.strictSame([status, end, reason], [500, 'plugin_failed', 'plugin_failed'], phase)
      t.match(error, { origin: 'plugin' })
      t.notMatch(body, /secret|RangeError|broken/)
      t.match(server.services.failed, [['broken', phase]])
    }
  }
})

t.test('a plugin that may fail is passed over', async t => {
  const seen: string[] = []
  for (const phase of ['requestFilter', 'upstreamRequestFilter', 'responseFilter'] as const) {
    for (const work of [
      () => {
        throw new RangeError()
      },
      () => Promise.reject(new RangeError()),
      () => 'nonsense'
    ]) {
      const broken = stepOf('broken', phaseOf(phase, work), { allowsFailure: true })
      const server = await start(t, [broken, witness(seen)])
      t.strictSame(await ask(server), [200, 'ok', 'complete', undefined, undefined], phase)
      t.match(server.services.failed, [['broken', phase]])
    }
  }
})

t.test('a refusal of a plugin that may fail is still a refusal', async t => {
  for (const [how, work] of WAYS) {
    const server = await start(t, [stepOf('no', phaseOf('requestFilter', work), { allowsFailure: true })])
    t.equal((await ask(server))[0], 403, how)
  }
})

t.test('an answer ends the way in, and goes the way out', async t => {
  const seen: string[] = []
  for (const answer of [YES, Promise.resolve(YES)]) {
    seen.length = 0
    const server = await start(t, [stepOf('yes', { requestFilter: async () => answer }), witness(seen)])
    t.strictSame(await ask(server), [200, 'yes', 'complete', undefined, undefined])
    t.strictSame(seen, ['responseFilter gateway 200', 'finish complete 200', 'logging complete'])
  }
})

t.test('only the way in may answer', async t => {
  for (const phase of ['upstreamRequestFilter', 'responseFilter'] as const) {
    const server = await start(t, [
      stepOf(
        'late',
        phaseOf(phase, () => YES)
      )
    ])
    t.equal((await ask(server))[0], 500, phase)
  }
})

t.test('an answer or a refusal with headers that cannot be sent is a failure of its plugin', async t => {
  const headers = { 'x-a': 'b\r\nx-c: d' }
  const no = new Refused('bad', { status: 403, message: 'No.', retryable: false }, undefined, headers)
  for (const work of [() => ({ ...YES, headers }), () => opaqueRefusal(no)]) {
    const server = await start(t, [stepOf('split', phaseOf('requestFilter', work))])
    const { status, headers: sent } = await send({ url: server.url })
    t.strictSame([status, sent['x-c']], [500, undefined])
    t.equal((await server.end()).end.reason, 'plugin_failed')
  }
})

t.test('filters of a refusal may refuse it once more, and no more', async t => {
  let filtered = 0
  const refuses: Phases = {
    requestFilter: () => NO,
    responseFilter: () => {
      filtered++
      return opaqueRefusal(
        new Refused(`again_${'x'.repeat(filtered)}`, { status: 418, message: 'Again.', retryable: false })
      )
    }
  }
  const server = await start(t, [stepOf('no', refuses)])
  const { status } = await send({ url: server.url })
  t.strictSame([status, filtered], [418, 1])
  t.equal((await server.end()).reason, 'again_x')
})

t.test('what fails in finish, logging or upstreamResult changes nothing, and is told', async t => {
  for (const phase of ['upstreamResult', 'finish', 'logging'] as const) {
    for (const isLate of [false, true]) {
      const seen: string[] = []
      const fail = (): never => {
        throw new RangeError('no')
      }
      const work = isLate ? () => Promise.reject(new RangeError('no')) : fail
      const phases: Record<string, unknown> = { [phase]: work }
      const server = await start(t, [witness(seen, 'first'), stepOf('broken', phases), witness(seen, 'last')])
      const { status, body } = await send({ url: server.url })
      const { end } = await server.end()
      await turns(1)
      t.strictSame([status, body.toString(), end.reason], [200, 'ok', 'complete'], phase)
      t.equal(seen.filter(entry => entry === 'finish complete 200').length, 2)
      t.equal(seen.filter(entry => entry === 'logging complete').length, 2)
      t.strictSame(server.services.failed, [['broken', phase, 'RangeError']])
    }
  }
})

t.test('who leaves while a plugin waits is gone when the plugin is done, and not before', async t => {
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const held = privateKey<boolean>('held')
  const holds = stepOf('holds', {
    requestFilter: async exchange => {
      await gate.promise
      exchange.set(held, true)
    },
    finish: (exchange, { reason }) => void seen.push(`${reason} ${exchange.get(held)}`)
  })
  const server = await start(t, [holds, witness(seen)])
  const beginning = server.begin()
  const aborter = new AbortController()
  const asked = send({ url: server.url, signal: aborter.signal })
  const exchange = await beginning
  const gone = new Promise(resolve => exchange.signal.addEventListener('abort', resolve))
  aborter.abort()
  await t.rejects(asked)
  await gone
  await turns(4)
  t.strictSame(seen, [], 'it is waited for')
  gate.resolve()
  const { end, error } = await server.end()
  t.strictSame([end.reason, end.status, error], ['client_gone', 0, { code: 'CLIENT_GONE', origin: 'client' }])
  t.strictSame(seen, ['finish client_gone 0', 'client_gone true', 'logging client_gone'])
})

t.test('a plugin that never comes back ends with the deadline', async t => {
  const seen: string[] = []
  const hangs = stepOf('hangs', { requestFilter: () => new Promise<never>(() => {}) })
  const server = await startServer(t, () => planOf([], { steps: [witness(seen), hangs], limits: { deadline: 1_000 } }))
  const beginning = server.begin()
  const asked = send({ url: server.url })
  const { signal } = await beginning
  server.clock.advance(1_050, 50)
  t.equal(signal.aborted, true)
  t.equal((await asked).status, 504)
  const { end, reason, error } = await server.end()
  t.strictSame([end.reason, reason, error], ['deadline', 'deadline_exceeded', { code: 'DEADLINE', origin: 'gateway' }])
  t.strictSame(seen, ['requestFilter', 'responseFilter gateway 504', 'finish deadline 504', 'logging deadline'])
})

t.test('what a plugin says after the deadline is not heard', async t => {
  const gate = Promise.withResolvers<Answer>()
  const seen: string[] = []
  const late = stepOf('late', { requestFilter: () => gate.promise })
  const server = await startServer(t, () => planOf([], { steps: [late, witness(seen)], limits: { deadline: 1_000 } }))
  const beginning = server.begin()
  const asked = send({ url: server.url })
  await beginning
  server.clock.advance(1_050, 50)
  gate.resolve(YES)
  t.equal((await asked).status, 504)
  await turns(4)
  t.strictSame(seen, ['responseFilter gateway 504', 'finish deadline 504', 'logging deadline'])
})

t.test('what a plugin says while the refusal after the deadline is filtered is not heard either', async t => {
  const answer = Promise.withResolvers<Answer>()
  const filter = Promise.withResolvers<void>()
  const late = stepOf('late', { requestFilter: () => answer.promise, responseFilter: () => filter.promise })
  const server = await startServer(t, () => planOf([], { steps: [late], limits: { deadline: 1_000 } }))
  const beginning = server.begin()
  const asked = send({ url: server.url })
  await beginning
  server.clock.advance(1_000)
  answer.resolve(YES)
  await turns(4)
  filter.resolve()
  t.equal((await asked).status, 504)
  t.match(await server.end(), { end: { reason: 'deadline', status: 504 }, source: 'gateway' })
})

t.test('a filter of the refusal itself that never comes back does not hold it for ever', async t => {
  const hangs = stepOf('hangs', { requestFilter: () => NO, responseFilter: () => new Promise<never>(() => {}) })
  const server = await startServer(t, () => planOf([], { steps: [hangs], limits: { deadline: 1_000 } }))
  const beginning = server.begin()
  const asked = send({ url: server.url })
  await beginning
  server.clock.advance(1_100, 50)
  t.equal((await asked).status, 504)
  t.equal((await server.end()).end.reason, 'deadline')
})

t.test('exchanges of one connection end when it does, each once', async t => {
  const gate = Promise.withResolvers<void>()
  const server = await startServer(t, () =>
    planOf([], { steps: [stepOf('slow', { requestFilter: () => gate.promise })] })
  )
  const beginning = server.begin()
  const opening = openResponse({ url: server.url })
  opening.catch(() => {})
  const exchange = await beginning
  exchange.accepted.response.socket?.destroy()
  await t.rejects(opening)
  gate.resolve()
  t.equal((await server.end()).end.reason, 'client_gone')
  await turns(4)
  t.strictSame([server.services.ended.length, server.services.live.size], [1, 0])
})
