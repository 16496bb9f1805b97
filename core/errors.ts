/**
 * Errors of the gateway itself, and the refusals that core makes. An error is a
 * code and a fixed sentence: none holds content, and what a parser or a socket
 * said is left behind.
 */
import type { Reason, ReasonTable, RefusalFacts } from './plugin.ts'

/** Thrown for faults of the configuration, of a plugin or of the machine. `code` is stable; `cure` says what to do. */
export class GatewayError extends Error {
  readonly code: `TACIT_${string}`
  readonly cure: string | undefined
  constructor(code: `TACIT_${string}`, message: string, cure?: string) {
    super(message)
    this.name = 'GatewayError'
    this.code = code
    this.cure = cure
  }
}

/** Everything that core may answer instead of an upstream. Reasons are stable: records, logs and clients carry them. */
export const CORE_REASONS = {
  malformed_request: { status: 400, message: 'The request is not well-formed HTTP.', retryable: false },
  ambiguous_path: {
    status: 400,
    message:
      'The path can be read in more than one way. Send it without dot segments, backslashes or encoded separators.',
    retryable: false
  },
  ambiguous_framing: { status: 400, message: 'The length of the request body is ambiguous.', retryable: false },
  invalid_host: { status: 400, message: 'Send exactly one valid Host header.', retryable: false },
  invalid_header: { status: 400, message: 'A request header is not valid.', retryable: false },
  invalid_json: { status: 400, message: 'The request body is not valid JSON.', retryable: false },
  invalid_body: { status: 400, message: 'The request body does not have the expected form.', retryable: false },
  route_not_found: { status: 404, message: 'Nothing is served at this address.', retryable: false },
  method_not_allowed: { status: 405, message: 'This method is not served at this address.', retryable: false },
  request_timeout: { status: 408, message: 'The request took too long to arrive.', retryable: true },
  body_too_large: { status: 413, message: 'The request body is larger than this route allows.', retryable: false },
  encoded_body: {
    status: 415,
    message: 'Send the request body without a Content-Encoding.',
    retryable: false
  },
  expectation_failed: { status: 417, message: 'Only `Expect: 100-continue` is understood.', retryable: false },
  headers_too_large: { status: 431, message: 'The head of the request is too large.', retryable: false },
  plugin_failed: { status: 500, message: 'The gateway could not process this request.', retryable: false },
  gateway_failed: { status: 500, message: 'The gateway could not process this request.', retryable: false },
  websocket_invalid: { status: 400, message: 'The request for a WebSocket is not well-formed.', retryable: false },
  origin_refused: { status: 403, message: 'Pages of this origin may not connect here.', retryable: false },
  tunnel_too_large: {
    status: 413,
    message: 'The connection has carried more than this route allows.',
    retryable: false
  },
  upgrade_refused: { status: 501, message: 'Upgrades are not served at this address.', retryable: false },
  method_not_known: { status: 501, message: 'This method is not served.', retryable: false },
  upstream_failed: {
    status: 502,
    message: 'The upstream could not be reached or did not answer properly.',
    retryable: true
  },
  upstream_cut: { status: 502, message: 'The upstream broke off its answer.', retryable: true },
  response_too_large: { status: 502, message: 'The upstream sent more than this route allows.', retryable: false },
  encoded_response: {
    status: 502,
    message: 'The upstream sent an encoding that this route cannot read.',
    retryable: false
  },
  no_peer_chosen: { status: 503, message: 'No server is available for this request.', retryable: true },
  no_healthy_peer: {
    status: 503,
    message: 'No server is in use for this request at the moment.',
    retryable: true
  },
  no_target: { status: 503, message: 'No target was chosen for this request.', retryable: false },
  identity_unavailable: {
    status: 503,
    message: 'Who is calling cannot be checked just now. Try again.',
    retryable: true
  },
  upstream_busy: { status: 503, message: 'The upstream has no free connection.', retryable: true },
  shutting_down: { status: 503, message: 'The gateway is shutting down.', retryable: true },
  loop_detected: { status: 508, message: 'The request has come back to the gateway that sent it.', retryable: false },
  http_version: { status: 505, message: 'Use HTTP/1.1.', retryable: false },
  upstream_timeout: { status: 504, message: 'The upstream did not answer in time.', retryable: true },
  deadline_exceeded: { status: 504, message: 'The request took longer than this route allows.', retryable: true },
  workers_busy: { status: 503, message: 'The gateway is busy. Try again.', retryable: true },
  worker_failed: { status: 503, message: 'The gateway could not process this request. Try again.', retryable: true }
} as const satisfies ReasonTable

/** A reason of core's own table. */
export type CoreReason = keyof typeof CORE_REASONS

/** A refusal as it travels inside core; plugins see it as an opaque `Refusal`. May be returned or thrown. */
export class Refused {
  readonly reason: string
  readonly status: number
  readonly message: string
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(
    reason: string,
    { status, message, retryable }: Reason,
    retryAfterMs?: number,
    headers?: Readonly<Record<string, string>>
  ) {
    this.reason = reason
    this.status = status
    this.message = message
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
    this.headers = headers
  }
}

/** A refusal by a plugin, for one of its reasons. */
export function refusalFor(
  name: string,
  reason: Reason,
  { retryAfterMs, headers, near = [] }: RefusalFacts = {}
): Refused {
  const meant = near.map(word => `"${word}"`)
  const last = meant.pop()
  if (last === undefined) return new Refused(name, reason, retryAfterMs, headers)
  const choice = meant.length === 0 ? last : `${meant.join(', ')} or ${last}`
  return new Refused(name, { ...reason, message: `${reason.message} Did you mean ${choice}?` }, retryAfterMs, headers)
}

/** A refusal by core itself. */
export function coreRefusal(reason: CoreReason, headers?: Readonly<Record<string, string>>): Refused {
  return new Refused(reason, CORE_REASONS[reason], undefined, headers)
}
