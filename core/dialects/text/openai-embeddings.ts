/** Where text stands in OpenAI Embeddings: https://platform.openai.com/docs/api-reference/embeddings and what is compatible with it. */
import { ERROR_MEMBERS } from './errors.ts'
import { PROMPT } from './openai-completions.ts'
import {
  either,
  IMAGE,
  list,
  named,
  object,
  recursive,
  type Shape,
  same,
  TEXT,
  VECTOR,
  VIDEO,
  WORD_OR_WORDS,
  WORDS,
  words
} from './shape.ts'

/** Texts, tokens or, where a server takes images too (Voyage, OpenRouter, vLLM), parts. */
const INPUT: Shape = recursive(self =>
  either(
    PROMPT,
    object({
      type: WORD_OR_WORDS,
      ...same('text content', either(TEXT, list(self))),
      ...same('image image_url image_base64', either(IMAGE, object({ url: IMAGE }))),
      ...same('video video_url video_base64', either(VIDEO, object({ url: VIDEO })))
    })
  )
)

/** A request for vectors. */
export const EMBEDDINGS_REQUEST: Shape = object({
  ...words('model encoding_format input_type output_dtype task prompt_name truncation'),
  user: TEXT,
  ...same('input inputs', { ...INPUT, items: either(PROMPT.items ?? {}, INPUT), role: 'user' }),
  metadata: named(TEXT),
  provider: WORDS,
  dimensions: TEXT
})

/** Vectors, as numbers or packed into a string, or an error. */
export const EMBEDDINGS_RESPONSE: Shape = object({
  ...ERROR_MEMBERS,
  ...words('id object model provider'),
  data: list(object({ object: WORD_OR_WORDS, embedding: either(VECTOR, WORDS) })),
  ...same('usage metadata meta', WORDS)
})
