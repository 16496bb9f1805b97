/** How Ollama streams, line by line, and fails: https://github.com/ollama/ollama/blob/main/docs/api.md. Read only. */
import type { ReadingFacts, StreamError } from './facts.ts'
import { asErrorStatus, isEmpty, isObject, parseObject } from './json.ts'

/** A line commits when it says something or is the last one. */
function commits(_eventType: string, data: string): boolean {
  const line = parseObject(data)
  if (line === undefined || line.done !== false) return true
  if (!isEmpty(line.response) || !isEmpty(line.thinking)) return true
  const message = line.message
  if (!isObject(message)) return line.response === undefined
  return (
    !isEmpty(message.content) || !isEmpty(message.thinking) || !isEmpty(message.tool_calls) || !isEmpty(message.images)
  )
}

/** A sentence under `error`, also in the middle of a stream. */
function bodyError(body: unknown): StreamError | undefined {
  if (!isObject(body) || isEmpty(body.error)) return undefined
  return { status: asErrorStatus(body.status_code) ?? asErrorStatus(body.StatusCode) }
}

/** What is known of Ollama's answers. */
export const OLLAMA_READING: ReadingFacts = {
  commits,
  streamError: (_eventType, data) => (data.includes('"error"') ? bodyError(parseObject(data)) : undefined),
  bodyError
}
