/** OpenAI Chat Completions: https://platform.openai.com/docs/api-reference/chat and what is compatible with it. */
import type { DialectFacts } from './facts.ts'
import { hasFilledMember, isEmpty, isObject, type JsonObject } from './json.ts'
import {
  chunkCommits,
  chunkError,
  OPENAI_ERROR_CONTENT_TYPE,
  OPENAI_REQUEST_ID_HEADER,
  openaiErrorBody,
  openaiErrorEvent
} from './openai.ts'

/**
 * The first chunk says only `role`, often with an empty `content`
 * (https://platform.openai.com/docs/api-reference/chat/streaming). Any other
 * member of the delta that is not empty is content: `content`, `refusal`,
 * `tool_calls`, `function_call`, `audio`, and what compatible servers add, such
 * as `reasoning_content`, `reasoning`, `reasoning_details` or `thinking`.
 */
function carries(choice: JsonObject): boolean {
  const delta = choice.delta
  if (!isObject(delta)) return true
  for (const name in delta) {
    if (name !== 'role' && !isEmpty(delta[name])) return true
  }
  return false
}

/** Facts about `openai-chat`. */
export const OPENAI_CHAT: DialectFacts = {
  dialect: 'openai-chat',
  commits: (_eventType, data) => hasFilledMember(data, '"content":"') || chunkCommits(data, carries),
  streamError: chunkError,
  requestIdHeader: OPENAI_REQUEST_ID_HEADER,
  errorContentType: OPENAI_ERROR_CONTENT_TYPE,
  errorBody: openaiErrorBody,
  errorEvent: openaiErrorEvent
}
