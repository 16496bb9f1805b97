/**
 * Runs a plugin's phases without a gateway and without a network, for tests of
 * plugins. Import it as `tacit-gateway/testing`.
 *
 *     const driven = await drive(plugin, { header: 'x-key' }, { credentials: […] })
 *     const { refused } = await driven.exchange({ headers: { 'x-key': 'abc' } }).run()
 *
 * Configuration is checked and decoded as it is when a gateway starts; time
 * stands still until `driven.clock` is moved; chance repeats.
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { assertDefinition } from './definition.ts'
import { type Dialect, recogniseDialect } from './dialects/index.ts'
import { type PluginInstance, setUpInstance } from './instances.ts'
import { compileEvent } from './log.ts'
import { LiveExchange } from './pipeline/exchange.ts'
import { HeaderList } from './pipeline/headers.ts'
import { LiveList } from './pipeline/live-list.ts'
import { compileRoute, declares, type RoutePlan, type Step } from './pipeline/plan.ts'
import type { Services } from './pipeline/services.ts'
import type { Health, Plugin } from './plugin.ts'
import { decodeConfig } from './testing/config.ts'
import { DrivenExchange, flatten, type HeadersInit } from './testing/driven-exchange.ts'
import { drivenHost, type HostOptions, type Measured, type Written } from './testing/driven-host.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { TimerWheel } from './timers.ts'

export type { Refused } from './errors.ts'
export type { Decision } from './pipeline/exchange.ts'
export type {
  Course,
  DrivenExchange,
  HeadersInit,
  ResponseInit,
  SentRequest,
  SentResponse,
  UpstreamInit
} from './testing/driven-exchange.ts'
export type { DrivenCredential, HostOptions, Measured } from './testing/driven-host.ts'
export { ManualClock } from './testing/manual-clock.ts'
export { seededRandom } from './testing/seeded-random.ts'

/** What a plugin is driven with, besides its configuration. */
export interface DriveOptions extends HostOptions {
  /** Where the instance stands. Default: among the plugins of a route. */
  readonly place?: 'route' | 'upstream' | 'balancer'
  /** Wall-clock time to begin with, in ms since the epoch. Default: the first moment of 2026. */
  readonly startAt?: number
}

/** The client's request. */
export interface RequestInit {
  /** Default: `POST`. */
  readonly method?: string
  /** Path and query. Default: `/v1/chat/completions`. */
  readonly target?: string
  readonly headers?: HeadersInit
  /** Default: none. */
  readonly body?: string
  /** Default: `192.0.2.1`. */
  readonly clientIp?: string
  /** Default: recognised by the path. */
  readonly dialect?: Dialect
  /** Id of the route. Default: `some-route`. */
  readonly route?: string
}

/** A line of the log: the event's name, its exchange and route, and the fields that its schema takes. */
export type LogLine = Readonly<Record<string, string | number | boolean>>

/**
 * Sets `plugin` up as a gateway would, with `config` as an operator would write it.
 * @throws GatewayError for a definition, a configuration or phases that a gateway would not start with.
 */
export async function drive(
  plugin: Plugin,
  config: Readonly<Record<string, unknown>> = {},
  options: DriveOptions = {}
): Promise<Driven> {
  const exported: unknown = plugin
  assertDefinition(exported, options.instance ?? 'the driven plugin')
  const clock = new ManualClock(options.startAt)
  const { host, written, upstreams, stop } = drivenHost(exported, clock, options)
  const place = { kind: options.place ?? 'route', at: 'driven' } as const
  const instance = await setUpInstance(exported, decodeConfig(exported.config, config), host, place)
  return new Driven(instance, { clock, written, upstreams, stop })
}

/** A plugin at work. */
export class Driven {
  /** Moved by hand; what is due happens while it is moved. */
  readonly clock: ManualClock
  /** Lines that the plugin has logged. */
  readonly logged: LogLine[] = []
  /** Phases that returned a promise. A plugin that waits for nothing leaves it empty. */
  readonly waited: string[] = []
  readonly #instance: PluginInstance
  readonly #written: Written
  readonly #stop: () => void
  readonly #step: Step
  readonly #services: Services
  readonly #message = new IncomingMessage(new Socket())
  #exchanges = 0

  /** Made by {@link drive}. */
  constructor(
    instance: PluginInstance,
    parts: {
      readonly clock: ManualClock
      readonly written: Written
      readonly upstreams: ReadonlySet<string>
      stop(): void
    }
  ) {
    const { definition, phases, name } = instance
    this.clock = parts.clock
    this.#instance = instance
    this.#written = parts.written
    this.#stop = parts.stop
    this.#step = {
      name,
      phases,
      readsRequestBody: declares(definition, 'request-body'),
      readsResponseBody: declares(definition, 'response-body'),
      allowsFailure: false,
      upstreams: parts.upstreams,
      events: new Map(
        Object.entries(definition.events ?? {}).map(([event, schema]) => [event, compileEvent(event, schema)])
      )
    }
    this.#services = {
      clock: parts.clock,
      wheel: new TimerWheel(parts.clock),
      live: new LiveList(),
      showsOverhead: false,
      isStopping: () => false,
      writeEvent: (event, facts, exchange) => this.logged.push(JSON.parse(`{${event.render(facts, exchange)}}`)),
      pluginFailed: () => {},
      exchangeFailed: () => {},
      attemptDone: () => {},
      exchangeDone: () => {}
    }
  }

  /** Changes of metrics. */
  get measured(): readonly Measured[] {
    return this.#written.metrics
  }

  /** Events handed to webhooks. */
  get emitted(): Written['emitted'] {
    return this.#written.emitted
  }

  /** How the plugin says it is; undefined when it says nothing. */
  async health(): Promise<Health | undefined> {
    return this.#step.phases.health?.()
  }

  /** Ends what the plugin runs periodically, and closes it. */
  async close(): Promise<void> {
    this.#stop()
    await this.#instance.close()
  }

  /** An exchange that has just begun: no phase was called yet. */
  exchange(init: RequestInit = {}): DrivenExchange {
    const { method = 'POST', target = '/v1/chat/completions', headers = {}, body, clientIp = '192.0.2.1' } = init
    const dialect = init.dialect ?? recogniseDialect(target)
    const flat = flatten(headers)
    const exchange = new LiveExchange(
      {
        id: `driven-${++this.#exchanges}`,
        request: this.#message,
        response: new ServerResponse(this.#message),
        method,
        target,
        clientIp,
        headers: new HeaderList(flat),
        host: 'gateway.test',
        contentLength: undefined,
        hasBody: body !== undefined,
        expectsContinue: false,
        readBytes: 0,
        connection: new LiveList(),
        outgoingHeaders: flat
      },
      planOf(init.route ?? 'some-route', this.#step),
      dialect,
      this.#services
    )
    exchange.downstream.body.fill(Buffer.from(body ?? ''))
    return new DrivenExchange(exchange, this.#step, this.waited)
  }
}

function planOf(id: string, step: Step): RoutePlan {
  const unlimited = Number.POSITIVE_INFINITY
  return compileRoute({
    id,
    dialect: undefined,
    targets: undefined,
    steps: [step],
    reachable: [],
    stripPrefix: undefined,
    rewrite: undefined,
    limits: { maxBody: unlimited, maxResponse: unlimited, deadline: unlimited, maxStreamDuration: unlimited },
    drainsForClient: false,
    drain: { maxDuration: unlimited, maxBytes: unlimited, maxConcurrent: unlimited },
    draining: { count: 0 }
  })
}
