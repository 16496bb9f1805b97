/** Where text stands in a ranking of documents, as Voyage, Jina, Together, llama.cpp and others take it; Cohere has a file of its own. */
import { ERROR_MEMBERS } from './errors.ts'
import { either, FREE, list, object, type Shape, same, TEXT, WORD, WORDS, words } from './shape.ts'

/** A request: what is asked, and what may answer it. */
export const RERANK_REQUEST: Shape = object({
  ...words('model encoding_format truncation'),
  query: { ...either(TEXT, FREE), role: 'user' },
  ...same('documents texts passages', list(either(TEXT, FREE))),
  rank_fields: list(WORD),
  instruction: TEXT,
  provider: WORDS
})

/** The ranks, with the documents where they were asked back, or an error. */
export const RERANK_RESPONSE: Shape = object({
  ...ERROR_MEMBERS,
  ...words('id object model provider'),
  ...same('results data rankings', list(object({ object: WORD, ...same('document text', FREE) }))),
  ...same('usage meta', WORDS)
})
