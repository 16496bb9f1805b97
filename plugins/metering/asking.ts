/**
 * Asks for usage in a stream whose provider tells it only when asked (OpenAI's `stream_options.include_usage`), and
 * takes what comes of that out again for a client that did not ask. Pure.
 */
import { type Format, isUsageOnly, requestFactsOf, topLevelMember } from 'tacit-gateway/dialects'
import type { EventTransform, SseEvent } from 'tacit-gateway/plugin'

/**
 * Providers, by their ids in the catalogue, whose streams tell usage unasked, as recordings of them show; Mistral refuses
 * members that it does not know. They are left alone.
 */
const TELL_UNASKED: ReadonlySet<string> = new Set(['huggingface', 'mistral', 'openrouter', 'perplexity', 'together'])

const OPTIONS = 'stream_options'
const INCLUDE = 'include_usage'

/** What is to be done to a request. */
export interface Asking {
  /** In the form that `RequestBody.splice` takes. */
  readonly edits: readonly { readonly start: number; readonly end: number; readonly text: string }[]
}

/** Whether requests of this format to this provider may have to ask for usage. */
export function asksForUsage(format: Format, provider: string | undefined): boolean {
  if (requestFactsOf(format).usageOption === undefined || format === 'mistral') return false
  return provider === undefined || !TELL_UNASKED.has(provider)
}

/**
 * The edits that make a request for a stream ask for usage; undefined where it does, or where the options are not an
 * object and the provider is to say so.
 *
 * @param body JSON whose top-level names were found to be unambiguous.
 */
export function askingFor(body: Uint8Array): Asking | undefined {
  const found = topLevelMember(body, OPTIONS)
  if (found === undefined) return undefined
  if (found.kind === 'absent') {
    const comma = found.isEmpty ? '' : ','
    return { edits: [{ start: found.at, end: found.at, text: `"${OPTIONS}":{"${INCLUDE}":true}${comma}` }] }
  }
  const options: unknown = JSON.parse(Buffer.from(body.subarray(found.start, found.end)).toString('utf8'))
  if (typeof options !== 'object' || Array.isArray(options)) return undefined
  if (options !== null && Reflect.get(options, INCLUDE) === true) return undefined
  return { edits: [{ start: found.start, end: found.end, text: JSON.stringify({ ...options, [INCLUDE]: true }) }] }
}

/** Shows a client that did not ask for usage the stream as it would have been. */
export function hidingFrom(format: Format): EventTransform {
  return {
    event(event, out) {
      const { data } = event
      const at = data.indexOf('usage"')
      // Most events say nothing of it, or that there is none yet, and need not be parsed.
      if (at < 0) out(event)
      else if (isPlainNone(data, at)) out(event.with(data.slice(0, at - 2) + data.slice(at - 2 + NONE.length)))
      else if (!isUsageOnly(format, event.json())) out(withoutEmptyUsage(event))
    },
    end: () => {}
  }
}

/** How most servers write that there is none, behind another member. */
const NONE = ',"usage":null'
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Whether the only "usage" of an event, at `at`, is one of the event's own that says so. */
function isPlainNone(json: string, at: number): boolean {
  if (!json.startsWith(NONE, at - 2) || json.indexOf('usage"', at + 1) >= 0) return false
  const after = json[at - 2 + NONE.length]
  return (after === ',' || after === '}') && depthAt(json, at - 2) === 1
}

/** In how many objects and lists a place of some JSON stands; -1 for a place in a string. */
function depthAt(json: string, place: number): number {
  let depth = 0
  for (let at = 0; at < place; at++) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      at = json.indexOf('"', at + 1)
      while (at > 0 && isEscaped(json, at)) at = json.indexOf('"', at + 1)
      if (at < 0 || at >= place) return -1
    } else if (code === 0x7b || code === 0x5b) depth++
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return depth
}

/** Whether an odd number of backslashes stands in front. */
function isEscaped(json: string, at: number): boolean {
  let before = at - 1
  while (json.charCodeAt(before) === BACKSLASH) before--
  return (at - before) % 2 === 0
}

const EMPTY_USAGE = /,\s*"usage"\s*:\s*null(?=\s*[,}])|"usage"\s*:\s*null\s*,/g

/** Whoever is asked for usage says `"usage":null` in all other events. */
function withoutEmptyUsage(event: SseEvent): SseEvent {
  const value = event.json()
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'usage') !== null) return event
  const found = event.data.match(EMPTY_USAGE)
  // A second one would stand in a part that is none of ours.
  return found?.length === 1 ? event.with(event.data.replace(EMPTY_USAGE, '')) : event
}
