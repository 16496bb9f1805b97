/** How fast a peer makes the tokens of an answer. Pure. */
import type { Attempt } from 'tacit-gateway/plugin'

/** Tokens that an answer is taken to have of which nobody tells: what a whole try says is spread over as many. */
export const USUAL_TOKENS = 100

/** Fewer say more of how the network and a queue do than of how fast tokens are made. */
const FEW_TOKENS = 8

/**
 * The time for each token of an answer, in ms: of a stream between its first event with content and its end, of another
 * body from the start of the try, since nothing is seen of it before.
 * @returns undefined where the answer did not come whole, or has too few tokens to tell.
 */
export function perTokenMs(
  { endedMs, firstEventMs }: Pick<Attempt, 'endedMs' | 'firstEventMs'>,
  tokens: number
): number | undefined {
  if (endedMs === undefined || !(tokens >= FEW_TOKENS)) return undefined
  // The first of them came with the first event.
  return firstEventMs === undefined ? endedMs / tokens : Math.max(0, endedMs - firstEventMs) / (tokens - 1)
}
