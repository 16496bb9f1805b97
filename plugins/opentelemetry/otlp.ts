/** Spans in the JSON encoding of OTLP (opentelemetry-proto 1, "JSON Protobuf Encoding"). Pure. */

/** Words and numbers that a span tells. What is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** One span that is over. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: 'server' | 'client'
  /** In ms since the epoch; fractions count. */
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  readonly isError: boolean
}

/** Who tells. */
export interface Resource {
  readonly serviceName: string
  readonly instanceId: string
}

const KIND = { server: 2, client: 3 }
const STATUS_UNSET = 0
const STATUS_ERROR = 2

/** The body of an export. */
export function encodeSpans(spans: readonly Span[], { serviceName, instanceId }: Resource): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: encode({ 'service.name': serviceName, 'service.instance.id': instanceId }) },
        scopeSpans: [{ scope: { name: 'tacit-gateway' }, spans: spans.map(encodeSpan) }]
      }
    ]
  })
}

function encodeSpan(span: Span): object {
  const { traceId, spanId, parentSpanId, name, kind, startedAt, endedAt, attributes, isError } = span
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KIND[kind],
    startTimeUnixNano: nanos(startedAt),
    endTimeUnixNano: nanos(Math.max(startedAt, endedAt)),
    attributes: encode(attributes),
    status: { code: isError ? STATUS_ERROR : STATUS_UNSET }
  }
}

/** Whole numbers of 64 bits are written as text, because JSON's numbers do not hold them. */
function nanos(at: number): string {
  const ms = Math.floor(at)
  return `${BigInt(ms) * 1_000_000n + BigInt(Math.round((at - ms) * 1e6))}`
}

function encode(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }]
  )
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** How many spans of an export a collector did not take, by what it answered. */
export function rejectedSpans(body: Uint8Array): number {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    const partial: unknown = Object(answer).partialSuccess
    const count = Number(Object(partial).rejectedSpans ?? 0)
    return Number.isSafeInteger(count) && count > 0 ? count : 0
  } catch {
    return 0
  }
}
