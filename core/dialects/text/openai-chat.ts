/**
 * Where text stands in OpenAI Chat Completions (https://platform.openai.com/docs/api-reference/chat), and in what the
 * many compatible servers add to it; whose addition a member is stands beside it.
 */
import { ERROR, ERROR_MEMBERS } from './errors.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import { FILTERS, FORMAT, LOGPROBS, SOURCE, TOOL, TOOL_CHOICE, USER_LOCATION } from './openai-parts.ts'
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
  recursive,
  type Shape,
  SIGNATURE,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  VIDEO,
  WORD,
  WORDS,
  words
} from './shape.ts'

const CACHE_CONTROL = object(words('type ttl mode'))

/** A part of a message's content. */
function partOf(text: Shape): Shape {
  return recursive(self =>
    object({
      ...words('type id file_id format detail mime_type media_type name'),
      ...same('text refusal', text),
      ...same('filename document_name title', TEXT),
      image_url: either(IMAGE, object({ url: IMAGE, ...words('detail format') })),
      input_audio: either(AUDIO, object({ data: AUDIO, url: AUDIO, format: WORD })),
      audio_url: either(AUDIO, object({ url: AUDIO })),
      video_url: either(VIDEO, object({ url: VIDEO })),
      file: object({ ...same('file_data data file_url', FILE), filename: TEXT, ...words('file_id format') }),
      ...same('file_data file_url document_url', FILE),
      // Mistral: https://docs.mistral.ai/capabilities/reasoning and /capabilities/citations.
      thinking: either(text, list(self)),
      reference_ids: list(WORD),
      signature: SIGNATURE,
      ...same('cache_control prompt_cache_breakpoint', CACHE_CONTROL),
      citations: list(SOURCE),
      annotations: list(SOURCE)
    })
  )
}

/** https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure */
function reasoningDetail(text: Shape): Shape {
  return object({ ...words('type id format'), ...same('text summary', text), data: ENCRYPTED, signature: SIGNATURE })
}

function callOf(text: Shape, json: Shape): Readonly<Record<string, Shape>> {
  const called = object({ name: WORD, arguments: either(json, FREE), ...same('input output', either(text, FREE)) })
  return {
    function_call: called,
    tool_calls: list(
      object({
        ...words('id type name'),
        function: called,
        custom: called,
        // Gemini's endpoint keeps its signatures here: https://ai.google.dev/gemini-api/docs/thought-signatures.
        extra_content: EXTRA_CONTENT,
        thought_signature: SIGNATURE
      })
    )
  }
}

const EXTRA_CONTENT: Shape = object({ google: object({ thought_signature: SIGNATURE }, { others: WORDS }) })

/** Groq runs tools itself and tells of it: https://console.groq.com/docs/compound. */
const EXECUTED_TOOL: Shape = object({
  ...words('type name'),
  ...same('arguments output', either(JSON_TEXT, FREE)),
  search_results: object({ results: list(SOURCE), images: list(either(IMAGE, SOURCE)) }),
  code_results: list(object({ text: TEXT, png: IMAGE, chart: FREE })),
  browser_results: list(FREE)
})

/** A message of a request or an answer, or a piece of one. */
function messageOf(text: Shape, json: Shape): Shape {
  const parts = list(partOf(text))
  return object(
    {
      ...words('id role type tool_call_id status channel phase recipient'),
      name: TEXT,
      content: either(text, parts, partOf(text)),
      refusal: text,
      // Of a stored message.
      content_parts: parts,
      ...callOf(text, json),
      audio: object({ ...words('id format'), data: AUDIO, transcript: text }),
      annotations: list(SOURCE),
      cache_control: CACHE_CONTROL,
      // Reasoning has many names: DeepSeek, Qwen; vLLM, Groq, OpenRouter; Copilot; Ollama.
      ...same('reasoning_content reasoning reasoning_text thinking', either(text, parts)),
      reasoning_details: list(reasoningDetail(text)),
      ...same('reasoning_opaque encrypted_content', ENCRYPTED),
      ...same('thought_signature signature', SIGNATURE),
      extra_content: EXTRA_CONTENT,
      // OpenRouter and others give images with an answer.
      images: list(partOf(text)),
      ...same('padding obfuscation', PADDING),
      executed_tools: list(EXECUTED_TOOL),
      // Azure OpenAI on your data.
      context: object({ intent: FREE, citations: list(SOURCE), all_retrieved_documents: list(FREE) }),
      citations: list(SOURCE),
      search_results: list(SOURCE),
      // Cohere, Writer, LiteLLM.
      tool_plan: text,
      graph_data: FREE,
      llm_data: FREE,
      provider_specific_fields: FREE,
      // Perplexity, Copilot, MiniMax, Databricks and others.
      ...same('reasoning_steps copilot_annotations copilot_references sources documents observation', FREE),
      ...words('cot_id tool_name'),
      cot_summary: text,
      audio_content: AUDIO
    },
    { ...text, hasRole: true }
  )
}

/** A message, whole. */
export const MESSAGE: Shape = messageOf(TEXT, JSON_TEXT)
/** A piece of a message. */
const DELTA: Shape = messageOf(TEXT_PIECE, JSON_PIECE)

/** What a client asks of OpenAI's own API. */
const OPENAI_REQUEST: Readonly<Record<string, Shape>> = {
  ...words('model service_tier reasoning_effort verbosity prompt_cache_retention'),
  ...same('user safety_identifier prompt_cache_key', TEXT),
  messages: list(MESSAGE),
  modalities: list(WORD),
  audio: object({ voice: WORDS, format: WORD }),
  metadata: named(TEXT),
  stop: TEXT_OR_TEXTS,
  prediction: object({ type: WORD, content: either(TEXT, list(partOf(TEXT))) }, { role: 'assistant' }),
  response_format: FORMAT,
  tools: list(TOOL),
  functions: list(TOOL),
  ...same('tool_choice function_call', TOOL_CHOICE),
  web_search_options: object({ search_context_size: WORD, user_location: USER_LOCATION, filters: FREE }),
  ...same('moderation prompt_cache_options stream_options logit_bias', WORDS),
  // Numbers, which clients also send as strings of whatever kind.
  ...same('temperature top_p n seed max_tokens max_completion_tokens presence_penalty frequency_penalty', TEXT)
}

/** What else compatible servers take. */
const MORE_REQUEST: Readonly<Record<string, Shape>> = {
  // OpenRouter: https://openrouter.ai/docs/api-reference/parameters.
  ...same('models transforms route provider plugins reasoning include', WORDS),
  session_id: TEXT,
  // Z.ai, Moonshot, DeepSeek, Alibaba.
  ...same('thinking enable_thinking thinking_budget', WORDS),
  request_id: WORD,
  user_id: TEXT,
  // vLLM and llama.cpp.
  guided_json: JSON_SCHEMA,
  json_schema: JSON_SCHEMA,
  ...same('guided_regex guided_grammar grammar chat_template', TEXT),
  guided_choice: list(TEXT),
  ...same('chat_template_kwargs documents structured_outputs', FREE),
  // Perplexity, xAI, Venice, Groq, Azure.
  ...same('search_domain_filter search_language_filter', list(TEXT)),
  ...words('search_mode search_recency_filter search_after_date_filter search_before_date_filter'),
  ...words('reasoning_format prompt_mode deferred preset'),
  ...same('usage debug image_config trace samplers', WORDS),
  ...same('search_parameters venice_parameters search_settings compound_custom', FREE),
  data_sources: FREE,
  extra_body: FREE,
  cache_control: CACHE_CONTROL
}

/** A request for an answer. */
export const CHAT_REQUEST: Shape = object({ ...OPENAI_REQUEST, ...MORE_REQUEST })

function choiceOf(message: Shape, delta: Shape): Shape {
  return object({
    ...words('finish_reason native_finish_reason stop_reason finish_details'),
    message,
    delta,
    text: delta === DELTA ? TEXT_PIECE : TEXT,
    logprobs: LOGPROBS,
    ...same('content_filter_results content_filter_result', FILTERS),
    error: ERROR,
    // Moonshot tells usage here; Copilot and Azure where a filter looked.
    ...same('usage content_filter_offsets', WORDS),
    reasoning_steps: FREE
  })
}

const ANSWER: Readonly<Record<string, Shape>> = {
  ...ERROR_MEMBERS,
  ...words('id object model system_fingerprint service_tier provider created conversation_id'),
  prompt_filter_results: list(object({ content_filter_results: FILTERS })),
  moderation: WORDS,
  metadata: named(TEXT),
  prompt_logprobs: FREE,
  // Perplexity, xAI.
  citations: list(SOURCE),
  search_results: list(SOURCE),
  images: list(either(IMAGE, SOURCE)),
  videos: list(either(VIDEO, SOURCE)),
  related_questions: list(TEXT),
  // Groq, Copilot, Venice, Cerebras, llama.cpp, Together, Z.ai.
  x_groq: object({ error: ERROR }, WORDS),
  ...same('usage copilot_usage time_info timings sla_metrics', WORDS),
  venice_parameters: FREE,
  user_id: TEXT,
  prompt: list(FREE),
  warnings: list(object({ text: TEXT, message: TEXT })),
  web_search: list(
    object({ ...words('refer media publish_date'), ...same('title content', TEXT), link: LINK, icon: LINK })
  ),
  // Fireworks, NVIDIA, LM Studio, Groq, MiniMax, Alibaba, Vertex AI, OpenRouter, Perplexity.
  ...same('perf_metrics nvext stats model_info runtime usage_breakdown base_resp search_info', FREE),
  ...same('extra_properties generation_settings content_filter debug reasoning_steps output_files', FREE),
  __verbose: FREE,
  kv_transfer_params: WORDS,
  ...same('obfuscation p padding', PADDING)
}

/** An answer, or an error. */
export const CHAT_RESPONSE: Shape = object({ ...ANSWER, choices: list(choiceOf(MESSAGE, MESSAGE)) })

/** A chunk of a streamed answer. Perplexity and Writer repeat the whole message in each. */
export const CHAT_EVENT: Shape = object({ ...ANSWER, choices: list(choiceOf(MESSAGE, DELTA)) })
