/**
 * A client of raw sockets: sends bytes as they are given, and reads the responses
 * strictly. Knows nothing of the gateway.
 */
import { connect, type Socket } from 'node:net'
import { MalformedMessage, type ReadMessage, readMessage } from './http-reader.ts'

/** A whole response, other than an interim one. */
export interface WireAnswer {
  readonly status: number
  readonly headers: ReadMessage['headers']
  readonly body: Buffer
}

/** One connection. */
export class Wire {
  readonly answers: WireAnswer[] = []
  /** Interim responses, such as 100. */
  readonly interim: number[] = []
  /** What came back and was no HTTP. */
  readonly faults: string[] = []
  /** Whether the other end has closed, in good order or not. */
  closed = false
  readonly #socket: Socket
  readonly #heads: boolean[]
  #held = Buffer.alloc(0)
  readonly #waiting = new Set<() => void>()

  private constructor(socket: Socket, heads: readonly boolean[]) {
    this.#socket = socket
    this.#heads = [...heads]
    socket.on('data', (piece: Buffer) => {
      this.#held = Buffer.concat([this.#held, piece])
      this.#read()
    })
    // A connection that the gateway resets has ended like any other; `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#read()
      this.#wake()
    })
  }

  /** @param heads whether each request to come, in order, is a HEAD; the answers to those have no body. */
  static open(port: number, heads: readonly boolean[] = []): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Wire(socket, heads))
      })
    })
  }

  /** Sends bytes; text is Latin-1. */
  write(bytes: string | Uint8Array): void {
    if (!this.#socket.writable) return
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Says that nothing more will come. */
  end(): void {
    this.#socket.end()
  }

  /** Leaves at once, without a word or with a reset. */
  leave(how: 'silently' | 'reset' = 'silently'): void {
    if (how === 'reset') this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  /** Stops reading, so that the other end can send no more than the buffers hold; or goes on. */
  pause(paused: boolean): void {
    if (paused) this.#socket.pause()
    else this.#socket.resume()
  }

  /** Resolves when there are this many answers, or the connection has ended. */
  untilAnswers(count: number): Promise<void> {
    return this.#until(() => this.answers.length >= count)
  }

  /** Resolves when this interim status has come, or the connection has ended. */
  untilInterim(status: number): Promise<void> {
    return this.#until(() => this.interim.includes(status))
  }

  /** Resolves when so many bytes have come that are no whole answer, or the connection has ended. */
  untilBytes(count: number): Promise<void> {
    return this.#until(() => this.#held.length >= count)
  }

  /** Resolves when the connection has ended. */
  untilClosed(): Promise<void> {
    return this.#until(() => false)
  }

  /** Bytes that came and are no whole answer. */
  get remainder(): Buffer {
    return this.#held
  }

  #until(happened: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const check = (): void => {
        if (!this.closed && !happened()) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }

  #read(): void {
    try {
      for (;;) {
        const message = readMessage(this.#held, this.#heads[0] ? 'head-response' : 'response', this.closed)
        if (message === undefined) break
        this.#held = this.#held.subarray(message.length)
        this.#keep(message)
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.faults.push(`${error.message}: ${this.#held.toString('latin1', 0, 200)}`)
      this.#socket.destroy()
    }
    this.#wake()
  }

  #keep({ startLine, headers, body }: ReadMessage): void {
    const [, digits] = /^HTTP\/1\.1 ([1-9]\d\d) [\t\x20-\x7e\x80-\xff]*$/.exec(startLine) ?? []
    if (digits === undefined) throw new MalformedMessage(`a status line that is none: ${startLine}`)
    const status = Number(digits)
    if (status < 200) {
      this.interim.push(status)
      return
    }
    this.#heads.shift()
    this.answers.push({ status, headers, body })
  }
}
