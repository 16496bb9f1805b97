/** Where text stands in those of Mistral's calls that OpenAI has not: completion in the middle, agents, conversations, reading of pages (https://docs.mistral.ai/api). */
import { ERROR_MEMBERS } from './errors.ts'
import { CHAT_EVENT, CHAT_REQUEST, CHAT_RESPONSE } from './openai-chat.ts'
import { FORMAT, SOURCE } from './openai-parts.ts'
import { RESPONSES_EVENT, RESPONSES_REQUEST, RESPONSES_RESPONSE } from './openai-responses.ts'
import { FILE, FREE, IMAGE, LINK, list, object, type Shape, same, TEXT, TEXT_PIECE, WORDS, words } from './shape.ts'

const DOCUMENT: Shape = object({
  ...words('type file_id'),
  ...same('document_name', TEXT),
  ...same('document_url', FILE),
  image_url: object({ url: IMAGE, detail: WORDS }, IMAGE)
})

/** A request of chat, of the middle, of an agent, of a conversation or of a reading. */
export const MISTRAL_REQUEST: Shape = object({
  ...Object.fromEntries(CHAT_REQUEST.members ?? []),
  prompt: { ...TEXT, role: 'user' },
  suffix: TEXT,
  ...words('agent_id agent_version from_entry_id handoff_execution confidence_scores_granularity table_format'),
  ...same('name description', TEXT),
  inputs: RESPONSES_REQUEST.members?.get('input') ?? FREE,
  instructions: { ...TEXT, role: 'system' },
  ...same('completion_args tool_confirmations', WORDS),
  document: DOCUMENT,
  pages: WORDS,
  ...same('bbox_annotation_format document_annotation_format', FORMAT),
  document_annotation_prompt: TEXT
})

const BLOCK: Shape = object({ ...words('type id'), ...same('content text markdown', TEXT), image_base64: IMAGE }, FREE)

/** An answer of any of them, or an error. */
export const MISTRAL_RESPONSE: Shape = object({
  ...Object.fromEntries(CHAT_RESPONSE.members ?? []),
  ...words('conversation_id'),
  ...same('outputs entries', RESPONSES_RESPONSE.members?.get('output') ?? FREE),
  ...same('name description', TEXT),
  ...words('agent_id updated_at'),
  guardrails: WORDS,
  pages: list(
    object({
      ...same('markdown header footer', TEXT),
      blocks: list(BLOCK),
      tables: list(BLOCK),
      images: list(object({ id: WORDS, image_base64: IMAGE, image_annotation: TEXT })),
      hyperlinks: list(LINK),
      dimensions: WORDS,
      confidence_scores: WORDS
    })
  ),
  document_annotation: TEXT,
  usage_info: WORDS
})

/** An event of a stream: a chunk of chat, or an event of a conversation. */
export const MISTRAL_EVENT: Shape = object({
  ...Object.fromEntries(RESPONSES_EVENT.members ?? []),
  ...Object.fromEntries(CHAT_EVENT.members ?? []),
  ...ERROR_MEMBERS,
  ...words(
    'conversation_id created_at completed_at role agent_id previous_agent_id next_agent_id tool_call_id previous_agent_name next_agent_name confirmation_status'
  ),
  content: object(
    {
      ...words('type id'),
      text: TEXT_PIECE,
      thinking: list(object({ type: WORDS, text: TEXT_PIECE })),
      ...same('title', TEXT),
      url: LINK,
      source: SOURCE
    },
    TEXT_PIECE
  ),
  arguments: FREE,
  info: FREE
})
