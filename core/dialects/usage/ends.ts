/** Tells whether an event of a stream, or a whole response, ends its answer: what is told of usage from then on is final. Pure. */
import type { Format } from '../facts.ts'
import { isEmpty, isObject, type JsonObject } from '../json.ts'

/** Whether an event with this data may end its answer: a quick look, without parsing. */
export function mayEndAnswer(format: Format, data: string): boolean {
  switch (format) {
    case 'openai-chat':
    case 'openai-completions':
      return hasText(data, 'finish_reason"')
    case 'openai-responses':
      return RESPONSE_ENDS.some(kind => data.includes(kind))
    case 'anthropic-messages':
      return data.includes('message_stop"') || data.includes('stop_reason"')
    case 'gemini':
      return data.includes('finishReason"') || data.includes('blockReason"')
    default:
      return true
  }
}

/** Whether a member is a text anywhere; its name without the opening quotation mark. It is null in all chunks but one. */
function hasText(data: string, name: string): boolean {
  for (let at = data.indexOf(name); at !== -1; at = data.indexOf(name, at + name.length)) {
    let value = at + name.length
    while (data[value] === ':' || data[value] === ' ') value++
    if (data[value] === '"') return true
  }
  return false
}

const RESPONSE_ENDS = ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']

/** Whether the answer ends with this event. An answer that came whole says so in the same members. */
export function endsAnswer(format: Format, event: JsonObject): boolean {
  switch (format) {
    case 'openai-chat':
    case 'openai-completions':
      return some(event.choices, choice => !isEmpty(choice.finish_reason))
    case 'openai-responses':
      return isOneOf(event.type, RESPONSE_ENDS)
    case 'anthropic-messages':
      return event.type === 'message_stop' || (isObject(event.delta) && !isEmpty(event.delta.stop_reason))
    case 'gemini':
      return (
        some(event.candidates, candidate => !isEmpty(candidate.finishReason)) ||
        (isObject(event.promptFeedback) && !isEmpty(event.promptFeedback.blockReason))
      )
    case 'gemini-interactions':
      return isOneOf(event.event_type, ['interaction.completed', 'interaction.complete', 'interaction.failed'])
    case 'mistral':
      return event.type === 'conversation.response.done' || endsAnswer('openai-chat', event)
    case 'cohere':
      return (
        isOneOf(event.type, ['message-end']) ||
        isOneOf(event.event_type, ['stream-end']) ||
        endsAnswer('openai-chat', event)
      )
    case 'ollama':
      return event.done === true
    case 'bedrock-converse':
      // The last message has the figures; its kind stands in a header.
      return event.usage !== undefined || event.stopReason !== undefined
    case 'bedrock-invoke':
      return (
        event['amazon-bedrock-invocationMetrics'] !== undefined ||
        isObject(event.metadata) ||
        endsAnswer('anthropic-messages', event) ||
        endsAnswer('openai-chat', event) ||
        !isEmpty(event.completionReason) ||
        (event.type === undefined && !isEmpty(event.stop_reason))
      )
    case 'openai-images':
    case 'openai-audio':
      return typeof event.type === 'string' && (event.type.endsWith('.completed') || event.type.endsWith('.done'))
    default:
      return false
  }
}

function isOneOf(word: unknown, words: readonly string[]): boolean {
  return typeof word === 'string' && words.includes(word)
}

function some(entries: unknown, holds: (entry: JsonObject) => boolean): boolean {
  if (!Array.isArray(entries)) return false
  const list: readonly unknown[] = entries
  return list.some(entry => isObject(entry) && holds(entry))
}
