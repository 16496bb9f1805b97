/** Anthropic Messages: https://docs.claude.com/en/api/messages. */
import type { DialectError, DialectFacts, StreamError } from './facts.ts'
import { isEmpty, isObject, parseObject } from './json.ts'

/** The types of https://docs.claude.com/en/api/errors; other 4xx are `invalid_request_error`, other 5xx `api_error`. */
function errorType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 409:
      return 'conflict_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 504:
      return 'timeout_error'
    case 529:
      return 'overloaded_error'
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error'
  }
}

/** The same table, read the other way. */
function statusOfType(type: unknown): number | undefined {
  switch (type) {
    case 'invalid_request_error':
      return 400
    case 'authentication_error':
      return 401
    case 'billing_error':
      return 402
    case 'permission_error':
      return 403
    case 'not_found_error':
      return 404
    case 'conflict_error':
      return 409
    case 'request_too_large':
      return 413
    case 'rate_limit_error':
      return 429
    case 'api_error':
      return 500
    case 'timeout_error':
      return 504
    case 'overloaded_error':
      return 529
    default:
      return undefined
  }
}

/** The shape of https://docs.claude.com/en/api/errors, with the reason where the SDK's `error.errorCode` reads it. */
function errorBody(error: DialectError): string {
  return JSON.stringify({
    type: 'error',
    error: { type: errorType(error.status), message: error.message, details: { error_code: error.reason } },
    request_id: error.requestId
  })
}

/** The SDK raises an APIError for an event called `error`, and drops one without a name (anthropic-sdk-typescript, src/core/streaming.ts). */
function errorEvent(error: DialectError): string {
  return `event: error\ndata: ${errorBody(error)}\n\n`
}

/** A block or delta that says nothing but its type: `{"type":"text","text":""}`. */
function saysNothing(piece: unknown): boolean {
  if (!isObject(piece)) return false
  for (const name in piece) {
    if (name !== 'type' && !isEmpty(piece[name])) return false
  }
  return true
}

/**
 * The kinds of events are those of https://docs.claude.com/en/docs/build-with-claude/streaming. A block that opens with
 * a tool's name, an id or redacted thinking is content already; one of text or thinking opens empty.
 */
function kindCommits(kind: string, data: string): boolean {
  switch (kind) {
    case 'message_start':
    case 'ping':
    case 'content_block_stop':
      return false
    case 'content_block_start':
      return !saysNothing(parseObject(data)?.content_block)
    case 'content_block_delta':
      return !saysNothing(parseObject(data)?.delta)
    default:
      return true
  }
}

function commits(eventType: string, data: string): boolean {
  if (eventType !== 'message') return kindCommits(eventType, data)
  const kind = parseObject(data)?.type
  return typeof kind !== 'string' || kindCommits(kind, data)
}

/** Also finds an error whose event has no name: its data has the same shape. */
function streamError(eventType: string, data: string): StreamError | undefined {
  if (eventType !== 'error' && (eventType !== 'message' || !data.includes('"error"'))) return undefined
  const event = parseObject(data)
  if (eventType !== 'error' && event?.type !== 'error') return undefined
  return { status: isObject(event?.error) ? statusOfType(event.error.type) : undefined }
}

/** A body of the type `error` (https://docs.claude.com/en/api/errors). */
export function anthropicBodyError(body: unknown): StreamError | undefined {
  if (!isObject(body) || body.type !== 'error') return undefined
  return { status: isObject(body.error) ? statusOfType(body.error.type) : undefined }
}

/** Facts about `anthropic-messages`. */
export const ANTHROPIC_MESSAGES: DialectFacts = {
  dialect: 'anthropic-messages',
  commits,
  streamError,
  // https://platform.claude.com/docs/en/api/errors: every response has one.
  requestIdHeader: 'request-id',
  errorContentType: 'application/json',
  errorBody,
  errorEvent
}
