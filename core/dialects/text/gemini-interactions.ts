/** Where text stands in Gemini's Interactions: https://ai.google.dev/api/interactions-api. */
import { RPC_ERROR } from './errors.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import {
  AUDIO,
  either,
  FILE,
  FREE,
  IMAGE,
  JSON_PIECE,
  LINK,
  list,
  named,
  object,
  recursive,
  SECRET,
  type Shape,
  SIGNATURE,
  same,
  TEXT,
  TEXT_PIECE,
  VIDEO,
  WORDS,
  words
} from './shape.ts'

const KINDS = [
  ['image', IMAGE],
  ['audio', AUDIO],
  ['video', VIDEO],
  ['document', FILE]
] as const

/** A piece of content, a step of an answer, or the change of one. They share their members. */
function contentOf(text: Shape): Shape {
  return recursive(self => {
    const inner = either(text, list(self), self)
    const members = {
      ...words('type id name call_id mime_type resolution language status server_name role media_type'),
      text,
      signature: SIGNATURE,
      ...same('content summary parts', inner),
      arguments: either(JSON_PIECE, FREE),
      ...same('result response', FREE),
      ...same('data uri', FILE),
      annotations: list(self),
      args: FREE,
      ...same('code output', text),
      ...same('queries urls', list(TEXT)),
      // What an annotation cites, and what a search, a map or a file said.
      ...same('url document_uri', LINK),
      ...same('title file_name source path speaker search_suggestions cited_text', TEXT),
      ...words('file_id media_id place_id outcome retrieval_type search_type style'),
      ...same('places review_snippets custom_metadata', FREE),
      processing: WORDS,
      widget_context_token: SIGNATURE,
      error: RPC_ERROR
    }
    const media = KINDS.map(([type, shape]) => [type, object({ ...members, ...same('data uri', shape) })] as const)
    const results = ['function_result', 'code_execution_result', 'google_search_result', 'url_context_result']
    const tools = [...results, 'mcp_server_tool_result', 'file_search_result'].map(
      type => [type, object(members, { role: 'tool' })] as const
    )
    return object(members, { ...text, hasRole: true, variants: { by: 'type', shapes: new Map([...media, ...tools]) } })
  })
}

const CONTENT = contentOf(TEXT)

const TOOL: Shape = object(
  {
    ...words('type name'),
    description: TEXT,
    parameters: JSON_SCHEMA,
    url: LINK,
    headers: named(SECRET)
  },
  { ...WORDS, role: 'definition' }
)

/** What request and answer both have. */
const BOTH = {
  ...words('model agent previous_interaction_id service_tier store background cached_content environment_id'),
  continuation_token: SIGNATURE,
  labels: named(TEXT),
  ...same('environment webhook_config', FREE),
  input: { ...either(TEXT, list(CONTENT), CONTENT), role: 'user' as const },
  system_instruction: { ...either(TEXT, CONTENT), role: 'system' as const },
  tools: list(TOOL),
  ...same('response_format response_schema', JSON_SCHEMA),
  ...same('generation_config agent_config response_modalities tool_choice safety_settings continuation_ids', WORDS)
}

/** A request. */
export const INTERACTIONS_REQUEST: Shape = object({ ...BOTH, ...words('response_mime_type') })

/** An answer, or an error. */
export const INTERACTIONS_RESPONSE: Shape = object({
  ...BOTH,
  ...words('response_mime_type id object status created updated role'),
  ...same('steps outputs', list(CONTENT)),
  ...same('output_text output_audio output_image output_video', CONTENT),
  errors: list(RPC_ERROR),
  usage: WORDS,
  error: RPC_ERROR
})

/** An event of a stream. */
export const INTERACTIONS_EVENT: Shape = object({
  ...words('event_type event_id interaction_id status'),
  interaction: INTERACTIONS_RESPONSE,
  ...same('delta step content', contentOf(TEXT_PIECE)),
  ...same('usage step_usage metadata', WORDS),
  error: RPC_ERROR
})
