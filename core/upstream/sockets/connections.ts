/**
 * The transport of the gateway's own: HTTP/1.1 to one peer on plain sockets,
 * over a bounded list of connections, the one used last first. Knows nothing of
 * routes, plugins or retries; timeouts are its caller's, who aborts.
 */
import type { Clock } from '../../clock.ts'
import { Timer, type TimerWheel } from '../../timers.ts'
import { Dialer, type DialParts } from '../dial.ts'
import type {
  ConnectionOptions,
  Connections,
  OutgoingRequest,
  ResponseSink,
  Transmission,
  UpgradeSink
} from '../transport.ts'
import { Connection, SocketTransmission } from './connection.ts'
import { TransportFault } from './faults.ts'
import { WebSocketHandshake } from './handshake.ts'
import { requestHead } from './request-head.ts'
import { Warmer } from './warmer.ts'

/** What every plain socket reads into: what is kept of it is copied before the next one reads. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024)
/** One record of TLS (RFC 8446, 5.1). Each connection has its own, since writing to one may make it read. */
const RECORD_BYTES = 16 * 1024

/** A transmission that has failed before there was anything to give up. */
const OVER: Transmission = { pause() {}, resume() {}, abort() {} }

/** The connections to one peer. As a timer, it closes those that have idled for too long. */
export class SocketConnections extends Timer implements Connections {
  readonly dialer: Dialer
  readonly #authority: string
  readonly #isSecure: boolean
  #max: number
  readonly #keepAliveMs: number
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #all = new Set<Connection>()
  readonly #warmer: Warmer | undefined
  #idle: Connection[] = []
  /** How often the name of the peer has led elsewhere. */
  #moves = 0

  /** @param origin scheme, host and port. */
  constructor(origin: string, options: ConnectionOptions, clock: Clock, wheel: TimerWheel, parts: DialParts = {}) {
    super()
    const { protocol, host } = new URL(origin)
    this.dialer = new Dialer(origin, options, { clock, ...parts })
    this.dialer.name?.onMove(() => this.#retire())
    const { warm = 0 } = options
    if (warm > 0) this.#warmer = new Warmer(Math.min(warm, options.max), this, clock, wheel)
    this.#authority = host
    this.#isSecure = protocol === 'https:'
    this.#max = options.max
    this.#keepAliveMs = options.keepAliveMs
    this.#clock = clock
    this.#wheel = wheel
  }

  get size(): number {
    return this.#all.size
  }

  send(request: OutgoingRequest, sink: ResponseSink): Transmission | undefined {
    const head = this.#headOf(request, sink)
    if (head === undefined) return OVER
    this.dialer.name?.keepFresh(this.#clock.monotonic())
    const idle = this.#takeIdle()
    if (idle === undefined && this.#all.size >= this.#max) return undefined
    const transmission = new SocketTransmission(request, head, sink)
    if (idle === undefined) this.again(transmission)
    else {
      idle.carry(transmission)
      writeSoon(idle)
    }
    return transmission
  }

  upgrade(request: OutgoingRequest, sink: UpgradeSink): Transmission {
    return new WebSocketHandshake(this.dialer, this.#authority, request, sink)
  }

  async close(): Promise<void> {
    this.#wheel.cancel(this)
    this.#warmer?.stop()
    // What has not been written goes nowhere else now.
    this.#max = 0
    for (const connection of [...this.#all]) connection.destroy(new TransportFault('CONNECTION_CLOSED'))
  }

  warm(): void {
    this.#warmer?.begin()
  }

  /** Opens a connection that waits for its first request. */
  open(): void {
    try {
      this.#open()
    } catch {
      // Certificates that TLS cannot read: the first request is told.
    }
  }

  /** Sends on a connection of its own. */
  again(transmission: SocketTransmission): void {
    try {
      if (this.#all.size >= this.#max) throw new TransportFault('CONNECTION_CLOSED')
      this.#open().carry(transmission)
    } catch (error) {
      // Certificates that TLS cannot read, for one.
      transmission.sink.onFailure(error)
    }
  }

  /** What the socket of a connection reads into. */
  receiveBuffer(): Buffer {
    return this.#isSecure ? Buffer.allocUnsafeSlow(RECORD_BYTES) : SHARED
  }

  /** It can carry another request; `promisedIdleMs` is how long the peer keeps it, if it said so. */
  free(connection: Connection, promisedIdleMs = this.#keepAliveMs): void {
    if (this.#isElsewhere(connection)) {
      connection.destroy()
      return
    }
    this.#warmer?.opened()
    connection.idleUntilMs = this.#clock.monotonic() + Math.min(promisedIdleMs, this.#keepAliveMs)
    this.#idle.push(connection)
    if (!this.scheduled) this.#wheel.schedule(this, connection.idleUntilMs)
  }

  /** It is gone. */
  lost(connection: Connection): void {
    this.#all.delete(connection)
    const index = this.#idle.lastIndexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#warmer?.lost(connection.isOpen)
  }

  expire(): void {
    const nowMs = this.#clock.monotonic()
    for (const connection of this.#idle.filter(({ idleUntilMs }) => idleUntilMs <= nowMs)) connection.destroy()
    let nextMs = Number.POSITIVE_INFINITY
    for (const { idleUntilMs } of this.#idle) nextMs = Math.min(nextMs, idleUntilMs)
    if (this.#idle.length > 0) this.#wheel.schedule(this, nextMs)
  }

  /** Undefined, and the sink is told, when the request must not be sent. */
  #headOf(request: OutgoingRequest, sink: ResponseSink): Buffer | undefined {
    try {
      return requestHead(request, this.#authority)
    } catch (error) {
      sink.onFailure(error)
      return undefined
    }
  }

  #open(): Connection {
    const connection = new Connection(this)
    connection.moves = this.#moves
    this.#all.add(connection)
    return connection
  }

  /** The name of the peer leads elsewhere now: connections to where it led before carry nothing new. */
  #retire(): void {
    this.#moves++
    for (const connection of [...this.#idle]) if (this.#isElsewhere(connection)) connection.destroy()
  }

  /** Whether the name of the peer has led elsewhere since this connection was looked at. */
  #isElsewhere(connection: Connection): boolean {
    if (connection.moves === this.#moves) return false
    connection.moves = this.#moves
    return this.dialer.name?.has(connection.socket.remoteAddress) === false
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || connection.idleUntilMs > this.#clock.monotonic()) return connection
      connection.destroy()
    }
  }
}

let waiting: Connection[] = []

/**
 * Writes when everything was read that sockets had for this turn of the event loop. What an idle connection received
 * before it was used again is no answer to anything, and has ended it by then.
 */
function writeSoon(connection: Connection): void {
  if (waiting.push(connection) === 1) setImmediate(writeWaiting)
}

function writeWaiting(): void {
  const connections = waiting
  waiting = []
  for (const connection of connections) connection.write()
}
