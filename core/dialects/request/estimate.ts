/**
 * What a request will come to, before it is sent: input by the length of its texts, output by the bound that it states.
 * An estimate, and it says so: whoever holds by it settles by what was used. Knows no model and no tokenizer. Pure.
 */

import type { Format } from '../facts.ts'
import { visitTextOf } from '../formats.ts'
import { formBody } from '../framing/form.ts'
import { isObject } from '../json.ts'
import type { TextPlace } from '../text/walk.ts'
import { readRequest } from './reader.ts'

/** What an estimate goes by. */
export interface EstimateRules {
  /**
   * Bytes of text, in UTF-8, that make a token. English has some 4, code and Chinese some 3, so 3 is rarely too
   * little of a hold; with 1 it never is, since tokenizers that work on bytes make at most one token of each.
   */
  readonly bytesPerToken: number
  /** Tokens of an image, wherever it stands. */
  readonly imageTokens: number
  /** Tokens of output where the request bounds them by nothing. */
  readonly outputTokens: number
}

/** What a request will come to at most, as far as its rules are right. */
export interface TokenEstimate {
  readonly inputTokens: number
  /** Of all answers that it asks for together. */
  readonly outputTokens: number
  /** Whether the request itself states the bound of its output. */
  readonly isBounded: boolean
}

/** Characters of base64 that make a token of sound, video or a file: a page of a PDF, half a second of telephone speech. */
const CHARACTERS_PER_MEDIA_TOKEN = 16
/** What stands around each text: who says it, where it begins and ends. */
const TOKENS_AROUND_TEXT = 1

/**
 * Estimates the tokens of a request.
 *
 * @param path As received, with or without the query.
 * @param body Parsed, or made of a form; anything but an object is taken by its length.
 * @param bodyBytes Length of the body as it came, for what cannot be looked into.
 * @param mostOutputTokens What the model can say at most in one answer, where that is known: no bound goes beyond it.
 */
export function estimateTokens(
  format: Format,
  path: string,
  body: unknown,
  bodyBytes: number,
  rules: EstimateRules,
  mostOutputTokens = Number.POSITIVE_INFINITY
): TokenEstimate {
  const { maxOutputTokens, answers = 1 } = readRequest(format, path, body)
  const output = maxOutputTokens ?? rules.outputTokens * answers
  return {
    inputTokens: inputTokensOf(format, body, bodyBytes, rules),
    outputTokens: makesText(format) ? Math.min(output, mostOutputTokens * answers, Number.MAX_SAFE_INTEGER) : 0,
    isBounded: maxOutputTokens !== undefined
  }
}

/**
 * A request's body as it can be looked into: parsed, or made of a form.
 *
 * @param parse Only called where the body is no form, and not empty; may throw.
 */
export function bodyValue(contentType: string | undefined, bytes: Uint8Array, parse: () => unknown): unknown {
  if (bytes.length === 0) return undefined
  return contentType?.toLowerCase().startsWith('multipart/form-data') ? formBody(contentType, bytes) : parse()
}

/**
 * What a request asks to be paid for besides, in the words of the prices: OpenAI's `service_tier`, where it is one that
 * has prices of its own. Undefined for what the provider decides by itself (`auto`).
 */
export function askedTier(body: unknown): string | undefined {
  const tier = isObject(body) ? body.service_tier : undefined
  return tier === 'priority' || tier === 'flex' ? tier : undefined
}

function inputTokensOf(format: Format, body: unknown, bodyBytes: number, rules: EstimateRules): number {
  const byLength = Math.ceil(bodyBytes / rules.bytesPerToken)
  if (!isObject(body) || format === 'http') return byLength
  let tokens = 0
  let textBytes = 0
  const isWhole = visitTextOf(format, 'request', body, place => {
    if (place.holds === 'image') tokens += rules.imageTokens
    else if (isMedia(place)) tokens += Math.ceil(place.value.length / CHARACTERS_PER_MEDIA_TOKEN)
    // Prompts may be sent as numbers of tokens.
    else if (place.holds === 'tokens') tokens += 1
    else {
      tokens += TOKENS_AROUND_TEXT
      textBytes += Buffer.byteLength(place.value)
    }
  })
  return isWhole ? tokens + Math.ceil(textBytes / rules.bytesPerToken) : byLength
}

function isMedia({ holds }: TextPlace): boolean {
  return holds === 'audio' || holds === 'video' || holds === 'file'
}

/** Whether answers of a format have tokens of output that are not told beforehand. */
function makesText(format: Format): boolean {
  return format !== 'openai-embeddings' && format !== 'rerank' && format !== 'model-list' && format !== 'http'
}
