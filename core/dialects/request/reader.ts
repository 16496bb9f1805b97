/**
 * Reads what a request asks for: which model, a stream or not, how much output
 * at most. For routers, limiters and meters, from a parsed body or from the few
 * members of it that were scanned. Pure; nothing throws.
 */
import type { Format } from '../facts.ts'
import { isObject, type JsonObject } from '../json.ts'
import { asCount, valueAt } from '../usage/counts.ts'
import type { Places } from '../usage/facts.ts'
import { requestFactsOf } from './formats.ts'
import { asksStreamByPath, asModel, modelInPath } from './path.ts'

/** What a request asks for. */
export interface RequestReading {
  /** As the client calls it; undefined where neither path nor body names one. */
  readonly model: string | undefined
  readonly isStream: boolean
  /**
   * Whether its stream will tell usage: false where the client would have to ask for that and did not, so that a gateway
   * that needs it sets {@link RequestFacts.usageOption}.
   */
  readonly tellsUsage: boolean
  /** Most tokens of all answers together; undefined where nothing bounds them but the model. */
  readonly maxOutputTokens: number | undefined
  /** How many answers are made, at least 1; undefined where that cannot be told. */
  readonly answers: number | undefined
}

/**
 * What a request asks for.
 *
 * @param path As received, with or without the query.
 * @param body Parsed; or an object of the members of {@link topLevelNamesOf} alone. Anything but an object says nothing.
 */
export function readRequest(format: Format, path: string, body: unknown): RequestReading {
  const facts = requestFactsOf(format)
  const request = isObject(body) ? body : NOTHING
  const isStream = asksStream(facts.stream, path, request)
  const answers = answersOf(facts.answers, request)
  const perAnswer = boundOf(facts.outputTokens, request)
  const all = perAnswer === undefined || answers === undefined ? undefined : asCount(perAnswer * answers)
  return {
    model: modelOf(facts.model, request) ?? modelInPath(path),
    isStream,
    tellsUsage: !isStream || facts.usageOption === undefined || valueAt(request, facts.usageOption) === true,
    maxOutputTokens: all,
    answers
  }
}

/** The model that answered, in its own words; undefined where a response or an event does not say. */
export function readAnsweringModel(format: Format, body: unknown): string | undefined {
  return isObject(body) ? modelOf(requestFactsOf(format).answeringModel, body) : undefined
}

/**
 * Names of the top-level members that {@link readRequest} reads, for who scans a body rather than parse it; undefined
 * where it also reads below them.
 */
export function topLevelNamesOf(format: Format): readonly string[] | undefined {
  const { model, outputTokens, answers, stream } = requestFactsOf(format)
  const names = [...model, ...outputTokens, ...answers]
  if (stream === 'true' || stream === 'not-false') names.push('stream')
  return names.some(name => name.includes('.')) ? undefined : names
}

/**
 * Whether an event says nothing but usage: the chunk that OpenAI sends only when asked. Whoever asked in the client's
 * place takes it out again.
 */
export function isUsageOnly(format: Format, event: unknown): boolean {
  if (requestFactsOf(format).usageOption === undefined || !isObject(event)) return false
  return isObject(event.usage) && Array.isArray(event.choices) && event.choices.length === 0
}

const NOTHING: JsonObject = {}

function asksStream(by: 'true' | 'not-false' | 'path' | undefined, path: string, request: JsonObject): boolean {
  if (by === 'not-false') return request.stream !== false
  if (by === undefined) return false
  return (by === 'true' && request.stream === true) || asksStreamByPath(path)
}

function modelOf(places: Places, body: JsonObject): string | undefined {
  for (const place of places) {
    const model = asModel(valueAt(body, place))
    if (model !== undefined) return model
  }
  return undefined
}

/**
 * The largest of the bounds: servers differ in which one they believe. One that is no count (a string, -1 for endless)
 * may be believed too, so then there is none.
 */
function boundOf(places: Places, request: JsonObject): number | undefined {
  let bound: number | undefined
  for (const place of places) {
    const value = valueAt(request, place)
    if (value === undefined || value === null) continue
    const count = asCount(value)
    if (count === undefined) return undefined
    bound = Math.max(bound ?? 0, count)
  }
  return bound
}

function answersOf(places: Places, request: JsonObject): number | undefined {
  const isTold = places.some(place => (valueAt(request, place) ?? null) !== null)
  const answers = isTold ? boundOf(places, request) : 1
  return answers === undefined ? undefined : Math.max(1, answers)
}
