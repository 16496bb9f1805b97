/**
 * Carries a WebSocket between a client and a peer: frame by frame, with
 * backpressure, within bounds on bytes and silence, and closed with a code that
 * both sides understand. Reads no message.
 */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { CoreReason } from '../errors.ts'
import type { EndReason } from '../plugin.ts'
import { Timer } from '../timers.ts'
import type { LiveExchange } from './exchange.ts'
import type { TunnelLimits } from './plan.ts'
import { closeFrame, FrameReader, type FrameSender } from './websocket-frames.ts'

/** Time for both sides to take a close frame and close, in ms. */
const CLOSING_MS = 2_000
/** RFC 6455, 7.4.1, and the registry of close codes: going away, policy violation, bad gateway. */
const GOING_AWAY = 1001
const POLICY = 1008
const BAD_GATEWAY = 1014

/** How a tunnel ended. */
export interface TunnelEnd {
  readonly reason: EndReason
  /** Why core ended it; undefined when one of the sides did. */
  readonly refusal: CoreReason | undefined
}

const COMPLETE: TunnelEnd = { reason: 'complete', refusal: undefined }

/** One direction. */
class Lane {
  readonly socket: Socket
  readonly reader: FrameReader
  /** The side has said that nothing more comes, or is gone. */
  isOver = false
  /** Whether what was passed on of it ends with a frame, so that another may follow. */
  isPassedWhole = true

  constructor(socket: Socket, sender: FrameSender, limits: TunnelLimits) {
    this.socket = socket
    this.reader = new FrameReader(sender, limits.maxFrame)
  }
}

/** One WebSocket. As a timer, it ends one that is silent, or does not close. */
export class Tunnel extends Timer {
  readonly #exchange: LiveExchange
  readonly #limits: TunnelLimits
  readonly #client: Lane
  readonly #peer: Lane
  readonly #ended: (end: TunnelEnd) => void
  #end: TunnelEnd | undefined
  #isOver = false

  /** @param ended told once, when both sides are closed. */
  constructor(
    exchange: LiveExchange,
    limits: TunnelLimits,
    client: Socket,
    peer: Socket,
    ended: (end: TunnelEnd) => void
  ) {
    super()
    this.#exchange = exchange
    this.#limits = limits
    this.#client = new Lane(client, 'client', limits)
    this.#peer = new Lane(peer, 'server', limits)
    this.#ended = ended
  }

  /** Begins. `first` are bytes that the peer has sent behind its agreement. */
  start(first: Buffer): void {
    this.#connect(this.#client, this.#peer, bytes => {
      this.#exchange.requestBytes += bytes
    })
    const received = (bytes: number) => {
      this.#exchange.responseBytes += bytes
    }
    this.#connect(this.#peer, this.#client, received)
    this.#touch()
    if (first.length > 0) this.#pass(this.#peer, this.#client, first, received)
    this.#client.socket.setTimeout(0).resume()
    this.#peer.socket.resume()
  }

  /** Closes both sides with a code, because of the gateway. */
  close(reason: EndReason, refusal: CoreReason): void {
    this.#close(GOING_AWAY, { reason, refusal })
  }

  expire(): void {
    if (this.#end === undefined) this.close('deadline', 'deadline_exceeded')
    else this.#finish()
  }

  #connect(from: Lane, to: Lane, count: (bytes: number) => void): void {
    const { socket } = from
    socket.on('data', (bytes: Buffer) => this.#pass(from, to, bytes, count))
    to.socket.on('drain', () => socket.resume())
    socket.on('end', () => this.#sideEnded(from, to))
    socket.on('close', () => this.#sideEnded(from, to))
    // `close` follows.
    socket.on('error', () => {})
  }

  #pass(from: Lane, to: Lane, bytes: Buffer, count: (bytes: number) => void): void {
    if (this.#end !== undefined) return
    const fault = from.reader.read(bytes)
    count(bytes.length)
    const { requestBytes, responseBytes } = this.#exchange
    if (fault !== undefined) {
      const isClient = from === this.#client
      this.#close(fault, {
        reason: isClient ? 'refused' : 'upstream_cut',
        refusal: isClient ? 'websocket_invalid' : 'upstream_cut'
      })
      return
    }
    this.#touch()
    from.isPassedWhole = from.reader.isBetween
    if (to.socket.writable && !to.socket.write(bytes)) from.socket.pause()
    if (requestBytes + responseBytes > this.#limits.maxBytes) {
      this.#close(POLICY, { reason: 'refused', refusal: 'tunnel_too_large' })
    }
  }

  /** One side is gone. With a close frame that is the end that both have agreed on. */
  #sideEnded(from: Lane, to: Lane): void {
    if (from.isOver || this.#isOver) return
    from.isOver = true
    if (to.isOver) {
      this.#end ??= COMPLETE
      this.#finish()
      return
    }
    if (this.#end !== undefined) return
    if (from.reader.hasClosed || to.reader.hasClosed) {
      this.#closing(COMPLETE)
      to.socket.end()
    } else if (from === this.#client) this.#close(GOING_AWAY, { reason: 'client_gone', refusal: undefined })
    else this.#close(BAD_GATEWAY, { reason: 'upstream_cut', refusal: 'upstream_cut' })
  }

  /** Tells both sides, where that is possible between two frames, and waits for them to close. */
  #close(code: number, end: TunnelEnd): void {
    if (this.#end !== undefined) return
    this.#closing(end)
    this.#say(this.#client, this.#peer, closeFrame(code))
    this.#say(this.#peer, this.#client, closeFrame(code === BAD_GATEWAY ? GOING_AWAY : code, randomBytes(4)))
  }

  /** @param other whose frames that side has got so far. */
  #say({ socket, isOver }: Lane, other: Lane, frame: Buffer): void {
    if (isOver || !socket.writable) return
    if (other.isPassedWhole && !other.reader.hasClosed) socket.end(frame)
    else socket.end()
    // What still comes has nowhere to go, and its end is waited for.
    socket.resume()
  }

  #closing(end: TunnelEnd): void {
    this.#end = end
    const { wheel, clock } = this.#exchange.services
    wheel.schedule(this, clock.monotonic() + CLOSING_MS)
  }

  #touch(): void {
    const { wheel, clock } = this.#exchange.services
    wheel.schedule(this, clock.monotonic() + this.#limits.idle)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#exchange.services.wheel.cancel(this)
    this.#client.socket.destroy()
    this.#peer.socket.destroy()
    this.#ended(this.#end ?? COMPLETE)
  }
}
