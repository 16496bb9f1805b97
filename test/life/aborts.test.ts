import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream, type TestUpstream, type UpstreamExchange } from '../support/upstream.ts'

/** Clients that leave. */
const ABORTS = 1_000
const AT_ONCE = 50

/** A plugin that counts the ends of every exchange. */
const COUNTING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'counting', summary: 'Counts ends.', data: { reads: [] }, config: Type.Object({}),
  setup () {
    const ends = globalThis.ends = new Map()
    const of = id => ends.get(id) ?? ends.set(id, { finish: 0, logging: 0, reason: '' }).get(id)
    return {
      finish (exchange, end) { of(exchange.id).finish++; of(exchange.id).reason = end.reason },
      logging (exchange) { of(exchange.id).logging++; globalThis.ended?.() }
    }
  }
})`

interface Ends {
  readonly finish: number
  readonly logging: number
  readonly reason: string
}

function ends(): readonly Ends[] {
  const found: unknown = Reflect.get(globalThis, 'ends')
  return found instanceof Map ? [...found.values()] : []
}

/** Resolves when so many exchanges have been logged. */
function logged(count: number): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (ends().filter(({ logging }) => logging > 0).length >= count) resolve()
    }
    Reflect.set(globalThis, 'ended', look)
    look()
  })
}

/** Where a client leaves: while its body is on its way, before the head, or after so many events. */
type Point = 'in its own body' | 'before the head' | number

/** Finds the exchange that belongs to a client by its target. */
class Arrivals {
  readonly #waiting = new Map<string, (exchange: UpstreamExchange) => void>()

  constructor(upstream: TestUpstream) {
    upstream.handle(exchange => this.#waiting.get(exchange.target)?.(exchange))
  }

  at(target: string): Promise<UpstreamExchange> {
    return new Promise(resolve => this.#waiting.set(target, resolve))
  }
}

/** One client that leaves. Resolves with how long after that, in ms, the upstream saw it. */
async function abort(
  url: string,
  arrived: Promise<UpstreamExchange>,
  target: string,
  point: Point,
  byReset: boolean
): Promise<number> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const leave = (): number => {
    if (byReset) socket.resetAndDestroy()
    else socket.destroy()
    return performance.now()
  }
  const body = JSON.stringify({ model: 'm', messages: [] })
  const isUpload = point === 'in its own body'
  const length = isUpload ? 200_000 : body.length
  socket.write(`POST ${target} HTTP/1.1\r\nhost: gateway\r\ncontent-length: ${length}\r\n\r\n${body}`)
  const exchange = await arrived
  exchange.body.catch(() => {})
  if (typeof point === 'number') {
    exchange.head(200, { 'content-type': 'text/event-stream' })
    for (let event = 0; event < point; event++) {
      await exchange.write(`data: {"choices":[{"delta":{"content":"${event}"}}]}\n\n`)
    }
  }
  const leftMs = leave()
  const { clean, atMs } = await exchange.closed
  if (clean) throw new Error('the upstream was not told')
  return atMs - leftMs
}

t.test(
  `${ABORTS} clients leave at random points: the upstream knows within a second, and each exchange ends once`,
  async t => {
    const random = seededRandom(2)
    const upstream = await startUpstream(t)
    const gateway = await startTestGateway(
      t,
      { upstreams: [upstreamOf([upstream.url])], routes: [routeOf({ plugins: [{ use: './counting.ts' }] })] },
      { files: { 'counting.ts': COUNTING } }
    )
    const arrivals = new Arrivals(upstream)
    const latencies: number[] = []
    for (let done = 0; done < ABORTS; done += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (_, index) => {
        const target = `/v1/chat/completions?n=${done + index}`
        const dice = random()
        const point: Point = dice < 0.15 ? 'in its own body' : dice < 0.3 ? 'before the head' : Math.floor(random() * 6)
        return abort(gateway.url, arrivals.at(target), target, point, random() < 0.5)
      })
      latencies.push(...(await Promise.all(batch)))
    }
    await logged(ABORTS)
    t.equal(latencies.length, ABORTS)
    t.ok(Math.max(...latencies) < 1_000, `the slowest took ${Math.round(Math.max(...latencies))} ms`)
    const counted = ends()
    t.equal(counted.length, ABORTS)
    t.strictSame(
      counted.filter(({ finish, logging, reason }) => finish !== 1 || logging !== 1 || reason !== 'client_gone'),
      []
    )
    t.equal(gateway.inFlight, 0)
  }
)

t.test('a drained exchange goes on without its client, and ends once', async t => {
  const upstream = await startUpstream(t)
  const gateway = await startTestGateway(
    t,
    {
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ onClientGone: 'drain', plugins: [{ use: './counting.ts' }] })]
    },
    { files: { 'counting.ts': COUNTING } }
  )
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  socket.write('GET /x HTTP/1.1\r\nhost: gateway\r\n\r\n')
  const exchange = await upstream.next()
  exchange.head(200, { 'content-type': 'text/event-stream' })
  await exchange.write('data: one\n\n')
  socket.destroy()
  await exchange.write('data: two\n\n')
  await exchange.write('data: three\n\n')
  t.equal(gateway.inFlight, 1)
  exchange.end()
  t.equal((await exchange.closed).clean, true, 'the upstream was read to its end')
  await logged(1)
  t.match(ends(), [{ finish: 1, logging: 1, reason: 'client_gone' }])
})
