/**
 * Where usage stands in Cohere's API (https://docs.cohere.com/reference/chat). It tells two accounts: `tokens`, which
 * went through the model, and `billed_units`, which leave out what Cohere adds to the prompt. The account is made of
 * `tokens`, as everybody else counts, and what is billed stands beside it.
 */
import type { UsageFacts } from './facts.ts'

/** Either version; embeddings and ranks, which have `billed_units` only. */
export const COHERE_USAGE: UsageFacts = {
  at: ['usage', 'meta', 'delta.usage', 'response.meta'],
  marks: ['usage"', 'meta"'],
  input: ['tokens.input_tokens', 'billed_units.input_tokens', 'prompt_tokens'],
  cache: { relation: 'within', read: ['cached_tokens', 'prompt_tokens_details.cached_tokens'] },
  output: ['tokens.output_tokens', 'billed_units.output_tokens', 'completion_tokens'],
  reasoning: { relation: 'within', from: ['tokens.reasoning_tokens', 'completion_tokens_details.reasoning_tokens'] },
  // Writer, which answers the same path in OpenAI's words.
  total: ['total_tokens'],
  billed: { input: ['billed_units.input_tokens'], output: ['billed_units.output_tokens'] },
  units: {
    imageTokens: ['billed_units.image_tokens'],
    images: ['billed_units.images'],
    searchUnits: ['billed_units.search_units'],
    classifications: ['billed_units.classifications']
  }
}
