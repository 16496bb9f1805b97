/** Where text stands in OpenAI Responses: https://platform.openai.com/docs/api-reference/responses and what is compatible with it. */
import { ERROR, ERROR_MEMBERS } from './errors.ts'
import { FILTERS, FORMAT, LOGPROBS, SOURCE, TOOL, TOOL_CHOICE } from './openai-parts.ts'
import {
  AUDIO,
  ENCRYPTED,
  either,
  FILE,
  FREE,
  IMAGE,
  JSON_PIECE,
  JSON_TEXT,
  LINK,
  list,
  named,
  object,
  PADDING,
  type Shape,
  SIGNATURE,
  same,
  TEXT,
  TEXT_PIECE,
  WORD,
  WORDS,
  words
} from './shape.ts'

/** A part of a message, of a reasoning or of a tool's output. */
const PART: Shape = object({
  ...words('type id file_id detail format'),
  ...same('text refusal transcript filename', TEXT),
  image_url: either(IMAGE, object({ url: IMAGE, detail: WORD })),
  ...same('file_data file_url', FILE),
  input_audio: object({ data: AUDIO, format: WORD }),
  audio: either(AUDIO, object({ data: AUDIO, format: WORD, transcript: TEXT })),
  encrypted_content: ENCRYPTED,
  annotations: list(SOURCE),
  logprobs: list(LOGPROBS),
  // Mistral's conversations cite within their parts.
  tool: WORD,
  ...same('title description', TEXT),
  ...same('url favicon', LINK),
  ...same('prompt_cache_breakpoint cache_control', WORDS)
})

const PARTS: Shape = either(TEXT, list(PART))

/** What a search, a computer or a shell is told to do. */
const ACTION: Shape = object({
  ...words('type button'),
  ...same('query text path user pattern working_directory', TEXT),
  ...same('queries command commands keys', list(TEXT)),
  url: LINK,
  sources: list(SOURCE),
  env: named(TEXT)
})

/** What a tool gave back: text, parts, a screenshot, or what a shell printed. */
const OUTPUT: Shape = either(
  TEXT,
  list(
    object({
      ...Object.fromEntries(PART.members ?? []),
      ...same('stdout stderr logs', TEXT),
      outcome: WORDS,
      url: LINK,
      files: list(SOURCE)
    })
  ),
  PART,
  FREE
)

const ITEM_MEMBERS: Readonly<Record<string, Shape>> = {
  ...words('id type role status call_id name namespace phase execution created_by fingerprint stream_id'),
  // Mistral's conversations.
  ...words('object tool_call_id created_at completed_at agent_id previous_agent_id next_agent_id'),
  ...words('previous_agent_name next_agent_name confirmation_status'),
  info: FREE,
  ...words('server_label approval_request_id container_id file_id'),
  content: PARTS,
  summary: list(PART),
  encrypted_content: ENCRYPTED,
  arguments: either(JSON_TEXT, FREE),
  input: either(TEXT, FREE),
  ...same('code prompt revised_prompt reason', TEXT),
  // Of an image it is a word.
  action: either(WORD, ACTION),
  actions: list(ACTION),
  operation: object({ ...words('type'), ...same('path diff', TEXT) }),
  ...same('output outputs', OUTPUT),
  queries: list(TEXT),
  results: list(
    object({
      ...words('type file_id'),
      ...same('filename text title', TEXT),
      attributes: named(TEXT),
      url: LINK,
      image_url: IMAGE
    })
  ),
  ...same('result partial_image_b64', IMAGE),
  ...same('environment caller svg_usage reasoning', WORDS),
  text: either(TEXT, WORDS),
  ...same('pending_safety_checks acknowledged_safety_checks', list(object({ ...words('id code'), message: TEXT }))),
  error: ERROR,
  // Listed by a remote server, or found by a search for tools.
  tools: list(TOOL),
  // Image generation repeats its settings.
  ...words('background quality size output_format moderation model'),
  // OpenRouter passes signatures of others on.
  signature: SIGNATURE,
  format: WORD,
  logprobs: list(LOGPROBS)
}

/** One item of an input or an output. Who says it follows from `role`, or from what kind of item it is. */
const ITEM: Shape = object(ITEM_MEMBERS, {
  ...TEXT,
  hasRole: true,
  variants: {
    by: 'type',
    shapes: new Map([
      ...kinds('function_call custom_tool_call reasoning mcp_call computer_call web_search_call', 'assistant'),
      ...kinds('file_search_call code_interpreter_call image_generation_call local_shell_call', 'assistant'),
      ...kinds('shell_call apply_patch_call tool_search_call mcp_approval_request', 'assistant'),
      ...kinds('function_call_output custom_tool_call_output computer_call_output', 'tool'),
      ...kinds('local_shell_call_output shell_call_output apply_patch_call_output tool_search_output', 'tool'),
      ...kinds('mcp_list_tools additional_tools', 'definition'),
      ...kinds('mcp_approval_response', 'user'),
      ['program', object(ITEM_MEMBERS, { role: 'assistant' })],
      ['program_output', object({ ...ITEM_MEMBERS, result: TEXT }, { role: 'tool' })]
    ])
  }
})

function kinds(
  names: string,
  role: 'assistant' | 'tool' | 'definition' | 'user'
): readonly (readonly [string, Shape])[] {
  return names.split(' ').map(name => [name, object(ITEM_MEMBERS, { role })] as const)
}

/** What request and response both have. */
const BOTH: Readonly<Record<string, Shape>> = {
  ...words('model service_tier truncation previous_response_id prompt_cache_retention'),
  ...same('user safety_identifier prompt_cache_key', TEXT),
  ...same('reasoning context_management prompt_cache_options moderation include modalities', WORDS),
  ...same('access_programs image input_transformations prompt_cache_diagnostics tool_usage', WORDS),
  instructions: either({ ...TEXT, role: 'system' }, list(ITEM)),
  metadata: named(TEXT),
  conversation: either(WORD, object({ id: WORD })),
  prompt: object({ ...words('id version'), variables: named(either(TEXT, PART)) }),
  text: object({ format: FORMAT, verbosity: WORD }),
  response_format: FORMAT,
  tools: list(TOOL),
  tool_choice: TOOL_CHOICE,
  ...same('temperature top_p max_output_tokens max_tool_calls top_logprobs', TEXT)
}

/** A request for an answer, for a count of its tokens, or for a shorter history. */
export const RESPONSES_REQUEST: Shape = object({
  ...BOTH,
  input: either({ ...TEXT, role: 'user' }, list(ITEM)),
  stream_options: WORDS,
  // OpenRouter, xAI, vLLM.
  ...same('provider models plugins transforms route', WORDS),
  session_id: TEXT,
  search_parameters: FREE,
  chat_template_kwargs: FREE,
  items: list(ITEM)
})

const ANSWER: Readonly<Record<string, Shape>> = {
  ...ERROR_MEMBERS,
  ...BOTH,
  ...words('id object status background provider'),
  output: list(ITEM),
  output_text: TEXT,
  input: either(TEXT, list(ITEM)),
  // Items of a stored answer's input, page by page.
  data: list(ITEM),
  ...words('first_id last_id'),
  incomplete_details: WORDS,
  ...same('usage billing copilot_usage cost stats debug', WORDS),
  warnings: FREE,
  content_filters: FILTERS,
  reasoning: either(TEXT, WORDS)
}

/** An answer, a stored one, or an error. */
export const RESPONSES_RESPONSE: Shape = object(ANSWER)

const EVENT_MEMBERS: Readonly<Record<string, Shape>> = {
  ...ERROR_MEMBERS,
  ...words('event_id item_id call_id name background quality size output_format reason stream_id previous_response_id'),
  response: RESPONSES_RESPONSE,
  item: ITEM,
  part: PART,
  annotation: SOURCE,
  delta: either(TEXT_PIECE, FREE),
  ...same('text refusal transcript code diff command', TEXT),
  input: either(TEXT, list(ITEM)),
  output: OUTPUT,
  steer: object({ ...words('id previous_response_id'), input: either(TEXT, list(ITEM)), message: TEXT }),
  required_input: WORDS,
  arguments: either(JSON_TEXT, FREE),
  logprobs: list(LOGPROBS),
  partial_image_b64: IMAGE,
  ...same('usage copilot_usage', WORDS),
  content_filters: FILTERS,
  obfuscation: PADDING
}

/** An event of a stream (https://platform.openai.com/docs/api-reference/responses-streaming). */
export const RESPONSES_EVENT: Shape = object(EVENT_MEMBERS, {
  variants: {
    by: 'type',
    shapes: new Map([
      ['response.function_call_arguments.delta', object({ ...EVENT_MEMBERS, delta: either(JSON_PIECE, FREE) })],
      ['response.mcp_call_arguments.delta', object({ ...EVENT_MEMBERS, delta: either(JSON_PIECE, FREE) })],
      // As it was called before.
      ['response.mcp_call.arguments.delta', object({ ...EVENT_MEMBERS, delta: either(JSON_PIECE, FREE) })],
      ['response.audio.delta', object({ ...EVENT_MEMBERS, delta: AUDIO })],
      ['response.output_audio.delta', object({ ...EVENT_MEMBERS, delta: AUDIO })],
      ['error', object({ ...EVENT_MEMBERS, code: WORD })]
    ])
  }
})
