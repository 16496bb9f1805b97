/**
 * A running gateway: configuration, plugins and listeners put together, and
 * taken apart again. The top of core; only the command line stands above it.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { adminEndpoints } from './admin/control.ts'
import { assemble, type Snapshot } from './assembly.ts'
import { systemClock } from './clock.ts'
import { compareConfigurations } from './configuration/changes.ts'
import { type LoadedConfiguration, loadConfiguration } from './configuration/load.ts'
import { GatewayError } from './errors.ts'
import { createHostBase } from './host.ts'
import { keyedDigest } from './identity/digest.ts'
import { PluginLoader } from './loader.ts'
import { createLogger, errorCode, type Logger } from './log.ts'
import { Measures } from './measures.ts'
import { LiveExchange } from './pipeline/exchange.ts'
import { LiveList } from './pipeline/live-list.ts'
import { shutDown } from './pipeline/pipeline.ts'
import type { RoutePlan } from './pipeline/plan.ts'
import type { Services } from './pipeline/services.ts'
import type { Exchange } from './plugin.ts'
import { Readiness } from './readiness.ts'
import { Reloader, type ReloadOutcome, type ReloadTrigger } from './reload.ts'
import { needRestart } from './restart-settings.ts'
import { Retirement, type Retiring } from './retirement.ts'
import { Acceptor } from './server/acceptor.ts'
import { type AdminListener, openAdmin } from './server/admin.ts'
import { isLoopback } from './server/admin-access.ts'
import { type Listener, openListener } from './server/listener.ts'
import { TrustedProxies } from './server/trusted-proxies.ts'
import { LocalLimits } from './store/limits.ts'
import { openStores } from './store/stores.ts'
import { TimerWheel } from './timers.ts'
import { SAMPLE_MS, Traffic } from './traffic.ts'
import { VERSION } from './version.ts'

export type { AppliedReload, RefusedReload, ReloadOutcome, ReloadTrigger } from './reload.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  /** Path of the YAML file. Files that it names are found from its folder. */
  readonly file: string
  /** What `${NAME}` stands for; the process's own environment if not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A gateway that serves. */
export interface Gateway {
  /** Address of the public listener, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** Address of the admin listener. */
  readonly adminUrl: string
  /** Exchanges under way. */
  readonly inFlight: number
  /**
   * Reads the file again and serves by it from one request to the next; exchanges under way end as they began. One
   * that does not load, or cannot be set up, changes nothing. Reloads are done one after the other.
   * @param trigger who asked, for the log. Default `program`.
   * @returns what has changed, or why nothing has. Rejects only for a fault of the gateway's own.
   */
  reload(trigger?: ReloadTrigger): Promise<ReloadOutcome>
  /**
   * Stops: not ready any more, no new connections, exchanges may go on for the
   * configured grace, then they are ended. Calling again does nothing more.
   */
  close(signal?: string): Promise<void>
}

/**
 * Reads, checks and sets up everything, then listens.
 * @param open what opens the public listener; another one for a gateway that does not listen itself.
 * @throws ConfigurationError with every problem of the file; GatewayError when a plugin cannot be set up or a port is taken.
 * Nothing is left open then.
 */
export async function startGateway(options: GatewayOptions, open = openListener): Promise<Gateway> {
  const startedMs = systemClock.monotonic()
  const loaded = await readConfiguration(options)
  const logger = createLogger({ level: loaded.configuration.log.level })
  try {
    const { routes, upstreams, consumers } = loaded.configuration
    logger.event('configuration_loaded', {
      routes: routes.length,
      upstreams: upstreams.length,
      consumers: consumers.length,
      plugins: countPlugins(loaded),
      durationMs: systemClock.monotonic() - startedMs
    })
    const gateway = await RunningGateway.open(options, loaded, logger, open)
    logger.event('gateway_started', {
      version: VERSION,
      node: process.versions.node,
      routes: routes.length,
      upstreams: upstreams.length,
      startupMs: systemClock.monotonic() - startedMs
    })
    return gateway
  } catch (error) {
    logger.event('gateway_failed', { code: errorCode(error) })
    await logger.close()
    throw error
  }
}

/**
 * Reads and checks a configuration without setting anything up.
 * @throws ConfigurationError with every problem that was found; GatewayError `TACIT_FILE_UNREADABLE`.
 */
export async function readConfiguration({
  file,
  environment = process.env
}: GatewayOptions): Promise<LoadedConfiguration> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new GatewayError(
      'TACIT_FILE_UNREADABLE',
      `"${file}" could not be read (${errorCode(error)}).`,
      'Check the path and its permissions.'
    )
  }
  return loadConfiguration({ file, text, environment }, new PluginLoader())
}

/** What a running gateway holds. */
interface Parts {
  readonly graceMs: () => number
  readonly reloader: Reloader
  readonly logger: Logger
  readonly state: State
  readonly live: LiveList<Exchange>
  readonly admin: AdminListener
  readonly listener: Listener
  /** What closes everything but the public listener, in the order of opening. */
  readonly opened: readonly Close[]
}

interface State {
  isReady: boolean
  isStopping: boolean
}

type Close = () => Promise<void> | void

/** The same, with members that may be set. */
type Changeable<Whole, Member extends keyof Whole> = Omit<Whole, Member> & { -readonly [Key in Member]: Whole[Key] }

/** Time for connections to take the last bytes when the grace is over, in ms. */
const FLUSH_MS = 1_000

class RunningGateway implements Gateway {
  readonly url: string
  readonly adminUrl: string
  readonly #parts: Parts
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.url = parts.listener.url
    this.adminUrl = parts.admin.url
    reportListener(parts.logger, 'public', this.url)
    reportListener(parts.logger, 'admin', this.adminUrl)
  }

  /** Opens what serves, from the inside out; closes what was opened when a part fails. */
  static async open(
    options: GatewayOptions,
    loaded: LoadedConfiguration,
    logger: Logger,
    openPublic: typeof openListener
  ): Promise<RunningGateway> {
    const { configuration } = loaded
    const state: State = { isReady: false, isStopping: false }
    const measures = new Measures(logger)
    const wheel = new TimerWheel(systemClock, {
      onError: error => logger.event('timer_failed', { code: errorCode(error) })
    })
    const opened: Close[] = [() => measures.close(), () => wheel.close()]
    try {
      const limits = new LocalLimits(systemClock)
      const stores = await openStores(configuration.stores, systemClock, {
        command: (outcome, durationMs) => measures.redisCommand(outcome, durationMs)
      })
      opened.push(() => stores.close())
      if (stores.redis !== undefined) measures.watchRedis(stores.redis)
      const parts = { clock: systemClock, random: Math.random, logger, measures, wheel, limits, store: stores.values }
      let snapshot = await assemble(loaded, createHostBase(loaded, parts))
      const retirement = new Retirement()
      opened.push(
        () => snapshot.close(),
        () => retirement.close()
      )
      const live = new LiveList<Exchange>()
      measures.watch(live, () => snapshot.upstreams)
      const readiness = new Readiness(() => [...stores.tellers, ...snapshot.instances], systemClock)
      const traffic = new Traffic(measures)
      const sampling = setInterval(() => traffic.sample(), SAMPLE_MS).unref()
      opened.push(() => clearInterval(sampling))
      const tokens = () => snapshot.loaded.configuration.admin.tokens
      const isReady = () => state.isReady && !state.isStopping
      const health = () => readiness.ask()
      const admin = await openAdmin({
        admin: configuration.admin,
        tokens,
        clock: systemClock,
        digest: token => keyedDigest(digestKeyOf(snapshot.loaded), token),
        isReady,
        health,
        metrics: () => measures.text(),
        endpoints: adminEndpoints({
          clock: systemClock,
          startedAt: systemClock.now(),
          snapshot: () => snapshot,
          live,
          measures,
          traffic,
          isReady,
          health,
          needsToken: () => tokens().length > 0 || !isLoopback(configuration.admin.host),
          reload: () => reloader.reload('admin')
        }),
        page: [],
        acted: ({ id }, operation, status) => logger.event('admin_called', { actor: id, operation, status }),
        refused: reason => logger.event('admin_refused', { reason }),
        failed: code => logger.event('admin_failed', { code })
      })
      opened.push(() => admin.close())
      const services: Changeable<Services, 'showsOverhead'> = {
        clock: systemClock,
        wheel,
        live,
        showsOverhead: configuration.responseHeaders.overhead,
        isStopping: () => state.isStopping,
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
      const acceptor = new Acceptor({
        services,
        routes: () => snapshot.routes,
        trustedProxies: new TrustedProxies(configuration.listen.trustedProxies),
        pseudonym: `tacit-${randomBytes(6).toString('hex')}`,
        idleMs: configuration.listen.keepAliveTimeout,
        refused: reason => measures.refused(reason)
      })
      const listener = await openPublic({
        listen: configuration.listen,
        accept: acceptor.accept,
        isAnswering: acceptor.isAnswering,
        clientError: status => measures.refused(`http_${status}`),
        certificateReloaded: error => reportCertificate(logger, error)
      })
      const reloader = new Reloader({
        logger,
        clock: systemClock,
        current: () => snapshot.loaded,
        read: async () => {
          if (state.isStopping) throw stopping()
          return await readConfiguration(options)
        },
        async apply(next) {
          const replaced = snapshot
          const assembled = await assemble(next, createHostBase(next, parts), replaced)
          if (state.isStopping) {
            await assembled.close()
            throw stopping()
          }
          // From here on nothing waits: no exchange sees half of it.
          snapshot = assembled
          snapshot.begin()
          services.showsOverhead = next.configuration.responseHeaders.overhead
          logger.level = next.configuration.log.level
          retirement.retire(retiring(replaced, logger), plansOf(live))
          return needRestart(compareConfigurations(loaded, next))
        }
      })
      state.isReady = true
      const graceMs = () => snapshot.loaded.configuration.shutdownGrace
      return new RunningGateway({ graceMs, reloader, logger, state, live, admin, listener, opened })
    } catch (error) {
      for (const close of opened.toReversed()) await close()
      throw error
    }
  }

  get inFlight(): number {
    return this.#parts.live.size
  }

  reload(trigger: ReloadTrigger = 'program'): Promise<ReloadOutcome> {
    return this.#parts.reloader.reload(trigger)
  }

  close(signal?: string): Promise<void> {
    this.#closing ??= this.#close(signal)
    return this.#closing
  }

  async #close(signal: string | undefined): Promise<void> {
    const { reloader, logger, state, live, listener, opened } = this.#parts
    const graceMs = this.#parts.graceMs()
    const startedMs = systemClock.monotonic()
    state.isStopping = true
    logger.event('gateway_stopping', { ...(signal === undefined ? {} : { signal }), exchanges: live.size, graceMs })
    let cut = 0
    const overdue = setTimeout(() => {
      for (const exchange of live) {
        cut++
        if (exchange instanceof LiveExchange) shutDown(exchange)
      }
      // Whatever is left now is a connection that takes nothing.
      setTimeout(() => listener.destroy(), FLUSH_MS).unref()
    }, graceMs)
    await listener.stop()
    clearTimeout(overdue)
    await reloader.idle()
    for (const close of opened.toReversed()) await close()
    logger.event('gateway_stopped', { durationMs: systemClock.monotonic() - startedMs, cut })
    await logger.close()
  }
}

/** Tokens are refused at load without one. */
function digestKeyOf({ configuration: { digestKey } }: LoadedConfiguration): string {
  if (digestKey === undefined) throw new TypeError('tokens without a key')
  return digestKey.reveal()
}

function stopping(): GatewayError {
  return new GatewayError('TACIT_STOPPING', 'The gateway is stopping.')
}

/** The routes of all exchanges under way. */
function* plansOf(live: Iterable<Exchange>): Generator<RoutePlan> {
  for (const exchange of live) if (exchange instanceof LiveExchange) yield exchange.plan
}

function retiring({ plans, close }: Snapshot, logger: Logger): Retiring {
  return {
    has: plan => plans.get(plan.id) === plan,
    close: () => close().catch(error => logger.event('configuration_unreleased', { code: errorCode(error) }))
  }
}

/** Uses of plugins, balancers included: each becomes an instance. */
function countPlugins({ plugins, routes, upstreams }: LoadedConfiguration): number {
  let count = plugins.length
  for (const uses of routes.values()) count += uses.length
  for (const upstream of upstreams.values()) count += 1 + upstream.plugins.length
  return count
}

function reportListener(logger: Logger, listener: 'public' | 'admin', url: string): void {
  // A gateway that is mounted has a path within an application, which listens itself.
  if (!URL.canParse(url)) return
  const { protocol, hostname, port } = new URL(url)
  const tls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  logger.event('listener_opened', { listener, host, port: Number(port || (tls ? 443 : 80)), tls })
}

function reportCertificate(logger: Logger, error: unknown): void {
  if (error === undefined) logger.event('certificate_reloaded', { listener: 'public', expiresAt: 0 })
  else logger.event('certificate_refused', { listener: 'public', code: errorCode(error) })
}
