/**
 * One connection to a peer, and the requests that it carries one after another.
 * Whatever is not the answer to the request that it carries ends it. Chooses
 * nothing: its owner does.
 */
import type { Socket } from 'node:net'
import type { OutgoingRequest, ResponseSink, Transmission } from '../transport.ts'
import { writeBody } from './body-writer.ts'
import type { SocketConnections } from './connections.ts'
import { TransportFault } from './faults.ts'
import { isCopied } from './request-head.ts'
import { ResponseReader } from './response-reader.ts'

/** A request on its way. */
export class SocketTransmission implements Transmission {
  readonly request: OutgoingRequest
  readonly head: Buffer
  readonly sink: ResponseSink
  /** What carries it; undefined when it is over. */
  connection: Connection | undefined

  constructor(request: OutgoingRequest, head: Buffer, sink: ResponseSink) {
    this.request = request
    this.head = head
    this.sink = sink
  }

  pause(): void {
    this.connection?.socket.pause()
  }

  resume(): void {
    this.connection?.socket.resume()
  }

  abort(): void {
    this.connection?.destroy()
  }
}

/** One connection. */
export class Connection {
  readonly socket: Socket
  /** Monotonic ms until which it may idle; the owner's to use. */
  idleUntilMs = 0
  /** How often the name of the peer had moved when this was looked at; the owner's to use. */
  moves = 0
  /** Whether it was connected. */
  isOpen = false
  readonly #owner: SocketConnections
  readonly #received: Buffer
  readonly #answer = new ResponseReader()
  #carried: SocketTransmission | undefined
  #isGone = false
  /** Whether the request may have reached the peer, and whether all of it was written. */
  #isSent = false
  #isWhole = false

  /** Connects. */
  constructor(owner: SocketConnections) {
    this.#owner = owner
    this.#received = owner.receiveBuffer()
    const onread = { buffer: this.#received, callback: (length: number) => this.#take(length) }
    this.socket = owner.dialer.dial((...[error]) => this.#dialled(error), onread)
    this.socket.on('end', () => this.#ended())
    this.socket.on('error', error => this.destroy(error))
    this.socket.on('close', () => this.destroy(new TransportFault('CONNECTION_CLOSED')))
  }

  /** Takes the next request, which an open connection has to be told to write. */
  carry(transmission: SocketTransmission): void {
    this.#carried = transmission
    this.#isSent = false
    transmission.connection = this
  }

  /** Writes the request that it carries. */
  write(): void {
    const carried = this.#carried
    if (carried === undefined || this.#isSent) return
    const { request, sink } = carried
    this.#isSent = true
    this.#answer.begin(request.method, sink)
    sink.onSent()
    if (this.#carried === carried) this.#writeRequest(carried)
  }

  /** Closes it at once. What it carries is told why, if there is a reason. */
  destroy(reason?: unknown): void {
    if (this.#isGone) return
    this.#isGone = true
    const carried = this.#carried
    this.#release()
    this.#owner.lost(this)
    this.socket.destroy()
    if (carried === undefined || reason === undefined) return
    if (this.isOpen && !this.#isSent) this.#owner.again(carried)
    else carried.sink.onFailure(reason)
  }

  #dialled(error: Error | null): void {
    if (error !== null) {
      this.destroy(error)
      return
    }
    this.isOpen = true
    if (this.#carried === undefined) this.#owner.free(this)
    else this.write()
  }

  #writeRequest(carried: SocketTransmission): void {
    const { socket } = this
    const { head } = carried
    const { body, headers } = carried.request
    this.#isWhole = body === null || Buffer.isBuffer(body)
    if (body === null || isCopied(body)) {
      socket.write(head)
      return
    }
    socket.cork()
    socket.write(head)
    if (Buffer.isBuffer(body)) socket.write(body)
    socket.uncork()
    if (Buffer.isBuffer(body)) return
    writeBody(socket, body, headers).then(
      () => {
        if (this.#carried === carried) this.#isWhole = true
      },
      error => {
        if (this.#carried === carried) this.destroy(error)
      }
    )
  }

  /** The socket has read so many bytes. @returns whether it shall go on reading. */
  #take(length: number): boolean {
    const carried = this.#carried
    try {
      // Nobody asked for it: an answer to a request that is still to come would be believed to be its own.
      if (carried === undefined || !this.#isSent) throw new TransportFault('RESPONSE_FRAMING')
      const end = this.#answer.read(this.#received, 0, length)
      if (end !== -1) this.#finish(carried, end === length)
    } catch (error) {
      this.destroy(error)
    }
    return true
  }

  /** The peer has closed its side. */
  #ended(): void {
    const carried = this.#carried
    if (carried !== undefined && this.#isSent && this.#answer.endsWithConnection) this.#finish(carried, false)
    else this.destroy(new TransportFault('CONNECTION_CLOSED'))
  }

  /** The answer is whole. `isExact`: nothing came behind it. */
  #finish(carried: SocketTransmission, isExact: boolean): void {
    const { socket } = this
    const { head } = this.#answer
    this.#release()
    // A peer that answers before it has all of the request may not read the rest.
    const isReusable = isExact && head?.isPersistent === true && this.#isWhole && socket.writableLength === 0
    if (isReusable) {
      if (socket.isPaused()) socket.resume()
      this.#owner.free(this, head.promisedIdleMs)
    } else this.destroy()
    carried.sink.onEnd()
  }

  #release(): void {
    this.#answer.stop()
    if (this.#carried !== undefined) this.#carried.connection = undefined
    this.#carried = undefined
  }
}
