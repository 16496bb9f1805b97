/**
 * What the gateway measures of itself. Names follow OpenTelemetry's HTTP
 * conventions where they have one; labels are words of the configuration and of
 * this code, so their number is bounded and no content can be among them.
 */
import { METHODS, STATUS_CODES } from 'node:http'
import type { Logger } from './log.ts'
import { collectLive } from './metrics/live-metrics.ts'
import { PluginMetrics } from './metrics/plugin-metrics.ts'
import { collectProcessMetrics } from './metrics/process-metrics.ts'
import { type CounterSeries, type HistogramSeries, MetricRegistry } from './metrics.ts'
import type { LiveList } from './pipeline/live-list.ts'
import type { AccessFacts, Attempt, Exchange, Metrics } from './plugin.ts'
import type { Upstream } from './upstream/upstream.ts'

/** Bounds of durations in seconds: OpenTelemetry's for HTTP, and two more for answers of models. */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60
]
/** Bounds of the gateway's own share, in seconds. */
const OVERHEAD_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1]

/** Bounds of commands to a store on the same network, in seconds. */
const COMMAND_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** Ends at which an answer that had begun broke off. */
const BROKEN: readonly string[] = [
  'upstream_cut',
  'error_in_stream',
  'deadline',
  'shutdown',
  'plugin_failed',
  'gateway_failed'
]

/** What came of the exchanges of a route, since the start. */
export interface RouteFigures {
  readonly route: string
  readonly requests: number
  /** Answered 5xx, by whomever, or broken off after a good beginning. */
  readonly errors: number
  /** The gateway said no. */
  readonly refusals: number
  /** How many took how long, in the buckets of {@link DURATION_BOUNDS}. Good until the next figures are asked for. */
  readonly durations: Float64Array
}

/** What came of the tries at a peer, since the start. */
export interface PeerFigures {
  readonly upstream: string
  readonly peer: string
  readonly tries: number
  /** Rejected, or without an answer. Tries that the gateway gave up are none. */
  readonly failures: number
  /** How long the head of the answer took, in the buckets of {@link DURATION_BOUNDS}. */
  readonly waits: Readonly<Float64Array>
}

const STATUS_WORDS = ['0', ...Object.keys(STATUS_CODES)]

/** Series of one route, looked up once. */
class RouteSeries {
  /** By method, then by status. */
  readonly durations = new Map<string, Map<number, HistogramSeries>>()
  /** By end, then by source. */
  readonly ends = new Map<string, Map<string, CounterSeries>>()
  readonly refusals = new Map<string, CounterSeries>()
  readonly overhead: HistogramSeries
  readonly received: CounterSeries
  readonly sent: CounterSeries

  constructor(overhead: HistogramSeries, received: CounterSeries, sent: CounterSeries) {
    this.overhead = overhead
    this.received = received
    this.sent = sent
  }
}

/** Series of one peer. */
class PeerSeries {
  readonly outcomes = new Map<string, CounterSeries>()
  readonly waited: HistogramSeries

  constructor(waited: HistogramSeries) {
    this.waited = waited
  }
}

/** The metrics of one gateway. */
export class Measures {
  readonly #registry = new MetricRegistry()
  readonly #plugins = new PluginMetrics(this.#registry)
  readonly #closers: (() => void)[] = []
  readonly #routes = new Map<string, RouteSeries>()
  readonly #peers = new Map<string, Map<string, PeerSeries>>()
  readonly #outcomes = new Map<string, HistogramSeries>()
  readonly #lookUps = new Map<string, CounterSeries>()

  readonly #duration = this.#registry.histogram(
    'http_server_request_duration_seconds',
    'Time from the head of a request to the end of its exchange.',
    [
      'http_route',
      { name: 'http_request_method', words: METHODS },
      { name: 'http_response_status_code', words: STATUS_WORDS }
    ],
    DURATION_BOUNDS
  )
  readonly #ends = this.#registry.counter(
    'tacit_exchanges_total',
    'Exchanges, by how they ended and who made the response.',
    ['http_route', 'end', 'source']
  )
  readonly #refusals = this.#registry.counter('tacit_refusals_total', 'Responses in which the gateway said no.', [
    'http_route',
    'reason'
  ])
  readonly #overhead = this.#registry.histogram(
    'tacit_overhead_seconds',
    "The gateway's own share of the time to the first byte.",
    ['http_route'],
    OVERHEAD_BOUNDS
  )
  readonly #received = this.#registry.counter('tacit_request_body_bytes_total', 'Bytes of request bodies.', [
    'http_route'
  ])
  readonly #sent = this.#registry.counter('tacit_response_body_bytes_total', 'Bytes of response bodies.', [
    'http_route'
  ])
  readonly #unrouted = this.#registry.counter(
    'tacit_unrouted_requests_total',
    'Requests that were refused before they had a route.',
    ['reason']
  )
  readonly #attempted = this.#registry.counter('tacit_attempts_total', 'Tries at a peer, by what came of them.', [
    'upstream',
    'peer',
    'outcome'
  ])
  readonly #waited = this.#registry.histogram(
    'tacit_attempt_headers_seconds',
    'Time from the start of a try to the head of the answer.',
    ['upstream', 'peer'],
    DURATION_BOUNDS
  )
  readonly #commands = this.#registry.histogram(
    'tacit_redis_command_seconds',
    'Commands to Redis, by what came of them. Those that were never sent took no time.',
    ['outcome'],
    COMMAND_BOUNDS
  )
  readonly #looked = this.#registry.counter(
    'tacit_identity_lookups_total',
    'Credentials that were looked for in the store, by where the answer came from.',
    ['outcome']
  )
  readonly #webhooks = this.#registry.counter('tacit_webhook_tries_total', 'Tries to hand an event to a webhook.', [
    'webhook',
    { name: 'outcome', words: ['ok', 'retry', 'dead'] }
  ])
  readonly #failures = this.#registry.counter('tacit_plugin_failures_total', 'Phases that threw.', ['plugin'])

  constructor(logger: Pick<Logger, 'droppedLines'>) {
    this.#closers.push(collectProcessMetrics(this.#registry))
    const dropped = this.#registry.gauge('tacit_log_lines_dropped', 'Log lines that were lost, since the start.', [])
    this.#closers.push(this.#registry.onCollect(() => dropped.with().set(logger.droppedLines)))
  }

  /** Shows, at each collection, what is under way. @param upstreams those that are in use now. */
  watch(live: LiveList<Exchange>, upstreams: () => readonly Upstream[]): void {
    this.#closers.push(collectLive(this.#registry, live, upstreams))
  }

  /** A webhook was tried. */
  webhookTried(webhook: string, outcome: 'ok' | 'retry' | 'dead'): void {
    this.#webhooks.with(webhook, outcome).add()
  }

  /** Shows, at each collection, which rows wait and which were lost. */
  watchRecords(records: { readonly dropped: number; readonly waitingBytes: number }): void {
    const lost = this.#registry.gauge('tacit_records_lost', 'Rows that could not be kept, since the start.', [])
    const waiting = this.#registry.gauge('tacit_records_waiting_bytes', 'Bytes of rows that wait for the disk.', [])
    const look = () => {
      lost.with().set(records.dropped)
      waiting.with().set(records.waitingBytes)
    }
    this.#closers.push(this.#registry.onCollect(look))
  }

  /** An exchange has ended. */
  exchange(exchange: Exchange, facts: AccessFacts): void {
    const { route: id } = exchange
    const { end, method, source, reason } = facts
    let route = this.#routes.get(id)
    if (route === undefined) {
      route = new RouteSeries(this.#overhead.with(id), this.#received.with(id), this.#sent.with(id))
      this.#routes.set(id, route)
    }
    const { status } = end
    const byStatus = kept(route.durations, method, () => new Map<number, HistogramSeries>())
    kept(byStatus, status, () => this.#duration.with(id, method, String(status))).observe(end.durationMs / 1000)
    const bySource = kept(route.ends, end.reason, () => new Map<string, CounterSeries>())
    kept(bySource, source, () => this.#ends.with(id, end.reason, source)).add()
    if (reason !== undefined) kept(route.refusals, reason, () => this.#refusals.with(id, reason)).add()
    route.overhead.observe(facts.overheadMs / 1000)
    route.received.add(facts.requestBytes)
    route.sent.add(facts.responseBytes)
  }

  /** A try is decided. */
  attempt({ upstream, peer, outcome, headersMs }: Attempt): void {
    const peers = kept(this.#peers, upstream, () => new Map<string, PeerSeries>())
    const series = kept(peers, peer.id, () => new PeerSeries(this.#waited.with(upstream, peer.id)))
    kept(series.outcomes, outcome, () => this.#attempted.with(upstream, peer.id, outcome)).add()
    if (headersMs !== undefined) series.waited.observe(headersMs / 1000)
  }

  /** The figures of every route that had an exchange, one after the other: `durations` is used again for the next. */
  *routeFigures(): Generator<RouteFigures> {
    const durations = new Float64Array(DURATION_BOUNDS.length + 1)
    for (const [route, { durations: byMethod, ends, refusals }] of this.#routes) {
      durations.fill(0)
      let requests = 0
      let errors = 0
      for (const byStatus of byMethod.values()) {
        for (const [status, { counts }] of byStatus) {
          let sum = 0
          for (let bucket = 0; bucket < durations.length; bucket++) {
            const count = counts[bucket] ?? 0
            durations[bucket] = (durations[bucket] ?? 0) + count
            sum += count
          }
          requests += sum
          if (status >= 500) errors += sum
        }
      }
      // With source `gateway` they are 5xx, and counted already.
      for (const end of BROKEN) errors += ends.get(end)?.get('upstream')?.value ?? 0
      let refused = 0
      for (const { value } of refusals.values()) refused += value
      yield { route, requests, errors: Math.min(errors, requests), refusals: refused, durations }
    }
  }

  /** The figures of every peer that was tried. */
  *peerFigures(): Generator<PeerFigures> {
    for (const [upstream, peers] of this.#peers) {
      for (const [peer, { outcomes, waited }] of peers) {
        let tries = 0
        let failures = 0
        for (const [outcome, { value }] of outcomes) {
          tries += value
          if (outcome !== 'committed' && outcome !== 'cancelled') failures += value
        }
        yield { upstream, peer, tries, failures, waits: waited.counts }
      }
    }
  }

  /** A request was refused before it had a route. `reason` is a word of core's own. */
  refused(reason: string): void {
    this.#unrouted.with(reason).add()
  }

  /** A command to Redis is over: `ok`, or a word for what it failed of. `durationMs` is 0 for one that was never sent. */
  redisCommand(outcome: string, durationMs: number): void {
    kept(this.#outcomes, outcome, () => this.#commands.with(outcome)).observe(durationMs / 1000)
  }

  /** A credential was looked up in a store: `cached`, `asked` or `failed`. */
  identityLooked(outcome: string): void {
    kept(this.#lookUps, outcome, () => this.#looked.with(outcome)).add()
  }

  /** Shows, at each collection, whether Redis is connected, and what is remembered of a store of identities. */
  watchStores(
    redis: { readonly isConnected: boolean } | undefined,
    identities: { readonly size: number } | undefined
  ): void {
    if (redis !== undefined) {
      const connected = this.#registry.gauge('tacit_redis_connected', '1 while there is a connection to Redis.', [])
      this.#closers.push(this.#registry.onCollect(() => connected.with().set(redis.isConnected ? 1 : 0)))
    }
    if (identities === undefined) return
    const remembered = this.#registry.gauge('tacit_identities_remembered', 'Credentials that are remembered.', [])
    this.#closers.push(this.#registry.onCollect(() => remembered.with().set(identities.size)))
  }

  /** A phase has thrown. */
  pluginFailed(instance: string): void {
    this.#failures.with(instance).add()
  }

  /** What one plugin instance measures. */
  ofPlugin(instance: string): Metrics {
    return this.#plugins.of(instance)
  }

  /** The page that Prometheus reads. */
  text(): string {
    return this.#registry.text()
  }

  /** Stops measuring the process. */
  close(): void {
    for (const close of this.#closers.splice(0)) close()
  }
}

/** Keys are bounded because labels are: methods that Node knows, statuses, ends and declared reasons. */
function kept<Key, Series>(series: Map<Key, Series>, key: Key, make: () => Series): Series {
  const found = series.get(key)
  if (found !== undefined) return found
  const made = make()
  series.set(key, made)
  return made
}
