/** What the head of an upstream's answer says about when to come back. Pure. */
import type { ResponseHeaders } from '../upstream/transport.ts'

/** RFC 9110, 10.2.3 in its seconds form, and OpenAI's `retry-after-ms`. */
export function retryAfterMs(headers: ResponseHeaders): number | undefined {
  const exact = headers['retry-after-ms']
  if (typeof exact === 'string' && /^\d{1,9}$/.test(exact)) return Number(exact)
  const seconds = headers['retry-after']
  return typeof seconds === 'string' && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined
}
