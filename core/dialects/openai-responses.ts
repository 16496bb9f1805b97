/** OpenAI Responses: https://platform.openai.com/docs/api-reference/responses and what is compatible with it. */
import type { DialectError, DialectFacts, StreamError } from './facts.ts'
import { isEmpty, isObject, parseObject } from './json.ts'
import {
  OPENAI_ERROR_CONTENT_TYPE,
  OPENAI_REQUEST_ID_HEADER,
  openaiErrorBody,
  openaiErrorObject,
  openaiErrorStatus
} from './openai.ts'

/** An item that has only been opened: a message without parts, a reasoning without a summary. A tool call has its name already. */
function isOpening(item: unknown): boolean {
  if (!isObject(item)) return false
  if (item.type === 'message') return isEmpty(item.content)
  return item.type === 'reasoning' && isEmpty(item.summary) && isEmpty(item.content) && isEmpty(item.encrypted_content)
}

/** A part that has only been opened: no text, no refusal. */
function isEmptyPart(part: unknown): boolean {
  return isObject(part) && typeof part.type === 'string' && isEmpty(part.text) && isEmpty(part.refusal)
}

/**
 * The kinds of events are those of https://platform.openai.com/docs/api-reference/responses-streaming. Those before
 * any content are named here; a part or a delta commits when it is not empty, everything else
 * always.
 */
function kindCommits(kind: string, data: string): boolean {
  switch (kind) {
    case 'response.created':
    case 'response.queued':
    case 'response.in_progress':
    case 'keepalive':
      return false
    case 'response.output_item.added':
      return !isOpening(parseObject(data)?.item)
    default:
      // content_part, reasoning_summary_part, and the reasoning_part of vLLM.
      if (kind.endsWith('_part.added')) return !isEmptyPart(parseObject(data)?.part)
      return !kind.endsWith('.delta') || parseObject(data)?.delta !== ''
  }
}

function commits(eventType: string, data: string): boolean {
  if (eventType !== 'message') return kindCommits(eventType, data)
  // Some servers leave the name of the event out; its data says the same (and the SDKs read only that).
  const kind = parseObject(data)?.type
  return typeof kind !== 'string' || kindCommits(kind, data)
}

/**
 * `error` stands for a stream that broke, `response.failed` for a response that did
 * (https://platform.openai.com/docs/api-reference/responses-streaming/error). The facts stand beside `type`, or in a
 * member `error`, where OpenAI's own servers put them and its SDKs look first.
 */
function streamError(eventType: string, data: string): StreamError | undefined {
  if (eventType === 'message' ? !mayBeError(data) : eventType !== 'error' && eventType !== 'response.failed') {
    return undefined
  }
  const event = parseObject(data)
  const kind = eventType === 'message' ? event?.type : eventType
  if (kind === 'response.failed') {
    const response = event?.response
    const error = isObject(response) ? response.error : undefined
    return { status: openaiErrorStatus(isObject(error) ? error : undefined) }
  }
  if (kind !== 'error' && isEmpty(event?.error)) return undefined
  return { status: openaiErrorStatus(isObject(event?.error) ? event.error : event) }
}

function mayBeError(data: string): boolean {
  return data.includes('"error"') || data.includes('"response.failed"')
}

/**
 * An `error` event with its facts in both places, so that readers of the documented form find them and the SDKs raise
 * an APIError: openai-node for the name of the event, openai-python for the member `error`. `sequence_number` is
 * required and nobody counted: 0 is the number of the opening event, so no event still to come is taken for this one.
 */
function errorEvent(error: DialectError): string {
  const facts = openaiErrorObject(error)
  const event = {
    type: 'error',
    sequence_number: 0,
    code: facts.code,
    message: facts.message,
    param: facts.param,
    error: facts
  }
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`
}

/** Facts about `openai-responses`. */
export const OPENAI_RESPONSES: DialectFacts = {
  dialect: 'openai-responses',
  commits,
  streamError,
  requestIdHeader: OPENAI_REQUEST_ID_HEADER,
  errorContentType: OPENAI_ERROR_CONTENT_TYPE,
  errorBody: openaiErrorBody,
  errorEvent
}
