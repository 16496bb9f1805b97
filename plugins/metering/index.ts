/** Counts what every exchange uses, once: as its provider tells it, or else by what was sent and received. */
import { type Format, readRequest, requestFactsOf } from 'tacit-gateway/dialects'
import {
  COST,
  definePlugin,
  type Exchange,
  MODEL,
  privateKey,
  SERVED_MODEL,
  TOKEN_USAGE,
  type UpstreamRequest
} from 'tacit-gateway/plugin'
import { askingFor, asksForUsage, hidingFrom } from './asking.ts'
import { Call } from './call.ts'
import { hasTokens, pathReader } from './calls.ts'
import { Config } from './config.ts'
import { costOf, NO_COST, pricedModel } from './costs.ts'
import { NO_USAGE, usageAt } from './ending.ts'
import { framingOf } from './framing.ts'
import { Meter } from './meter.ts'
import { unitsOf } from './units.ts'

const CALL = privateKey<Call>('metering.call')
const NO_NAMES: readonly string[] = []
const NO_OTHERS = [] as const

export default definePlugin({
  contract: 1,
  name: 'metering',
  summary: 'Counts the tokens and units of every exchange once, and tells what it cost.',
  config: Config,
  providesAtEnd: [TOKEN_USAGE, COST, MODEL, SERVED_MODEL],
  data: { reads: ['metadata', 'request-body', 'response-body'] },

  setup({ askForUsage, model: fixedModel, units: rules }, host) {
    // Taken at set-up: what comes along with the gateway is read then.
    const { catalogue, prices } = host
    const readPath = pathReader()
    const countsAnswers = rules.some(({ per }) => per === 'answerByte')

    const sentOf = (exchange: Exchange, request: UpstreamRequest) => {
      const { method, target: path, body } = request
      const { format, mayUse: uses } = readPath(exchange.dialect, method, path)
      const provider = exchange.target?.upstream.provider
      const { model, isStream } = uses ? reading(format, path, body) : { model: undefined, isStream: false }
      const asking = isStream && askForUsage && asksForUsage(format, provider) ? askingFor(body.bytes()) : undefined
      const bytes = body.bytes()
      if (asking !== undefined) body.splice(asking.edits)
      return {
        format,
        path,
        provider,
        model: exchange.target?.model ?? model ?? fixedModel,
        isStream,
        mayUse: uses,
        isAskedFor: asking !== undefined,
        body: bytes
      }
    }

    return {
      upstreamRequestFilter(exchange, request) {
        const sent = sentOf(exchange, request)
        exchange.set(CALL, new Call(sent))
        // Nobody before has read it: it is what the client asked for.
        if (sent.model !== undefined && exchange.get(MODEL) === undefined) exchange.set(MODEL, sent.model)
      },

      upstreamResult(exchange, { outcome }) {
        const call = exchange.get(CALL)
        if (call !== undefined) call.outcome = outcome
      },

      responseFilter(exchange, { source, status, headers, body }) {
        const call = exchange.get(CALL)
        if (call === undefined || source !== 'upstream' || status < 200 || status > 299) return
        const { format, isStream, isAskedFor } = call.sent
        const framing = call.sent.mayUse ? framingOf(format, isStream, headers.get('content-type')) : 'opaque'
        call.meter = new Meter(format, framing)
        if (call.sent.mayUse || countsAnswers) body.observe(call.meter, 'upstream')
        if (isAskedFor) body.transformEvents(hidingFrom(format))
      },

      finish(exchange, { reason, durationMs }) {
        const call = exchange.get(CALL)
        const meter = call?.meter
        const told = meter?.told
        const units =
          meter === undefined || call === undefined || rules.length === 0
            ? NO_USAGE.units
            : unitsOf(rules, { requestBytes: call.sent.body.length, answerBytes: meter.answerBytes, durationMs })
        const usage =
          call === undefined
            ? NO_USAGE
            : usageAt({
                reason,
                isSent: call.isSent && call.sent.mayUse,
                hasTokens: call.sent.mayUse && hasTokens(call.sent.format),
                told,
                countInput: () => call.countInput(),
                units
              })
        exchange.set(TOKEN_USAGE, usage)
        if (call === undefined || usage === NO_USAGE) {
          exchange.set(COST, NO_COST)
          return
        }
        const { provider, model: sentModel } = call.sent
        const model = provider && pricedModel(catalogue, provider, sentModel, meter?.model)
        const found = provider === undefined || model === undefined ? undefined : catalogue.model(provider, model)
        if (found?.known) exchange.set(SERVED_MODEL, found.model.id)
        exchange.set(
          COST,
          provider === undefined || model === undefined
            ? { known: false, missing: provider === undefined ? 'provider' : 'model', kinds: NO_NAMES }
            : costOf(
                prices,
                { provider, model, usage, at: exchange.receivedAt, tier: meter?.tier },
                told?.reading?.others ?? NO_OTHERS
              )
        )
      }
    }
  }
})

/** Names that stand at the top of a request, by its format: the model's and those that asking for usage depends on. */
const NAMES = new Map<Format, readonly string[]>()

function namesOf(format: Format): readonly string[] {
  let names = NAMES.get(format)
  if (names === undefined) {
    const { model, stream, usageOption } = requestFactsOf(format)
    names = [
      ...model.filter(name => !name.includes('.')),
      ...(stream === 'true' || stream === 'not-false' ? ['stream'] : []),
      ...(usageOption === undefined ? [] : [usageOption.split('.', 1)[0] ?? ''])
    ]
    NAMES.set(format, names)
  }
  return names
}

/** What a request asks for, by the few members of it that are needed. A form names its model where nobody looks. */
function reading(format: Format, path: string, body: UpstreamRequest['body']) {
  const names = namesOf(format)
  const found: Record<string, unknown> = {}
  const bytes = body.bytes()
  if (names.length > 0 && isObjectLike(bytes)) {
    const values = body.scan(names)
    for (let index = 0; index < names.length; index++) found[names[index] ?? ''] = values[index]
  }
  return readRequest(format, path, found)
}

/** Whether these bytes may be a JSON object: forms with files begin with hyphens. */
function isObjectLike(bytes: Uint8Array): boolean {
  let at = 0
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return bytes[at] === 0x7b
}
