/**
 * Writes the head of a request. Each character of it is checked before, so
 * nothing can end a line early, add a field, or frame the body in a second way.
 */
import type { OutgoingRequest } from '../transport.ts'
import { CLASSES, LOWER, TEXT, UPPER, VISIBLE } from './characters.ts'
import { TransportFault } from './faults.ts'

/** Largest head, in bytes. */
const MAX_BYTES = 128 * 1024
/** Bodies up to this stand behind the head in the same buffer, so that both leave in one write. */
const COPIED_BYTES = 16 * 1024
const LENGTH = /^(?:0|[1-9]\d{0,14})$/
/** Fields that speak of the connection or frame the body, which only the transport may. */
const OWN = new Set('connection expect keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '))
/** Methods whose requests say it when they have no body (RFC 9110, 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'QUERY'])
const CHUNKED = 'transfer-encoding: chunked\r\n'

/**
 * The head with the empty line behind it, and a short body behind that. `authority` is the Host of a request that
 * names none.
 * @throws TransportFault `REQUEST_INVALID` for what must not be sent.
 */
export function requestHead({ method, path, headers, body }: OutgoingRequest, authority: string): Buffer {
  if (method === '' || method === 'CONNECT' || path[0] !== '/') throw new TransportFault('REQUEST_INVALID')
  check(method, LOWER | UPPER)
  check(path, VISIBLE)
  let isNamed = hasHost(headers)
  let framing = framingOf(method, body)
  let head = `${method} ${path} HTTP/1.1\r\n${isNamed ? '' : `host: ${authority}\r\n`}`
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (name === 'host') {
      if (!isNamed) throw new TransportFault('REQUEST_INVALID')
      isNamed = false
    } else if (name === 'content-length') {
      // Only a stream announces its length; of everything else it is known.
      if (framing !== CHUNKED || !LENGTH.test(value)) throw new TransportFault('REQUEST_INVALID')
      framing = ''
    } else if (name === '' || OWN.has(name)) throw new TransportFault('REQUEST_INVALID')
    check(name, LOWER)
    check(value, TEXT)
    head += `${name}: ${value}\r\n`
  }
  head += `${framing}\r\n`
  const { length } = head
  if (length > MAX_BYTES) throw new TransportFault('REQUEST_INVALID')
  const whole = Buffer.allocUnsafe(length + (isCopied(body) ? body.length : 0))
  whole.write(head, 0, length, 'latin1')
  if (isCopied(body)) body.copy(whole, length)
  return whole
}

/** Whether a body stands behind its head already. */
export function isCopied(body: OutgoingRequest['body']): body is Buffer {
  return Buffer.isBuffer(body) && body.length <= COPIED_BYTES
}

/** @throws TransportFault `REQUEST_INVALID` for a character of another class; one beyond Latin-1 is in none. */
function check(text: string, allowed: number): void {
  for (let index = 0; index < text.length; index++) {
    if (((CLASSES[text.charCodeAt(index)] ?? 0) & allowed) === 0) throw new TransportFault('REQUEST_INVALID')
  }
}

function hasHost(headers: readonly string[]): boolean {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === 'host') return true
  return false
}

function framingOf(method: string, body: OutgoingRequest['body']): string {
  if (body === null) return WITH_BODY.has(method) ? 'content-length: 0\r\n' : ''
  return Buffer.isBuffer(body) ? `content-length: ${body.length}\r\n` : CHUNKED
}
