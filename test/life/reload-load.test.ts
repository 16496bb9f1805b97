/** Reloads under load, with streams open all the while. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { startCallers } from '../support/callers.ts'
import { collect, openResponse, type Received, send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { runNode } from '../support/process.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream, turns, type UpstreamExchange } from '../support/upstream.ts'

const RELOADS = isFull ? 100 : 20
const STREAMS = isFull ? 50 : 10
const SEED = 20_261_121

t.test(`${RELOADS} reloads under load fail no request and cut no stream`, async t => {
  const streams: UpstreamExchange[] = []
  const server = await startUpstream(t, exchange => {
    if (exchange.target === '/stream') streams.push(exchange)
    else exchange.answer(200, { 'x-seen': String(exchange.headers['x-version']) }, exchange.target)
  })
  const random = seededRandom(SEED)
  /** The same mark on the way in and on the way out, by two instances: an answer from two versions would show it. */
  const version = (mark: string) => {
    const request = { use: 'headers', config: { request: { set: { 'x-version': mark } } } }
    const response = { use: 'headers', config: { response: { set: { 'x-version': mark } } } }
    const deadline = `${1 + Math.floor(random() * 9)}m`
    const others = Array.from({ length: Math.floor(random() * 4) }, (_, index) =>
      routeOf({ id: `other-${index}`, match: { path: `/other-${index}` } })
    )
    return {
      plugins: random() < 0.5 ? [] : [{ use: 'access-log' }],
      upstreams: [
        upstreamOf([server.url], {
          timeouts: { idle: `${60 + Math.floor(random() * 60)}s` },
          connections: { max: 1000 + Math.floor(random() * 2) },
          balancer: { use: random() < 0.5 ? 'weighted' : 'least-latency' },
          plugins: [request]
        })
      ],
      routes: [...others, routeOf({ limits: { deadline }, plugins: [response] })]
    }
  }
  const gateway = await startTestGateway(t, version('0'))
  const readings: Promise<Received>[] = []
  for (let index = 0; index < STREAMS; index++) {
    const opening = openResponse({ url: `${gateway.url}/stream` })
    while (streams.length === index) await turns()
    streams[index]?.head(200, { 'content-type': 'text/event-stream' })
    readings.push(collect(await opening))
  }
  const callers = startCallers(t, {
    url: () => `${gateway.url}/x`,
    callers: 8,
    judge: ({ 'x-seen': seen, 'x-version': marked }) => (seen === marked ? undefined : `${seen} and ${marked}`)
  })
  const sent: string[] = []
  for (let reload = 1; reload <= RELOADS; reload++) {
    const isBroken = random() < 0.2
    await gateway.rewrite(isBroken ? 'version: 1\nroutes: {' : version(String(reload)))
    const { applied } = await gateway.reload()
    t.equal(applied, !isBroken)
    const piece = `data: ${reload}\n\n`
    sent.push(piece)
    for (const stream of streams) await stream.write(piece)
    await callers.more(20)
  }
  await callers.stop()
  for (const stream of streams) stream.end()
  const received = await Promise.all(readings)
  const whole = received.filter(({ complete, body }) => complete && body.toString() === sent.join(''))
  t.strictSame([...callers.failures, callers.resets], [0])
  t.equal(whole.length, STREAMS)
  t.comment(`${RELOADS} reloads, ${callers.answers} answers, ${STREAMS} streams whole`)
})

/** Two versions of a configuration with consumers, whose every part differs. */
function versions(upstream: string): readonly [string, string] {
  const make = (mark: string) => {
    const consumers = Array.from({ length: 100 }, (_, index) => ({ id: `team-${mark}-${index}` }))
    const plugins = [{ use: 'headers', config: { response: { set: { 'x-version': mark } } } }, { use: 'access-log' }]
    const routes = Array.from({ length: 20 }, (_, index) =>
      routeOf({ id: `route-${mark}-${index}`, match: { path: `/${mark}/${index}` }, plugins })
    )
    const upstreams = [upstreamOf([upstream], { connections: { max: mark === 'a' ? 10 : 20 } })]
    return { consumers, upstreams, routes: [...routes, routeOf({ plugins })] }
  }
  const usual = { version: 1, listen: { port: 0 }, admin: { port: 0 }, log: { level: 'silent' } }
  return [JSON.stringify({ ...usual, ...make('a') }), JSON.stringify({ ...usual, ...make('b') })]
}

t.test('what was replaced is given back', async t => {
  const server = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const both = versions(server.url)
  const gateway = await startTestGateway(t, both[0])
  setFlagsFromString('--expose-gc')
  const collectGarbage: unknown = runInNewContext('gc')
  if (typeof collectGarbage !== 'function') throw new TypeError('no garbage collector')
  const reload = async (count: number) => {
    for (let index = 0; index < count; index++) {
      await gateway.rewrite(both[(index + 1) % 2] ?? '')
      await gateway.reload()
      await send({ url: gateway.url })
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = await reload(20)
  const after = await reload(60)
  const perReload = (after - before) / 60
  // One snapshot that stays takes some hundred kilobytes.
  t.ok(perReload < 4_000, `${Math.round(perReload)} bytes stay of each`)
})

const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))
const whole = { skip: isFull ? false : 'a long run: npm run test:full', timeout: 600_000 }
t.test('1,000 reloads leave the process within 5 % of its memory', whole, async t => {
  const server = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const both = versions(server.url)
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, both[0])
  const { child } = runNode(t, [COMMAND, 'start', file])
  const { stderr } = child
  if (stderr === null) throw new TypeError('no stderr')
  const [line] = await once(stderr, 'data')
  const url = /listens on (\S+),/.exec(String(line))?.[1] ?? ''
  const callers = startCallers(t, { url: () => `${url}/x`, callers: 4 })
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1])
  const reload = async (count: number) => {
    const seen: number[] = []
    for (let index = 0; index < count; index++) {
      await writeFile(file, both[(index + 1) % 2] ?? '')
      const told = once(stderr, 'data')
      child.kill('SIGHUP')
      t.match(String(await told), /^Reloaded: \d+ changes\.\n$/)
      await callers.more(5)
      if (index >= count - 50) seen.push(rss())
    }
    // What is held just now depends on when the collector ran last.
    return seen.sort((a, b) => a - b)[Math.floor(seen.length / 2)] ?? Number.NaN
  }
  const before = await reload(200)
  const after = await reload(1000)
  await callers.stop()
  t.strictSame([...callers.failures], [])
  t.ok(after <= before * 1.05, `${before} KiB before, ${after} KiB after`)
  t.comment(`${callers.answers} answers; ${before} KiB before, ${after} KiB after`)
})
