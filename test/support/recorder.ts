/**
 * An upstream of raw sockets that keeps a record of each request that reaches it,
 * and answers it with the number under which it is kept. Anything that is not one
 * whole, well-formed request after another is kept as a fault.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { MalformedMessage, type ReadMessage, readMessage } from './http-reader.ts'

/** A request as it reached the upstream. */
export interface Recorded {
  /** From 1, in order of arrival. */
  readonly id: number
  readonly method: string
  readonly target: string
  readonly headers: ReadMessage['headers']
  readonly body: Buffer
  readonly trailers: readonly string[]
}

/** Bytes that go back in place of an answer, and whether the connection ends behind them. */
export interface Script {
  readonly bytes: string | Uint8Array
  readonly closes: boolean
}

/** The field of an answer in which the number stands. */
export const RECORDED_AS = 'x-recorded-as'

/** A listening recorder. Close it. */
export class Recorder {
  readonly requests: Recorded[] = []
  /** What arrived and was no request, or followed one before that was answered. */
  readonly faults: string[] = []
  /** What is sent back to requests for a target, instead of an answer; text is Latin-1. */
  readonly scripts = new Map<string, Script>()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #port: number

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
    server.on('connection', socket => this.#accept(socket))
  }

  /** Listens on a free port of the loopback. */
  static start(): Promise<Recorder> {
    return new Promise((resolve, reject) => {
      const server = createServer()
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (address === null || typeof address === 'string') reject(new Error('no port'))
        else resolve(new Recorder(server, address.port))
      })
    })
  }

  /** Host and port, as they stand in a Host field. */
  get authority(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Resolves when nothing listens and no connection is left. */
  close(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    let held = Buffer.alloc(0)
    // A request may lose its connection half-way; that is for whoever counts whole ones to judge.
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (piece: Buffer) => {
      held = Buffer.concat([held, piece])
      try {
        const message = readMessage(held, 'request')
        if (message === undefined) return
        // One at a time: whatever follows a request before its answer was hidden in it.
        if (held.length > message.length) throw new MalformedMessage('bytes after the end of a request')
        held = Buffer.alloc(0)
        const { target, answer } = this.#record(message)
        const script = this.scripts.get(target)
        if (script === undefined) socket.write(answer)
        else {
          socket.write(typeof script.bytes === 'string' ? Buffer.from(script.bytes, 'latin1') : script.bytes)
          if (script.closes) socket.end()
        }
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error
        this.faults.push(`${error.message}: ${held.toString('latin1', 0, 200)}`)
        socket.destroy()
      }
    })
  }

  #record({ startLine, headers, body, trailers }: ReadMessage): { readonly target: string; readonly answer: string } {
    const [, method, target] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(startLine) ?? []
    if (method === undefined || target === undefined) throw new MalformedMessage('a request line that is none')
    const id = this.requests.length + 1
    this.requests.push({ id, method, target, headers, body, trailers })
    const content = `${id} ${target}`
    const fields = `Content-Type: text/plain\r\n${RECORDED_AS}: ${id}\r\nContent-Length: ${content.length}`
    const answer = `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${method === 'HEAD' ? '' : content}`
    return { target, answer }
  }
}
