/** Tells an OpenTelemetry collector of exchanges and their tries, and carries the context of traces on. Never what was said. */
import {
  Duration,
  definePlugin,
  type Exchange,
  MODEL,
  privateKey,
  Secret,
  Share,
  TOKEN_USAGE,
  Type
} from 'tacit-gateway/plugin'
import { parseTraceparent, parseTracestate, randomId, type TraceContext, traceparent } from './context.ts'
import { Exporter } from './exporter.ts'
import { encodeSpans } from './otlp.ts'
import { catalogueOf, spansOf, type Trace } from './spans.ts'

const TRACE = privateKey<Trace>('opentelemetry.trace')

/** What an answer of a collector may say at most, in bytes. */
const MAX_ANSWER_BYTES = 64 * 1024

export default definePlugin({
  contract: 1,
  name: 'opentelemetry',
  summary: 'Sends traces to an OpenTelemetry collector.',
  config: Type.Object({
    endpoint: Type.String({
      pattern: '^https?://[^\\s?#@]+$',
      description:
        'Address of the collector, such as `http://otel-collector:4318`; `/v1/traces` is added. One that is not public has to stand under `egress.allow`.'
    }),
    header: Type.String({
      default: 'authorization',
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      description: 'Header that carries `secret`.'
    }),
    secret: Type.Optional(
      Secret({ description: 'What the collector knows the gateway by, with its scheme: `Bearer …`.' })
    ),
    serviceName: Type.String({ default: 'tacit', minLength: 1, description: '`service.name` of every span.' }),
    sample: Share({
      default: '100%',
      description:
        'Share of the traces begun here that are told of. The context of the others is carried on all the same.'
    }),
    continueClients: Type.Boolean({
      default: true,
      description:
        'Whether a trace that a client has begun is continued, with its own word on whether it is told of. Off where clients are not to be trusted with that.'
    }),
    interval: Duration({ default: '5s', description: 'Time between two exports.' }),
    timeout: Duration({ default: '5s', description: 'Time for the collector to answer; 5s at most.' }),
    maxQueue: Type.Integer({
      default: 4096,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Spans that wait at most; more are dropped, and counted.'
    }),
    maxBatch: Type.Integer({ default: 512, minimum: 1, maximum: 10_000, description: 'Spans of one export at most.' })
  }),
  data: { reads: ['metadata'], egress: [{ to: 'OpenTelemetry collector', what: 'metadata' }] },

  setup(config, host) {
    const { endpoint, header, secret, serviceName, sample, continueClients, interval, timeout, maxQueue, maxBatch } =
      config
    if (sample > 1) throw new Error('`sample` must be at most 100%.')
    if (interval === 0) throw new Error('`interval` must be longer than 0ms.')
    if (timeout === 0 || timeout > 5_000) throw new Error('`timeout` must be longer than 0ms, and at most 5s.')
    const { clock, random } = host
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
    const headers = { 'content-type': 'application/json', ...(secret && { [header]: secret.reveal() }) }
    const resource = { serviceName, instanceId: randomId(32, random) }
    const spans = host.metrics.counter('opentelemetry_spans', 'Spans, by what became of them.')
    const exporter = new Exporter({
      maxQueue,
      maxBatch,
      encode: batch => encodeSpans(batch, resource),
      send: body => host.fetch(url, { method: 'POST', headers, body, timeoutMs: timeout, maxBytes: MAX_ANSWER_BYTES }),
      count: (outcome, amount) => spans.add(amount, { outcome })
    })
    host.every(interval, () => exporter.flush())

    /** A name of the configuration or the catalogue; whatever else a client calls a model is its own words. */
    const modelOf = (exchange: Exchange): string | undefined => {
      const { target, dialect } = exchange
      const asked = exchange.get(MODEL)
      if (target?.model !== undefined || asked === undefined) return target?.model
      const found = host.catalogue.model(catalogueOf(dialect), asked)
      return found.known ? found.model.id : '_OTHER'
    }

    return {
      requestFilter(exchange, { headers: received }) {
        const parent = continueClients ? parseTraceparent(received.getAll('traceparent')) : undefined
        const context: TraceContext = {
          traceId: parent?.traceId ?? randomId(32, random),
          spanId: randomId(16, random),
          isSampled: parent?.isSampled ?? (sample >= 1 || random() < sample)
        }
        const state = parent === undefined ? undefined : parseTracestate(received.getAll('tracestate'))
        exchange.set(TRACE, { context, parentSpanId: parent?.spanId, state, startedMs: clock.monotonic(), tries: [] })
      },

      upstreamRequestFilter(exchange, request) {
        const trace = exchange.need(TRACE)
        const context = { ...trace.context, spanId: randomId(16, random) }
        trace.tries.push({ context, startedMs: clock.monotonic(), endedMs: undefined, attempt: undefined })
        request.headers.set('traceparent', traceparent(context))
        if (trace.state === undefined) request.headers.delete('tracestate')
        else request.headers.set('tracestate', trace.state)
      },

      upstreamResult(exchange, attempt) {
        const last = exchange.get(TRACE)?.tries.at(-1)
        if (last === undefined) return
        last.endedMs = clock.monotonic()
        last.attempt = attempt
      },

      logging(exchange, facts) {
        const trace = exchange.get(TRACE)
        if (trace?.context.isSampled !== true) return
        exporter.add(spansOf(exchange, trace, facts, { model: modelOf(exchange), usage: exchange.get(TOKEN_USAGE) }))
      },

      health: () =>
        exporter.isFailing ? { status: 'degraded', detail: 'the collector does not take spans' } : { status: 'ok' },
      close: () => exporter.close()
    }
  }
})
