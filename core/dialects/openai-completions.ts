/** OpenAI Completions, the older text API: https://platform.openai.com/docs/api-reference/completions. */
import type { DialectFacts } from './facts.ts'
import { hasFilledMember, isEmpty } from './json.ts'
import {
  chunkCommits,
  chunkError,
  OPENAI_ERROR_CONTENT_TYPE,
  OPENAI_REQUEST_ID_HEADER,
  openaiErrorBody,
  openaiErrorEvent
} from './openai.ts'

/** Facts about `openai-completions`. A choice carries its piece of the answer in `text`. */
export const OPENAI_COMPLETIONS: DialectFacts = {
  dialect: 'openai-completions',
  commits: (_eventType, data) =>
    hasFilledMember(data, '"text":"') ||
    chunkCommits(data, choice => choice.text === undefined || !isEmpty(choice.text)),
  streamError: chunkError,
  requestIdHeader: OPENAI_REQUEST_ID_HEADER,
  errorContentType: OPENAI_ERROR_CONTENT_TYPE,
  errorBody: openaiErrorBody,
  errorEvent: openaiErrorEvent
}
