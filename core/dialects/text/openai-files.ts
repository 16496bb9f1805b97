/**
 * Where text stands in what OpenAI keeps for its customers: files, batches and their lines
 * (https://platform.openai.com/docs/api-reference/batch), vector stores, threads. Anthropic's files are alike.
 */
import { ERROR, ERROR_MEMBERS } from './errors.ts'
import { CHAT_REQUEST, CHAT_RESPONSE, MESSAGE } from './openai-chat.ts'
import { EMBEDDINGS_REQUEST, EMBEDDINGS_RESPONSE } from './openai-embeddings.ts'
import { SOURCE } from './openai-parts.ts'
import { RESPONSES_REQUEST, RESPONSES_RESPONSE } from './openai-responses.ts'
import {
  either,
  FILE,
  FORM_FILE,
  FREE,
  IMAGE,
  list,
  named,
  object,
  recursive,
  type Shape,
  same,
  TEXT,
  WORD,
  WORDS,
  words
} from './shape.ts'

/** Bodies in the lines of a batch, told apart by a member that only one of them has. */
const REQUEST: Shape = {
  marked: [
    ['messages', CHAT_REQUEST],
    ['prompt', CHAT_REQUEST],
    ['input_type', EMBEDDINGS_REQUEST],
    ['encoding_format', EMBEDDINGS_REQUEST],
    ['input', RESPONSES_REQUEST]
  ],
  ...CHAT_REQUEST
}

const RESPONSE: Shape = {
  marked: [
    ['choices', CHAT_RESPONSE],
    ['data', EMBEDDINGS_RESPONSE]
  ],
  ...RESPONSES_RESPONSE
}

const PART: Shape = object({
  type: WORD,
  text: object({ value: TEXT, annotations: list(SOURCE) }, TEXT),
  image_file: object(words('file_id detail')),
  image_url: object({ url: IMAGE, detail: WORD })
})

/** A form that sends a file, or a request about one, or about a batch, a store or a thread. */
export const FILES_REQUEST: Shape = object(
  {
    ...words('purpose input_file_id endpoint completion_window model role assistant_id file_id'),
    file: either(FILE, FORM_FILE),
    ...same('filename name', TEXT),
    ...same(
      'expires_after expires_after[anchor] expires_after[seconds] output_expires_after file_ids chunking_strategy',
      WORDS
    ),
    metadata: named(TEXT),
    ...same('attributes filters', FREE),
    ...same('query instructions additional_instructions', TEXT),
    content: either(TEXT, list(PART)),
    messages: list(object({ ...words('role'), content: either(TEXT, list(PART)) }, { hasRole: true })),
    attachments: WORDS,
    // A line of a batch.
    custom_id: TEXT,
    ...words('method url'),
    body: REQUEST
  },
  { hasRole: true }
)

/** A file's or a batch's description, a list of them, or an error. */
export const FILES_RESPONSE: Shape = recursive(self =>
  object(
    {
      ...ERROR_MEMBERS,
      ...words(
        'id object purpose mime_type created_at status model endpoint input_file_id output_file_id error_file_id'
      ),
      ...words('completion_window first_id last_id thread_id assistant_id run_id role vector_store_id'),
      ...same('filename name instructions', TEXT),
      errors: object({ data: list(ERROR) }, FREE),
      last_error: ERROR,
      ...same('request_counts usage file_counts expires_after scope chunking_strategy', WORDS),
      metadata: named(TEXT),
      attributes: FREE,
      data: list(self),
      content: either(TEXT, list(PART)),
      attachments: WORDS,
      status_details: TEXT
    },
    { hasRole: true }
  )
)

/** A line of a file: of a batch's requests or answers, or an example to learn from. */
export const FILES_EVENT: Shape = object({
  ...words('id method url'),
  custom_id: TEXT,
  body: REQUEST,
  response: object({ ...words('request_id'), body: RESPONSE }),
  error: ERROR,
  messages: list(MESSAGE),
  tools: CHAT_REQUEST.members?.get('tools') ?? FREE,
  input: object({ messages: list(MESSAGE), tools: FREE }, FREE),
  ...same('preferred_output non_preferred_output', list(MESSAGE)),
  ...same('prompt completion', TEXT)
})
