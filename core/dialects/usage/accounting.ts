/**
 * Makes one account out of a provider's figures: parts that add up, nothing
 * counted twice. Pure arithmetic; where the figures stand is told by the facts.
 */
import type { TokenUsage } from '../../contract/usage.ts'
import type { JsonObject } from '../json.ts'
import { added, firstCount, sumOfCounts } from './counts.ts'
import type { Relation, UsageFacts } from './facts.ts'

/** An account, and which of its sums the provider told. */
export interface Account {
  readonly usage: TokenUsage
  /** Whether the provider told how much went in; where not, the figures of the input are 0. */
  readonly hasInput: boolean
  /** Whether it told how much came out; where not, the figures of the output are 0. */
  readonly hasOutput: boolean
  /** What the provider says it bills, where that is told apart from what it counted. */
  readonly billed: { readonly inputTokens: number; readonly outputTokens: number } | undefined
}

/** The figures as they are told; undefined where they are not. */
interface Told {
  readonly input: number | undefined
  readonly toolInput: number | undefined
  readonly read: number
  readonly write: { readonly short: number; readonly long: number }
  readonly output: number | undefined
  readonly reasoning: number
  readonly audioIn: number
  readonly audioOut: number
  readonly total: number | undefined
}

/** How they relate in this body: as the facts say, unless the total says otherwise. */
interface Relations {
  cache: Relation
  reasoning: Relation
  audioIn: Relation
}

/** The account of a usage object; undefined when it tells no figure that is known. */
export function accountOf(facts: UsageFacts, figures: JsonObject): Account | undefined {
  const told = read(facts, figures)
  const units = unitsOf(facts, figures)
  if (
    facts.loneTotal !== undefined &&
    told.total !== undefined &&
    told.input === undefined &&
    told.output === undefined
  ) {
    units[facts.loneTotal] = told.total
  }
  const hasInput = told.input !== undefined || told.toolInput !== undefined
  const hasOutput = told.output !== undefined || (facts.reasoning?.relation === 'beside' && told.reasoning > 0)
  if (!hasInput && !hasOutput && Object.keys(units).length === 0) return undefined
  const relations = relationsOf(facts, told)
  return { usage: balanced(facts, told, relations, units), hasInput, hasOutput, billed: billedOf(facts, figures) }
}

function billedOf({ billed }: UsageFacts, figures: JsonObject): Account['billed'] {
  const inputTokens = firstCount(figures, billed?.input)
  const outputTokens = firstCount(figures, billed?.output)
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  return { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 }
}

function read(facts: UsageFacts, figures: JsonObject): Told {
  const total = firstCount(figures, facts.total)
  const output = firstCount(figures, facts.output)
  const input = firstCount(figures, facts.input)
  return {
    input: input ?? (facts.totalIsInput === true && output === undefined ? total : undefined),
    toolInput: firstCount(figures, facts.toolInput),
    read: firstCount(figures, facts.cache?.read) ?? 0,
    write: writesOf(facts, figures),
    output,
    reasoning: firstCount(figures, facts.reasoning?.from) ?? 0,
    audioIn: firstCount(figures, facts.audio?.input) ?? 0,
    audioOut: firstCount(figures, facts.audio?.output) ?? 0,
    total
  }
}

/** What is told of no lifetime is kept for the shortest. */
function writesOf({ cache }: UsageFacts, figures: JsonObject): { readonly short: number; readonly long: number } {
  const long = added(firstCount(figures, cache?.writeLong) ?? 0, sumOfCounts(figures, cache?.writeLongMore))
  const short = firstCount(figures, cache?.writeShort) ?? 0
  const all = firstCount(figures, cache?.write) ?? 0
  return { short: Math.max(short, all - long), long }
}

function unitsOf(facts: UsageFacts, figures: JsonObject): Record<string, number> {
  const units: Record<string, number> = {}
  for (const unit in facts.units) {
    const count = sumOfCounts(figures, facts.units[unit])
    if (count !== undefined) units[unit] = count
  }
  return units
}

/**
 * The total decides where there is one. Where it is more than what the facts add up to, the part that explains the
 * difference stands beside its whole: xAI's reasoning, Mistral's audio, a cache. Where there is none, or it explains
 * nothing, no part is larger than its whole: one that is stands beside it.
 */
function relationsOf(facts: UsageFacts, told: Told): Relations {
  const relations: Relations = {
    cache: facts.cache?.relation ?? 'within',
    reasoning: facts.reasoning?.relation ?? 'within',
    audioIn: 'within'
  }
  const surplus = surplusOf(told, relations)
  if (surplus === 0) return relations
  const reasoning = relations.reasoning === 'within' ? told.reasoning : 0
  const cached = relations.cache === 'within' ? cachedOf(told) : 0
  if (surplus === reasoning || surplus === reasoning + told.audioIn) relations.reasoning = 'beside'
  else if (surplus === cached) relations.cache = 'beside'
  if (surplus === told.audioIn || surplus === reasoning + told.audioIn) relations.audioIn = 'beside'
  if (surplusOf(told, relations) === 0) return relations
  if (cachedOf(told) > (told.input ?? 0)) relations.cache = 'beside'
  if (told.reasoning > (told.output ?? 0)) relations.reasoning = 'beside'
  if (told.audioIn > (told.input ?? 0)) relations.audioIn = 'beside'
  return relations
}

/** By how much the total is more than the sum of all that is told; undefined where that cannot be known. */
function surplusOf(told: Told, relations: Relations): number | undefined {
  if (told.total === undefined || told.input === undefined || told.output === undefined) return undefined
  const cached = relations.cache === 'beside' ? cachedOf(told) : 0
  const audio = relations.audioIn === 'beside' ? told.audioIn : 0
  const reasoning = relations.reasoning === 'beside' ? told.reasoning : 0
  return told.total - (told.input + (told.toolInput ?? 0) + cached + audio + told.output + reasoning)
}

function cachedOf({ read, write }: Told): number {
  return added(added(read, write.short), write.long)
}

function balanced(facts: UsageFacts, told: Told, relations: Relations, units: Record<string, number>): TokenUsage {
  let input = told.input ?? 0
  if (relations.audioIn === 'beside') input = added(input, told.audioIn)
  // A provider that caches more than the prompt that it bills (its own instructions) tells a part that is too large.
  const room = relations.cache === 'within' ? input : Number.MAX_SAFE_INTEGER
  const read = Math.min(told.read, room)
  const short = Math.min(told.write.short, room - read)
  const long = Math.min(told.write.long, room - read - short)
  if (relations.cache === 'within') input = input - read - short - long
  input = added(input, told.toolInput)
  const hidden = facts.surplus === 'reasoning' ? Math.max(0, surplusOf(told, relations) ?? 0) : 0
  const reasoning = added(told.reasoning, hidden)
  const output = added(told.output ?? 0, relations.reasoning === 'beside' ? reasoning : hidden)
  const reasoningTokens = Math.min(reasoning, output)
  return {
    inputTokens: input,
    cacheReadTokens: read,
    cacheWriteTokens: { short, long },
    outputTokens: output,
    reasoningTokens,
    // Sound that came from the cache is not paid as sound, and reasoning is not spoken.
    audioTokens: {
      input: Math.min(told.audioIn, input),
      output: Math.min(told.audioOut, output - reasoningTokens)
    },
    units,
    source: 'reported'
  }
}

/** Two accounts of the same model as one. */
export function addedUsage(one: TokenUsage, two: TokenUsage): TokenUsage {
  const units: Record<string, number> = { ...one.units }
  for (const unit in two.units) units[unit] = added(units[unit] ?? 0, two.units[unit])
  return {
    inputTokens: added(one.inputTokens, two.inputTokens),
    cacheReadTokens: added(one.cacheReadTokens, two.cacheReadTokens),
    cacheWriteTokens: {
      short: added(one.cacheWriteTokens.short, two.cacheWriteTokens.short),
      long: added(one.cacheWriteTokens.long, two.cacheWriteTokens.long)
    },
    outputTokens: added(one.outputTokens, two.outputTokens),
    reasoningTokens: added(one.reasoningTokens, two.reasoningTokens),
    audioTokens: {
      input: added(one.audioTokens.input, two.audioTokens.input),
      output: added(one.audioTokens.output, two.audioTokens.output)
    },
    units,
    source: one.source
  }
}
