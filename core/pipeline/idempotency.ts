/**
 * The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header):
 * by it a peer tells a repeated request from a second one. Knows nothing of who
 * repeats what.
 */
import { createHash } from 'node:crypto'
import { CONSUMER } from '../plugin.ts'
import type { LiveExchange } from './exchange.ts'
import type { OutgoingDraft } from './messages.ts'

const NAME = 'idempotency-key'

/**
 * Gives a request that is not repeatable by itself its key: the same for every try. A key of the client's own is sent
 * as a digest with the consumer's name, because all consumers share one account at the peer: whoever sent somebody
 * else's key would be answered with what that one was told.
 */
export function addIdempotencyKey(exchange: LiveExchange, draft: OutgoingDraft): void {
  const { method } = draft
  if (method !== 'POST' && method !== 'PATCH') return
  const own = exchange.downstream.headers.get(NAME)
  if (own === undefined) {
    draft.headers.set(NAME, exchange.id)
    return
  }
  const consumer = exchange.get(CONSUMER)?.id ?? ''
  draft.headers.set(NAME, createHash('sha256').update(`${consumer}\0${own}`).digest('base64url'))
}
