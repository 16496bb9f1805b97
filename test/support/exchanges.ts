/**
 * Exchanges without a gateway around them: one by itself, and a server whose
 * requests go through acceptor and pipeline along routes that a test made by
 * hand, under a clock that it moves. No configuration is read.
 */
import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Dialect } from '../../core/dialects/index.ts'
import { errorCode } from '../../core/log.ts'
import { type Accepted, LiveExchange } from '../../core/pipeline/exchange.ts'
import { HeaderList } from '../../core/pipeline/headers.ts'
import { LiveList } from '../../core/pipeline/live-list.ts'
import type { RoutePlan, Step } from '../../core/pipeline/plan.ts'
import type { Services } from '../../core/pipeline/services.ts'
import type { AccessFacts, Exchange, Facts } from '../../core/plugin.ts'
import { Acceptor } from '../../core/server/acceptor.ts'
import { Matcher } from '../../core/server/matcher.ts'
import { TrustedProxies } from '../../core/server/trusted-proxies.ts'
import { TimerWheel } from '../../core/timers.ts'
import { ManualClock } from './clock.ts'
import { stepOf } from './plans.ts'
import type { Teardown } from './upstream.ts'

/** Services of a pipeline that write down what they are told. */
export interface TestServices extends Services {
  readonly clock: ManualClock
  /** Plugins that failed: instance, phase, code of the error. */
  readonly failed: (readonly string[])[]
  /** Tries that were decided: upstream, peer, outcome. */
  readonly attempts: (readonly string[])[]
  /** Events that plugins logged. */
  readonly written: { readonly event: string; readonly facts: Facts }[]
  /** Exchanges that have ended, in order. */
  readonly ended: { readonly exchange: Exchange; readonly facts: AccessFacts }[]
  /** Whether the gateway was told to stop. */
  stopping: boolean
}

/** Makes services. A fault of core itself ends the test. */
export function servicesOf(clock = new ManualClock(), told: () => void = () => {}): TestServices {
  const services: TestServices = {
    clock,
    wheel: new TimerWheel(clock),
    live: new LiveList(),
    shows: { overhead: false, upstream: false, attempts: false },
    failed: [],
    attempts: [],
    written: [],
    ended: [],
    stopping: false,
    isStopping: () => services.stopping,
    writeEvent: (event, facts) => void services.written.push({ event: event.name, facts }),
    pluginFailed: (instance, phase, _route, error) => void services.failed.push([instance, phase, errorCode(error)]),
    exchangeFailed: (_route, error) => {
      process.nextTick(() => {
        throw error
      })
    },
    attemptDone: ({ upstream, peer, outcome }) => void services.attempts.push([upstream, peer.id, outcome]),
    exchangeDone: (exchange, facts) => {
      services.ended.push({ exchange, facts })
      told()
    }
  }
  return services
}

/** An exchange that nobody drives. Its client is a socket without another end. */
export function exchangeOf(
  plan: RoutePlan,
  given: Partial<Accepted> & { readonly dialect?: Dialect; readonly services?: Services } = {}
): LiveExchange {
  const { dialect = 'http', services = servicesOf(), ...rest } = given
  const request = new IncomingMessage(new Socket())
  const accepted: Accepted = {
    id: 'exchange-1',
    request,
    response: new ServerResponse(request),
    method: 'GET',
    target: '/',
    clientIp: '192.0.2.1',
    headers: new HeaderList([]),
    host: 'gateway.test',
    contentLength: undefined,
    hasBody: false,
    expectsContinue: false,
    readBytes: 0,
    connection: new LiveList(),
    upgrades: false,
    outgoingHeaders: [],
    ...rest
  }
  return new LiveExchange(accepted, plan, dialect, services)
}

/** A server in front of the pipeline. */
export interface TestServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly port: number
  readonly clock: ManualClock
  readonly services: TestServices
  /** Facts of the next exchange that ends, or of the first that has ended and was not asked for yet. */
  end(): Promise<AccessFacts>
  /** Resolves when the next exchange begins, with it. */
  begin(): Promise<LiveExchange>
}

/** Serves routes that take everything; where there are several, each takes what is below its id. It ends with the test. */
export async function startServer(
  t: Teardown,
  build: (clock: ManualClock) => RoutePlan | readonly RoutePlan[]
): Promise<TestServer> {
  const clock = new ManualClock()
  const built = build(clock)
  const plans: readonly RoutePlan[] = 'id' in built ? [built] : built
  const waiting: (() => void)[] = []
  const services = servicesOf(clock, () => waiting.shift()?.())
  let asked = 0
  const matcher = new Matcher<RoutePlan>()
  for (const plan of plans) {
    matcher.add({ hosts: [], methods: [], path: plans.length === 1 ? '/*' : `/${plan.id}/*` }, plan)
  }
  const acceptor = new Acceptor({
    services,
    routes: () => matcher,
    trustedProxies: new TrustedProxies([]),
    pseudonym: 'tacit-test',
    idleMs: 60_000,
    refused: () => {}
  })
  const beginnings: ((exchange: LiveExchange) => void)[] = []
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    const before = new Set(services.live)
    acceptor.accept(request, response)
    for (const exchange of services.live) {
      if (!before.has(exchange) && exchange instanceof LiveExchange) beginnings.shift()?.(exchange)
    }
  })
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')

  t.teardown(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
    services.wheel.close()
    const peers = plans.flatMap(plan => [...plan.upstreams.values()].flatMap(({ upstream }) => upstream.peers))
    for (const peer of peers) await peer.connections.close()
  })

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    clock,
    services,
    async end() {
      const index = asked++
      while (services.ended.length <= index) await new Promise<void>(resolve => waiting.push(resolve))
      const entry = services.ended[index]
      if (entry === undefined) throw new TypeError('no exchange has ended')
      return entry.facts
    },
    begin: () => new Promise(resolve => beginnings.push(resolve))
  }
}

/** A plugin that does nothing but write down each phase as it comes. */
export function witness(seen: string[], name = 'witness'): Step {
  return stepOf(name, {
    requestFilter: () => void seen.push('requestFilter'),
    upstreamRequestFilter: (_exchange, _request, peer) => void seen.push(`upstreamRequestFilter ${peer.id}`),
    upstreamResult: (_exchange, { number, outcome }) => void seen.push(`upstreamResult ${number} ${outcome}`),
    responseFilter: (_exchange, { source, status }) => void seen.push(`responseFilter ${source} ${status}`),
    finish: (_exchange, { reason, status }) => void seen.push(`finish ${reason} ${status}`),
    logging: (_exchange, { end }) => void seen.push(`logging ${end.reason}`)
  })
}
