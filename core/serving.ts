/**
 * What carries exchanges, without a listener: the configuration at work, the
 * pipeline's services, what is measured. Knows nothing of who listens, and
 * nothing of other processes.
 */
import { randomBytes } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { assemble, type Snapshot } from './assembly.ts'
import { systemClock } from './clock.ts'
import type { LoadedConfiguration } from './configuration/load.ts'
import { GatewayError } from './errors.ts'
import { type EventParts, Events } from './events/events.ts'
import { createHostBase, type HostBase, type HostParts } from './host.ts'
import { Identities } from './identity/identities.ts'
import { errorCode, type Logger } from './log.ts'
import { Measures } from './measures.ts'
import { LiveExchange } from './pipeline/exchange.ts'
import { LiveList } from './pipeline/live-list.ts'
import { shutDown } from './pipeline/pipeline.ts'
import type { RoutePlan } from './pipeline/plan.ts'
import type { Services } from './pipeline/services.ts'
import type { Exchange, Store } from './plugin.ts'
import { Readiness } from './readiness.ts'
import { type Audit, openAudit } from './records/audit.ts'
import { openRecords } from './records/open.ts'
import { Retirement, type Retiring } from './retirement.ts'
import { Acceptor } from './server/acceptor.ts'
import type { Listener, ListenerOptions } from './server/listener.ts'
import { TrustedProxies } from './server/trusted-proxies.ts'
import type { OwnLimits } from './store/limits.ts'
import { type OpenLocalLimits, openLocalLimits } from './store/local-limits.ts'
import { openStores, type Stores } from './store/stores.ts'
import { TimerWheel } from './timers.ts'
import { createFetch } from './upstream/fetch.ts'

/** Counters and values that another process keeps. */
export interface SharedState {
  readonly limits: OwnLimits
  readonly store: Store
  /** Gives back what was taken in advance. */
  close(): void
}

/** A configuration that is set up, and does not serve yet. Call one of the two, once. */
export interface PreparedConfiguration {
  /** From here on everything new is served by it. Waits for nothing. */
  commit(): void
  /** Closes what was set up for it. */
  discard(): Promise<void>
}

/** Time for connections to take the last bytes when the grace is over, in ms. */
const FLUSH_MS = 1_000

type Close = () => Promise<void> | void
type Changeable<Whole, Member extends keyof Whole> = Omit<Whole, Member> & { -readonly [Key in Member]: Whole[Key] }

/** Carries exchanges. */
export class Serving {
  readonly logger: Logger
  readonly measures: Measures
  /** Exchanges under way. */
  readonly live = new LiveList<Exchange>()
  /** How plugins and stores are. */
  readonly readiness: Readiness
  /** Consumers, groups and credentials besides those of the file; undefined where no store for them is configured. */
  readonly identities: Identities | undefined
  /** What this process counts by itself, for others too. */
  readonly counted: OpenLocalLimits
  /** Keeps who has asked the admin listener for what; undefined where no records are open. */
  readonly audit: Audit | undefined
  isStopping = false
  readonly #parts: HostParts
  readonly #services: Changeable<Services, 'shows'>
  readonly #retirement = new Retirement()
  readonly #opened: Close[]
  #base: HostBase
  #snapshot: Snapshot

  private constructor(
    logger: Logger,
    parts: HostParts,
    { limits, counted }: { readonly limits: OwnLimits; readonly counted: OpenLocalLimits },
    wheel: TimerWheel,
    stores: Pick<Stores, 'identities' | 'tellers'>,
    base: HostBase,
    snapshot: Snapshot,
    opened: Close[],
    audit: Audit | undefined
  ) {
    this.logger = logger
    this.measures = parts.measures
    this.#parts = parts
    this.#opened = opened
    this.#base = base
    this.#snapshot = snapshot
    this.identities =
      stores.identities &&
      new Identities(stores.identities.store, stores.identities.cache, systemClock, () => this.#base)
    this.audit = audit
    this.readiness = new Readiness(() => [...stores.tellers, ...this.#snapshot.instances], systemClock)
    this.measures.watch(this.live, () => this.#snapshot.upstreams)
    opened.push(
      () => this.#snapshot.close(),
      () => this.#retirement.close()
    )
    this.counted = counted
    this.#services = this.#makeServices(limits, wheel)
  }

  /**
   * Sets everything up.
   * @param shared what another process keeps for this one; its own, if not given.
   * @throws GatewayError when something cannot be set up. Nothing is left open then.
   */
  static async open(loaded: LoadedConfiguration, logger: Logger, shared?: SharedState): Promise<Serving> {
    const measures = new Measures(logger)
    const wheel = new TimerWheel(systemClock, {
      onError: error => logger.event('timer_failed', { code: errorCode(error) })
    })
    const opened: Close[] = [() => measures.close(), () => wheel.close()]
    try {
      const stores = await openStores(loaded.configuration.stores, {
        clock: systemClock,
        directory: dirname(resolve(loaded.file)),
        redisMeasures: { command: (outcome, durationMs) => measures.redisCommand(outcome, durationMs) },
        identityEvents: {
          looked: outcome => measures.identityLooked(outcome),
          failed: code => logger.event('identities_failed', { code })
        }
      })
      opened.push(() => stores.close())
      measures.watchStores(stores.redis, stores.identities?.cache)
      const counted = openLocalLimits({
        clock: systemClock,
        folder: shared === undefined ? stores.limitsFolder : undefined,
        failed: code => logger.event('limits_failed', { code })
      })
      opened.push(() => counted.close())
      // Redis shares among all of them, the processes of one gateway included.
      const limits = stores.limits ?? shared?.limits ?? counted.limits
      // What is in Redis is shared already.
      const store = stores.redis === undefined ? (shared?.store ?? stores.values) : stores.values
      const kept = await openRecords(loaded, { clock: systemClock, logger, redis: stores.redis })
      opened.push(() => kept.close())
      if (kept.records !== undefined) measures.watchRecords(kept.records)
      const events = openEvents(loaded, {
        clock: systemClock,
        random: Math.random,
        logger,
        measures,
        store: kept.records
      })
      opened.push(() => events.close())
      const { sink: rows, vocabulary } = kept
      const noted = (code: string) => logger.event('records_failed', { code })
      const audit = kept.records === undefined ? undefined : openAudit(rows, vocabulary, noted)
      const own = { clock: systemClock, random: Math.random, logger, measures, wheel }
      // Worker processes look into the store of their parent.
      const sharesStore = stores.redis !== undefined || loaded.configuration.workers !== 1
      const parts = {
        ...own,
        limits,
        store,
        sharesStore,
        identities: stores.identities?.cache,
        rows,
        vocabulary,
        events
      }
      const base = createHostBase(loaded, parts)
      const snapshot = await assemble(loaded, base)
      snapshot.begin()
      const counting = counted.keep === undefined ? [] : [{ name: 'stores.limits', phases: counted }]
      const tellers = [...stores.tellers, ...counting, ...kept.tellers, ...events.tellers]
      return new Serving(
        logger,
        parts,
        { limits, counted },
        wheel,
        { ...stores, tellers },
        base,
        snapshot,
        opened,
        audit
      )
    } catch (error) {
      for (const close of opened.toReversed()) await close()
      throw error
    }
  }

  /** Small values, for others too. */
  get store(): Store {
    return this.#parts.store
  }

  /** What serves now. */
  get snapshot(): Snapshot {
    return this.#snapshot
  }

  /** What a listener needs of this. */
  listenerOptions(): ListenerOptions {
    const { configuration } = this.#snapshot.loaded
    const acceptor = new Acceptor({
      services: this.#services,
      routes: () => this.#snapshot.routes,
      trustedProxies: new TrustedProxies(configuration.listen.trustedProxies),
      pseudonym: `tacit-${randomBytes(6).toString('hex')}`,
      idleMs: configuration.listen.keepAliveTimeout,
      refused: reason => this.measures.refused(reason)
    })
    return {
      listen: configuration.listen,
      accept: acceptor.accept,
      isAnswering: acceptor.isAnswering,
      upgrades: acceptor.upgrades,
      upgrade: acceptor.upgrade,
      clientError: status => this.measures.refused(`http_${status}`),
      certificateReloaded: error => reportCertificate(this.logger, error)
    }
  }

  /** Sets the next configuration up beside the one that serves. @throws GatewayError; everything is as it was then. */
  async prepare(next: LoadedConfiguration): Promise<PreparedConfiguration> {
    const base = createHostBase(next, this.#parts)
    const assembled = await assemble(next, base, this.#snapshot)
    if (this.isStopping) {
      await assembled.close()
      throw stopping()
    }
    return { commit: () => this.#commit(assembled, base), discard: () => assembled.close() }
  }

  #commit(next: Snapshot, base: HostBase): void {
    const replaced = this.#snapshot
    // Nothing waits from here on: no exchange sees half of it.
    this.#snapshot = next
    this.#base = base
    next.begin()
    const { responseHeaders, log } = next.loaded.configuration
    this.#services.shows = responseHeaders
    this.logger.level = log.level
    this.#retirement.retire(retiring(replaced, this.logger), plansOf(this.live))
  }

  /**
   * Takes no more connections, and resolves when the last one is closed. Exchanges may go on for the grace, in ms; then
   * they are ended.
   * @param lingerMs how long idle connections may still be used for a last request, because somebody else takes others.
   * @returns how many were ended.
   */
  async stop(listener: Pick<Listener, 'stop' | 'destroy'>, graceMs: number, lingerMs = 0): Promise<number> {
    this.isStopping = true
    // A WebSocket may go on for an hour: its client is told to connect to somebody else, and can.
    for (const exchange of this.live) {
      if (exchange instanceof LiveExchange && exchange.tunnel !== undefined) shutDown(exchange)
    }
    let cut = 0
    const overdue = setTimeout(() => {
      for (const exchange of this.live) {
        cut++
        if (exchange instanceof LiveExchange) shutDown(exchange)
      }
      // Whatever is left now is a connection that takes nothing.
      setTimeout(() => listener.destroy(), FLUSH_MS).unref()
    }, graceMs)
    await listener.stop(lingerMs)
    clearTimeout(overdue)
    return cut
  }

  /** Closes everything; call it when no exchange is left. */
  async close(): Promise<void> {
    for (const close of this.#opened.toReversed()) await close()
  }

  #makeServices(limits: OwnLimits, wheel: TimerWheel): Changeable<Services, 'shows'> {
    const { logger, measures, counted } = this
    const retirement = this.#retirement
    return {
      clock: systemClock,
      wheel,
      live: this.live,
      shows: this.#snapshot.loaded.configuration.responseHeaders,
      isStopping: () => this.isStopping,
      ...(counted.keep !== undefined && { beforeAnswer: counted.keep }),
      writeEvent: (event, facts, exchange) => logger.write(event, facts, exchange),
      pluginFailed(instance, phase, route, error) {
        measures.pluginFailed(instance)
        logger.event('plugin_failed', { instance, phase, route, code: errorCode(error) })
      },
      exchangeFailed: (route, error) => logger.event('exchange_failed', { route, code: errorCode(error) }),
      attemptDone: attempt => measures.attempt(attempt),
      exchangeDone(exchange, facts) {
        limits.settleLeft(exchange)
        measures.exchange(exchange, facts)
        if (retirement.size > 0 && exchange instanceof LiveExchange) retirement.ended(exchange.plan)
      }
    }
  }
}

/** Opens the webhooks of a configuration, and begins to hand events to them. */
function openEvents(
  { configuration }: LoadedConfiguration,
  {
    logger,
    measures,
    ...parts
  }: Pick<EventParts, 'clock' | 'random' | 'store'> & Pick<HostParts, 'logger' | 'measures'>
): Events {
  const events = new Events({
    ...parts,
    webhooks: configuration.webhooks,
    fetchFor: ({ allow }) => createFetch({ allow }),
    tried(webhook, outcome, code) {
      measures.webhookTried(webhook, outcome)
      if (outcome !== 'ok') logger.event('webhook_failed', { webhook, outcome, code })
    }
  })
  events.begin(error => logger.event('records_failed', { code: errorCode(error) }))
  return events
}

/** What is asked for while the gateway stops is refused with this. */
export function stopping(): GatewayError {
  return new GatewayError('TACIT_STOPPING', 'The gateway is stopping.')
}

/** The routes of all exchanges under way. */
function* plansOf(live: Iterable<Exchange>): Generator<RoutePlan> {
  for (const exchange of live) if (exchange instanceof LiveExchange) yield exchange.plan
}

function retiring({ plans, close }: Snapshot, logger: Logger): Retiring {
  return {
    has: plan => plans.get(plan.id) === plan,
    close: () => close().catch(error => logger.event('release_failed', { code: errorCode(error) }))
  }
}

function reportCertificate(logger: Logger, error: unknown): void {
  if (error === undefined) logger.event('certificate_reloaded', { listener: 'public', expiresAt: 0 })
  else logger.event('certificate_refused', { listener: 'public', code: errorCode(error) })
}
