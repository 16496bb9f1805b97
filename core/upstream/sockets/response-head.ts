/**
 * What RFC 9110 and RFC 9112 make of the head of an answer: its status, its
 * fields, where its body ends, and whether the connection may be used again.
 * Anything with two readings is a fault. Pure.
 */
import type { ResponseHeaders } from '../transport.ts'
import { CLASSES, LOWER, UPPER } from './characters.ts'
import { TransportFault } from './faults.ts'

/** In place of a length: the body comes in chunks. */
export const CHUNKED = -1
/** In place of a length: the body ends with the connection. */
export const UNTIL_CLOSE = -2

/** RFC 9112, 4. The space in front of the reason is missing where there is none, as it often is. */
const START = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r]*)?\r\n/
const LENGTH = /^(?:0|[1-9]\d{0,14})$/
/** Taken off the time for which a peer promises to keep a connection: the request has to get there within it. */
const PROMISE_MARGIN_MS = 2_000

/** Names and values without a prototype: `__proto__` is a name like any other. */
class Fields {
  [name: string]: string | string[] | undefined
}
Reflect.setPrototypeOf(Fields.prototype, null)
Reflect.deleteProperty(Fields.prototype, 'constructor')

/** The head of an answer. */
export class Head {
  /** 100 to 999. */
  readonly status: number
  readonly headers: ResponseHeaders
  /** Of the body in bytes, or {@link CHUNKED} or {@link UNTIL_CLOSE} (RFC 9112, 6.3). */
  readonly bodyLength: number
  /** Whether another request may follow on the connection (RFC 9112, 9.3). */
  readonly isPersistent: boolean

  /**
   * @param text lines, each with its CRLF.
   * @param method of the request.
   * @throws TransportFault `RESPONSE_HEAD` or `RESPONSE_FRAMING`.
   */
  constructor(text: string, method: string) {
    const start = START.exec(text)
    if (start === null) throw new TransportFault('RESPONSE_HEAD')
    const isOld = start[1] === '0'
    this.status = Number(start[2])
    const headers = readFields(text, start[0].length)
    this.headers = headers
    const announced = announcedLength(headers, isOld)
    const hasBody = method !== 'HEAD' && this.status >= 200 && this.status !== 204 && this.status !== 304
    this.bodyLength = hasBody ? announced : 0
    // A peer that speaks of a body where there is none may send it all the same, as the answer to the next request.
    const isClear = hasBody ? announced !== UNTIL_CLOSE : announced === UNTIL_CLOSE || announced === 0
    this.isPersistent = isClear && !isOld && !asksToClose(headers.connection)
  }

  /** How long the peer says that it keeps an idle connection, less a margin, in ms; undefined when it does not say. */
  get promisedIdleMs(): number | undefined {
    const promise = this.headers['keep-alive']
    const seconds = promise === undefined ? undefined : /\btimeout=(\d{1,9})\b/i.exec(String(promise))?.[1]
    return seconds === undefined ? undefined : Number(seconds) * 1_000 - PROMISE_MARGIN_MS
  }
}

/**
 * The fields from a place on: names in lower case, and a list of values for one that came more than once.
 * @throws TransportFault `RESPONSE_HEAD`.
 */
export function readFields(text: string, from: number): ResponseHeaders {
  const fields = new Fields()
  for (let start = from; start < text.length; ) {
    const colon = nameEnd(text, start)
    const end = text.indexOf('\r', colon)
    const name = text.slice(start, colon).toLowerCase()
    const value = trimmed(text, colon + 1, end, name)
    const known = fields[name]
    if (known === undefined) fields[name] = value
    else if (typeof known === 'string') fields[name] = [known, value]
    else known.push(value)
    start = end + 2
  }
  return fields
}

/** Where the colon stands behind a name. A line without one, a space before it and a folded line have none there. */
function nameEnd(text: string, from: number): number {
  let index = from
  while (((CLASSES[text.charCodeAt(index)] ?? 0) & (LOWER | UPPER)) !== 0) index++
  if (index === from || text[index] !== ':') throw new TransportFault('RESPONSE_HEAD')
  return index
}

function announcedLength(headers: ResponseHeaders, isOld: boolean): number {
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined) {
    // RFC 9112, 6.1: HTTP/1.0 knows no codings, so its framing cannot be believed.
    const isChunked = typeof coding === 'string' && coding.toLowerCase() === 'chunked'
    if (isChunked && length === undefined && !isOld) return CHUNKED
  } else if (length === undefined) return UNTIL_CLOSE
  else if (typeof length === 'string' && LENGTH.test(length)) return Number(length)
  throw new TransportFault('RESPONSE_FRAMING')
}

function asksToClose(connection: string | string[] | undefined): boolean {
  return connection !== undefined && connection !== 'keep-alive' && /\bclose\b/i.test(String(connection))
}

/**
 * Without the white space around (RFC 9110, 5.5). A tab beside what frames the body is a fault: there are parsers that
 * take it for a part of the value.
 */
function trimmed(text: string, from: number, to: number, name: string): string {
  let start = from
  let end = to
  let tabs = 0
  for (; start < end && isBlank(text.charCodeAt(start)); start++) tabs += text[start] === '\t' ? 1 : 0
  for (; end > start && isBlank(text.charCodeAt(end - 1)); end--) tabs += text[end - 1] === '\t' ? 1 : 0
  const frames = name === 'transfer-encoding' || name === 'content-length'
  if (tabs > 0 && frames) throw new TransportFault('RESPONSE_FRAMING')
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
