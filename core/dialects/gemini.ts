/** Google Gemini, on the Gemini API and on Vertex AI: https://ai.google.dev/api/generate-content. */
import type { DialectError, DialectFacts, StreamError } from './facts.ts'
import { asErrorStatus, isEmpty, isObject, parseObject } from './json.ts'

/**
 * The canonical code of a status, by the mapping in
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto; 502 is UNAVAILABLE, as for gRPC
 * (https://grpc.io/docs/guides/status-codes). Other 4xx are INVALID_ARGUMENT, other 5xx INTERNAL.
 */
function canonicalCode(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED'
    case 403:
      return 'PERMISSION_DENIED'
    case 404:
      return 'NOT_FOUND'
    case 409:
      return 'ABORTED'
    case 429:
      return 'RESOURCE_EXHAUSTED'
    case 499:
      return 'CANCELLED'
    case 501:
      return 'UNIMPLEMENTED'
    case 502:
    case 503:
      return 'UNAVAILABLE'
    case 408:
    case 504:
      return 'DEADLINE_EXCEEDED'
    default:
      return status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'
  }
}

/** The same mapping, read the other way, for errors that leave `code` out. */
function statusOfCode(code: unknown): number | undefined {
  switch (code) {
    case 'INVALID_ARGUMENT':
    case 'FAILED_PRECONDITION':
    case 'OUT_OF_RANGE':
      return 400
    case 'UNAUTHENTICATED':
      return 401
    case 'PERMISSION_DENIED':
      return 403
    case 'NOT_FOUND':
      return 404
    case 'ABORTED':
    case 'ALREADY_EXISTS':
      return 409
    case 'RESOURCE_EXHAUSTED':
      return 429
    case 'CANCELLED':
      return 499
    case 'INTERNAL':
    case 'UNKNOWN':
    case 'DATA_LOSS':
      return 500
    case 'UNIMPLEMENTED':
      return 501
    case 'UNAVAILABLE':
      return 503
    case 'DEADLINE_EXCEEDED':
      return 504
    default:
      return undefined
  }
}

/**
 * google.rpc.Status in JSON (https://google.aip.dev/193). `ErrorInfo.reason` must be UPPER_SNAKE_CASE there, so the
 * reason stands in its metadata as it is everywhere else.
 */
function errorBody(error: DialectError): string {
  return JSON.stringify({
    error: {
      code: error.status,
      message: error.message,
      status: canonicalCode(error.status),
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: error.reason.toUpperCase(),
          domain: 'tacit-gateway',
          metadata: { reason: error.reason }
        },
        { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: error.requestId }
      ]
    }
  })
}

/**
 * A stream of `alt=sse` names no events and has no terminator. A chunk carries content in the parts of a candidate, and
 * ends one with `finishReason`, or all with `promptFeedback.blockReason`; one with neither says usage or the model.
 */
function commits(_eventType: string, data: string): boolean {
  const chunk = parseObject(data)
  if (chunk === undefined) return true
  if (isObject(chunk.promptFeedback) && !isEmpty(chunk.promptFeedback.blockReason)) return true
  // Nothing of an answer in it: known only when it says what such chunks say.
  if (chunk.candidates === undefined) return chunk.usageMetadata === undefined && chunk.responseId === undefined
  if (!Array.isArray(chunk.candidates)) return true
  const candidates: readonly unknown[] = chunk.candidates
  for (const candidate of candidates) {
    if (!isObject(candidate) || !isEmpty(candidate.finishReason) || hasContent(candidate.content)) return true
  }
  return false
}

/** An empty text part opens an answer; a part of any other kind (`functionCall`, `inlineData`, `thoughtSignature`) is content. */
function hasContent(content: unknown): boolean {
  if (isEmpty(content)) return false
  if (!isObject(content)) return true
  if (isEmpty(content.parts)) return false
  if (!Array.isArray(content.parts)) return true
  const parts: readonly unknown[] = content.parts
  for (const part of parts) {
    if (!isObject(part)) return true
    for (const name in part) {
      if (name !== 'thought' && !isEmpty(part[name])) return true
    }
  }
  return false
}

/** An error inside a stream is a chunk with the member `error`, a google.rpc.Status as above. */
function streamError(_eventType: string, data: string): StreamError | undefined {
  if (!data.includes('"error"')) return undefined
  const error = parseObject(data)?.error
  if (isEmpty(error)) return undefined
  return { status: isObject(error) ? (asErrorStatus(error.code) ?? statusOfCode(error.status)) : undefined }
}

/** A body with the member `error`; where a stream was asked for as an array, an array of one. */
export function geminiBodyError(body: unknown): StreamError | undefined {
  const [first]: readonly unknown[] = Array.isArray(body) ? body : [body]
  const error = isObject(first) ? first.error : undefined
  if (isEmpty(error)) return undefined
  return { status: isObject(error) ? (asErrorStatus(error.code) ?? statusOfCode(error.status)) : undefined }
}

/** Facts about `gemini`. */
export const GEMINI: DialectFacts = {
  dialect: 'gemini',
  commits,
  streamError,
  requestIdHeader: 'x-request-id',
  errorContentType: 'application/json',
  errorBody,
  errorEvent: error => `data: ${errorBody(error)}\n\n`
}
