/**
 * A running gateway: configuration, plugins and listeners put together, and
 * taken apart again. The top of core; only the command line stands above it.
 */
import { availableParallelism } from 'node:os'
import { openAdminSide } from './admin/side.ts'
import { systemClock } from './clock.ts'
import { compareConfigurations } from './configuration/changes.ts'
import { type LoadedConfiguration, loadConfiguration } from './configuration/load.ts'
import { readNamedText } from './configuration/named-file.ts'
import { usesOf } from './configuration/uses.ts'
import { GatewayError } from './errors.ts'
import type { Identities } from './identity/identities.ts'
import { PluginLoader } from './loader.ts'
import { createLogger, errorCode, type Logger } from './log.ts'
import { type PreparedProcesses, ProcessGroup } from './processes/group.ts'
import { Reloader, type ReloadOutcome, type ReloadTrigger } from './reload.ts'
import { needRestart } from './restart-settings.ts'
import type { AdminListener } from './server/admin.ts'
import { type Listener, openListener } from './server/listener.ts'
import { Serving, stopping } from './serving.ts'
import { type HeldSocket, type InheritedSockets, type SocketRole, startSuccessor } from './takeover.ts'
import { VERSION } from './version.ts'

export type { AppliedReload, RefusedReload, ReloadOutcome, ReloadTrigger } from './reload.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  /** Path of the YAML file. Files that it names are found from its folder. */
  readonly file: string
  /** What `${NAME}` stands for; the process's own environment if not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Sockets that this process was handed by the one before it, to listen on. */
  readonly sockets?: InheritedSockets
}

/** A gateway that serves. */
export interface Gateway {
  /** Address of the public listener, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** Address of the admin listener. */
  readonly adminUrl: string
  /** Exchanges under way in this process. With `workers` they are in others. */
  readonly inFlight: number
  /** Consumers, groups and credentials besides those of the file; undefined where no store for them is configured. */
  readonly identities: Identities | undefined
  /** The files that its configuration stands in: the main one as it was given, then those that are included. */
  readonly files: readonly string[]
  /**
   * Reads the file again and serves by it from one request to the next; exchanges under way end as they began. One
   * that does not load, or cannot be set up, changes nothing. Reloads are done one after the other.
   * @param trigger who asked, for the log. Default `program`.
   * @returns what has changed, or why nothing has. Rejects only for a fault of the gateway's own.
   */
  reload(trigger?: ReloadTrigger): Promise<ReloadOutcome>
  /**
   * Starts the program of this process anew, as it stands on the disk now, on the same ports. Close this gateway then:
   * until it is closed both take connections.
   * @returns the id of the new process, which serves.
   * @throws GatewayError `TACIT_SUCCESSOR_FAILED` when it does not come to serve, `TACIT_SOCKET_STAYS` where ports cannot
   * be handed on. Nothing has changed then.
   */
  handOver(): Promise<number>
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
      plugins: usesOf(loaded).length,
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
  const text = await readNamedText(file)
  const loaded = await loadConfiguration({ file, text, environment }, new PluginLoader())
  TEXTS.set(loaded, text)
  return loaded
}

/** What a running gateway holds. */
interface Parts {
  readonly serving: Serving
  readonly reloader: Reloader
  readonly admin: AdminListener
  readonly listener: Listener
  /** Set where other processes carry the exchanges. */
  readonly group: ProcessGroup | undefined
  readonly sockets: readonly HeldSocket[]
}

class RunningGateway implements Gateway {
  readonly url: string
  readonly adminUrl: string
  readonly #parts: Parts
  #closing: Promise<void> | undefined
  #isHandedOver = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.url = parts.listener.url
    this.adminUrl = parts.admin.url
    reportListener(parts.serving.logger, 'public', this.url)
    reportListener(parts.serving.logger, 'admin', this.adminUrl)
  }

  /** Opens what serves, from the inside out; closes what was opened when a part fails. */
  static async open(
    options: GatewayOptions,
    loaded: LoadedConfiguration,
    logger: Logger,
    openPublic: typeof openListener
  ): Promise<RunningGateway> {
    const { listen, admin: adminBlock } = loaded.configuration
    const inherited = options.sockets
    const count = processesOf(loaded)
    const serving = await Serving.open(loaded, logger)
    const opened = [() => serving.close()]
    let group: ProcessGroup | undefined
    let isOpen = false
    try {
      const reloader = reloaderOf(options, loaded, serving, () => group)
      const admin = await openAdminSide(serving, {
        inherited: inherited?.take('admin', adminBlock.host, adminBlock.port),
        isReady: () => isOpen && !serving.isStopping,
        health: async () => ({ ...(await serving.readiness.ask()), ...(await group?.health()) }),
        metrics: () => group?.metrics(serving.measures.text()) ?? serving.measures.text(),
        workersPage: () => group?.metrics(''),
        reload: () => reloader.reload('admin'),
        others: () => group
      })
      opened.push(() => admin.close())
      const socket = inherited?.take('public', listen.host, listen.port)
      if (count > 1) {
        if (openPublic !== openListener) throw processesElsewhere()
        const { file, environment = process.env } = options
        const graceMs = () => serving.snapshot.loaded.configuration.shutdownGrace
        const text = textOf(loaded)
        const { counted, store } = serving
        const given = { count, listen, file, text, environment, logger, counted, store, graceMs, inherited: socket }
        group = await ProcessGroup.open(given)
      }
      const listener = group ?? (await openPublic({ ...serving.listenerOptions(), inherited: socket }))
      inherited?.closeRest()
      isOpen = true
      const sockets = [...held('public', listen, listener), ...held('admin', adminBlock, admin)]
      return new RunningGateway({ serving, reloader, admin, listener, group, sockets })
    } catch (error) {
      for (const close of opened.toReversed()) await close()
      throw error
    }
  }

  get identities(): Identities | undefined {
    return this.#parts.serving.identities
  }

  get inFlight(): number {
    return this.#parts.serving.live.size
  }

  get files(): readonly string[] {
    return this.#parts.serving.snapshot.loaded.files
  }

  reload(trigger: ReloadTrigger = 'program'): Promise<ReloadOutcome> {
    return this.#parts.reloader.reload(trigger)
  }

  async handOver(): Promise<number> {
    const { sockets, serving, admin } = this.#parts
    if (sockets.length < 2) {
      throw new GatewayError(
        'TACIT_SOCKET_STAYS',
        'The ports cannot be handed on to another process.',
        'Give `listen.host` and `admin.host` as addresses, and use the newest Node 24 on Linux or macOS.'
      )
    }
    const pid = await startSuccessor(sockets)
    serving.logger.event('handed_over', { pid })
    this.#isHandedOver = true
    // Whoever asks how the gateway is means the new process.
    await admin.close()
    return pid
  }

  close(signal?: string): Promise<void> {
    this.#closing ??= this.#close(signal)
    return this.#closing
  }

  async #close(signal: string | undefined): Promise<void> {
    const { reloader, serving, admin, listener, group } = this.#parts
    const { logger, live } = serving
    const { shutdownGrace: graceMs, listen } = serving.snapshot.loaded.configuration
    // Nobody waits for this process to be gone: the other one serves.
    const lingerMs = this.#isHandedOver ? listen.keepAliveTimeout : 0
    const startedMs = systemClock.monotonic()
    logger.event('gateway_stopping', { ...(signal === undefined ? {} : { signal }), exchanges: live.size, graceMs })
    const cut = (await serving.stop(listener, graceMs, lingerMs)) + (group?.cut ?? 0)
    await reloader.idle()
    await admin.close()
    await serving.close()
    logger.event('gateway_stopped', { durationMs: systemClock.monotonic() - startedMs, cut })
    await logger.close()
  }
}

function reloaderOf(
  options: GatewayOptions,
  started: LoadedConfiguration,
  serving: Serving,
  group: () => ProcessGroup | undefined
): Reloader {
  return new Reloader({
    logger: serving.logger,
    clock: systemClock,
    current: () => serving.snapshot.loaded,
    read: async () => {
      if (serving.isStopping) throw stopping()
      return await readConfiguration(options)
    },
    async apply(next) {
      const prepared = await serving.prepare(next)
      let others: PreparedProcesses | undefined
      try {
        others = await group()?.prepare(textOf(next))
      } catch (error) {
        await prepared.discard()
        throw error
      }
      prepared.commit()
      await others?.commit()
      return needRestart(compareConfigurations(started, next))
    }
  })
}

/** What the file said, for the processes that share the work: they must not read another version of it. */
const TEXTS = new WeakMap<LoadedConfiguration, string>()

function textOf(loaded: LoadedConfiguration): string {
  const text = TEXTS.get(loaded)
  if (text === undefined) throw new TypeError('a configuration that was not read here')
  return text
}

function processesElsewhere(): GatewayError {
  return new GatewayError(
    'TACIT_WORKERS_IMPOSSIBLE',
    'A gateway within an application has no processes of its own.',
    'Leave `workers` out, and run the application in several processes.'
  )
}

function processesOf({ configuration: { workers } }: LoadedConfiguration): number {
  return workers === 'auto' ? availableParallelism() : workers
}

function held(
  role: SocketRole,
  { host, port }: { readonly host: string; readonly port: number },
  { descriptor }: { readonly descriptor: number | undefined }
): readonly HeldSocket[] {
  return descriptor === undefined ? [] : [{ role, host, port, descriptor }]
}

function reportListener(logger: Logger, listener: 'public' | 'admin', url: string): void {
  // A gateway that is mounted has a path within an application, which listens itself.
  if (!URL.canParse(url)) return
  const { protocol, hostname, port } = new URL(url)
  const tls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  logger.event('listener_opened', { listener, host, port: Number(port || (tls ? 443 : 80)), tls })
}
