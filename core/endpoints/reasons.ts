/** Why a request to an endpoint is refused before anybody answers it, or after. Stable words, as in `errors.ts`. */
import { type CoreReason, coreRefusal, Refused } from '../errors.ts'
import type { ReasonTable } from '../plugin.ts'

/** What core says of requests to endpoints, besides what it says of any request. */
export const ENDPOINT_REASONS = {
  invalid_request: {
    status: 400,
    message: 'The request does not have the form that this endpoint takes.',
    retryable: false
  },
  token_missing: {
    status: 401,
    message: 'Send a token of the admin listener as `authorization: Bearer …`.',
    retryable: false
  },
  token_unknown: { status: 401, message: 'This token is not known here.', retryable: false },
  consumer_missing: {
    status: 401,
    message: 'This endpoint answers consumers only, and nobody has said who is calling.',
    retryable: false
  },
  role_too_low: { status: 403, message: 'The role of this token may not do that.', retryable: false },
  tokens_not_configured: {
    status: 403,
    message: 'From where this request came, a token is needed, and the configuration has none under `admin.tokens`.',
    retryable: false
  },
  foreign_origin: {
    status: 403,
    message: 'Pages of other origins may not ask the admin listener.',
    retryable: false
  },
  no_such_peer: { status: 404, message: 'No upstream has a peer of that name.', retryable: false },
  identity_invalid: {
    status: 400,
    message: 'A name, a setting or a field does not fit what is kept of consumers, groups and keys.',
    retryable: false
  },
  identities_not_kept: {
    status: 404,
    message: 'This gateway has no store for consumers, groups and keys: name a `stores.folder` or `stores.redis`.',
    retryable: false
  },
  identity_missing: { status: 404, message: 'Nobody and nothing is kept under this name.', retryable: false },
  identity_exists: { status: 409, message: 'This name, or this key, is taken.', retryable: false },
  identity_changed: { status: 409, message: 'Somebody else has changed it meanwhile.', retryable: true },
  identity_in_use: { status: 409, message: 'Consumers belong to this group.', retryable: false },
  identity_read_only: {
    status: 409,
    message: 'This name stands in the configuration file. Change it there.',
    retryable: false
  },
  unsupported_media_type: {
    status: 415,
    message: 'Send the request body as `content-type: application/json`.',
    retryable: false
  },
  misdirected_request: {
    status: 421,
    message: 'The admin listener is asked by `localhost` or by an address.',
    retryable: false
  },
  too_many_attempts: {
    status: 429,
    message: 'Too many wrong tokens came from this address. Wait before the next one.',
    retryable: true
  },
  endpoint_failed: { status: 500, message: 'The endpoint could not answer this request.', retryable: false }
} as const satisfies ReasonTable

/** A reason of this table, or of core's. */
export type EndpointReason = keyof typeof ENDPOINT_REASONS | CoreReason

/** A refusal for one of these reasons. */
export function endpointRefusal(
  reason: EndpointReason,
  facts: { readonly retryAfterMs?: number; readonly headers?: Readonly<Record<string, string>> } = {}
): Refused {
  if (!isOwn(reason)) return coreRefusal(reason, facts.headers)
  return new Refused(reason, ENDPOINT_REASONS[reason], facts.retryAfterMs, facts.headers)
}

function isOwn(reason: string): reason is keyof typeof ENDPOINT_REASONS {
  return Object.hasOwn(ENDPOINT_REASONS, reason)
}
