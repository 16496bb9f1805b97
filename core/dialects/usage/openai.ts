/**
 * Where usage stands in OpenAI's APIs (https://platform.openai.com/docs/api-reference/chat/object#chat/object-usage) and
 * in those of compatible servers; whose a place is stands beside it.
 */
import type { UsageFacts } from './facts.ts'

/** Tokens of the cache, which all of this family count within the input. */
const CACHE_READ = [
  'prompt_tokens_details.cached_tokens',
  'input_tokens_details.cached_tokens',
  // DeepSeek, Moonshot, Venice and others with Anthropic's names, OpenRouter on Perplexity's embeddings.
  'prompt_cache_hit_tokens',
  'cached_tokens',
  'cache_read_input_tokens',
  'prompt_token_details.cached_tokens',
  'num_cached_tokens'
]

const CACHE = {
  relation: 'within',
  read: CACHE_READ,
  // OpenRouter (https://openrouter.ai/docs/use-cases/usage-accounting), OpenAI, Alibaba.
  write: [
    'prompt_tokens_details.cache_write_tokens',
    'input_tokens_details.cache_write_tokens',
    'cache_creation_input_tokens',
    'prompt_tokens_details.cache_creation_input_tokens'
  ],
  writeShort: [
    'cache_creation.ephemeral_5m_input_tokens',
    'prompt_tokens_details.cache_creation.ephemeral_5m_input_tokens',
    'input_tokens_details.cache_write_tokens_details.ttl_30m_tokens',
    'prompt_tokens_details.cache_write_tokens_details.ttl_30m_tokens'
  ],
  writeLong: [
    'cache_creation.ephemeral_1h_input_tokens',
    'input_tokens_details.cache_write_tokens_details.ttl_12h_tokens',
    'prompt_tokens_details.cache_write_tokens_details.ttl_12h_tokens'
  ],
  // Venice.
  writeLongMore: ['cache_creation.ephemeral_24h_input_tokens']
} as const

const REASONING = {
  // xAI counts it outside of completion_tokens: there it is more than its whole, or the total tells.
  relation: 'within',
  from: [
    'completion_tokens_details.reasoning_tokens',
    'output_tokens_details.reasoning_tokens',
    // Perplexity's deep research, vLLM; Together.
    'reasoning_tokens',
    'completion_token_details.reasoning_tokens'
  ]
} as const

const UNITS = {
  searches: [
    // Perplexity; OpenRouter; xAI.
    'num_search_queries',
    'server_tool_use_details.web_search_requests',
    'server_tool_use.web_search_requests',
    'server_side_tool_usage_details.web_search_calls',
    'server_side_tool_usage_details.x_search_calls'
  ],
  citationTokens: ['citation_tokens'],
  fileSearches: [
    'server_side_tool_usage_details.file_search_calls',
    'server_side_tool_usage_details.document_search_calls'
  ],
  codeRuns: ['server_side_tool_usage_details.code_interpreter_calls'],
  images: ['server_side_tool_usage_details.image_generation_calls'],
  // Mistral's audio, by the second.
  seconds: ['prompt_audio_seconds']
} as const

/** Chat, and what has its shape: the older text API, Mistral's. */
export const CHAT_USAGE: UsageFacts = {
  // Groq repeats it in a member of its own, and older ones of its streams have it only there. Moonshot's streams tell it
  // in the last choice: https://platform.moonshot.ai/docs/api/chat.
  at: ['usage', 'x_groq.usage', 'choices.0.usage', 'usage_info'],
  marks: ['usage"', 'usage_info"'],
  input: ['prompt_tokens', 'input_tokens'],
  cache: CACHE,
  output: ['completion_tokens', 'output_tokens'],
  reasoning: REASONING,
  audio: {
    input: ['prompt_tokens_details.audio_tokens', 'input_token_details.audio_tokens'],
    output: ['completion_tokens_details.audio_tokens']
  },
  total: ['total_tokens'],
  // Google's endpoint tells its thinking tokens nowhere but in the total.
  surplus: 'reasoning',
  units: { ...UNITS, pages: ['pages_processed'] }
}

/** Looking at a page that was found costs nothing: https://platform.openai.com/docs/pricing#built-in-tools. */
const SEARCHED = { unit: 'searches', type: 'web_search_call', freeActions: ['open_page', 'find_in_page', 'find'] }
const FILES_SEARCHED = { unit: 'fileSearches', type: 'file_search_call' }

/** The Responses API: in the answer, and in the events that end one. */
export const RESPONSES_USAGE: UsageFacts = {
  at: ['usage', 'response.usage'],
  marks: ['usage"'],
  input: ['input_tokens', 'prompt_tokens'],
  cache: CACHE,
  output: ['output_tokens', 'completion_tokens'],
  reasoning: REASONING,
  audio: { input: ['input_tokens_details.audio_tokens'], output: ['output_tokens_details.audio_tokens'] },
  total: ['total_tokens'],
  units: UNITS,
  // https://platform.openai.com/docs/api-reference/responses/object: only searches that are billed.
  beside: {
    searches: ['tool_usage.web_search.num_requests', 'response.tool_usage.web_search.num_requests']
  },
  // Older answers do not tell, and neither do most other servers.
  counted: [
    { ...SEARCHED, list: 'output' },
    { ...SEARCHED, list: 'response.output' },
    { ...FILES_SEARCHED, list: 'output' },
    { ...FILES_SEARCHED, list: 'response.output' }
  ]
}

/** Embeddings, and ranks as Voyage, Jina and others count them: all tokens are input. */
export const EMBEDDINGS_USAGE: UsageFacts = {
  at: ['usage'],
  marks: ['usage"'],
  input: ['prompt_tokens', 'input_tokens'],
  output: ['completion_tokens'],
  audio: {},
  total: ['total_tokens'],
  totalIsInput: true,
  units: {
    seconds: ['prompt_audio_seconds'],
    pixels: ['image_pixels'],
    searchUnits: ['search_units']
  }
}

/** Images: tokens of models that count them, and how many images there are. */
export const IMAGES_USAGE: UsageFacts = {
  at: ['usage'],
  marks: ['usage"'],
  input: ['input_tokens'],
  cache: { relation: 'within', read: ['input_tokens_details.cached_tokens'] },
  output: ['output_tokens'],
  total: ['total_tokens'],
  counted: [
    { unit: 'images', list: 'data', insteadOfTokens: true },
    { unit: 'images', list: 'images', insteadOfTokens: true }
  ]
}

/** Audio: tokens, or seconds (https://platform.openai.com/docs/api-reference/audio/json-object). */
export const AUDIO_USAGE: UsageFacts = {
  at: ['usage'],
  marks: ['usage"'],
  input: ['input_tokens', 'prompt_tokens'],
  cache: CACHE,
  output: ['output_tokens', 'completion_tokens'],
  // Mistral counts audio outside of prompt_tokens; the total tells.
  audio: { input: ['input_token_details.audio_tokens', 'prompt_tokens_details.audio_tokens'] },
  total: ['total_tokens'],
  units: { seconds: ['seconds', 'prompt_audio_seconds'], characters: ['input_characters', 'characters'] }
}
