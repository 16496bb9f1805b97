/**
 * Directives: words such as `demo:error=429` in a prompt or a model's name that
 * tell the demo upstream how to behave. Pure text in, values out; knows no API.
 */
import { BadRequest } from './fields.ts'

/** How to answer one request. Where nothing is said, it is answered at once and well. */
export interface Script {
  /** Status of an error in the form of the API. */
  readonly errorStatus: number | undefined
  /** Status of an error as something in front of a provider would send it: a page of HTML. */
  readonly pageStatus: number | undefined
  /** What `retry-after` and `retry-after-ms` say on an error. */
  readonly retryAfterMs: number | undefined
  /** The error is for requests whose `x-stainless-retry-count` is lower than this; any, if undefined. */
  readonly times: number | undefined
  /** Only the upstream of this name misbehaves; every one, if undefined. */
  readonly at: string | undefined
  /** Events of a stream, or bytes of another body, after which the connection is closed. */
  readonly cutAfter: number | undefined
  /** Events after which an error event ends the stream. */
  readonly streamErrorAfter: number | undefined
  /** Time between two events. */
  readonly slowMs: number
  /** Time before the first byte of the answer. */
  readonly firstByteMs: number
  /** Length of the answer. */
  readonly tokens: number | undefined
  /** Tool calls to make. */
  readonly tools: number | undefined
  /** Tokens to spend on reasoning. */
  readonly reasoning: number | undefined
  /** Input tokens to report as read from a cache. */
  readonly cached: number | undefined
}

const COUNTS = ['error', 'status', 'times', 'cut', 'stream-error', 'tokens', 'tools', 'reasoning', 'cached'] as const
const DURATIONS = ['retry-after', 'slow', 'first-byte'] as const
const NAMES: readonly string[] = [...COUNTS, ...DURATIONS, 'at']

const DIRECTIVE = /^(?<mark>demo:)?(?<name>[a-z]+(?:-[a-z]+)*)=(?<value>[a-z0-9.-]+)$/
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Longest time that may be asked for. */
const LONGEST_MS = 3_600_000
/** Most of anything that may be asked for. */
const MOST = 100_000

/**
 * Reads the directives in some texts. A directive is a word `demo:name=value`; the words right behind it
 * may leave the `demo:` away, as in `demo:error=429 retry-after=2`. Durations are `200ms`, `2s`, `5m`, or a number of seconds.
 * @throws BadRequest for a name or a value that is not known, so that a mistyped directive is noticed.
 */
export function readScript(...texts: readonly string[]): Script {
  const found = new Map<string, string>()
  for (const text of texts) {
    let open = false
    for (const word of text.split(/\s+/)) {
      const groups = DIRECTIVE.exec(word)?.groups
      if (groups === undefined || (groups.mark === undefined && !open)) {
        if (word.startsWith('demo:')) throw new BadRequest(`"${word}" is not a directive of the demo upstream.`)
        open = false
        continue
      }
      const { name = '', value = '' } = groups
      open = NAMES.includes(name)
      if (open) found.set(name, value)
      else if (groups.mark !== undefined)
        throw new BadRequest(`"demo:${name}" is not known. Known: ${NAMES.join(', ')}.`)
    }
  }

  const count = (name: (typeof COUNTS)[number]): number | undefined => {
    const value = found.get(name)
    if (value === undefined) return undefined
    if (!/^\d{1,6}$/.test(value) || Number(value) > MOST) {
      throw new BadRequest(`"demo:${name}" takes a whole number up to ${MOST}.`)
    }
    return Number(value)
  }
  const duration = (name: (typeof DURATIONS)[number]): number | undefined => {
    const value = found.get(name)
    if (value === undefined) return undefined
    const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value) ?? []
    const durationMs = Number(amount) * (UNITS[unit] ?? Number.NaN)
    if (!(durationMs <= LONGEST_MS))
      throw new BadRequest(`"demo:${name}" takes a duration up to 1h, such as 200ms or 2s.`)
    return durationMs
  }
  const status = (name: 'error' | 'status'): number | undefined => {
    const value = count(name)
    if (value !== undefined && (value < 400 || value > 599)) {
      throw new BadRequest(`"demo:${name}" takes a status from 400 to 599.`)
    }
    return value
  }

  return {
    errorStatus: status('error'),
    pageStatus: status('status'),
    retryAfterMs: duration('retry-after'),
    times: count('times'),
    at: found.get('at'),
    cutAfter: count('cut'),
    streamErrorAfter: count('stream-error'),
    slowMs: duration('slow') ?? 0,
    firstByteMs: duration('first-byte') ?? 0,
    tokens: count('tokens'),
    tools: count('tools'),
    reasoning: count('reasoning'),
    cached: count('cached')
  }
}

/**
 * The script as it holds for one upstream and one try: without its faults when they are meant for another
 * upstream (`at`) or for earlier tries only (`times`). `retryCount` is what the SDK says of itself.
 */
export function scriptFor(script: Script, upstreamName: string, retryCount: number): Script {
  const here = script.at === undefined || script.at === upstreamName
  const now = script.times === undefined || retryCount < script.times
  if (here && now) return script
  return {
    ...script,
    errorStatus: undefined,
    pageStatus: undefined,
    cutAfter: undefined,
    streamErrorAfter: undefined,
    slowMs: 0,
    firstByteMs: 0
  }
}
