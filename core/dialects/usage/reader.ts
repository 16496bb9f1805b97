/**
 * Reads usage out of answers, whole or event by event, into one account for all
 * providers. What an upstream writes is believed only where it is a count. Pure.
 */
import type { TokenUsage } from '../../contract/usage.ts'
import type { Format } from '../facts.ts'
import { isEmpty, isObject, type JsonObject } from '../json.ts'
import { type Account, accountOf, addedUsage } from './accounting.ts'
import { firstCount, valueAt } from './counts.ts'
import { endsAnswer, mayEndAnswer } from './ends.ts'
import type { CountedUnit, UsageFacts } from './facts.ts'
import { mergedFigures } from './figures.ts'
import { usageFactsOf } from './formats.ts'
import { NO_TOKENS } from './no-tokens.ts'

/** What an answer told of its usage. */
export interface UsageReading {
  readonly usage: TokenUsage
  /** Whether the provider told how much went in. Where not, the figures of the input are 0 and mean nothing. */
  readonly hasInput: boolean
  /** Whether it told how much came out. Where not, the figures of the output are 0 and mean nothing. */
  readonly hasOutput: boolean
  /** Whether more may be told yet: false for an answer that ended before its account did, however good its figures look. */
  readonly isFinal: boolean
  /** What the provider says it bills, where that is told apart from what it counted (Cohere). */
  readonly billed: { readonly inputTokens: number; readonly outputTokens: number } | undefined
  /** What other models did on the way, beside all of `usage`, to be paid at their prices. */
  readonly others: readonly { readonly model: string; readonly usage: TokenUsage }[]
}

/** An event as a stream's plugins see it: its data is parsed only when it may hold usage. */
export interface EventData {
  readonly data: string
  json(): unknown
}

/**
 * The usage that a parsed response tells; undefined when it tells none, or is an error. An explicit 0 is a value.
 * A stream that came as one array (Gemini without `alt=sse`) is read entry by entry.
 */
export function readUsage(format: Format, body: unknown): UsageReading | undefined {
  const reader = new UsageReader(format)
  if (Array.isArray(body)) {
    for (const event of body) reader.read(event)
    return reader.reading
  }
  reader.read(body)
  const { reading } = reader
  return reading && { ...reading, isFinal: true }
}

/** Reads the usage of a stream. One per stream; keeps figures, and nothing of what is said. */
export class UsageReader {
  readonly #facts: readonly UsageFacts[]
  readonly #format: Format
  /** What was told so far, for each way of telling it. Later figures replace earlier ones, member by member. */
  readonly #told: (JsonObject | undefined)[]
  readonly #counted: Record<string, number> = {}
  readonly #beside: Record<string, number> = {}
  #hasEnded = false

  constructor(format: Format) {
    this.#format = format
    this.#facts = usageFactsOf(format)
    this.#told = this.#facts.map(() => undefined)
  }

  /** Looks at an event. Parses it only when its text may hold usage or ends the answer. */
  push(event: EventData): void {
    if (this.mayMatter(event.data)) this.read(event.json())
  }

  /** Whether an event with this data may tell usage, or end the answer. A quick look, without parsing. */
  mayMatter(data: string): boolean {
    if (!this.#hasEnded && mayEndAnswer(this.#format, data)) return true
    for (const { marks } of this.#facts) {
      for (const mark of marks) if (hasValue(data, mark)) return true
    }
    return false
  }

  /** Looks at an event, or a response, that was parsed already. */
  read(event: unknown): void {
    if (!isObject(event) || isError(event)) return
    if (!this.#hasEnded) this.#hasEnded = endsAnswer(this.#format, event)
    for (let index = 0; index < this.#facts.length; index++) {
      const facts = this.#facts[index]
      if (facts === undefined) continue
      const figures = figuresIn(facts, event)
      if (figures !== undefined) this.#told[index] = mergedFigures(this.#told[index], figures)
      this.#count(facts, event)
      for (const unit in facts.beside) {
        const told = firstCount(event, facts.beside[unit])
        if (told !== undefined) this.#beside[unit] = told
      }
    }
  }

  /** What was told so far; undefined when that is nothing. Makes the account anew at each call. */
  get reading(): UsageReading | undefined {
    for (let index = 0; index < this.#facts.length; index++) {
      const facts = this.#facts[index]
      if (facts === undefined) continue
      const figures = this.#told[index] ?? NOTHING
      const account = withCounted(facts, accountOf(facts, figures), this.#counted, this.#beside)
      if (account === undefined) continue
      const { usage, others } = withSteps(facts, figures, account.usage)
      const { hasInput, hasOutput, billed } = account
      const isFinal = this.#hasEnded && (hasInput || hasOutput)
      return { usage, hasInput, hasOutput, isFinal, billed, others }
    }
    return undefined
  }

  #count({ counted }: UsageFacts, event: JsonObject): void {
    for (const each of counted ?? []) {
      const entries = valueAt(event, each.list)
      if (!Array.isArray(entries)) continue
      const count = each.type === undefined ? entries.length : entries.filter(entry => isCounted(each, entry)).length
      if (count > 0) this.#counted[each.unit] = Math.max(count, this.#counted[each.unit] ?? 0)
    }
  }
}

function isCounted({ type, freeActions }: CountedUnit, entry: unknown): boolean {
  if (!isObject(entry) || entry.type !== type) return false
  const action = valueAt(entry, 'action.type')
  return !(typeof action === 'string' && freeActions?.includes(action))
}

const NOTHING: JsonObject = {}

/** Whether a member whose name ends with `mark` is not null somewhere: many say `"usage":null` in all events but one. */
function hasValue(data: string, mark: string): boolean {
  for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + mark.length)) {
    let value = at + mark.length
    while (data[value] === ':' || data[value] === ' ') value++
    if (!data.startsWith('null', value)) return true
  }
  return false
}

function figuresIn(facts: UsageFacts, event: JsonObject): JsonObject | undefined {
  for (const place of facts.at) {
    const figures = valueAt(event, place)
    if (isObject(figures)) return figures
  }
  return undefined
}

/** An error instead of an answer. What it says of usage is none, and one beside an answer is a mark on it. */
function isError(body: JsonObject): boolean {
  if (body.type === 'error' || body.object === 'error') return true
  return !isEmpty(body.error) && isEmpty(body.choices) && isEmpty(body.output) && isEmpty(body.response)
}

/** What is told counts more than what is counted. */
function withCounted(
  { counted }: UsageFacts,
  account: Account | undefined,
  counts: Readonly<Record<string, number>>,
  beside: Readonly<Record<string, number>>
): Account | undefined {
  let units: Record<string, number> | undefined
  for (const { unit, insteadOfTokens } of counted ?? []) {
    const count = counts[unit]
    if (count === undefined || (insteadOfTokens === true && account !== undefined)) continue
    units ??= {}
    units[unit] = count
  }
  for (const unit in beside) {
    units ??= {}
    units[unit] = beside[unit] ?? 0
  }
  if (units === undefined) return account
  if (account === undefined) {
    return { usage: { ...NO_TOKENS, units }, hasInput: false, hasOutput: false, billed: undefined }
  }
  return { ...account, usage: { ...account.usage, units: { ...units, ...account.usage.units } } }
}

function withSteps(facts: UsageFacts, figures: JsonObject, own: TokenUsage): Pick<UsageReading, 'usage' | 'others'> {
  const steps = facts.steps === undefined ? undefined : valueAt(figures, facts.steps.list)
  if (facts.steps === undefined || !Array.isArray(steps)) return { usage: own, others: [] }
  let usage = own
  const others: { readonly model: string; readonly usage: TokenUsage }[] = []
  for (const step of steps) {
    if (!isObject(step) || typeof step.type !== 'string') continue
    const account = accountOf(facts, step)
    if (account === undefined) continue
    if (facts.steps.added.includes(step.type)) usage = addedUsage(usage, account.usage)
    else if (facts.steps.others.includes(step.type) && typeof step.model === 'string') {
      others.push({ model: step.model, usage: account.usage })
    }
  }
  return { usage, others }
}
