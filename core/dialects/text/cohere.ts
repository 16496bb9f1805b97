/** Where text stands in Cohere's API, versions 1 and 2: chat, embed, rerank, classify (https://docs.cohere.com/reference/about). */
import { JSON_SCHEMA } from './json-schema.ts'
import { CHAT_EVENT, CHAT_RESPONSE } from './openai-chat.ts'
import { LOGPROBS, TOOL } from './openai-parts.ts'
import {
  either,
  FREE,
  IMAGE,
  JSON_PIECE,
  JSON_TEXT,
  LINK,
  list,
  object,
  recursive,
  type Shape,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  WORD,
  WORDS,
  words
} from './shape.ts'

/** A source of a citation: a document, or what a tool gave back. */
const CITATION: Shape = object({
  ...words('type'),
  text: TEXT,
  document_ids: list(WORD),
  sources: list(object({ ...words('type id'), document: FREE, tool_output: FREE }))
})

function messageOf(text: Shape, json: Shape): Shape {
  const part = recursive(self =>
    object({
      type: WORD,
      ...same('text thinking', text),
      image_url: object({ url: IMAGE, detail: WORD }),
      document: either(TEXT, object({ id: WORD, data: FREE })),
      content: either(text, list(self))
    })
  )
  // A stream's pieces are not in arrays, though they have the same names.
  const call = object({
    ...words('id type name'),
    function: object({ name: WORD, arguments: either(json, FREE) }),
    ...same('parameters outputs', FREE)
  })
  return object(
    {
      ...words('role tool_call_id id'),
      content: either(text, list(part), part),
      tool_plan: text,
      tool_calls: either(list(call), call),
      citations: either(list(CITATION), CITATION),
      // Version 1.
      message: text,
      tool_results: list(object({ call, outputs: FREE }, { role: 'tool' }))
    },
    { ...text, hasRole: true }
  )
}

/** A request of any of the calls. */
export const COHERE_REQUEST: Shape = object({
  ...words('model safety_mode input_type truncate citation_quality prompt_truncation'),
  messages: list(messageOf(TEXT, JSON_TEXT)),
  documents: list(either(TEXT, FREE)),
  tools: list(TOOL),
  response_format: object({ type: WORD, ...same('schema json_schema', JSON_SCHEMA) }),
  ...same('stop_sequences stop', TEXT_OR_TEXTS),
  ...same('tool_choice thinking citation_options embedding_types', WORDS),
  // Version 1.
  message: { ...TEXT, role: 'user' },
  preamble: { ...TEXT, role: 'system' },
  chat_history: list(messageOf(TEXT, JSON_TEXT)),
  conversation_id: TEXT,
  connectors: list(object({ id: WORD, options: FREE }, WORDS)),
  search_queries: list(FREE),
  tool_results: list(object({ call: FREE, outputs: FREE }, { role: 'tool' })),
  // Embed, rerank, classify.
  texts: { ...list(TEXT), role: 'user' },
  images: list(IMAGE),
  inputs: { ...list(either(TEXT, messageOf(TEXT, JSON_TEXT))), role: 'user' },
  query: { ...TEXT, role: 'user' },
  rank_fields: list(WORD),
  examples: list(object({ ...same('text label', TEXT) })),
  priority: TEXT,
  // Generate and summarize, which are gone from newer models.
  ...same('prompt text', { ...TEXT, role: 'user' }),
  additional_command: TEXT,
  end_sequences: TEXT_OR_TEXTS,
  ...words('preset return_likelihoods length format extractiveness')
})

/** An answer of any of the calls, or an error, which is a sentence under `message`. Writer answers the same path in OpenAI's words. */
export const COHERE_RESPONSE: Shape = object(
  {
    ...words('id finish_reason response_type generation_id response_id error_type object model'),
    message: messageOf(TEXT, JSON_TEXT),
    ...same('text error', TEXT),
    ...same('usage meta', WORDS),
    logprobs: list(object({ text: TEXT }, LOGPROBS)),
    // Version 1.
    chat_history: list(messageOf(TEXT, JSON_TEXT)),
    ...same('citations', list(CITATION)),
    documents: list(FREE),
    ...same('search_results search_queries tool_calls', list(FREE)),
    prompt: TEXT,
    // Embed, rerank, classify, tokenize.
    texts: list(TEXT),
    images: WORDS,
    embeddings: WORDS,
    results: list(object({ document: FREE })),
    generations: list(
      object({ ...words('id finish_reason'), ...same('text prompt', TEXT), token_likelihoods: list(LOGPROBS) })
    ),
    summary: TEXT,
    // Reading of pages.
    pages: FREE,
    classifications: list(object({ ...same('id input prediction predictions', TEXT_OR_TEXTS) }, FREE)),
    token_strings: list(TEXT),
    data: FREE,
    url: LINK
  },
  { marked: [['choices', CHAT_RESPONSE]] }
)

/** An event of a stream. Version 1 calls its kind `event_type`. */
export const COHERE_EVENT: Shape = object(
  {
    ...words('id type event_type finish_reason generation_id error_type'),
    delta: object({
      message: messageOf(TEXT_PIECE, JSON_PIECE),
      finish_reason: WORD,
      usage: WORDS,
      error: TEXT
    }),
    logprobs: object({ text: TEXT }, LOGPROBS),
    ...same('text tool_plan', TEXT_PIECE),
    message: TEXT,
    response: COHERE_RESPONSE,
    err: TEXT,
    tool_call_delta: object({ name: WORD, ...same('parameters text', JSON_PIECE) }),
    ...same('documents search_results search_queries tool_calls citations', list(FREE))
  },
  { marked: [['choices', CHAT_EVENT]] }
)
