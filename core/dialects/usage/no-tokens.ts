/** Nothing at all was used: what parts of usage are added to. Pure. */
import type { TokenUsage } from '../../contract/usage.ts'

/** Usage with nothing in it, as the provider reports it. Frozen. */
export const NO_TOKENS: TokenUsage = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: Object.freeze({ short: 0, long: 0 }),
  outputTokens: 0,
  reasoningTokens: 0,
  audioTokens: Object.freeze({ input: 0, output: 0 }),
  units: Object.freeze({}),
  source: 'reported'
})
