/**
 * What is known of the answers of every format, whether the gateway writes errors in it or not: which event of a stream
 * commits, and what is an error, in a stream and in a body. Finds it; the facts stand in the files of each.
 */
import { ANTHROPIC_MESSAGES, anthropicBodyError } from './anthropic-messages.ts'
import { CONVERSE_READING, INVOKE_READING } from './bedrock.ts'
import { COHERE_READING } from './cohere.ts'
import type { Format, ReadingFacts } from './facts.ts'
import { GEMINI, geminiBodyError } from './gemini.ts'
import { INTERACTIONS_READING } from './gemini-interactions.ts'
import { HTTP } from './http.ts'
import { MISTRAL_READING } from './mistral.ts'
import { OLLAMA_READING } from './ollama.ts'
import { openaiBodyError } from './openai.ts'
import { OPENAI_CHAT } from './openai-chat.ts'
import { OPENAI_COMPLETIONS } from './openai-completions.ts'
import { OPENAI_EMBEDDINGS } from './openai-embeddings.ts'
import { OPENAI_RESPONSES } from './openai-responses.ts'

/** Streams of these hold nothing but content, and their errors are OpenAI's. */
const OPENAI_OTHERS: ReadingFacts = { ...OPENAI_EMBEDDINGS, bodyError: openaiBodyError }

const FACTS: Readonly<Record<Format, ReadingFacts>> = {
  'openai-chat': { ...OPENAI_CHAT, bodyError: openaiBodyError },
  'openai-completions': { ...OPENAI_COMPLETIONS, bodyError: openaiBodyError },
  'openai-responses': { ...OPENAI_RESPONSES, bodyError: openaiBodyError },
  'openai-embeddings': OPENAI_OTHERS,
  'openai-images': OPENAI_OTHERS,
  'openai-audio': OPENAI_OTHERS,
  'openai-moderations': OPENAI_OTHERS,
  'openai-files': OPENAI_OTHERS,
  'anthropic-messages': { ...ANTHROPIC_MESSAGES, bodyError: anthropicBodyError },
  gemini: { ...GEMINI, bodyError: geminiBodyError },
  'gemini-interactions': INTERACTIONS_READING,
  mistral: MISTRAL_READING,
  cohere: COHERE_READING,
  ollama: OLLAMA_READING,
  'bedrock-converse': CONVERSE_READING,
  'bedrock-invoke': INVOKE_READING,
  rerank: OPENAI_OTHERS,
  'model-list': OPENAI_OTHERS,
  http: { ...HTTP, bodyError: () => undefined }
}

/** What is known of the answers of a format. Always the same object for the same format. */
export function readingFactsOf(format: Format): ReadingFacts {
  return FACTS[format]
}
