/**
 * The formats of bodies, which are more than the dialects: also what the gateway
 * only reads, and writes no errors in. Finds what is known of each; knows no body.
 */
import type { Dialect, Format } from './facts.ts'
import { recogniseDialect } from './recognise.ts'
import { recogniseFormat } from './recognise-format.ts'
import { MESSAGES_EVENT, MESSAGES_REQUEST, MESSAGES_RESPONSE } from './text/anthropic-messages.ts'
import { CONVERSE_EVENT, CONVERSE_REQUEST, CONVERSE_RESPONSE } from './text/bedrock-converse.ts'
import { INVOKE_EVENT, INVOKE_REQUEST, INVOKE_RESPONSE } from './text/bedrock-invoke.ts'
import { COHERE_EVENT, COHERE_REQUEST, COHERE_RESPONSE } from './text/cohere.ts'
import { GEMINI_EVENT, GEMINI_REQUEST, GEMINI_RESPONSE } from './text/gemini.ts'
import { INTERACTIONS_EVENT, INTERACTIONS_REQUEST, INTERACTIONS_RESPONSE } from './text/gemini-interactions.ts'
import { MISTRAL_EVENT, MISTRAL_REQUEST, MISTRAL_RESPONSE } from './text/mistral.ts'
import { MODEL_LIST_RESPONSE } from './text/model-list.ts'
import { OLLAMA_EVENT, OLLAMA_REQUEST, OLLAMA_RESPONSE } from './text/ollama.ts'
import { AUDIO_EVENT, AUDIO_REQUEST, AUDIO_RESPONSE } from './text/openai-audio.ts'
import { CHAT_EVENT, CHAT_REQUEST, CHAT_RESPONSE } from './text/openai-chat.ts'
import { COMPLETIONS_EVENT, COMPLETIONS_REQUEST, COMPLETIONS_RESPONSE } from './text/openai-completions.ts'
import { EMBEDDINGS_REQUEST, EMBEDDINGS_RESPONSE } from './text/openai-embeddings.ts'
import { FILES_EVENT, FILES_REQUEST, FILES_RESPONSE } from './text/openai-files.ts'
import { IMAGES_EVENT, IMAGES_REQUEST, IMAGES_RESPONSE } from './text/openai-images.ts'
import { MODERATIONS_REQUEST, MODERATIONS_RESPONSE } from './text/openai-moderations.ts'
import { RESPONSES_EVENT, RESPONSES_REQUEST, RESPONSES_RESPONSE } from './text/openai-responses.ts'
import { RERANK_REQUEST, RERANK_RESPONSE } from './text/rerank.ts'
import type { Shape } from './text/shape.ts'
import { type TextPlace, visitText } from './text/walk.ts'

/** Whose body: the client's, the upstream's, or one event of a stream of the upstream's. */
export type Direction = 'request' | 'response' | 'event'

/** Where text stands in the bodies of a format; undefined where such a body does not exist or nothing is known of it. */
export type TextShapes = Readonly<Record<Direction, Shape | undefined>>

const SHAPES: Readonly<Record<Format, TextShapes>> = {
  'openai-chat': { request: CHAT_REQUEST, response: CHAT_RESPONSE, event: CHAT_EVENT },
  'openai-completions': {
    request: COMPLETIONS_REQUEST,
    response: COMPLETIONS_RESPONSE,
    event: COMPLETIONS_EVENT
  },
  'openai-responses': { request: RESPONSES_REQUEST, response: RESPONSES_RESPONSE, event: RESPONSES_EVENT },
  'openai-embeddings': { request: EMBEDDINGS_REQUEST, response: EMBEDDINGS_RESPONSE, event: undefined },
  'anthropic-messages': { request: MESSAGES_REQUEST, response: MESSAGES_RESPONSE, event: MESSAGES_EVENT },
  gemini: { request: GEMINI_REQUEST, response: GEMINI_RESPONSE, event: GEMINI_EVENT },
  http: { request: undefined, response: undefined, event: undefined },
  'openai-images': { request: IMAGES_REQUEST, response: IMAGES_RESPONSE, event: IMAGES_EVENT },
  'openai-audio': { request: AUDIO_REQUEST, response: AUDIO_RESPONSE, event: AUDIO_EVENT },
  'openai-moderations': { request: MODERATIONS_REQUEST, response: MODERATIONS_RESPONSE, event: undefined },
  'openai-files': { request: FILES_REQUEST, response: FILES_RESPONSE, event: FILES_EVENT },
  'gemini-interactions': {
    request: INTERACTIONS_REQUEST,
    response: INTERACTIONS_RESPONSE,
    event: INTERACTIONS_EVENT
  },
  mistral: { request: MISTRAL_REQUEST, response: MISTRAL_RESPONSE, event: MISTRAL_EVENT },
  cohere: { request: COHERE_REQUEST, response: COHERE_RESPONSE, event: COHERE_EVENT },
  ollama: { request: OLLAMA_REQUEST, response: OLLAMA_RESPONSE, event: OLLAMA_EVENT },
  'bedrock-converse': { request: CONVERSE_REQUEST, response: CONVERSE_RESPONSE, event: CONVERSE_EVENT },
  'bedrock-invoke': { request: INVOKE_REQUEST, response: INVOKE_RESPONSE, event: INVOKE_EVENT },
  rerank: { request: RERANK_REQUEST, response: RERANK_RESPONSE, event: undefined },
  'model-list': { request: undefined, response: MODEL_LIST_RESPONSE, event: undefined }
}

/** All formats that anything is known of. */
export const FORMATS: readonly Format[] = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'openai-embeddings',
  'openai-images',
  'openai-audio',
  'openai-moderations',
  'openai-files',
  'anthropic-messages',
  'gemini',
  'gemini-interactions',
  'mistral',
  'cohere',
  'ollama',
  'bedrock-converse',
  'bedrock-invoke',
  'rerank',
  'model-list'
]

/**
 * The format of an exchange's bodies.
 *
 * @param dialect That of the exchange: the operator may have set it.
 * @param path As received, with or without the query.
 */
export function formatOf(dialect: Dialect, path: string): Format {
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  return recogniseDialect(plain) === dialect ? recogniseFormat(plain) : dialect
}

/** Where text stands in the bodies of a format. */
export function textShapesOf(format: Format): TextShapes {
  return SHAPES[format]
}

/**
 * Visits every string of a parsed body or event, and says what it is.
 *
 * @param value What JSON.parse made of it.
 * @returns false when something was nested too deep to be visited: whoever must see all of it refuses it then.
 */
export function visitTextOf(
  format: Format,
  direction: Direction,
  value: unknown,
  visit: (place: TextPlace) => void
): boolean {
  return visitText(SHAPES[format][direction], value, visit, direction === 'request' ? undefined : 'assistant')
}
