/** Limits requests, tokens, cost, bytes and requests at once: held before a call is sent, settled when it is over. */
import {
  isPriced,
  type LimitStanding,
  limitHeaders,
  rateLimit,
  rateLimitPolicy,
  tellsOfLimits
} from 'tacit-gateway/dialects'
import {
  CONSUMER,
  COST,
  CREDENTIAL,
  type DownstreamRequest,
  definePlugin,
  type Exchange,
  type Granted,
  type Held,
  privateKey,
  type Refusal,
  TOKEN_USAGE
} from 'tacit-gateway/plugin'
import { type Call, callOf, needsOf } from './call.ts'
import { claimOf } from './claims.ts'
import { answerEndpoints, ENDPOINT_REASONS, ENDPOINTS } from './endpoints.ts'
import { expectedUnits, mayHaveUsed, type Used, usedUnits } from './figures.ts'
import { type Caller, ownerOf } from './owner.ts'
import { REASONS, reasonFor } from './reasons.ts'
import { orderedBy, type Rule, Rules } from './rules.ts'
import { Config, ConsumerConfig } from './settings.ts'

/** What an exchange holds. */
interface Hold {
  readonly granted: Granted
  readonly rules: readonly Rule[]
  /** Units, in the order of the rules. */
  readonly amounts: readonly number[]
  readonly call: Call
  /** Whether a try may have used something. */
  mayHaveUsed: boolean
}

const HOLD = privateKey<Hold>('rate-limit.hold')

const TOKEN_UNITS: readonly string[] = ['tokens', 'inputTokens', 'outputTokens']

export default definePlugin({
  contract: 1,
  name: 'rate-limit',
  summary: 'Limits requests, tokens, cost, bytes and requests at once.',
  guard: true,
  config: Config,
  consumerConfig: ConsumerConfig,
  reasons: { ...REASONS, ...ENDPOINT_REASONS },
  endpoints: ENDPOINTS,
  requires: ({ by, limits }) => {
    const kinds = new Set(limits.flatMap(limit => limit.by ?? by))
    const needsConsumer = kinds.has('consumer') || kinds.has('key') || kinds.has('group')
    return [...(needsConsumer ? [CONSUMER] : []), ...(kinds.has('key') ? [CREDENTIAL] : [])]
  },
  requiresAtEnd: ({ limits }) => [
    ...(limits.some(({ unit }) => TOKEN_UNITS.includes(unit)) ? [TOKEN_USAGE] : []),
    ...(limits.some(({ unit }) => unit === 'cost') ? [COST] : [])
  ],
  data: { reads: ['metadata', 'identity', 'request-body'] },
  // Limits on requests let bodies flow, and refuse before one has come.
  readsBody: ({ by, limits }) => {
    const { model, tokens } = needsOf(limits.map(limit => ({ ...limit, by: limit.by ?? by })))
    return model || tokens
  },

  setup(config, host) {
    const { header, estimate, unknownUsage } = config
    const { clock, limits, catalogue, prices } = host
    const defaults = { by: orderedBy(config.by), timeZone: config.timeZone, away: config.onStoreFailure }
    const rules = new Rules(config.limits, defaults, host)
    const needs = needsOf(rules.base)
    const countsHeader = rules.base.some(({ by }) => by.includes('header'))
    if (countsHeader && header === undefined) throw new Error('Name the `header` that limits count by.')
    if (!countsHeader && header !== undefined) throw new Error('No limit counts by `header`.')
    // A gateway without a `digestKey` fails here rather than at its first request.
    if (countsHeader) host.credentials.digest('')
    const knownModels = new Set(rules.base.flatMap(({ models = [] }) => models))
    const books = { catalogue, prices }

    const refused = host.metrics.counter('rate_limit_refused', 'Requests that a limit had no room for, by limit.')
    const shadowed = host.metrics.counter('rate_limit_shadowed', 'Requests that a limit on trial would have refused.')
    const beyond = host.metrics.counter('rate_limit_beyond_hold', 'Units used beyond what was held, by limit.')
    const unsure = host.metrics.counter('rate_limit_unsure', 'Requests that passed while the store was away.')

    /** What a model is called: as the client says, as it is known where the request may go, and as the catalogue has it. */
    const namesOf = ({ destinations }: Exchange, model: string | undefined): readonly string[] => {
      if (model === undefined) return []
      const names = [model]
      for (const { upstream, model: served = model } of destinations) {
        const found = catalogue.model(upstream.provider ?? '', served)
        for (const name of found.known ? [served, found.model.id] : [served]) {
          if (!names.includes(name)) names.push(name)
        }
      }
      return names
    }

    /** One name for each model, and one for all that nobody knows: a client can make up as many as it likes. */
    const countedModel = ({ destinations: [first] }: Exchange, names: readonly string[]): string | undefined => {
      const found = catalogue.model(first?.upstream.provider ?? '', first?.model ?? names[0] ?? '')
      return found.known ? found.model.id : names.find(name => knownModels.has(name))
    }

    const headersOf = (exchange: Exchange, standings: readonly LimitStanding[]) => {
      const policy = rateLimitPolicy(standings)
      const standing = rateLimit(standings)
      return [
        ...(policy === undefined ? [] : [['ratelimit-policy', policy] as const]),
        ...(standing === undefined ? [] : [['ratelimit', standing] as const]),
        ...limitHeaders(exchange.dialect, standings, clock.now())
      ]
    }

    const refuse = (exchange: Exchange, rule: Rule, retryAfterMs: number): Refusal => {
      refused.add(1, { limit: rule.name })
      exchange.decide('refused', { limit: rule.name, retryAfterMs })
      const standing = { policy: rule.policy, remaining: 0, resetMs: retryAfterMs }
      const headers = config.headers ? Object.fromEntries(headersOf(exchange, [standing])) : {}
      const reason = reasonFor(rule.unit, retryAfterMs)
      return host.refuse(reason, REASONS[reason].retryable ? { retryAfterMs, headers } : { headers })
    }

    const judge = (exchange: Exchange, hold: Omit<Hold, 'granted'>, held: Held): Refusal | undefined => {
      const { rules } = hold
      if (!held.granted) {
        const rule = rules[held.claim]
        if (rule !== undefined && held.cause === 'limit') return refuse(exchange, rule, held.retryAfterMs)
        exchange.decide('refused', { cause: held.cause })
        return host.refuse('limits_unavailable', { retryAfterMs: held.retryAfterMs })
      }
      if (held.unsure) unsure.add(1)
      for (const index of held.shadowed) {
        const limit = rules[index]?.name ?? ''
        shadowed.add(1, { limit })
        exchange.decide('would_refuse', { limit })
      }
      if (exchange.isExplained) {
        for (const [index, { name }] of rules.entries()) {
          exchange.decide('held', { limit: name, units: hold.amounts[index], remaining: held.remaining[index] })
        }
      }
      exchange.set(HOLD, { ...hold, granted: held })
      return undefined
    }

    const hold = (exchange: Exchange, request: DownstreamRequest) => {
      const consumer = exchange.get(CONSUMER)
      const credential = exchange.get(CREDENTIAL)
      const applying = rules.for(consumer, credential)
      if (applying.length === 0) return
      const now = clock.now()
      const call = callOf(exchange, request, applying === rules.base ? needs : needsOf(applying), books, estimate)
      const names = namesOf(exchange, call.model)
      const caller: Caller = {
        consumer,
        credential,
        address: request.clientIp,
        header: header === undefined ? undefined : digestOf(request, header),
        model: call.model === undefined ? undefined : countedModel(exchange, names),
        route: exchange.route
      }
      const active: Rule[] = []
      const amounts: number[] = []
      const claims = []
      for (const rule of applying) {
        if (rule.patterns?.covers(names) === false) continue
        const costNano = rule.currency === undefined ? 0 : call.costIn(rule.currency)
        if (costNano === undefined && !rule.shadow) return host.refuse('model_unpriced')
        const amount = expectedUnits(rule.unit, { ...call, costNano: costNano ?? 0 })
        active.push(rule)
        amounts.push(amount)
        claims.push(claimOf(rule, ownerOf(rule.by, caller), amount, now))
      }
      if (claims.length === 0) return
      const made = { rules: active, amounts, call, mayHaveUsed: false }
      const held = limits.hold(exchange, claims)
      // Local counters answer at once; those of a store have to be waited for.
      return held instanceof Promise ? held.then(later => judge(exchange, made, later)) : judge(exchange, made, held)
    }

    const digestOf = ({ headers }: DownstreamRequest, name: string): string | undefined => {
      const value = headers.get(name)
      return value === undefined ? undefined : host.credentials.digest(value).slice('hmac-sha256:'.length)
    }

    /** What a call has cost in a currency; undefined where nobody knows. */
    const costOf = (exchange: Exchange, currency: string | undefined): number | undefined => {
      const cost = exchange.get(COST)
      if (cost?.known !== true || currency === undefined) return undefined
      return cost.currency === currency || cost.amountNano === 0n ? Number(cost.amountNano) : undefined
    }

    const settle = (exchange: Exchange, { granted, rules, amounts, ...hold }: Hold, bytes?: number): void => {
      const usage = exchange.get(TOKEN_USAGE)
      const unknown = !hold.mayHaveUsed || unknownUsage === 'nothing' ? 0 : undefined
      const actual = rules.map(({ unit, name, currency }, index) => {
        const held = amounts[index] ?? 0
        const used: Used = { usage, costNano: costOf(exchange, currency), bytes }
        const units = usedUnits(unit, used) ?? unknown ?? held
        if (units > held) beyond.add(units - held, { limit: name })
        return units
      })
      granted.settle(actual)
    }

    return {
      requestFilter: hold,

      upstreamRequestFilter(exchange) {
        const { call, rules = [], amounts = [] } = exchange.get(HOLD) ?? {}
        const { upstream, model = call?.model } = exchange.target ?? {}
        // A plugin after this one may have chosen another target than those that were known when it was held.
        const isUnpriced = rules.some(({ currency, shadow }, index) => {
          if (currency === undefined || shadow || amounts[index] === 0) return false
          return !isPriced(prices, { provider: upstream?.provider, model }, exchange.receivedAt, currency)
        })
        return isUnpriced ? host.refuse('model_unpriced') : undefined
      },

      upstreamResult(exchange, attempt) {
        const hold = exchange.get(HOLD)
        if (hold !== undefined && mayHaveUsed(attempt)) hold.mayHaveUsed = true
      },

      responseFilter(exchange, response) {
        if (!config.headers) return
        if (response.source === 'upstream') {
          const theirs: string[] = []
          for (const [name] of response.headers.entries()) if (tellsOfLimits(name)) theirs.push(name)
          for (const name of theirs) response.headers.delete(name)
        }
        const hold = exchange.get(HOLD)
        if (hold === undefined) return
        const { remaining, resetMs } = hold.granted
        const standings: LimitStanding[] = []
        for (const [index, { shadow, policy }] of hold.rules.entries()) {
          if (!shadow) standings.push({ policy, remaining: remaining[index] ?? 0, resetMs: resetMs[index] ?? 0 })
        }
        for (const [name, value] of headersOf(exchange, standings)) response.headers.set(name, value)
      },

      finish(exchange) {
        const hold = exchange.get(HOLD)
        if (hold !== undefined && !hold.rules.some(({ unit }) => unit === 'bytes')) settle(exchange, hold)
      },

      logging(exchange, { requestBytes, responseBytes }) {
        const hold = exchange.get(HOLD)
        // Bytes are only known when everybody has had their say.
        if (hold?.rules.some(({ unit }) => unit === 'bytes')) settle(exchange, hold, requestBytes + responseBytes)
      },

      endpoints: answerEndpoints({ rules, host })
    }
  }
})
