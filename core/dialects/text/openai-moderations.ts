/** Where text stands in OpenAI Moderations: https://platform.openai.com/docs/api-reference/moderations, and in Mistral's. */
import { ERROR_MEMBERS } from './errors.ts'
import { MESSAGE } from './openai-chat.ts'
import { either, IMAGE, list, object, type Shape, same, TEXT, WORD, WORDS, words } from './shape.ts'

const PART: Shape = object({ type: WORD, text: TEXT, image_url: object({ url: IMAGE }, IMAGE) })
const ENTRY: Shape = either(TEXT, PART, MESSAGE)

/** A request: texts, parts or, with Mistral, messages and lists of them. */
export const MODERATIONS_REQUEST: Shape = object({
  model: WORD,
  input: { ...either(TEXT, list({ ...ENTRY, items: MESSAGE }), object({ messages: list(MESSAGE) })), role: 'user' }
})

/** Categories and scores, or an error. */
export const MODERATIONS_RESPONSE: Shape = object({
  ...ERROR_MEMBERS,
  ...words('id model'),
  ...same('results usage', WORDS)
})
