/** The context of a trace as it travels in headers (W3C Trace Context, level 1). Pure. */

/** Where a span stands in a trace. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string
  readonly isSampled: boolean
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ZEROES = /^0+$/

/** Longest list of vendors' entries that is passed on, in characters and in entries (3.3.1.1 and 3.3.1.5). */
const MAX_STATE_LENGTH = 512
const MAX_STATE_ENTRIES = 32
/** 3.3.1.3.1 and 3.3.1.3.2. */
const STATE_ENTRY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/** The context that a header names; undefined for one that is malformed, which begins a trace anew (3.2.4). */
export function parseTraceparent(lines: readonly string[]): TraceContext | undefined {
  const [line, ...others] = lines
  if (line === undefined || others.length > 0) return undefined
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(line) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  // What a later version adds stands at the end; this one adds nothing (3.2.2).
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (ZEROES.test(traceId) || ZEROES.test(spanId)) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** The header that names a context. */
export function traceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`
}

/** Vendors' entries as they may be passed on; undefined where there are none, or something in them is malformed. */
export function parseTracestate(lines: readonly string[]): string | undefined {
  const entries = lines
    .join(',')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  const keys = new Set(entries.map(entry => entry.slice(0, entry.indexOf('='))))
  const isSound = entries.length <= MAX_STATE_ENTRIES && keys.size === entries.length && entries.every(isEntry)
  const text = entries.join(',')
  return isSound && text !== '' && text.length <= MAX_STATE_LENGTH ? text : undefined
}

function isEntry(entry: string): boolean {
  return STATE_ENTRY.test(entry)
}

/** `digits` hexadecimal digits that are not all zero, from numbers that are uniform in [0, 1). */
export function randomId(digits: 16 | 32, random: () => number): string {
  let id = ''
  while (id.length < digits) {
    const word = Math.floor(random() * 2 ** 32)
    id += word.toString(16).padStart(8, '0')
  }
  return ZEROES.test(id) ? `${id.slice(1)}1` : id
}
