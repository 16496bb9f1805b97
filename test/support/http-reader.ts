/**
 * A second, strict reading of HTTP/1.1 messages for tests, written apart from the
 * parser that the gateway uses: it takes nothing that RFC 9112 does not spell
 * out, so that whatever the gateway sends is held against the letter.
 */

/** A whole message and where it ends. */
export interface ReadMessage {
  readonly startLine: string
  /** Names as they were sent, and values without white space around them, as Latin-1. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly trailers: readonly string[]
  /** Bytes of the whole message. */
  readonly length: number
}

/** Thrown for bytes that are no message. */
export class MalformedMessage extends Error {}

/** How a body without a length ends: a request's has none then, a response's lasts as long as its connection. */
export type Bodiless = 'request' | 'response' | 'head-response'

const HEADER =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/

/**
 * Reads one message from the start of `bytes`.
 *
 * @param closed whether no more bytes will come.
 * @returns undefined when it is not all there yet.
 * @throws MalformedMessage
 */
export function readMessage(bytes: Buffer, kind: Bodiless, closed = false): ReadMessage | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) {
    if (/[^\r]\n|\r[^\n]/.test(bytes.toString('latin1'))) throw new MalformedMessage('a line that does not end in CRLF')
    return undefined
  }
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  if (/[\r\n]/.test(startLine)) throw new MalformedMessage('a bare CR or LF in the first line')
  const headers = lines.map(readHeader)
  const start = headEnd + 4
  const codings = valuesOf(headers, 'transfer-encoding')
  const lengths = valuesOf(headers, 'content-length')
  if (codings.length + lengths.length > 1) throw new MalformedMessage('two fields that frame the body')
  const [coding] = codings
  const [announced] = lengths
  const status = kind === 'request' ? undefined : Number(startLine.split(' ')[1])
  if (kind === 'head-response' || (status !== undefined && (status < 200 || status === 204 || status === 304))) {
    return { startLine, headers, body: Buffer.alloc(0), trailers: [], length: start }
  }
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new MalformedMessage('a transfer coding other than chunked')
    const chunks = readChunks(bytes, start)
    return chunks === undefined ? undefined : { startLine, headers, ...chunks }
  }
  if (announced !== undefined && !/^\d+$/.test(announced)) throw new MalformedMessage('a length that is none')
  if (announced === undefined && kind === 'response' && !closed) return undefined
  const end = announced === undefined ? (kind === 'response' ? bytes.length : start) : start + Number(announced)
  if (bytes.length < end) return undefined
  return { startLine, headers, body: bytes.subarray(start, end), trailers: [], length: end }
}

/** Values of a field, by its name in lower case. */
export function valuesOf(headers: ReadMessage['headers'], name: string): readonly string[] {
  return headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
}

function readHeader(line: string): readonly [name: string, value: string] {
  const [, name, value] = HEADER.exec(line) ?? []
  if (name === undefined || value === undefined) throw new MalformedMessage(`a header line that is none: ${line}`)
  return [name, value]
}

function readChunks(bytes: Buffer, start: number): Pick<ReadMessage, 'body' | 'trailers' | 'length'> | undefined {
  const pieces: Buffer[] = []
  let position = start
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position)
    if (lineEnd === -1) return undefined
    const line = bytes.toString('latin1', position, lineEnd)
    if (!/^[0-9A-Fa-f]{1,8}(;[\t\x20-\x7e]*)?$/.test(line)) throw new MalformedMessage('a chunk size that is none')
    const size = Number.parseInt(line, 16)
    position = lineEnd + 2
    if (size === 0) break
    if (bytes.length < position + size + 2) return undefined
    if (bytes.toString('latin1', position + size, position + size + 2) !== '\r\n') {
      throw new MalformedMessage('a chunk that does not end where it should')
    }
    pieces.push(bytes.subarray(position, position + size))
    position += size + 2
  }
  const trailers: string[] = []
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position)
    if (lineEnd === -1) return undefined
    const line = bytes.toString('latin1', position, lineEnd)
    position = lineEnd + 2
    if (line === '') return { body: Buffer.concat(pieces), trailers, length: position }
    readHeader(line)
    trailers.push(line)
  }
}
