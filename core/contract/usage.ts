/** What an exchange used, in words that fit every provider. Types only. */

/** One account of usage for all providers: the parts add up, and nothing is counted twice. */
export interface TokenUsage {
  /** Input tokens billed at the full price. */
  readonly inputTokens: number
  readonly cacheReadTokens: number
  /** Written to the provider's cache, by how long it keeps them. */
  readonly cacheWriteTokens: { readonly short: number; readonly long: number }
  /** All output, reasoning included. */
  readonly outputTokens: number
  /** The part of `outputTokens` spent on reasoning. */
  readonly reasoningTokens: number
  /** The parts of `inputTokens` and `outputTokens` that are sound. */
  readonly audioTokens: { readonly input: number; readonly output: number }
  /** Things billed by the piece, by their names in the prices: `images`, `searches`, `seconds`. */
  readonly units: Readonly<Record<string, number>>
  /** `reported` by the provider, or `counted` by the gateway because that figure never came. */
  readonly source: 'reported' | 'counted'
}
