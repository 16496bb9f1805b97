/**
 * Server-sent events on bytes (WHATWG HTML, 9.2): where events end, and what
 * they say. Pure. Lines end with LF, CRLF or CR; an event ends with an empty line.
 */
import type { SseEvent } from '../plugin.ts'

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const SPACE = 0x20

/**
 * Length of the part of `bytes` that ends with a whole event: everything up to
 * and including the last empty line. 0 when there is none that comes after the
 * end of another line. A CR at the very end may be half of a CRLF and does not
 * count as an end of line yet.
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

/** Longest event that {@link EventCutter} puts together: pictures come as one event of some MiB. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

const EMPTY: Buffer = Buffer.alloc(0)
const LINE_END: Buffer = Buffer.of(LF)

/**
 * Keeps back what is no whole event yet. Each byte is looked at once and copied
 * a few times at most, however small the chunks are.
 */
export class WholeEvents {
  /** What is kept back, in its first `heldBytes`: a view of one chunk, or storage of our own with room for more. */
  #held = EMPTY
  #heldBytes = 0
  #capacity = 0
  /** The last two bytes since the last whole event, or the end of its line: an empty line may begin in them. */
  #before = LINE_END

  /** How much is kept back. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** @returns everything up to the last whole event, a view of the chunk where that is possible; undefined when none became whole. */
  push(chunk: Uint8Array): Buffer | undefined {
    const bytes = asBuffer(chunk)
    const end = this.#endIn(bytes)
    if (end < 0) {
      this.#hold(bytes)
      return undefined
    }
    const isAll = end === bytes.length
    const last = isAll ? bytes : bytes.subarray(0, end)
    if (this.#heldBytes > 0 && end > 0) this.#hold(last)
    const whole = this.takeHeld() ?? last
    this.#before = LINE_END
    if (!isAll) this.#hold(bytes.subarray(end))
    return whole
  }

  /** Takes out what is kept back, be it whole or not. What comes later is still seen in its light. */
  takeHeld(): Buffer | undefined {
    if (this.#heldBytes === 0) return undefined
    const held = this.#held.subarray(0, this.#heldBytes)
    // Whoever has it now may keep it, so the storage is not used again.
    this.#held = EMPTY
    this.#heldBytes = 0
    this.#capacity = 0
    return held
  }

  /** Where the last whole event ends in these bytes, 0 for just before them; -1 when none does. */
  #endIn(bytes: Buffer): number {
    const end = wholeEventsLength(bytes)
    if (end > 0) return end
    const before = this.#before
    const length = wholeEventsLength(Buffer.concat([before, bytes.subarray(0, 2)]))
    return length === 0 ? -1 : length - before.length
  }

  #hold(bytes: Buffer): void {
    this.#before = bytes.length >= 2 ? bytes.subarray(-2) : Buffer.concat([this.#before, bytes]).subarray(-2)
    const length = this.#heldBytes + bytes.length
    if (this.#heldBytes === 0) this.#held = bytes
    else {
      if (length > this.#capacity) this.#grow(length)
      bytes.copy(this.#held, this.#heldBytes)
    }
    this.#heldBytes = length
  }

  /** At least doubles, so that all copying together is in proportion to what comes. */
  #grow(length: number): void {
    this.#capacity = Math.max(length, 2 * this.#heldBytes)
    const storage = Buffer.allocUnsafe(this.#capacity)
    this.#held.copy(storage, 0, 0, this.#heldBytes)
    this.#held = storage
  }
}

/**
 * Cuts a stream of chunks into events. The bytes of all events, and what
 * {@link EventCutter.takeRest} gives at the end, are the bytes of the stream.
 */
export class EventCutter {
  readonly #maxEventBytes: number
  readonly #wholes = new WholeEvents()
  #isFirst = true

  constructor(maxEventBytes = MAX_EVENT_BYTES) {
    this.#maxEventBytes = maxEventBytes
  }

  /**
   * Calls `each` for every event that became whole. Events keep views of the chunk.
   * @returns false when an event that is not whole yet is too long already: nothing more can be cut then.
   */
  push(chunk: Uint8Array, each: (event: ParsedEvent) => void): boolean {
    const whole = this.#wholes.push(chunk)
    if (whole !== undefined) {
      const endOfEvent = whole.includes(CR) ? firstEventEnd : firstPlainEventEnd
      let start = 0
      while (start < whole.length) {
        const end = endOfEvent(whole, start)
        each(this.#event(start === 0 && end === whole.length ? whole : whole.subarray(start, end)))
        start = end
      }
    }
    return this.#wholes.heldBytes <= this.#maxEventBytes
  }

  /** Takes out what the end of the stream left as an event that is not whole. */
  takeRest(): ParsedEvent | undefined {
    const held = this.#wholes.takeHeld()
    return held === undefined ? undefined : this.#event(held)
  }

  #event(raw: Buffer): ParsedEvent {
    const event = new ParsedEvent(raw, this.#isFirst)
    this.#isFirst = false
    return event
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

/** The same where every line ends with LF alone: lines are found by the processor's own search, at a tenth of the cost. */
function firstPlainEventEnd(bytes: Buffer, start: number): number {
  for (let lineStart = start; ; ) {
    const lineEnd = bytes.indexOf(LF, lineStart)
    if (lineEnd < 0) return bytes.length
    if (lineEnd === lineStart) return lineEnd + 1
    lineStart = lineEnd + 1
  }
}

/** One event, as it came or as a plugin made it. */
export class ParsedEvent implements SseEvent {
  readonly raw: Uint8Array
  readonly #isFirst: boolean
  #data: string | undefined
  #type = ''
  #json: { readonly value: unknown } | undefined
  /** Whether its data, in one line, is all that it says. */
  #isBare = false

  /** @param isFirst whether the stream begins with it, perhaps with a byte order mark. */
  constructor(raw: Uint8Array, isFirst = false) {
    this.raw = raw
    this.#isFirst = isFirst
  }

  get type(): string {
    this.#read()
    return this.#type === '' ? 'message' : this.#type
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
    this.#read()
    // Nearly every event is one line of data.
    if (this.#isBare && !data.includes('\n') && !data.includes('\r')) {
      return new ParsedEvent(Buffer.from(`data: ${data}\n\n`))
    }
    const text = textOf(this.raw, this.#isFirst)
    let lines = ''
    for (let at = 0, end = 0; at < text.length; at = end + 1) {
      end = lineEnd(text, at)
      if (end > at && !isField(text, at, end, 'data')) lines += `${text.slice(at, end)}\n`
    }
    return new ParsedEvent(Buffer.from(`${lines}data: ${plainLines(data).replaceAll('\n', '\ndata: ')}\n\n`))
  }

  #read(): void {
    if (this.#data !== undefined) return
    const text = textOf(this.raw, this.#isFirst)
    const last = text.length - 2
    if (text.startsWith('data: ') && text.indexOf('\n') === last && text.charCodeAt(last + 1) === LF) {
      this.#isBare = true
      this.#data = text.slice(6, last)
      return
    }
    let data: string | undefined
    for (let at = 0, end = 0; at < text.length; at = end + 1) {
      end = lineEnd(text, at)
      if (isField(text, at, end, 'data')) {
        const value = fieldValue(text, at + 4, end)
        data = data === undefined ? value : `${data}\n${value}`
      } else if (isField(text, at, end, 'event')) this.#type = fieldValue(text, at + 5, end)
    }
    this.#data = data ?? ''
  }
}

/** What the bytes of an event say, its lines ended by LF. */
function textOf(raw: Uint8Array, isFirst: boolean): string {
  const text = plainLines(asBuffer(raw).toString('utf8'))
  return isFirst && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function plainLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

/** Whether a line is of this field: its name alone, or followed by a colon. */
function isField(text: string, at: number, end: number, name: string): boolean {
  if (!text.startsWith(name, at)) return false
  const after = at + name.length
  return after === end || text.charCodeAt(after) === COLON
}

/** What stands behind the colon, without the one space that may follow it. */
function fieldValue(text: string, colon: number, end: number): string {
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end)
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
