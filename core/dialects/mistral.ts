/** How those of Mistral's calls stream and fail that OpenAI has not: https://docs.mistral.ai/api. Read only. */
import type { ReadingFacts, StreamError } from './facts.ts'
import { isEmpty, parseObject } from './json.ts'
import { openaiBodyError, openaiErrorStatus } from './openai.ts'
import { OPENAI_CHAT } from './openai-chat.ts'

/** Conversations call their events by `type`; completions in the middle and agents stream chunks of chat. */
function commits(eventType: string, data: string): boolean {
  const event = parseObject(data)
  if (event === undefined) return true
  if (event.choices !== undefined) return OPENAI_CHAT.commits(eventType, data)
  switch (event.type ?? eventType) {
    case 'conversation.response.started':
      return false
    case 'message.output.delta':
      return !isEmpty(event.content)
    default:
      return true
  }
}

function streamError(eventType: string, data: string): StreamError | undefined {
  const event = parseObject(data)
  if ((event?.type ?? eventType) === 'conversation.response.error') return { status: openaiErrorStatus(event) }
  return OPENAI_CHAT.streamError(eventType, data)
}

/** What is known of Mistral's answers. */
export const MISTRAL_READING: ReadingFacts = { commits, streamError, bodyError: openaiBodyError }
