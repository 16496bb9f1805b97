/**
 * What the gateway makes of more load than an upstream can carry: answers in time
 * at up to three times its capacity, with bounds on what is under way and without
 * any. Prints a table; run it as `node benchmarks/overload.ts [seconds]`. The
 * gateway is a process of its own; the upstream and the callers share another.
 *
 * The upstream shares its processor among all that it serves: up to ten requests
 * take 100 ms each, more take longer in proportion. Calls come at random times
 * that do not wait for answers (an open loop), and whoever called gives up after
 * a second. What counts is how many were answered by then.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, request, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../core/testing/seeded-random.ts'
import { spawnGateway } from './harness/spawned-gateway.ts'

const [seconds = 10] = process.argv.slice(2).map(Number)
/** Requests that the upstream serves at full speed, and how long it takes for each, in ms. */
const PLACES = 10
const SERVICE_MS = 100
/** In requests a second. */
const CAPACITY = (PLACES / SERVICE_MS) * 1_000
const PATIENCE_MS = 1_000
const LOADS = [0.5, 0.8, 1, 1.5, 3]
const SEED = 20_261_122

/** The bounds that make the difference. The wait is what an answer takes at full speed, so that nobody waits longer than for that. */
const BOUNDED = { inFlight: PLACES, waiting: PLACES, wait: `${SERVICE_MS}ms` }
/** As good as none. */
const UNBOUNDED = { waiting: 0 }

/** An upstream that shares its processor among all that it serves. */
function startUpstream() {
  const served = new Map<ServerResponse, number>()
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    incoming.resume()
    served.set(response, SERVICE_MS)
    response.on('close', () => served.delete(response))
  })
  let beforeMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const workedMs = (nowMs - beforeMs) * Math.min(1, PLACES / Math.max(1, served.size))
    beforeMs = nowMs
    for (const [response, leftMs] of served) {
      if (leftMs > workedMs) served.set(response, leftMs - workedMs)
      else {
        served.delete(response)
        response.end('ok')
      }
    }
  }, 2)
  server.listen(0, '127.0.0.1')
  return { server, stop: () => clearInterval(timer) }
}

/** How calls ended: milliseconds until each answer of a kind was there. */
interface Tally {
  readonly good: number[]
  readonly refused: number[]
  late: number
  failed: number
  withoutRetryAfter: number
}

/** Calls at random times, so many a second. */
async function offer(url: string, perSecond: number, random: () => number): Promise<Tally> {
  const tally: Tally = { good: [], refused: [], late: 0, failed: 0, withoutRetryAfter: 0 }
  const agent = new Agent({ keepAlive: true })
  const calls: Promise<void>[] = []
  const startedMs = performance.now()
  let dueMs = startedMs
  while (dueMs < startedMs + seconds * 1_000) {
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
    calls.push(call(url, agent, tally))
    dueMs += (-Math.log(1 - random()) / perSecond) * 1_000
  }
  await Promise.all(calls)
  agent.destroy()
  return tally
}

function call(url: string, agent: Agent, tally: Tally): Promise<void> {
  return new Promise(resolve => {
    const startedMs = performance.now()
    const done = (count: () => void) => () => {
      count()
      resolve()
    }
    const outgoing = request(url, { agent, method: 'POST', signal: AbortSignal.timeout(PATIENCE_MS) }, response => {
      response.on('error', () => {})
      response.resume().on('close', () => {
        const tookMs = performance.now() - startedMs
        if (!response.complete) tally.late++
        else if (response.statusCode === 200) tally.good.push(tookMs)
        else if (response.statusCode === 503) {
          tally.refused.push(tookMs)
          if (response.headers['retry-after'] === undefined) tally.withoutRetryAfter++
        } else tally.failed++
        resolve()
      })
    })
    outgoing.on('error', error =>
      done(() => {
        if (error.name === 'AbortError' || error.name === 'TimeoutError') tally.late++
        else tally.failed++
      })()
    )
    outgoing.end('{}')
  })
}

function quantile(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return value === undefined ? '-' : value.toFixed(0)
}

function print(...cells: readonly (string | number)[]): void {
  process.stdout.write(
    `${cells.map((cell, index) => String(cell)[index === 0 ? 'padEnd' : 'padStart'](12)).join('')}\n`
  )
}

const folder = mkdtempSync(join(tmpdir(), 'tacit-overload-'))
try {
  for (const [name, limits] of [
    ['bounded', BOUNDED],
    ['unbounded', UNBOUNDED]
  ] as const) {
    const { server, stop: stopUpstream } = startUpstream()
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the upstream listens on no port')
    const peers = [{ id: 'one', url: `http://127.0.0.1:${address.port}` }]
    const gateway = await spawnGateway(folder, {
      upstreams: [{ id: 'main', peers, limits, retry: { attempts: 1 } }],
      routes: [{ id: 'main', match: { path: '/*' }, upstream: 'main' }]
    })
    process.stdout.write(
      `\n${name} ${JSON.stringify(limits)}, capacity ${CAPACITY} a second, ${seconds} s for each load\n`
    )
    print('load', 'good/s', 'p50 ms', 'p99 ms', '503/s', '503 p99 ms', 'late', 'failed')
    let peak = 0
    let last = 0
    for (const load of LOADS) {
      const tally = await offer(gateway.url, CAPACITY * load, seededRandom(SEED))
      const { good, refused, late, failed, withoutRetryAfter } = tally
      last = good.length / seconds
      peak = Math.max(peak, last)
      const figures = [quantile(good, 0.5), quantile(good, 0.99), (refused.length / seconds).toFixed(1)]
      print(`${load} x`, last.toFixed(1), ...figures, quantile(refused, 0.99), late, failed)
      if (withoutRetryAfter > 0 && name === 'bounded') throw new Error('a 503 says not when to come back')
    }
    process.stdout.write(`goodput at ${LOADS.at(-1)} x: ${((last / peak) * 100).toFixed(0)} % of the peak\n`)
    await gateway.stop()
    stopUpstream()
    server.close()
    server.closeAllConnections()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
