/**
 * What a decision on a limit costs, three ways in one run: counted in memory,
 * given out of blocks taken from Redis (`sync: lease`), and asked of Redis each
 * time with 64 questions under way. The Redis is started for it, on a port of
 * its own. `node benchmarks/limits.ts [--quick]`
 *
 * A decision is a hold of one request on one counter, and what settles it; a
 * `final` one has nothing to settle. Told is CPU time of the gateway's own thread,
 * and beside it that of the whole process: the wall says how fast Redis and the
 * loopback are, and how busy the machine. The ways take turns, in the other order
 * every other round, and the medians count. Local counting is measured twice, as
 * two ways: how far those are apart is what the machine adds by itself.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import type { Claim, Exchange, Held } from '../core/plugin.ts'
import { LeasedLimits } from '../core/store/leased-limits.ts'
import { LocalLimits, type OwnLimits } from '../core/store/limits.ts'
import { openLocalLimits } from '../core/store/local-limits.ts'
import { RedisClient } from '../core/store/redis.ts'
import { RedisLimits } from '../core/store/redis-limits.ts'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 3 : 15
const LOCAL_DECISIONS = isQuick ? 20_000 : 200_000
const REDIS_DECISIONS = isQuick ? 2_000 : 20_000
const IN_FLIGHT = 64
/** Whose counters are asked for, in turn, where they are not all of one. */
const OWNERS = 1_000

/** The part of an exchange that limits look at: that it is this one. */
class BenchExchange implements Exchange {
  readonly isExplained = false
  readonly ended = false
  readonly id = 'id'
  readonly route = 'chat'
  readonly dialect = 'http'
  readonly receivedAt = 0
  readonly signal = NEVER
  readonly target = undefined
  readonly destinations = []
  routeTo(): void {}
  get(): undefined {}
  need(): never {
    throw new Error('not here')
  }
  set(): void {}
  decide(): void {}
  log(): void {}
}
const NEVER = new AbortController().signal

/** Enough for every round, so that nothing is refused. */
const claim: Claim = {
  counter: 'consumer/team-search/requests',
  algorithm: 'gcra',
  limit: 2_000_000_000,
  windowMs: 60_000,
  amount: 1
}
const leased: Claim = { ...claim, counter: 'consumer/team-ads/requests', sync: 'lease' }
const final: Claim = { ...claim, counter: 'consumer/team-mail/requests', final: true }

function check(held: Held): void {
  if (!held.granted || held.unsure) throw new Error('a decision was not what is measured')
}

/** Microseconds for each of so many decisions. */
interface Cost {
  readonly threadUs: number
  readonly processUs: number
  readonly wallUs: number
}

async function costOf(decisions: number, work: () => Promise<void>): Promise<Cost> {
  const [thread, process_, startedMs] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()]
  await work()
  const wallUs = (performance.now() - startedMs) * 1_000
  const [ofThread, ofProcess] = [process.threadCpuUsage(thread), process.cpuUsage(process_)]
  return {
    threadUs: (ofThread.user + ofThread.system) / decisions,
    processUs: (ofProcess.user + ofProcess.system) / decisions,
    wallUs: wallUs / decisions
  }
}

/** Decisions that are made at once. */
function atOnce(limits: OwnLimits, asked: Claim): Promise<Cost> {
  const claims = [asked]
  return costOf(LOCAL_DECISIONS, async () => {
    let waited = 0
    for (let count = 0; count < LOCAL_DECISIONS; count++) {
      const exchange = new BenchExchange()
      const answer = limits.hold(exchange, claims)
      if (answer instanceof Promise) {
        waited++
        check(await answer)
      } else check(answer)
      limits.settleLeft(exchange)
      // A gateway's event loop turns; so does this one, or no block could arrive.
      if (count % 1_000 === 999) await new Promise(setImmediate)
    }
    if (waited > LOCAL_DECISIONS / 100) throw new Error(`${waited} decisions had to wait`)
  })
}

/** Decisions that Redis makes, on counters of so many owners. */
function inRedis(limits: OwnLimits, asked: Claim, owners: number): Promise<Cost> {
  let left = REDIS_DECISIONS
  const ask = async () => {
    while (left-- > 0) {
      const exchange = new BenchExchange()
      check(await limits.hold(exchange, [{ ...asked, counter: `consumer/team-${left % owners}/requests` }]))
      limits.settleLeft(exchange)
    }
  }
  return costOf(REDIS_DECISIONS, async () => {
    await Promise.all(Array.from({ length: IN_FLIGHT }, ask))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function startServer(folder: string) {
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of child.stdout.iterator({ destroyOnReturn: false })) {
    if (String(line).includes('Ready to accept connections')) break
  }
  child.stdout.resume()
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN
}

const folder = await mkdtemp(join(tmpdir(), 'tacit-limits-'))
const server = await startServer(folder)
const redis = new RedisClient(
  {
    url: [server.url],
    cluster: false,
    database: 0,
    keyPrefix: 'tacit',
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    breaker: { failures: 5, pause: 1_000 }
  },
  { clock: systemClock }
)
await redis.open()
const exact = new RedisLimits(redis, {
  clock: systemClock,
  deadlineMs: 5_000,
  leaseMs: 30_000,
  gateways: 1,
  onAway: say
})
const blocks = new LeasedLimits(exact, systemClock)
const local = new LocalLimits(systemClock)
const again = new LocalLimits(systemClock)
const kept = openLocalLimits({ clock: systemClock, folder, failed: say })

const ways: readonly (readonly [name: string, () => Promise<Cost>])[] = [
  ['local', () => atOnce(local, claim)],
  ['local, once more', () => atOnce(again, claim)],
  ['lease', () => atOnce(blocks, leased)],
  ['local with a journal', () => atOnce(kept.limits, claim)],
  ['Redis, final', () => inRedis(exact, final, 1)],
  [`Redis, final, ${OWNERS} owners`, () => inRedis(exact, final, OWNERS)],
  ['Redis, held and settled', () => inRedis(exact, claim, 1)],
  [`Redis, held and settled, ${OWNERS} owners`, () => inRedis(exact, claim, OWNERS)]
]
const results = new Map<string, Cost[]>(ways.map(([name]) => [name, []]))
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, measure] of round % 2 === 0 ? ways : ways.toReversed()) {
    const cost = await measure()
    // The first round warms up.
    if (round > 0) results.get(name)?.push(cost)
  }
}
blocks.close()
await exact.close()
await kept.close()
redis.close()
server.stop()
await rm(folder, { recursive: true, force: true })

say(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${ROUNDS} rounds, ${IN_FLIGHT} in flight\n`)
say('| a decision, µs | thread, median | least | most | process, median | wall, median |')
say('| --- | --: | --: | --: | --: | --: |')
const medianOf = (name: string, part: keyof Cost) => median((results.get(name) ?? []).map(cost => cost[part]))
for (const [name, costs] of results) {
  const threads = costs.map(({ threadUs }) => threadUs)
  const figures = [
    median(threads),
    Math.min(...threads),
    Math.max(...threads),
    medianOf(name, 'processUs'),
    medianOf(name, 'wallUs')
  ]
  say(`| ${name} | ${figures.map(figure => figure.toFixed(2)).join(' | ')} |`)
}
const percentOf = (name: string) => ((medianOf(name, 'threadUs') / medianOf('local', 'threadUs')) * 100).toFixed(0)
say(`\nOf what local counting costs: once more ${percentOf('local, once more')} %, lease ${percentOf('lease')} %.`)
