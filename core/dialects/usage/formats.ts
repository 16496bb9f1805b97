/** Finds the facts about usage of a format. Knows no body. */
import type { Format } from '../facts.ts'
import { ANTHROPIC_USAGE } from './anthropic.ts'
import { CONVERSE_USAGE, INVOKE_USAGE } from './bedrock.ts'
import { COHERE_USAGE } from './cohere.ts'
import type { UsageFacts } from './facts.ts'
import { GEMINI_USAGE, INTERACTIONS_USAGE } from './gemini.ts'
import { OLLAMA_USAGE } from './ollama.ts'
import { AUDIO_USAGE, CHAT_USAGE, EMBEDDINGS_USAGE, IMAGES_USAGE, RESPONSES_USAGE } from './openai.ts'

/** How usage may be told in a format: the first that tells any figure is right. */
const FACTS: Readonly<Record<Format, readonly UsageFacts[]>> = {
  'openai-chat': [CHAT_USAGE],
  'openai-completions': [CHAT_USAGE],
  'openai-responses': [RESPONSES_USAGE],
  'openai-embeddings': [EMBEDDINGS_USAGE],
  'openai-images': [IMAGES_USAGE],
  'openai-audio': [AUDIO_USAGE],
  'openai-moderations': [EMBEDDINGS_USAGE],
  // A line of a batch holds an answer to one of several calls.
  'openai-files': [],
  'anthropic-messages': [ANTHROPIC_USAGE],
  gemini: [GEMINI_USAGE],
  'gemini-interactions': [INTERACTIONS_USAGE],
  mistral: [CHAT_USAGE],
  cohere: [COHERE_USAGE],
  ollama: [OLLAMA_USAGE],
  'bedrock-converse': [CONVERSE_USAGE],
  'bedrock-invoke': [ANTHROPIC_USAGE, CONVERSE_USAGE, CHAT_USAGE, COHERE_USAGE, ...INVOKE_USAGE],
  rerank: [EMBEDDINGS_USAGE, COHERE_USAGE],
  'model-list': [],
  http: []
}

/** How usage may be told in a format; empty where it is not, or nothing is known of it. */
export function usageFactsOf(format: Format): readonly UsageFacts[] {
  return FACTS[format]
}
