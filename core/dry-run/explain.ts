/**
 * Runs requests through the real pipeline without a network: one configuration, set up aside with throwaway state, a
 * clock that stands still and dice that repeat, and peers that answer as it is assumed. What comes out is what each
 * plugin did and decided, where the request would go and why.
 */
import { assemble, type Snapshot } from '../assembly.ts'
import type { LoadedConfiguration } from '../configuration/load.ts'
import { GatewayError } from '../errors.ts'
import type { LiveAttempt } from '../pipeline/attempt.ts'
import { LiveExchange } from '../pipeline/exchange.ts'
import { LiveList } from '../pipeline/live-list.ts'
import type { Services } from '../pipeline/services.ts'
import type { EndReason, Exchange } from '../plugin.ts'
import { Acceptor } from '../server/acceptor.ts'
import { TrustedProxies } from '../server/trusted-proxies.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { TimerWheel } from '../timers.ts'
import { type Alarm, LATE, systemAlarm, within } from '../within.ts'
import { DryConnections } from './dry-connections.ts'
import { dryHostBase } from './dry-host.ts'
import type { DryOptions, DryRequest, ExplainedMessage, Explanation } from './explanation.ts'
import { type Masks, masksFor } from './masks.ts'
import { MemoryServer } from './memory-connection.ts'
import { summarise } from './summary.ts'
import { Trace } from './trace.ts'

/**
 * Explains one request: what a gateway that has just been started with `loaded` would do with it.
 * @throws GatewayError when a plugin cannot be set up, or for a request that cannot be written as HTTP.
 */
export async function explain(
  loaded: LoadedConfiguration,
  request: DryRequest,
  options: DryOptions
): Promise<Explanation> {
  const dry = await DryGateway.open(loaded, options)
  try {
    return await dry.ask(request)
  } finally {
    await dry.close()
  }
}

/** Exchanges that come in are explained. */
class ExplainedList extends LiveList<Exchange> {
  /** The exchange that came in last. */
  latest: LiveExchange | undefined

  override add(exchange: Exchange): void {
    if (exchange instanceof LiveExchange) {
      exchange.decisions = []
      this.latest = exchange
    }
    super.add(exchange)
  }
}

/** A gateway that reaches nobody. Requests are run one after the other, on state that they share. */
export class DryGateway {
  readonly #snapshot: Snapshot
  readonly #server: MemoryServer
  readonly #live: ExplainedList
  readonly #trace: Trace
  readonly #clock: ManualClock
  readonly #wheel: TimerWheel
  readonly #sent: WeakMap<LiveAttempt, ExplainedMessage>
  readonly #masks: Masks
  readonly #alarm: Alarm
  readonly #longestMs: number
  #refused: string | undefined
  #ended = Promise.withResolvers<EndReason>()

  private constructor(
    loaded: LoadedConfiguration,
    snapshot: Snapshot,
    parts: {
      readonly trace: Trace
      readonly clock: ManualClock
      readonly sent: WeakMap<LiveAttempt, ExplainedMessage>
      readonly alarm: Alarm
      settleLeft(exchange: Exchange): void
    }
  ) {
    const { configuration } = loaded
    this.#snapshot = snapshot
    this.#trace = parts.trace
    this.#clock = parts.clock
    this.#sent = parts.sent
    this.#masks = masksFor(loaded)
    this.#alarm = parts.alarm
    this.#longestMs = Math.max(0, ...configuration.routes.map(({ limits }) => limits.deadline))
    this.#live = new ExplainedList()
    this.#wheel = new TimerWheel(parts.clock)
    const services: Services = {
      clock: parts.clock,
      wheel: this.#wheel,
      live: this.#live,
      shows: configuration.responseHeaders,
      isStopping: () => false,
      writeEvent: () => {},
      pluginFailed: () => {},
      exchangeFailed: () => {},
      attemptDone: () => {},
      paused: ms => void setImmediate(() => this.#clock.advance(ms)),
      exchangeDone: (exchange, { end }) => {
        parts.settleLeft(exchange)
        this.#ended.resolve(end.reason)
      }
    }
    const acceptor = new Acceptor({
      services,
      routes: () => snapshot.routes,
      trustedProxies: new TrustedProxies(configuration.listen.trustedProxies),
      pseudonym: 'tacit-dry-run',
      idleMs: configuration.listen.keepAliveTimeout,
      refused: reason => {
        this.#refused = reason
      }
    })
    this.#server = new MemoryServer(acceptor.accept, configuration.listen.maxHeaderSize)
  }

  /** Sets a configuration up aside. @throws GatewayError when a plugin cannot be set up. */
  static async open(loaded: LoadedConfiguration, options: DryOptions): Promise<DryGateway> {
    const { at, seed = 1, answers = {}, alarm = systemAlarm } = options
    const trace = new Trace()
    const clock = new ManualClock(at)
    const sent = new WeakMap<LiveAttempt, ExplainedMessage>()
    const base = dryHostBase(loaded, clock, seed, () => new DryConnections(clock, answers, sent))
    const snapshot = await assemble(trace.watch(loaded), base)
    const settleLeft = (exchange: Exchange) => base.limits.settleLeft(exchange)
    return new DryGateway(loaded, snapshot, { trace, clock, sent, alarm, settleLeft })
  }

  /**
   * Runs one request, and says all there is to say of it. A plugin that does not go on meets the route's deadline: the
   * clock, which stands still by itself, is moved there once nothing has happened for a while.
   * @throws GatewayError `TACIT_REQUEST_INVALID`, `TACIT_REQUEST_UNANSWERED`.
   */
  async ask(request: DryRequest): Promise<Explanation> {
    const answered = this.#answer(request)
    const first = await within(answered, this.#alarm)
    if (first !== LATE) return first
    this.#clock.advance(this.#longestMs + 1_000)
    const second = await within(answered, this.#alarm)
    if (second !== LATE) return second
    throw new GatewayError('TACIT_REQUEST_UNANSWERED', 'A plugin does not go on, and the request is never answered.')
  }

  async #answer(request: DryRequest): Promise<Explanation> {
    this.#trace.clear()
    this.#live.latest = undefined
    this.#refused = undefined
    this.#ended = Promise.withResolvers()
    const response = await this.#server.send(request)
    const exchange = this.#live.latest
    const end = exchange === undefined ? undefined : await this.#ended.promise
    return summarise({
      request,
      response,
      exchange,
      refused: this.#refused,
      end,
      calls: this.#trace.calls.slice(),
      sent: this.#sent,
      masks: this.#masks
    })
  }

  /** Lets time pass on the clock of the dry run. */
  advance(ms: number): void {
    this.#clock.advance(ms)
  }

  /** Takes everything down again. */
  async close(): Promise<void> {
    this.#wheel.close()
    await this.#snapshot.close()
  }
}
