/**
 * Server-sent events on bytes (WHATWG HTML, 9.2): where events end, and what
 * they say. Pure. Lines end with LF, CRLF or CR; an event ends with an empty line.
 */
import type { SseEvent } from '../plugin.ts'

const LF = 0x0a
const CR = 0x0d

/**
 * Length of the part of `bytes` that ends with a whole event: everything up to
 * and including the last empty line. 0 when there is none. A CR at the very end
 * may be half of a CRLF and does not count as an end of line yet.
 */
export function wholeEventsLength(bytes: Uint8Array): number {
  const { length } = bytes
  // Nearly every chunk ends with a whole event.
  if (length >= 2 && bytes[length - 1] === LF) {
    const before = bytes[length - 2]
    if (before === LF) return length
    if (before === CR && length >= 3) {
      const line = bytes[length - 3]
      if (line === LF || line === CR) return length
    }
  }
  for (let index = length - 2; index >= 1; index--) {
    const byte = bytes[index]
    if (byte !== LF && byte !== CR) continue
    const before = bytes[index - 1]
    const endsLine = before === LF || (before === CR && byte === CR)
    if (endsLine) return byte === CR && bytes[index + 1] === LF ? index + 2 : index + 1
  }
  return 0
}

/**
 * Cuts a stream of chunks into events. The bytes of all events, and what
 * {@link EventCutter.takeRest} gives at the end, are the bytes of the stream.
 */
export class EventCutter {
  #held: Buffer | undefined

  /** Calls `each` for every event that became whole. Events keep views of the chunk. */
  push(chunk: Uint8Array, each: (event: ParsedEvent) => void): void {
    const bytes = this.#held === undefined ? asBuffer(chunk) : Buffer.concat([this.#held, chunk])
    this.#held = undefined
    const whole = wholeEventsLength(bytes)
    let start = 0
    while (start < whole) {
      const end = firstEventEnd(bytes, start)
      each(new ParsedEvent(bytes.subarray(start, end)))
      start = end
    }
    if (whole < bytes.length) this.#held = bytes.subarray(whole)
  }

  /** Takes out what the end of the stream left as an event that is not whole. */
  takeRest(): ParsedEvent | undefined {
    const held = this.#held
    this.#held = undefined
    return held === undefined ? undefined : new ParsedEvent(held)
  }
}

/** Where the event that starts at `start` ends, its empty line included. Expects that there is one. */
function firstEventEnd(bytes: Uint8Array, start: number): number {
  let lineStart = start
  for (let index = start; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte !== LF && byte !== CR) continue
    const isEmpty = index === lineStart
    if (byte === CR && bytes[index + 1] === LF) index++
    lineStart = index + 1
    if (isEmpty) return lineStart
  }
  return bytes.length
}

/** One event, as it came or as a plugin made it. */
export class ParsedEvent implements SseEvent {
  readonly raw: Uint8Array
  #data: string | undefined
  #type: string | undefined
  #json: { readonly value: unknown } | undefined

  constructor(raw: Uint8Array) {
    this.raw = raw
  }

  get type(): string {
    this.#read()
    return this.#type ?? 'message'
  }

  get data(): string {
    this.#read()
    return this.#data ?? ''
  }

  json(): unknown {
    if (this.#json === undefined) this.#json = { value: parseOrUndefined(this.data) }
    return this.#json.value
  }

  with(data: string): SseEvent {
    const lines: string[] = []
    for (const [name, value] of fieldsOf(this.raw)) {
      if (name !== 'data') lines.push(name === '' ? `:${value}` : `${name}: ${value}`)
    }
    for (const line of data.split(/\r\n|\r|\n/)) lines.push(`data: ${line}`)
    return new ParsedEvent(Buffer.from(`${lines.join('\n')}\n\n`))
  }

  #read(): void {
    if (this.#data !== undefined) return
    let data: string | undefined
    for (const [name, value] of fieldsOf(this.raw)) {
      if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
      else if (name === 'event' && value !== '') this.#type = value
    }
    this.#data = data ?? ''
  }
}

/** Fields of an event in order; a comment has the name ''. */
function* fieldsOf(raw: Uint8Array): Iterable<readonly [name: string, value: string]> {
  const text = asBuffer(raw).toString('utf8')
  const withoutMark = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  for (const line of withoutMark.split(/\r\n|\r|\n/)) {
    if (line === '') continue
    const colon = line.indexOf(':')
    if (colon < 0) yield [line, '']
    else
      yield [line.slice(0, colon), line.slice(line.charCodeAt(colon + 1) === 0x20 && colon > 0 ? colon + 2 : colon + 1)]
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
