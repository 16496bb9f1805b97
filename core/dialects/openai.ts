/**
 * What OpenAI's APIs have in common: how an error is written, and what a chunk
 * of chat or completions looks like. Also speaks for the many servers that are
 * compatible with them, whose own habits are named beside each check.
 */
import type { DialectError, StreamError } from './facts.ts'
import { asErrorStatus, isEmpty, isObject, type JsonObject, parseObject } from './json.ts'

/** OpenAI answers errors as plain JSON. */
export const OPENAI_ERROR_CONTENT_TYPE = 'application/json'

/** Where the API tells its id of a request (https://platform.openai.com/docs/api-reference/debugging-requests). */
export const OPENAI_REQUEST_ID_HEADER = 'x-request-id'

/**
 * The `type` of an error. OpenAI sends `invalid_request_error` for every 4xx, a wrong key (401), a missing right (403)
 * and an unknown model (404) included, and tells them apart by `code`; the types for 429 and 503 are those of
 * https://developers.openai.com/api/docs/guides/error-codes. A 429 that waiting does not cure is a used-up quota.
 */
function errorType(error: DialectError): string {
  if (error.status === 429) return error.retryable ? 'rate_limit_error' : 'insufficient_quota'
  if (error.status === 503) return 'service_unavailable_error'
  return error.status >= 500 ? 'server_error' : 'invalid_request_error'
}

/** The error object: `code` is the reason, `param` is not known to a gateway, `request_id` is an addition that clients ignore. */
export function openaiErrorObject(error: DialectError) {
  return {
    message: error.message,
    type: errorType(error),
    param: null,
    code: error.reason,
    request_id: error.requestId
  }
}

/** `{"error":{…}}`, the body of every error (https://platform.openai.com/docs/guides/error-codes). */
export function openaiErrorBody(error: DialectError): string {
  return JSON.stringify({ error: openaiErrorObject(error) })
}

/**
 * An unnamed event with the same body. The official SDKs raise an APIError for any event of a chat or completions
 * stream whose data has a member `error` (openai-node, src/core/streaming.ts).
 */
export function openaiErrorEvent(error: DialectError): string {
  return `data: ${openaiErrorBody(error)}\n\n`
}

/**
 * Finds the error in a chunk of chat or completions: an event called `error`, a member `error` that says something
 * (a chunk may carry both it and empty `choices`: https://openrouter.ai/docs/api-reference/errors), or a body whose
 * `object` is `error` (https://docs.mistral.ai).
 */
export function chunkError(eventType: string, data: string): StreamError | undefined {
  if (eventType === 'error') {
    const body = parseObject(data)
    return { status: openaiErrorStatus(isObject(body?.error) ? body.error : body) }
  }
  if (!data.includes('"error"')) return undefined
  const chunk = parseObject(data)
  if (chunk === undefined) return undefined
  if (!isEmpty(chunk.error)) return { status: openaiErrorStatus(isObject(chunk.error) ? chunk.error : chunk) }
  return chunk.object === 'error' ? { status: openaiErrorStatus(chunk) } : undefined
}

/**
 * An error instead of an answer: a member `error` that says something, with nothing of an answer beside it; a body whose
 * `object` is `error` (Mistral, vLLM); or a bare sentence under `detail` or `message` (xAI, FastAPI, Z.ai).
 */
export function openaiBodyError(body: unknown): StreamError | undefined {
  if (!isObject(body)) return undefined
  const isAnswer = [body.choices, body.output, body.data, body.results, body.text].some(member => !isEmpty(member))
  if (isAnswer) return undefined
  if (!isEmpty(body.error)) return { status: openaiErrorStatus(isObject(body.error) ? body.error : body) }
  const isBare =
    body.object === 'error' || ((!isEmpty(body.detail) || !isEmpty(body.message)) && body.usage === undefined)
  return isBare ? { status: openaiErrorStatus(body) } : undefined
}

/** The status that an error object of this family stands for: as a number where a server gives one, else by its words. */
export function openaiErrorStatus(error: JsonObject | undefined): number | undefined {
  if (error === undefined) return undefined
  return (
    asErrorStatus(error.status_code) ??
    asErrorStatus(error.raw_status_code) ??
    asErrorStatus(error.status) ??
    asErrorStatus(error.code) ??
    statusOfWord(error.code) ??
    statusOfWord(error.type)
  )
}

/** Words that OpenAI and compatible servers put into `code` or `type`. */
function statusOfWord(word: unknown): number | undefined {
  switch (word) {
    case 'invalid_request_error':
    case 'invalid_prompt':
    case 'context_length_exceeded':
      return 400
    case 'authentication_error':
    case 'invalid_api_key':
      return 401
    case 'permission_error':
      return 403
    case 'not_found_error':
    case 'model_not_found':
      return 404
    case 'rate_limit_error':
    case 'rate_limit_exceeded':
    case 'insufficient_quota':
    case 'requests':
    case 'tokens':
      return 429
    case 'server_error':
    case 'internal_error':
    case 'api_error':
      return 500
    case 'service_unavailable_error':
    case 'server_is_overloaded':
    case 'overloaded_error':
    case 'slow_down':
      return 503
    default:
      return undefined
  }
}

/**
 * Whether a chunk commits: a choice of it ends or carries something. `[DONE]` and whatever is not a chunk commits.
 * A chunk without choices does not: results of a content filter come first
 * (https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming), usage comes after the end.
 */
export function chunkCommits(data: string, carries: (choice: JsonObject) => boolean): boolean {
  const chunk = parseObject(data)
  if (chunk === undefined || !Array.isArray(chunk.choices)) return true
  const choices: readonly unknown[] = chunk.choices
  for (const choice of choices) {
    if (!isObject(choice) || !isEmpty(choice.finish_reason) || carries(choice)) return true
  }
  return false
}
