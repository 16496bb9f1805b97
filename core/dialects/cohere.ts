/** How Cohere streams and fails, in versions 1 and 2: https://docs.cohere.com/reference/chat-stream and /reference/errors. Read only. */
import type { ReadingFacts, StreamError } from './facts.ts'
import { isEmpty, isObject, type JsonObject, parseObject } from './json.ts'
import { OPENAI_CHAT } from './openai-chat.ts'

/** A message, or a piece of one, that says something. */
function says(message: unknown): boolean {
  if (!isObject(message)) return false
  for (const name in message) {
    const member = message[name]
    if (name === 'role') continue
    if (name === 'content' && isObject(member) ? !isEmpty(member.text) || !isEmpty(member.thinking) : !isEmpty(member))
      return true
  }
  return false
}

function commits(eventType: string, data: string): boolean {
  const event = parseObject(data)
  if (event === undefined) return true
  // Writer answers the same path in OpenAI's words.
  if (event.choices !== undefined) return OPENAI_CHAT.commits(eventType, data)
  switch (event.type ?? event.event_type ?? eventType) {
    case 'message-start':
    case 'content-end':
    case 'stream-start':
    case 'search-queries-generation':
      return false
    case 'content-start':
    case 'content-delta':
    case 'tool-plan-delta':
      return isObject(event.delta) && says(event.delta.message)
    case 'text-generation':
      return !isEmpty(event.text)
    default:
      return true
  }
}

/** A stream that failed ends with the reason `ERROR` (or `ERROR_TOXIC`, `ERROR_LIMIT` in version 1), and no status. */
function streamError(_eventType: string, data: string): StreamError | undefined {
  if (!data.includes('"ERROR')) return undefined
  const event = parseObject(data)
  const reason = isObject(event?.delta) ? event.delta.finish_reason : event?.finish_reason
  return typeof reason === 'string' && reason.startsWith('ERROR') ? { status: undefined } : undefined
}

/** An error is a sentence under `message`, where an answer has its message; or an error in OpenAI's words. */
function bodyError(body: unknown): StreamError | undefined {
  if (!isObject(body) || !isSentence(body)) return undefined
  return { status: undefined }
}

function isSentence(body: JsonObject): boolean {
  return typeof body.message === 'string' && body.text === undefined && body.choices === undefined
}

/** What is known of Cohere's answers. */
export const COHERE_READING: ReadingFacts = { commits, streamError, bodyError }
