/**
 * Where usage stands in Gemini (https://ai.google.dev/api/generate-content#UsageMetadata): the cache within the prompt,
 * thoughts and what tools fetched beside everything. Every chunk of a stream restates it.
 */
import type { UsageFacts } from './facts.ts'

function modality(name: string, word: string) {
  const snake = name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  return { lists: [name, snake], by: 'modality', word, counts: ['tokenCount', 'token_count'] }
}

/** Answers, vectors, and what a cache holds. */
export const GEMINI_USAGE: UsageFacts = {
  at: ['usageMetadata', 'usage_metadata'],
  marks: ['usageMetadata"', 'usage_metadata"'],
  input: ['promptTokenCount', 'prompt_token_count'],
  toolInput: ['toolUsePromptTokenCount', 'tool_use_prompt_token_count'],
  cache: { relation: 'within', read: ['cachedContentTokenCount', 'cached_content_token_count'] },
  output: ['candidatesTokenCount', 'candidates_token_count', 'responseTokenCount'],
  reasoning: { relation: 'beside', from: ['thoughtsTokenCount', 'thoughts_token_count'] },
  audio: { input: modality('promptTokensDetails', 'audio'), output: modality('candidatesTokensDetails', 'audio') },
  total: ['totalTokenCount', 'total_token_count'],
  // Caches, which are billed by the hour: https://ai.google.dev/api/caching.
  loneTotal: 'storedTokens'
}

/** Interactions: the same account under other names (https://ai.google.dev/api/interactions-api). */
export const INTERACTIONS_USAGE: UsageFacts = {
  at: ['usage', 'interaction.usage', 'metadata.total_usage'],
  marks: ['usage"', 'total_usage"'],
  input: ['total_input_tokens'],
  toolInput: ['total_tool_use_tokens'],
  cache: { relation: 'within', read: ['total_cached_tokens'] },
  output: ['total_output_tokens'],
  reasoning: { relation: 'beside', from: ['total_thought_tokens', 'total_reasoning_tokens'] },
  audio: {
    input: { lists: ['input_tokens_by_modality'], by: 'modality', word: 'audio', counts: ['tokens'] },
    output: { lists: ['output_tokens_by_modality'], by: 'modality', word: 'audio', counts: ['tokens'] }
  },
  total: ['total_tokens']
}
