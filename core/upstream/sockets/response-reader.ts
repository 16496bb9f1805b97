/** Reads one answer after another from the bytes of a connection, and tells a sink of each. Knows nothing of sockets. */
import type { ResponseSink } from '../transport.ts'
import { TransportFault } from './faults.ts'
import { CHUNKED, Head, readFields, UNTIL_CLOSE } from './response-head.ts'
import { TextReader } from './text-reader.ts'

/** Most informational answers before the real one. */
const MAX_INFORMATION = 32
/** Most bytes of chunk extensions in one answer. */
const MAX_EXTENSIONS = 16 * 1024
/** RFC 9112, 7.1 and 7.1.1, without the white space that nobody writes and some take for an end. */
const CHUNK_LINE = /^([0-9A-Fa-f]{1,16})(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[^"\\]|\\.)*"))?)*$/

// What is read next.
const HEAD = 0
const BODY = 1
const CHUNK_START = 2
const CHUNK_DATA = 3
const CHUNK_END = 4
const TRAILERS = 5
const OVER = 6

/** Reads the answers of one connection. */
export class ResponseReader {
  /** Of the answer that is read; undefined before it is there. */
  head: Head | undefined
  #method = ''
  #sink: Pick<ResponseSink, 'onInformation' | 'onHead' | 'onData'> | undefined
  #state = OVER
  /** Bytes that are left of the body or the chunk. */
  #left = 0
  /** Of the bytes that are being read. */
  #data: Buffer | undefined
  #dataBytes = 0
  #informed = 0
  #extensions = 0
  readonly #text = new TextReader()

  /** Begins with the answer to a request. */
  begin(method: string, sink: Pick<ResponseSink, 'onInformation' | 'onHead' | 'onData'>): void {
    this.head = undefined
    this.#method = method
    this.#sink = sink
    this.#state = HEAD
    this.#informed = 0
    this.#extensions = 0
  }

  /** The sink hears nothing more, and nothing of the answer is kept. */
  stop(): void {
    this.#sink = undefined
    this.head = undefined
  }

  /** Whether the answer ends with its connection. */
  get endsWithConnection(): boolean {
    return this.#state === BODY && this.#left === UNTIL_CLOSE
  }

  /**
   * Reads on. The bytes may be overwritten afterwards: the sink gets its own.
   * @returns where the answer ends, or -1 when it goes on behind `to`, or the reader was stopped.
   * @throws TransportFault for anything that is not one well-formed answer.
   */
  read(bytes: Buffer, from: number, to: number): number {
    let end = -1
    try {
      end = this.#readOn(bytes, from, to)
    } finally {
      // What came before a fault was well-formed, too.
      this.#tellData()
    }
    return this.#sink === undefined ? -1 : end
  }

  #readOn(bytes: Buffer, from: number, to: number): number {
    let index = from
    while (this.#sink !== undefined) {
      if (this.#state === OVER) return index
      if (this.#state === BODY || this.#state === CHUNK_DATA) {
        index = this.#readData(bytes, index, to)
        if (this.#left !== 0) return -1
        this.#state = this.#state === BODY ? OVER : CHUNK_END
      } else {
        index = this.#text.read(bytes, index, to, this.#state === HEAD || this.#state === TRAILERS)
        if (index === -1) {
          this.#checkBegun(this.#text.begun)
          return -1
        }
        this.#takeText(this.#text.take())
      }
    }
    return -1
  }

  /** Keeps data until all was read that there is: chunks of a byte each would otherwise cost a call and a buffer each. */
  #readData(bytes: Buffer, from: number, to: number): number {
    const length = this.#left === UNTIL_CLOSE ? to - from : Math.min(this.#left, to - from)
    if (length === 0) return from
    if (this.#left !== UNTIL_CLOSE) this.#left -= length
    this.#data ??= Buffer.allocUnsafe(to - from)
    this.#dataBytes += bytes.copy(this.#data, this.#dataBytes, from, from + length)
    return from + length
  }

  #tellData(): void {
    const data = this.#data?.subarray(0, this.#dataBytes)
    this.#data = undefined
    this.#dataBytes = 0
    if (data !== undefined) this.#sink?.onData(data)
  }

  /** Whoever speaks another protocol may wait for us to say something, and so would we. */
  #checkBegun(text: string): void {
    if (this.#state === HEAD && !'HTTP/1.'.startsWith(text.slice(0, 7))) throw new TransportFault('RESPONSE_HEAD')
    if (this.#state === CHUNK_END && text !== '' && text !== '\r') throw new TransportFault('RESPONSE_CHUNK')
  }

  #takeText(text: string): void {
    switch (this.#state) {
      case HEAD:
        this.#takeHead(new Head(text, this.#method))
        break
      case CHUNK_START:
        this.#takeChunk(text)
        break
      case CHUNK_END:
        if (text !== '') throw new TransportFault('RESPONSE_CHUNK')
        this.#state = CHUNK_START
        break
      default:
        this.#dropTrailers(text)
    }
  }

  #takeHead(head: Head): void {
    const { status, headers, bodyLength } = head
    if (status >= 200) {
      this.head = head
      this.#left = bodyLength
      this.#state = bodyLength === CHUNKED ? CHUNK_START : BODY
      this.#sink?.onHead(status, headers)
      return
    }
    // Nobody asked for another protocol, and an answer that is still to come cannot follow on a closed connection.
    if (status === 101 || !head.isPersistent) throw new TransportFault('RESPONSE_HEAD')
    if (++this.#informed > MAX_INFORMATION) throw new TransportFault('RESPONSE_HEAD')
    // Nor was `100 Continue` asked for, which means nothing then (RFC 9110, 15.2).
    if (status !== 100) this.#sink?.onInformation(status, headers)
  }

  #takeChunk(line: string): void {
    const digits = CHUNK_LINE.exec(line)?.[1]
    if (digits === undefined) throw new TransportFault('RESPONSE_CHUNK')
    this.#extensions += line.length - digits.length
    this.#left = Number.parseInt(digits, 16)
    if (this.#extensions > MAX_EXTENSIONS || !Number.isSafeInteger(this.#left))
      throw new TransportFault('RESPONSE_CHUNK')
    this.#state = this.#left > 0 ? CHUNK_DATA : TRAILERS
  }

  /** Nobody asked for trailers, and none of them says anything of the message (RFC 9110, 6.5.1). */
  #dropTrailers(text: string): void {
    readFields(text, 0)
    this.#state = OVER
  }
}
