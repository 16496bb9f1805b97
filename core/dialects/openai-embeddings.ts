/** OpenAI Embeddings: https://platform.openai.com/docs/api-reference/embeddings. */
import type { DialectFacts } from './facts.ts'
import {
  chunkError,
  OPENAI_ERROR_CONTENT_TYPE,
  OPENAI_REQUEST_ID_HEADER,
  openaiErrorBody,
  openaiErrorEvent
} from './openai.ts'

/** Facts about `openai-embeddings`. It has no streams, so an event of one is unknown and commits. */
export const OPENAI_EMBEDDINGS: DialectFacts = {
  dialect: 'openai-embeddings',
  commits: () => true,
  streamError: chunkError,
  requestIdHeader: OPENAI_REQUEST_ID_HEADER,
  errorContentType: OPENAI_ERROR_CONTENT_TYPE,
  errorBody: openaiErrorBody,
  errorEvent: openaiErrorEvent
}
