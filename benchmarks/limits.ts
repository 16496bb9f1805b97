/**
 * What a decision on a limit costs, three ways in one run: counted in memory,
 * given out of blocks taken from Redis (`sync: lease`), and asked of Redis each
 * time with 64 questions under way. The Redis is started for it, on a socket of
 * its own. `node benchmarks/limits.ts [--quick]`
 *
 * A decision is a hold of one request on one counter, and what settles it. Rounds
 * of the ways take turns, so that a machine that is busy now and then is so for
 * all; the medians count. For Redis CPU time of this process is told, its threads
 * included, since the wall says how fast Redis and the loopback are.
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
const ROUNDS = isQuick ? 3 : 11
const LOCAL_DECISIONS = isQuick ? 20_000 : 200_000
const REDIS_DECISIONS = isQuick ? 2_000 : 30_000
const IN_FLIGHT = 64

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

/** Microseconds of wall for a decision that is made at once. */
async function atOnce(limits: OwnLimits, asked: Claim): Promise<number> {
  const claims = [asked]
  let waited = 0
  const startedMs = performance.now()
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
  const us = ((performance.now() - startedMs) / LOCAL_DECISIONS) * 1_000
  if (waited > LOCAL_DECISIONS / 100) throw new Error(`${waited} decisions had to wait`)
  return us
}

/** Microseconds of CPU of this process for a decision that Redis makes, and of wall. */
async function inRedis(limits: OwnLimits, asked: Claim): Promise<{ readonly cpuUs: number; readonly wallUs: number }> {
  const claims = [asked]
  let left = REDIS_DECISIONS
  const ask = async () => {
    while (left-- > 0) {
      const exchange = new BenchExchange()
      check(await limits.hold(exchange, claims))
      limits.settleLeft(exchange)
    }
  }
  const before = process.cpuUsage()
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: IN_FLIGHT }, ask))
  const wallUs = ((performance.now() - startedMs) / REDIS_DECISIONS) * 1_000
  const { user, system } = process.cpuUsage(before)
  return { cpuUs: (user + system) / REDIS_DECISIONS, wallUs }
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
const exact = new RedisLimits(redis, { clock: systemClock, deadlineMs: 5_000, leaseMs: 30_000, gateways: 1 })
const blocks = new LeasedLimits(exact, systemClock)
const local = new LocalLimits(systemClock)
const kept = openLocalLimits({ clock: systemClock, folder, failed: say })

const results: Record<string, number[]> = {}
const note = (name: string, us: number) => {
  results[name] ??= []
  results[name].push(us)
}
for (let round = 0; round <= ROUNDS; round++) {
  const measured: [string, number][] = [
    ['local, held and settled', await atOnce(local, claim)],
    ['lease, held and settled', await atOnce(blocks, leased)],
    ['local with a journal', await atOnce(kept.limits, claim)]
  ]
  const settled = await inRedis(exact, claim)
  const spent = await inRedis(exact, final)
  measured.push(['Redis, final: CPU', spent.cpuUs], ['Redis, final: wall', spent.wallUs])
  measured.push(['Redis, held and settled: CPU', settled.cpuUs], ['Redis, held and settled: wall', settled.wallUs])
  // The first warms up.
  if (round > 0) for (const [name, us] of measured) note(name, us)
}
blocks.close()
await exact.close()
await kept.close()
redis.close()
server.stop()
await rm(folder, { recursive: true, force: true })

say(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${ROUNDS} rounds, ${IN_FLIGHT} in flight\n`)
say('| a decision | µs, median | least | most |\n| --- | --: | --: | --: |')
for (const [name, values] of Object.entries(results)) {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  say(`| ${name} | ${middle.toFixed(2)} | ${least.toFixed(2)} | ${most.toFixed(2)} |`)
}
const ratio = median(results['lease, held and settled'] ?? []) / median(results['local, held and settled'] ?? [])
say(`\nA lease costs ${(ratio * 100).toFixed(0)} % of what local counting costs.`)
