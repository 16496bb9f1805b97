/**
 * How a webhook knows that an event is ours and new: the scheme of Standard
 * Webhooks (standardwebhooks.com), which ready-made libraries verify. Pure.
 */
import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

/** The bytes of a secret: those behind `whsec_` in base64, or the text itself. */
export function secretBytes(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret, 'utf8')
}

/**
 * The headers of one try.
 * @param id of the event, the same at every try, so that whoever gets it twice can tell.
 * @param at of this try in ms since the epoch; sent in seconds, so that an old message cannot be sent again by others.
 */
export function signedHeaders(secret: string, id: string, at: number, body: string): Record<string, string> {
  const seconds = Math.floor(at / 1000)
  const signature = createHmac('sha256', secretBytes(secret)).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': `${seconds}`,
    'webhook-signature': `v1,${signature}`
  }
}
