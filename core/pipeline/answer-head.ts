/** What the head of an upstream's answer says about its framing, and about when to come back. Pure. */
import type { ResponseHeaders } from '../upstream/transport.ts'

/** RFC 9112, 6.1: the only transfer coding that we ask for or take is `chunked`, once. */
export function isPlainFraming(headers: ResponseHeaders): boolean {
  const coding = headers['transfer-encoding']
  return coding === undefined || (typeof coding === 'string' && coding.toLowerCase() === 'chunked')
}

/** RFC 9110, 10.2.3 in its seconds form, and OpenAI's `retry-after-ms`. */
export function retryAfterMs(headers: ResponseHeaders): number | undefined {
  const exact = headers['retry-after-ms']
  if (typeof exact === 'string' && /^\d{1,9}$/.test(exact)) return Number(exact)
  const seconds = headers['retry-after']
  return typeof seconds === 'string' && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined
}
