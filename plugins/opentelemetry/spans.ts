/**
 * What is told of an exchange and of its tries: names, numbers and words that
 * the configuration or this code knows. There is no way from a body to here.
 * Names follow OpenTelemetry's conventions for HTTP and generative AI; what they
 * have no name for begins with `tacit.`.
 */
import type { AccessFacts, Attempt, Exchange, TokenUsage } from 'tacit-gateway/plugin'
import type { TraceContext } from './context.ts'
import type { Attributes, Span } from './otlp.ts'

/** One try, as far as it is known. */
export interface Try {
  readonly context: TraceContext
  readonly startedMs: number
  /** Monotonic; undefined while it goes on. */
  endedMs: number | undefined
  attempt: Attempt | undefined
}

/** One exchange that is told of. */
export interface Trace {
  readonly context: TraceContext
  readonly parentSpanId: string | undefined
  /** Vendors' entries that are carried on. */
  readonly state: string | undefined
  readonly startedMs: number
  readonly tries: Try[]
}

/** What both kinds of span tell of a model. */
export interface ModelFacts {
  /** A name that the configuration or the catalogue knows. */
  readonly model: string | undefined
  readonly usage: TokenUsage | undefined
}

type Dialect = Exchange['dialect']

const OPERATIONS: { readonly [Name in Dialect]?: { readonly operation: string; readonly provider: string } } = {
  'openai-chat': { operation: 'chat', provider: 'openai' },
  'openai-completions': { operation: 'text_completion', provider: 'openai' },
  'openai-responses': { operation: 'chat', provider: 'openai' },
  'openai-embeddings': { operation: 'embeddings', provider: 'openai' },
  'anthropic-messages': { operation: 'chat', provider: 'anthropic' },
  gemini: { operation: 'generate_content', provider: 'gcp.gemini' }
}

/** Whose names of models a dialect's clients use, as the catalogue calls them. */
export function catalogueOf(dialect: Dialect): string {
  if (dialect === 'gemini') return 'google'
  return dialect === 'anthropic-messages' ? 'anthropic' : 'openai'
}

/** The spans of an exchange that is over: its own, and one for each try. */
export function spansOf(exchange: Exchange, trace: Trace, facts: AccessFacts, model: ModelFacts): readonly Span[] {
  const { receivedAt } = exchange
  const { end, method } = facts
  const atOf = (monotonicMs: number) => receivedAt + (monotonicMs - trace.startedMs)
  const endedAt = receivedAt + end.durationMs
  const ai = modelAttributes(exchange.dialect, model)
  const server: Span = {
    traceId: trace.context.traceId,
    spanId: trace.context.spanId,
    parentSpanId: trace.parentSpanId,
    name: `${method} ${exchange.route}`,
    kind: 'server',
    startedAt: receivedAt,
    endedAt,
    attributes: { ...ai, ...exchangeAttributes(exchange, facts) },
    isError: isServerError(facts)
  }
  const tries = trace.tries.map((each, index): Span => {
    const isCommitted = each.attempt?.outcome === 'committed'
    return {
      traceId: trace.context.traceId,
      spanId: each.context.spanId,
      parentSpanId: trace.context.spanId,
      name:
        ai['gen_ai.operation.name'] === undefined
          ? method
          : [ai['gen_ai.operation.name'], model.model].filter(Boolean).join(' '),
      kind: 'client',
      startedAt: atOf(each.startedMs),
      // The answer of the try that was committed is over with the exchange.
      endedAt: isCommitted || each.endedMs === undefined ? endedAt : atOf(each.endedMs),
      attributes: { ...(isCommitted ? ai : without(ai, 'gen_ai.usage.')), ...tryAttributes(each, index, method) },
      isError: !isCommitted || (each.attempt?.status ?? 0) >= 400
    }
  })
  return [server, ...tries]
}

function exchangeAttributes(
  exchange: Exchange,
  { end, method, reason, error, source, overheadMs }: AccessFacts
): Attributes {
  return {
    'http.request.method': method,
    'http.route': exchange.route,
    'http.response.status_code': end.status === 0 ? undefined : end.status,
    'error.type': reason ?? error?.code ?? (end.reason === 'complete' ? undefined : end.reason),
    'tacit.exchange.id': exchange.id,
    'tacit.end': end.reason,
    'tacit.source': source,
    'tacit.overhead_ms': overheadMs
  }
}

function tryAttributes({ attempt }: Try, index: number, method: string): Attributes {
  if (attempt === undefined) return { 'http.request.method': method, 'error.type': 'cancelled' }
  const { upstream, peer, outcome, status, firstEventMs } = attempt
  const { hostname, port, protocol } = peer.origin
  return {
    'http.request.method': method,
    'http.request.resend_count': index === 0 ? undefined : index,
    'http.response.status_code': status,
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    'error.type':
      outcome === 'committed' ? (status !== undefined && status >= 400 ? String(status) : undefined) : outcome,
    'gen_ai.response.time_to_first_chunk': firstEventMs === undefined ? undefined : firstEventMs / 1000,
    'tacit.upstream': upstream,
    'tacit.peer': peer.id,
    'tacit.outcome': outcome
  }
}

function modelAttributes(
  dialect: Dialect,
  { model, usage }: ModelFacts
): Record<string, string | number | boolean | undefined> {
  const known = OPERATIONS[dialect]
  if (known === undefined) return {}
  const cached = usage?.cacheReadTokens ?? 0
  const written = usage === undefined ? 0 : usage.cacheWriteTokens.short + usage.cacheWriteTokens.long
  return {
    'gen_ai.operation.name': known.operation,
    'gen_ai.provider.name': known.provider,
    'gen_ai.request.model': model,
    // The conventions count what was read from a cache, and written to it, among the input.
    'gen_ai.usage.input_tokens': usage === undefined ? undefined : usage.inputTokens + cached + written,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': usage === undefined ? undefined : written,
    'gen_ai.usage.reasoning.output_tokens': usage?.reasoningTokens
  }
}

/** A server's span is in error for what was the server's fault (OpenTelemetry, "HTTP spans", status). */
function isServerError({ end, source }: AccessFacts): boolean {
  if (end.status >= 500) return true
  return end.reason !== 'complete' && end.reason !== 'refused' && end.reason !== 'client_gone' && source !== 'none'
}

function without(attributes: Attributes, prefix: string): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith(prefix)))
}
