/**
 * Who chooses in a simulation: the gateway's own balancers, driven as its tests
 * drive them, on the clock of the simulation; and a few to compare them with.
 */
import type { HealthConfiguration } from '../../core/configuration/health-schema.ts'
import type { Attempt, Plugin } from '../../core/plugin.ts'
import { ManualClock } from '../../core/testing/manual-clock.ts'
import { drive } from '../../core/testing.ts'
import { TimerWheel } from '../../core/timers.ts'
import { UpstreamHealth } from '../../core/upstream/health/health.ts'
import leastLatency from '../../plugins/least-latency/index.ts'
import leastRequest from '../../plugins/least-request/index.ts'
import weighted from '../../plugins/weighted/index.ts'
import type { Server } from './servers.ts'

/** How one try went. */
export type Result = Pick<Attempt, 'outcome' | 'status' | 'headersMs'>

/** One choice, to be told how it went. */
export interface Choice {
  readonly server: Server
  told(result: Result): void
}

/** A balancer at work. */
export interface Policy {
  readonly clock: ManualClock
  choose(servers: readonly Server[]): Choice
}

/** What an oracle is told: when the answer of this server would be there, but for the dice. */
export type Foresight = (server: Server) => number

/** Makes a policy for one run. */
export type MakePolicy = (random: () => number, foresight: Foresight) => Promise<Policy>

const NOBODY_TOLD = () => {}

function simple(pick: (servers: readonly Server[]) => Server | undefined): Policy {
  return {
    clock: new ManualClock(),
    choose(servers) {
      const server = pick(servers)
      if (server === undefined) throw new RangeError('no server to choose')
      return { server, told: NOBODY_TOLD }
    }
  }
}

/** A balancer plugin, with its real code. */
async function driven(
  plugin: Plugin,
  random: () => number,
  config: Readonly<Record<string, unknown>> = {}
): Promise<Policy> {
  const balancer = await drive(plugin, config, { place: 'balancer', random })
  return {
    clock: balancer.clock,
    choose(servers) {
      const exchange = balancer.exchange({ method: 'GET', target: '/' })
      const chosen = exchange.upstreamPeer(servers)
      const server = servers.find(candidate => candidate === chosen)
      if (server === undefined) throw new RangeError('the balancer chose nobody')
      return { server, told: result => exchange.upstreamResult({ ...result, peer: server, firstEventMs: undefined }) }
    }
  }
}

/** What the file of a gateway would say under `health:`, with Envoy's numbers. */
const HEALTH: HealthConfiguration = {
  outlier: {
    consecutive5xx: 5,
    consecutiveGatewayFailure: 5,
    interval: 10_000,
    baseEjectionTime: 30_000,
    maxEjectionTime: 300_000,
    maxEjectionPercent: 0.5
  },
  rest: { max: 60_000 },
  panicThreshold: 0
}

/** The same behind core's own outlier detection. */
async function withHealth(plugin: Plugin, random: () => number): Promise<Policy> {
  const { clock, choose } = await driven(plugin, random)
  const health = new UpstreamHealth<Server>({ clock, wheel: new TimerWheel(clock), told: NOBODY_TOLD })
  let isWatching = false
  return {
    clock,
    choose(servers) {
      if (!isWatching) health.moveTo(servers, HEALTH)
      isWatching = true
      const startedMs = clock.monotonic()
      const probe = health.offer?.hasProbes ? health.takeProbe() : undefined
      const choice = probe === undefined ? choose(health.offer?.peers ?? servers) : { server: probe, told: NOBODY_TOLD }
      return {
        server: choice.server,
        told(result) {
          health.observe(choice.server, { ...result, startedMs, retryAfterMs: undefined })
          choice.told(result)
        }
      }
    }
  }
}

/** Every policy, by name. */
export const POLICIES: ReadonlyMap<string, MakePolicy> = new Map<string, MakePolicy>([
  [
    'round robin',
    async () => {
      let turn = 0
      return simple(servers => servers[turn++ % servers.length])
    }
  ],
  ['random', async random => simple(servers => servers[Math.floor(random() * servers.length)])],
  ['weighted', random => driven(weighted, random)],
  ['least-request', random => driven(leastRequest, random)],
  ['least-latency', random => driven(leastLatency, random)],
  ['least-latency, health', random => withHealth(leastLatency, random)],
  [
    'oracle',
    async (_random, foresight) =>
      simple(servers => servers.reduce((best, server) => (foresight(server) < foresight(best) ? server : best)))
  ]
])
