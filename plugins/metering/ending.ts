/**
 * What a call used, by the way in which it ended: one rule for each. Pure.
 *
 * | how it ended | what counts |
 * | --- | --- |
 * | refused, no upstream, an answer of the gateway's own, an error of the provider's | nothing |
 * | complete, or drained to its end | what the provider reported; where it reported nothing final, what was sent and received |
 * | the client has gone, before an answer began | what was sent |
 * | cut by whoever it was (client, upstream, deadline, shutdown, a plugin), or an error inside the stream | what was sent and received; figures that the provider told until then take their place |
 * | an error inside the stream before it said anything, and told no figure | nothing |
 */
import { estimateOutput, NO_TOKENS, type UsageReading } from 'tacit-gateway/dialects'
import type { EndReason, TokenUsage } from 'tacit-gateway/plugin'
import type { Told } from './meter.ts'

/** What is known of a call that has ended. */
export interface Ending {
  readonly reason: EndReason
  /** Whether its request had gone out to an upstream, as far as the gateway could tell. */
  readonly isSent: boolean
  /** What its answer told; undefined where none began, or it was refused by its status. */
  readonly told: Told | undefined
  /** Whether tokens are what its API is about. */
  readonly hasTokens: boolean
  /** Works out what its request comes to. Not called where the provider told. */
  readonly countInput: () => number
  readonly units: Readonly<Record<string, number>>
}

/** Nothing was used, or nothing that anybody pays for. */
export const NO_USAGE: TokenUsage = Object.freeze({ ...NO_TOKENS, source: 'counted' })

/** Something was answered that has no tokens: not {@link NO_USAGE}, because a call may have a price by itself. */
const ANSWERED: TokenUsage = Object.freeze({ ...NO_USAGE })

/** What a call used; always {@link NO_USAGE} itself where nobody pays for anything. */
export function usageAt(ending: Ending): TokenUsage {
  const { told, reason, isSent, countInput } = ending
  if (told === undefined) {
    // Whoever leaves before the answer begins has had the work done all the same.
    return reason === 'client_gone' && isSent && ending.hasTokens
      ? { ...NO_USAGE, inputTokens: countInput() }
      : NO_USAGE
  }
  if (told.isError) return NO_USAGE
  const { reading } = told
  if (reading?.isFinal === true && reading.hasInput && reading.hasOutput) return withUnits(reading.usage, ending.units)
  // Who bills by the piece bills no tokens, and who was asked for no text is not counted any.
  const isByPiece = reading !== undefined && !reading.hasInput && !reading.hasOutput
  if (!ending.hasTokens || isByPiece) return withUnits(reading?.usage ?? ANSWERED, ending.units)
  const hasSaid = told.saidBytes > 0
  if (reason === 'error_in_stream' && !hasSaid && reading === undefined) return NO_USAGE
  return withUnits(counted(reading, ending, told), ending.units)
}

/** Each side as it was told, or else as it was counted. */
function counted(reading: UsageReading | undefined, { reason, countInput }: Ending, told: Told): TokenUsage {
  const usage = reading?.usage ?? NO_USAGE
  const isWhole = reading?.isFinal === true || (reason === 'complete' && told.saidBytes === 0)
  const more = reading?.isFinal === true && reading.hasOutput ? 0 : estimateOutput(told.saidBytes, told.saidPieces)
  return {
    ...usage,
    inputTokens: reading?.hasInput === true ? usage.inputTokens : countInput(),
    outputTokens: usage.outputTokens + more,
    source: isWhole && reading?.hasInput === true ? 'reported' : 'counted'
  }
}

function withUnits(usage: TokenUsage, units: Readonly<Record<string, number>>): TokenUsage {
  return units === NO_USAGE.units ? usage : { ...usage, units: { ...usage.units, ...units } }
}
