/**
 * How Bedrock streams and fails. The kind of an event stands in a header of its message, as does an exception's
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html). Read only.
 */
import { ANTHROPIC_MESSAGES } from './anthropic-messages.ts'
import type { ReadingFacts, StreamError } from './facts.ts'
import { asErrorStatus, isEmpty, isObject, type JsonObject, parseObject } from './json.ts'
import { OPENAI_CHAT } from './openai-chat.ts'

/** The exceptions of both streams and their statuses. */
function statusOfException(type: string): number | undefined {
  switch (type) {
    case 'validationException':
      return 400
    case 'modelTimeoutException':
      return 408
    case 'modelStreamErrorException':
      return 424
    case 'throttlingException':
      return 429
    case 'internalServerException':
      return 500
    case 'serviceUnavailableException':
      return 503
    default:
      return undefined
  }
}

function streamError(eventType: string, data: string): StreamError | undefined {
  if (!eventType.endsWith('Exception')) return undefined
  const status = asErrorStatus(parseObject(data)?.originalStatusCode)
  return { status: status ?? statusOfException(eventType) }
}

/** A sentence under `message`, and nothing of an answer. The kind stands in the header `x-amzn-errortype`. */
function bodyError(body: unknown): StreamError | undefined {
  if (!isObject(body) || typeof (body.message ?? body.Message) !== 'string') return undefined
  return isEmpty(body.output) && isEmpty(body.content) && isEmpty(body.usage) ? { status: undefined } : undefined
}

/** Whether a piece says anything: `{"text":""}` and `{"toolUse":{"input":""}}` do not. */
function says(delta: unknown): boolean {
  if (!isObject(delta)) return !isEmpty(delta)
  for (const name in delta) if (!isEmpty(delta[name])) return true
  return false
}

function kindCommits(kind: string, body: JsonObject | undefined): boolean {
  switch (kind) {
    case 'messageStart':
    case 'contentBlockStop':
      return false
    case 'contentBlockStart':
      return says(body?.start)
    case 'contentBlockDelta':
      return says(body?.delta)
    default:
      return true
  }
}

/** What is known of Converse's answers. */
export const CONVERSE_READING: ReadingFacts = {
  commits: (eventType, data) => kindCommits(eventType, parseObject(data)),
  streamError,
  bodyError
}

/** An event as its model's maker wrote it: Anthropic's, Nova's, OpenAI's, or one with a text. */
function invokeCommits(_eventType: string, data: string): boolean {
  const event = parseObject(data)
  if (event === undefined) return true
  if (typeof event.type === 'string') return ANTHROPIC_MESSAGES.commits('message', data)
  if (event.choices !== undefined) return OPENAI_CHAT.commits('message', data)
  for (const kind of ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop']) {
    const body = event[kind]
    if (isObject(body)) return kindCommits(kind, body)
  }
  for (const name of ['outputText', 'generation', 'text', 'completion']) {
    if (event[name] === '') return !isEmpty(event.completionReason) || !isEmpty(event.stop_reason)
  }
  return true
}

/** What is known of InvokeModel's answers. */
export const INVOKE_READING: ReadingFacts = { commits: invokeCommits, streamError, bodyError }
