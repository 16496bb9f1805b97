/** A gateway of several processes: one port, one set of counters, one page of metrics. */
import t from 'tap'
import { startCallers } from '../support/callers.ts'
import { collect, openResponse, send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream, type UpstreamExchange } from '../support/upstream.ts'

// What the test runner puts into its children is not for those of the gateway.
delete process.env.NODE_OPTIONS
const TIMEOUT = { timeout: 120_000 }

/** A plugin that says which process it is in, counts and, when it is told to, ends it. */
const PROBING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'probing', summary: 'Tells of its process.', data: { reads: [] },
  config: Type.Object({ mark: Type.String({ default: 'one' }), fails: Type.Boolean({ default: false }) }),
  reasons: { over_limit: { status: 429, message: 'Too many.', retryable: true } },
  setup ({ mark, fails }, host) {
    if (fails) throw new Error('The tide is out.')
    return {
      async requestFilter (exchange) {
        if (exchange.downstream.target === '/crash') process.kill(process.pid, 'SIGKILL')
        if (exchange.downstream.target !== '/limited') return
        await host.store.increment('seen', 1, 60000)
        const claim = { counter: 'all', limit: 10, windowMs: 3600000, algorithm: 'fixed', amount: 1 }
        const held = await host.limits.hold(exchange, [claim])
        if (!held.granted) return host.refuse('over_limit')
      },
      async responseFilter (exchange, response) {
        response.headers.set('x-process', String(process.pid))
        response.headers.set('x-mark', mark)
        if (exchange.downstream.target === '/limited') response.headers.set('x-seen', await host.store.get('seen'))
      }
    }
  }
})`
const files = { 'probing.ts': PROBING }
const probing = (config = {}) => routeOf({ plugins: [{ use: './probing.ts', config }] })

async function metrics(adminUrl: string): Promise<ReadonlyMap<string, number>> {
  const { body } = await send({ url: `${adminUrl}/metrics` })
  const lines = body.toString().split('\n')
  return new Map(
    lines
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => {
        const end = line.lastIndexOf(' ')
        return [line.slice(0, end), Number(line.slice(end + 1))] as const
      })
  )
}

/** What one of core's own endpoints answers. */
async function told(adminUrl: string, name: string): Promise<unknown> {
  const { body } = await send({ url: `${adminUrl}/v1/${name}` })
  return JSON.parse(body.toString())
}

async function requestsSoFar(adminUrl: string): Promise<number> {
  const traffic: { readonly total: { readonly requests: number } } = Object(await told(adminUrl, 'traffic'))
  return traffic.total.requests
}

t.test('shares the port, the counters and the page of metrics, and takes a new file everywhere', TIMEOUT, async t => {
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const upstream = await startUpstream(t, async exchange => {
    if (exchange.target === '/held') {
      arrived.resolve()
      await released.promise
    }
    exchange.answer(200, {}, 'ok')
  })
  const parts = { workers: 2, upstreams: [upstreamOf([upstream.url])] }
  const gateway = await startTestGateway(t, { ...parts, routes: [probing()] }, { files })
  const processes = new Set<unknown>()
  let answers = 0
  while (processes.size < 2) {
    const received = await Promise.all(Array.from({ length: 8 }, () => send({ url: `${gateway.url}/x` })))
    for (const { status, headers } of received) {
      t.equal(status, 200)
      answers++
      processes.add(headers['x-process'])
    }
  }
  t.notOk(processes.has(String(process.pid)), 'the parent carries no exchange')

  const limited = await Promise.all(Array.from({ length: 30 }, () => send({ url: `${gateway.url}/limited` })))
  t.equal(limited.filter(({ status }) => status === 200).length, 10, 'the limit holds for both together')
  t.equal(limited.filter(({ status }) => status === 429).length, 20)
  t.ok(
    limited.some(({ headers }) => headers['x-seen'] === '30'),
    'values are shared'
  )

  const page = await metrics(gateway.adminUrl)
  t.equal(page.get('tacit_exchanges_total{http_route="route",end="complete",source="upstream"}'), answers + 10)
  t.equal(page.get('tacit_exchanges_total{http_route="route",end="refused",source="gateway"}'), 20)
  t.strictSame(
    ['parent', '1', '2'].map(name => (page.get(`process_resident_memory_bytes{process="${name}"}`) ?? 0) > 0),
    [true, true, true]
  )
  t.match(await told(gateway.adminUrl, 'traffic'), {
    total: { inFlight: 0, requests: answers + 30, refusals: 20 },
    routes: [{ id: 'route', requests: answers + 30, refusals: 20 }],
    peers: [{ tries: answers + 10, failures: 0 }]
  })
  const held = send({ url: `${gateway.url}/held` })
  await arrived.promise
  t.match(Reflect.get(Object(await told(gateway.adminUrl, 'upstreams')), 'upstreams'), [
    { places: { inFlight: 1, waiting: 0 }, peers: [{ inFlight: 1, tries: answers + 10, failures: 0 }] }
  ])
  released.resolve()
  t.equal((await held).status, 200)

  const ready = await send({ url: `${gateway.adminUrl}/health/ready` })
  t.strictSame([ready.status, JSON.parse(ready.body.toString())], [200, { status: 'ready', plugins: {} }])

  await gateway.rewrite({ ...parts, routes: [probing({ mark: 'two' })] })
  t.match(await gateway.reload(), { applied: true, changes: [{ subject: 'route', id: 'route' }] })
  const marks = await Promise.all(Array.from({ length: 16 }, () => send({ url: `${gateway.url}/x` })))
  t.ok(marks.every(({ headers }) => headers['x-mark'] === 'two'))
  await gateway.rewrite({ ...parts, workers: 3, routes: [probing({ mark: 'two' })] })
  t.match(await gateway.reload(), { applied: true, needRestart: ['workers'] })
  await gateway.rewrite({ ...parts, routes: [probing({ fails: true })] })
  t.match(await gateway.reload(), { applied: false, code: 'TACIT_PLUGIN_SETUP_FAILED' })
  t.equal((await send({ url: `${gateway.url}/x` })).headers['x-mark'], 'two')
})

t.test('a process that crashes is replaced, and only its own exchanges are lost', TIMEOUT, async t => {
  const upstream = await startUpstream(t)
  const parts = { workers: 2, upstreams: [upstreamOf([upstream.url])], routes: [probing()] }
  const gateway = await startTestGateway(t, parts, { files })
  /** Streams until each process carries one. */
  const open = new Map<string, { readonly reading: ReturnType<typeof collect>; readonly stream: UpstreamExchange }>()
  const all: {
    readonly process: string
    readonly reading: ReturnType<typeof collect>
    readonly stream: UpstreamExchange
  }[] = []
  while (open.size < 2) {
    const opening = openResponse({ url: `${gateway.url}/stream` })
    const stream = await upstream.next()
    stream.head(200, { 'content-type': 'text/event-stream' })
    const response = await opening
    const process = String(response.headers['x-process'])
    const entry = { process, reading: collect(response), stream }
    open.set(process, entry)
    all.push(entry)
  }
  const under = { inFlight: all.length, streams: all.length }
  t.match(await told(gateway.adminUrl, 'status'), under)
  t.match(await told(gateway.adminUrl, 'routes'), { routes: [under] })
  t.match(await told(gateway.adminUrl, 'traffic'), { total: under, peers: [{ inFlight: all.length }] })
  t.match(await told(gateway.adminUrl, 'exchanges'), {
    inFlight: all.length,
    exchanges: all.map(() => ({ route: 'route', stream: true, status: 200 }))
  })
  upstream.handle(exchange => exchange.answer(200, {}, 'ok'))
  await Promise.all(Array.from({ length: 8 }, () => send({ url: `${gateway.url}/x` })))
  const before = await requestsSoFar(gateway.adminUrl)
  t.ok(before >= 8, `${before} requests`)
  // Whoever takes this one ends; its client gets no answer.
  await t.rejects(send({ url: `${gateway.url}/crash` }))
  const callers = startCallers(t, { url: () => `${gateway.url}/x`, callers: 4, connectsAnew: true })
  await callers.more(isFull ? 500 : 50)
  for (;;) {
    const { status, body } = await send({ url: `${gateway.adminUrl}/health/ready` })
    if (status === 200 && !body.toString().includes('degraded')) break
  }
  await callers.more(50)
  await callers.stop()
  t.ok((await requestsSoFar(gateway.adminUrl)) >= before + 50, 'sums do not fall with a process')
  t.strictSame([...callers.failures], [], 'nobody else notices')
  for (const { stream } of all) {
    await stream.write('data: end\n\n')
    stream.end()
  }
  const ends = new Map<string, Set<boolean>>()
  for (const { process, reading } of all) {
    const { complete } = await reading
    ends.set(process, (ends.get(process) ?? new Set()).add(complete))
  }
  t.strictSame(
    [...ends.values()].map(kinds => [...kinds]).sort(),
    [[false], [true]],
    'the streams of one process are cut, those of the other are whole'
  )
})

t.test('says what keeps its processes from starting, and leaves none behind', TIMEOUT, async t => {
  const upstream = await startUpstream(t)
  const parts = { workers: 2, upstreams: [upstreamOf([upstream.url])] }
  await t.rejects(startTestGateway(t, { ...parts, listen: { host: 'localhost', port: 0 }, routes: [routeOf()] }), {
    code: 'TACIT_WORKERS_IMPOSSIBLE'
  })
  await t.rejects(startTestGateway(t, { ...parts, routes: [probing({ fails: true })] }, { files }), {
    code: 'TACIT_PLUGIN_SETUP_FAILED'
  })
})
