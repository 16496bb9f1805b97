/** Where text stands in OpenAI Completions, the older text API: https://platform.openai.com/docs/api-reference/completions. */
import { CHAT_EVENT, CHAT_REQUEST, CHAT_RESPONSE } from './openai-chat.ts'
import { either, type Leaf, list, object, type Shape, same, TEXT, TEXT_PIECE, WORD } from './shape.ts'

const TOKENS: Leaf = { kind: 'opaque', holds: 'tokens', isRestorable: false, isPiece: false }

/** A prompt: texts, or the numbers of their tokens. */
export const PROMPT: Shape = { ...TEXT, items: { ...TEXT, number: TOKENS, items: { number: TOKENS } } }

/** A request for an answer; servers take the settings of chat here too. */
export const COMPLETIONS_REQUEST: Shape = object({
  ...Object.fromEntries(CHAT_REQUEST.members ?? []),
  prompt: { ...PROMPT, role: 'user' },
  ...same('suffix echo', TEXT),
  // llama.cpp's own endpoint.
  ...same('input_prefix input_suffix input_extra', either(TEXT, list(object({ ...same('text filename', TEXT) }))))
})

/** An answer, or an error. */
export const COMPLETIONS_RESPONSE: Shape = object({
  ...Object.fromEntries(CHAT_RESPONSE.members ?? []),
  ...same('content prompt', either(TEXT, list(TEXT))),
  ...same('stop_type stopping_word', WORD)
})

/** A chunk of a streamed answer. Writer calls the piece `value`. */
export const COMPLETIONS_EVENT: Shape = object({
  ...Object.fromEntries(CHAT_EVENT.members ?? []),
  ...same('value content', TEXT_PIECE)
})
