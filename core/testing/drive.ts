/**
 * Runs a plugin's phases one by one, without a gateway and without a network.
 * What a plugin is handed is the pipeline's own; nothing here calls a phase that
 * the test did not ask for.
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { assertDefinition } from '../definition.ts'
import { type Dialect, recogniseDialect } from '../dialects/index.ts'
import { callEndpoint } from '../endpoints/call.ts'
import { GatewayError, type Refused } from '../errors.ts'
import { type PluginInstance, setUpInstance } from '../instances.ts'
import { compileEvent } from '../log.ts'
import { opaqueUpstream } from '../opaque.ts'
import { LiveExchange } from '../pipeline/exchange.ts'
import { HeaderList } from '../pipeline/headers.ts'
import { LiveList } from '../pipeline/live-list.ts'
import { compileRoute, declares, type RoutePlan, type Step } from '../pipeline/plan.ts'
import type { Services } from '../pipeline/services.ts'
import type { Consumer, EndpointRole, Facts, Health, Plugin } from '../plugin.ts'
import { TimerWheel } from '../timers.ts'
import { decodeConfig } from './config.ts'
import { DrivenExchange, flatten, type HeadersInit } from './driven-exchange.ts'
import { type DrivenHost, drivenHost, type HostOptions, type Measured, type Written } from './driven-host.ts'
import { ManualClock } from './manual-clock.ts'

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
  /** Provider behind the upstream that the exchange goes to. Default: no upstream is chosen yet. */
  readonly provider?: string
}

/** What is asked of an endpoint, and by whom. */
export interface AskInit {
  /** Default: `somebody`. */
  readonly actor?: string
  /** Default: the lowest that may ask. */
  readonly role?: EndpointRole
  /** Who calls on a route. Default: nobody that is known. */
  readonly consumer?: Consumer
  /** Parameters of the path. */
  readonly params?: Readonly<Record<string, string>>
  /** Of a GET or a DELETE, without `?`. */
  readonly query?: string
  /** Of the others; sent as JSON. */
  readonly body?: unknown
}

/** What an endpoint has said. */
export interface AskOutcome {
  readonly refused: Refused | undefined
  readonly status: number
  /** Parsed; undefined for a refusal. */
  readonly body: unknown
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
  const driven = drivenHost(exported, clock, options)
  const place = { kind: options.place ?? 'route', at: 'driven' } as const
  try {
    return new Driven(
      await setUpInstance(exported, decodeConfig(exported.config, config), driven.host, place),
      driven,
      clock
    )
  } catch (error) {
    await driven.close()
    throw error
  }
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
  readonly #host: DrivenHost
  readonly #step: Step
  readonly #services: Services
  readonly #message = new IncomingMessage(new Socket())
  #exchanges = 0

  /** Made by {@link drive}. */
  constructor(instance: PluginInstance, host: DrivenHost, clock: ManualClock) {
    const { definition, phases, name } = instance
    this.clock = clock
    this.#instance = instance
    this.#host = host
    this.#step = {
      name,
      phases,
      readsRequestBody: instance.readsRequestBody,
      readsResponseBody: declares(definition, 'response-body'),
      allowsFailure: false,
      upstreams: host.upstreams,
      events: new Map(
        Object.entries(definition.events ?? {}).map(([event, schema]) => [event, compileEvent(event, schema)])
      )
    }
    this.#services = {
      clock,
      wheel: new TimerWheel(clock),
      live: new LiveList(),
      shows: { overhead: false, upstream: false, attempts: false },
      isStopping: () => false,
      writeEvent: (event, facts, exchange) => this.logged.push(JSON.parse(`{${event.render(facts, exchange)}}`)),
      pluginFailed: () => {},
      exchangeFailed: () => {},
      attemptDone: () => {},
      exchangeDone: exchange => host.settleLeft(exchange)
    }
  }

  /** Changes of metrics. */
  get measured(): readonly Measured[] {
    return this.#host.written.metrics
  }

  /** Events handed to webhooks. */
  get emitted(): Written['emitted'] {
    return this.#host.written.emitted
  }

  /** Rows handed to records. */
  get recorded(): Written['rows'] {
    return this.#host.written.rows
  }

  /**
   * Asks one of the plugin's endpoints, with the request and the answer checked by their schemas as in a gateway.
   * @throws GatewayError `TACIT_ENDPOINT_INVALID` when there is none of that name; whatever the plugin threw.
   */
  async ask(name: string, init: AskInit = {}): Promise<AskOutcome> {
    const { definition, endpoints } = this.#instance
    const endpoint = definition.endpoints?.[name]
    const handle = endpoints[name]
    if (endpoint === undefined || handle === undefined) {
      throw new GatewayError('TACIT_ENDPOINT_INVALID', `The plugin has no endpoint "${name}".`)
    }
    const { actor = 'somebody', role = endpoint.role, consumer, params = {}, query = '', body } = init
    const outcome = await callEndpoint(
      { id: name, owner: this.#instance.name, path: endpoint.path, endpoint, handle },
      {
        actor,
        role,
        consumer,
        params,
        query,
        contentType: body === undefined ? undefined : 'application/json',
        accept: undefined,
        body: body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      }
    )
    if (outcome.kind === 'answered') {
      return { refused: undefined, status: outcome.status, body: JSON.parse(outcome.body) }
    }
    if (outcome.failure !== undefined) throw outcome.failure
    return { refused: outcome.refused, status: outcome.refused.status, body: undefined }
  }

  /** How the plugin says it is; undefined when it says nothing. */
  async health(): Promise<Health | undefined> {
    return this.#step.phases.health?.()
  }

  /** What the plugin shows of its state; undefined when it shows nothing. */
  show(): Readonly<Record<string, Facts>> | undefined {
    return this.#step.phases.show?.()
  }

  /** Closes the plugin, then ends what it runs periodically and its threads. */
  async close(): Promise<void> {
    await this.#instance.close()
    await this.#host.close()
  }

  /** An exchange that has just begun: no phase was called yet. */
  exchange(init: RequestInit = {}): DrivenExchange {
    const { method = 'POST', target = '/v1/chat/completions', headers = {}, body, clientIp = '192.0.2.1' } = init
    const dialect = init.dialect ?? recogniseDialect(target.split('?', 1)[0] ?? target)
    const flat = flatten(headers)
    const exchange = new LiveExchange(
      {
        id: drivenId(++this.#exchanges),
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
        upgrades: false,
        outgoingHeaders: flat
      },
      planOf(init.route ?? 'some-route', this.#step),
      dialect,
      this.#services
    )
    exchange.downstream.body.fill(Buffer.from(body ?? ''))
    if (init.provider !== undefined) {
      exchange.targets = [{ upstream: opaqueUpstream('some-upstream', () => init.provider) }]
      exchange.targetIndex = 0
    }
    return new DrivenExchange(exchange, this.#step, this.waited)
  }
}

/** A UUID, as a gateway's are, that counts. */
function drivenId(count: number): string {
  return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`
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
    websocket: null,
    drainsForClient: false,
    drain: { maxDuration: unlimited, maxBytes: unlimited, maxConcurrent: unlimited },
    draining: { count: 0 }
  })
}
