/** OpenAI Embeddings: https://platform.openai.com/docs/api-reference/embeddings. */
import type { DialectFacts } from './facts.ts'
import { chunkError, OPENAI_ERROR_CONTENT_TYPE, openaiErrorBody, openaiErrorEvent } from './openai.ts'

/** Facts about `openai-embeddings`. It has no streams, so an event of one is unknown and commits. */
export const OPENAI_EMBEDDINGS: DialectFacts = {
  dialect: 'openai-embeddings',
  commits: () => true,
  streamError: chunkError,
  errorContentType: OPENAI_ERROR_CONTENT_TYPE,
  errorBody: openaiErrorBody,
  errorEvent: openaiErrorEvent
}
