/** Where text stands in Ollama's own API: https://github.com/ollama/ollama/blob/main/docs/api.md. */
import { JSON_SCHEMA } from './json-schema.ts'
import { LOGPROBS, TOOL } from './openai-parts.ts'
import {
  either,
  FREE,
  IMAGE,
  list,
  object,
  type Shape,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  WORD,
  WORDS,
  words
} from './shape.ts'

function messageOf(text: Shape): Shape {
  return object(
    {
      ...words('role tool_name tool_call_id name'),
      ...same('content thinking', text),
      images: list(IMAGE),
      tool_calls: list(
        object({ ...words('id type'), function: object({ name: WORD, description: TEXT, arguments: FREE }) })
      )
    },
    { hasRole: true }
  )
}

/** A request: chat, generate or embed. */
export const OLLAMA_REQUEST: Shape = object({
  ...words('model keep_alive think name'),
  messages: list(messageOf(TEXT)),
  tools: list(TOOL),
  format: either(WORD, JSON_SCHEMA),
  options: object({ stop: TEXT_OR_TEXTS }, WORDS),
  ...same('prompt suffix', { ...TEXT, role: 'user' }),
  ...same('system template', { ...TEXT, role: 'system' }),
  input: { ...TEXT_OR_TEXTS, role: 'user' },
  images: list(IMAGE)
})

function answerOf(text: Shape): Shape {
  return object({
    ...words('model created_at done_reason remote_model remote_host'),
    message: messageOf(text),
    ...same('response thinking', text),
    error: TEXT,
    image: IMAGE,
    logprobs: list(LOGPROBS),
    embeddings: WORDS,
    // Lists of models.
    models: list(object({ details: WORDS }, WORDS))
  })
}

/** An answer, or an error, which is a sentence. */
export const OLLAMA_RESPONSE: Shape = answerOf(TEXT)
/** A line of a streamed answer. */
export const OLLAMA_EVENT: Shape = answerOf(TEXT_PIECE)
