/** Tells which calls use tokens, and which are counted by them where nobody told any. Pure. */
import type { Format } from 'tacit-gateway/dialects'

export { mayUseTokens as mayUse } from 'tacit-gateway/dialects'

/** Formats whose answers are not made of tokens, or are not billed by them when nobody told any. */
const UNCOUNTED: ReadonlySet<Format> = new Set(['openai-images', 'openai-audio', 'openai-moderations'])

/** Whether tokens of such a call are counted where its provider told none. */
export function hasTokens(format: Format): boolean {
  return !UNCOUNTED.has(format)
}
