/** Reads how much of everything a call used from arguments. Pure. */
import type { TokenUsage } from '../contract/usage.ts'
import { GatewayError } from '../errors.ts'

/** Options for counts of tokens, as commander takes them. */
export const COUNTS = [
  ['--input <tokens>', 'tokens of input at the full price'],
  ['--cache-read <tokens>', 'tokens of input that were in the cache'],
  ['--cache-write <tokens>', 'tokens that were put into the cache for minutes'],
  ['--cache-write-long <tokens>', 'tokens that were put into the cache for an hour or longer'],
  ['--output <tokens>', 'tokens of output, reasoning included'],
  ['--reasoning <tokens>', 'the part of the output that was reasoning'],
  ['--audio-input <tokens>', 'the part of the input that was sound'],
  ['--audio-output <tokens>', 'the part of the output that was sound']
] as const

/** What commander makes of {@link COUNTS} and of `--unit`. */
export interface CountOptions {
  readonly input?: string
  readonly cacheRead?: string
  readonly cacheWrite?: string
  readonly cacheWriteLong?: string
  readonly output?: string
  readonly reasoning?: string
  readonly audioInput?: string
  readonly audioOutput?: string
  readonly unit?: readonly string[]
}

/**
 * The usage that the options say; undefined when they say nothing of it.
 * @throws GatewayError `TACIT_ARGUMENT_INVALID`.
 */
export function usageFrom(options: CountOptions): TokenUsage | undefined {
  const { input, cacheRead, cacheWrite, cacheWriteLong, output, reasoning, audioInput, audioOutput, unit } = options
  const counts = [input, cacheRead, cacheWrite, cacheWriteLong, output, reasoning, audioInput, audioOutput, unit]
  if (counts.every(count => count === undefined)) return undefined
  return {
    inputTokens: count(input),
    cacheReadTokens: count(cacheRead),
    cacheWriteTokens: { short: count(cacheWrite), long: count(cacheWriteLong) },
    outputTokens: count(output),
    reasoningTokens: count(reasoning),
    audioTokens: { input: count(audioInput), output: count(audioOutput) },
    units: Object.fromEntries((unit ?? []).map(pieces)),
    source: 'reported'
  }
}

function count(text = '0'): number {
  const tokens = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(tokens)) return tokens
  throw invalid('A count is a whole number from 0 on.', 'Such as --input 1200.')
}

function pieces(text: string): readonly [name: string, count: number] {
  const [, name, pieces] = /^([A-Za-z][A-Za-z0-9_]*)=(\d+)$/.exec(text) ?? []
  if (name === undefined) throw invalid('Pieces are written as name=count.', 'Such as --unit searches=2.')
  return [name, count(pieces)]
}

function invalid(message: string, cure: string): GatewayError {
  return new GatewayError('TACIT_ARGUMENT_INVALID', message, cure)
}
