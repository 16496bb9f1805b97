/** Where text stands in Anthropic Messages (https://docs.claude.com/en/api/messages), its counts of tokens and its batches. */
import { ERROR, ERROR_MEMBERS } from './errors.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import {
  ENCRYPTED,
  either,
  FILE,
  FREE,
  JSON_PIECE,
  LINK,
  list,
  object,
  recursive,
  SECRET,
  type Shape,
  SIGNATURE,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  WORD,
  WORDS,
  words
} from './shape.ts'

/** https://docs.claude.com/en/docs/build-with-claude/citations */
const CITATION: Shape = object({
  ...words('type file_id'),
  ...same('cited_text document_title title', TEXT),
  ...same('url source', LINK),
  encrypted_index: ENCRYPTED
})

/** A tool of the client's, or one of the server's with its settings. */
const TOOL: Shape = recursive(self =>
  object(
    {
      ...words('name type mcp_server_name model'),
      description: TEXT,
      input_schema: JSON_SCHEMA,
      input_examples: list(FREE),
      ...same('allowed_domains blocked_domains', list(TEXT)),
      user_location: object({ type: WORD, ...same('city region country timezone', TEXT) }),
      ...same(
        'cache_control allowed_callers citations configs default_config caching response_inclusion url_sources',
        WORDS
      ),
      tools: list(self)
    },
    { role: 'definition' }
  )
)

/** What tools give back, those of the server included. Said by the tool, in whose message it may stand. */
const RESULTS = [
  'tool_result',
  'mcp_tool_result',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'advisor_tool_result'
]

/**
 * A block of content, in a request or an answer: text, thinking, images, documents, tools and their results
 * (https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview).
 */
const BLOCK: Shape = recursive(self => {
  const content = either(TEXT, list(self), self)
  const source = { ...words('type media_type file_id'), url: FILE, content }
  const members = {
    ...words('type id name tool_use_id file_id error_code file_type server_name tool_name retrieved_at page_age'),
    ...same('text thinking title context stdout stderr error_message', TEXT),
    signature: SIGNATURE,
    ...same('data encrypted_content encrypted_stdout', ENCRYPTED),
    input: FREE,
    content,
    // The text of a document stands where the bytes of an image do.
    source: object(
      { ...source, data: FILE },
      { ...LINK, variants: { by: 'type', shapes: new Map([['text', object({ ...source, data: TEXT })]]) } }
    ),
    citations: either(list(CITATION), WORDS),
    ...same('cache_control caller', WORDS),
    url: LINK,
    tool_references: list(self),
    lines: list(TEXT),
    // Which model declined, why, and which one answered instead.
    ...same('from to trigger stop_reason', WORDS),
    // Tools that come and go in a conversation, and those of a remote server.
    ...words('mcp_server_name toolset_name'),
    tools: list(TOOL),
    tool: object({ ...words('type name mcp_server_name'), definition: TOOL }),
    tool_changes: list(self),
    // A browser that the model looks at.
    ...same(
      'tabs state_changes',
      list(object({ ...words('type tab_id download_id opener_tab_id error'), ...same('title path', TEXT), url: LINK }))
    ),
    transformations: WORDS
  }
  const result = object(members, { role: 'tool' })
  return object(members, { ...TEXT, variants: { by: 'type', shapes: new Map(RESULTS.map(type => [type, result])) } })
})

const CONTENT: Shape = either(TEXT, list(BLOCK), BLOCK)

const STOP_DETAILS: Shape = object({ explanation: TEXT, fallback_credit_token: SECRET }, WORDS)

const CONTAINER: Shape = either(WORD, object({ ...words('id expires_at'), skills: WORDS }))

/** A request for an answer, for a count of its tokens, or a batch of such requests. */
export const MESSAGES_REQUEST: Shape = recursive(self =>
  object({
    ...words('model service_tier anthropic_version inference_geo speed user_profile_id workspace_id'),
    ...same('system prompt', { ...CONTENT, role: 'system' }),
    messages: list(
      object({ ...words('role id type clear_at'), output_config: WORDS, content: CONTENT }, { hasRole: true })
    ),
    metadata: object({ user_id: TEXT }, FREE),
    stop_sequences: TEXT_OR_TEXTS,
    tools: list(TOOL),
    ...same('tool_choice thinking cache_control betas anthropic_beta fallbacks', WORDS),
    ...same('billing_policy diagnostics thread', WORDS),
    compaction: object({ type: WORD, instructions: TEXT }),
    fallback_credit_token: either(SECRET, object({ token: SECRET, mode: WORD })),
    container: CONTAINER,
    mcp_servers: list(
      object({ ...words('type name'), url: LINK, authorization_token: SECRET, tool_configuration: WORDS })
    ),
    context_management: object({ edits: list(object({ instructions: TEXT }, WORDS)) }),
    ...same(
      'output_config output_format',
      object({ format: object({ type: WORD, schema: JSON_SCHEMA }), schema: JSON_SCHEMA }, WORDS)
    ),
    ...same('max_tokens temperature top_k top_p', TEXT),
    // Batches: https://docs.claude.com/en/docs/build-with-claude/batch-processing.
    requests: list(object({ custom_id: TEXT, params: self }))
  })
)

/** An answer, a count, or an error. The results of a batch are answers too, one a line. */
export const MESSAGES_RESPONSE: Shape = recursive(self =>
  object({
    ...ERROR_MEMBERS,
    ...words('id model role stop_reason processing_status'),
    content: CONTENT,
    // The older text API, which Bedrock still has.
    completion: TEXT,
    ...same('stop_sequence stop', TEXT),
    stop_details: STOP_DETAILS,
    container: CONTAINER,
    ...same('usage context_management request_counts diagnostics input_transformations', WORDS),
    ...words('created_at expires_at ended_at archived_at cancel_initiated_at'),
    results_url: LINK,
    custom_id: TEXT,
    result: object({ type: WORD, message: self, error: ERROR })
  })
)

/** An event of a stream (https://docs.claude.com/en/docs/build-with-claude/streaming). */
export const MESSAGES_EVENT: Shape = object({
  ...ERROR_MEMBERS,
  message: { ...MESSAGES_RESPONSE, ...TEXT },
  content_block: BLOCK,
  delta: object({
    ...words('type stop_reason'),
    ...same('text thinking content', TEXT_PIECE),
    partial_json: JSON_PIECE,
    signature: SIGNATURE,
    ...same('data encrypted_content', ENCRYPTED),
    citation: CITATION,
    stop_sequence: TEXT,
    stop_details: STOP_DETAILS,
    container: CONTAINER
  }),
  completion: TEXT_PIECE,
  ...words('stop_reason model'),
  stop: TEXT,
  ...same('usage context_management input_transformations', WORDS)
})
