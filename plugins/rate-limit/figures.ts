/** How many units of each kind a call is held at, and how many it turned out to use. Pure. */
import type { LimitUnit } from 'tacit-gateway/dialects'
import type { Attempt, TokenUsage } from 'tacit-gateway/plugin'

/** What a call is expected to come to. */
export interface Expected {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNano: number
  readonly bytes: number
}

/** What it came to. Undefined where nobody knows. */
export interface Used {
  readonly usage: TokenUsage | undefined
  readonly costNano: number | undefined
  readonly bytes: number | undefined
}

/** Units to hold; no more than can be counted, whatever a client asks for. */
export function expectedUnits(unit: LimitUnit, expected: Expected): number {
  return Math.min(unitsOf(unit, expected), Number.MAX_SAFE_INTEGER)
}

function unitsOf(unit: LimitUnit, expected: Expected): number {
  switch (unit) {
    case 'requests':
    case 'concurrent':
      return 1
    case 'inputTokens':
      return expected.inputTokens
    case 'outputTokens':
      return expected.outputTokens
    case 'tokens':
      return expected.inputTokens + expected.outputTokens
    case 'cost':
      return expected.costNano
    case 'bytes':
      return expected.bytes
  }
}

/** Units to settle at; undefined where nobody knows them. */
export function usedUnits(unit: LimitUnit, { usage, costNano, bytes }: Used): number | undefined {
  switch (unit) {
    case 'requests':
    case 'concurrent':
      return 1
    case 'inputTokens':
      return usage && inputOf(usage)
    case 'outputTokens':
      return usage?.outputTokens
    case 'tokens':
      return usage && inputOf(usage) + usage.outputTokens
    case 'cost':
      return costNano
    case 'bytes':
      return bytes
  }
}

/** All input, from the cache and into it included. */
function inputOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens.short + cacheWriteTokens.long
}

/**
 * Whether a try may have used something that nobody tells of: it was answered well, or broke off after the request had
 * left. What was refused by the upstream, or never reached it, costs nothing.
 */
export function mayHaveUsed({ outcome, status = 200 }: Pick<Attempt, 'outcome' | 'status'>): boolean {
  if (outcome === 'connect_failed' || outcome === 'rejected') return false
  return outcome !== 'committed' || status < 400
}
