/**
 * Compile-time proof for the plugin contract: what must not type-check, does
 * not. Read by `tsc`, never run. Each `@ts-expect-error` names what is refused;
 * if it ever compiled, the comment itself would be an error.
 */
import type { Catalogue, CostQuestion, PriceBook } from 'tacit-gateway/dialects'
import {
  type Answer,
  CONSUMER,
  Duration,
  definePlugin,
  type Exchange,
  MODEL,
  type Peer,
  type Phases,
  type Plugin,
  privateKey,
  type Refusal,
  Secret,
  Share,
  TOKEN_USAGE,
  Type
} from 'tacit-gateway/plugin'

const TENANT = privateKey<string>('tenant')
const NOTHING = { contract: 1, summary: 'Nothing.', config: Type.Object({}), data: { reads: [] } } as const

/** Configuration, reasons, keys and messages, as one plugin sees them. */
export const sound: Plugin = definePlugin({
  contract: 1,
  name: 'sound',
  summary: 'Type-checks.',
  config: Type.Object({
    limit: Type.Number(),
    pause: Duration(),
    share: Share(),
    secret: Secret(),
    words: Type.Optional(Type.Array(Type.String()))
  }),
  credential: Type.Object({ keyHash: Type.String(), scopes: Type.Optional(Type.Array(Type.String())) }),
  consumerConfig: Type.Object({ perMinute: Type.Integer() }),
  reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
  provides: [TENANT, CONSUMER],
  requires: config => (config.limit > 1 ? [MODEL] : []),
  requiresAtEnd: [TOKEN_USAGE],
  data: { reads: ['request-body', 'response-body'] },
  setup(config, host) {
    const limit: number = config.limit
    const sum: number = config.pause + config.share
    const secret: string = config.secret.reveal()
    const words: readonly string[] | undefined = config.words
    // @ts-expect-error not in the schema
    void config.limits
    // @ts-expect-error a secret is not text until it is revealed
    const printed: string = config.secret
    // @ts-expect-error a duration is a number by now
    const pause: string = config.pause
    void [sum, secret, words, printed, pause]

    return {
      async requestFilter(exchange, request) {
        exchange.set(TENANT, 'a')
        const tenant: string | undefined = exchange.get(TENANT)
        const needed: string = exchange.need(TENANT)
        // @ts-expect-error it may not have been set
        const certain: string = exchange.get(TENANT)
        // @ts-expect-error a value of another type
        exchange.set(TENANT, limit)
        // @ts-expect-error the client's request cannot be changed
        request.method = 'GET'
        // @ts-expect-error nor can its headers
        request.headers.set('a', 'b')
        // @ts-expect-error nor the exchange
        exchange.route = 'other'
        // @ts-expect-error a decision holds words and numbers, no objects
        exchange.decide('why', { request })
        void [tenant, needed, certain]

        const found = await host.credentials.find('hmac-sha256:…')
        const scopes: readonly string[] | undefined = found?.credential.scopes
        // @ts-expect-error not in the credential's schema
        void found?.credential.expires
        const perMinute: number | undefined = found && host.settings(found.consumer).perMinute
        // @ts-expect-error not in the consumer's settings
        void (found && host.settings(found.consumer).perHour)
        void [scopes, perMinute]

        // @ts-expect-error a reason that the definition does not list
        if (limit > 2) return host.refuse('too_few')
        return host.refuse('too_many', { retryAfterMs: 1000 })
      },
      upstreamRequestFilter(_exchange, request) {
        request.method = 'PUT'
        request.headers.set('a', 'b')
        // @ts-expect-error headers are edited, not exchanged
        request.headers = new Map()
        const body = request.body.json(Type.Object({ n: Type.Integer() }))
        const n: number = body.n
        // @ts-expect-error not in the schema
        void body.m
        void n
      },
      responseFilter(_exchange, response) {
        response.status = 201
        // @ts-expect-error who made the response is a fact
        response.source = 'gateway'
        response.body.transformEvents({
          event: (event, out) => out(event.with(event.data)),
          end: () => {}
        })
        // @ts-expect-error a transform of bytes says what to do at the end
        response.body.transformBytes({ chunk: () => {} })
      },
      finish(exchange) {
        const usage = exchange.get(TOKEN_USAGE)
        // @ts-expect-error usage is final
        if (usage) usage.inputTokens = 0
      }
    }
  }
})

// @ts-expect-error a typo in the name of a phase
definePlugin({ ...NOTHING, name: 'typo', setup: () => ({ reponseFilter() {} }) })

// @ts-expect-error what is read must be declared
definePlugin({ contract: 1, name: 'silent', summary: 'Silent.', config: Type.Object({}), setup: () => ({}) })

// @ts-expect-error a version of the contract that does not exist
definePlugin({ ...NOTHING, contract: 2, name: 'later', setup: () => ({}) })

// @ts-expect-error the configuration is an object
definePlugin({ ...NOTHING, name: 'listed', config: Type.Array(Type.String()), setup: () => ({}) })

definePlugin({
  ...NOTHING,
  name: 'hasty',
  // @ts-expect-error a reason says whether trying again can help
  reasons: { no: { status: 403, message: 'No.' } },
  setup: () => ({})
})

definePlugin({
  ...NOTHING,
  name: 'curious',
  // @ts-expect-error there is no such kind of data
  data: { reads: ['everything'] },
  setup: () => ({})
})

definePlugin({
  ...NOTHING,
  name: 'waits',
  setup: () => ({
    // @ts-expect-error a peer is chosen without waiting
    upstreamPeer: async (_exchange: Exchange, peers: readonly Peer[]) => peers[0]
  })
})

// @ts-expect-error a phase is a function
definePlugin({ ...NOTHING, name: 'mistaken', setup: () => ({ upstreamResult: 'later' }) })

definePlugin({
  ...NOTHING,
  name: 'choosy',
  config: Type.Object({ by: Type.String() }),
  // @ts-expect-error not in the schema
  requires: config => (config.for === 'consumer' ? [CONSUMER] : []),
  setup: () => ({})
})

// A phase too many beside a right one is not seen by the type checker: the loader refuses it.
definePlugin({ ...NOTHING, name: 'extra', setup: () => ({ logging() {}, reponseFilter() {} }) })

// @ts-expect-error only `definePlugin` makes a plugin
export const forged: Plugin = { ...NOTHING, name: 'forged', setup: () => ({}) }

// @ts-expect-error only `host.refuse` makes a refusal
export const made: Refusal = { status: 403 }

// @ts-expect-error an answer has headers
export const bare: Answer = { status: 204 }

/** A refusal or an answer may come from `requestFilter`, a refusal alone from `responseFilter`. */
export const phases: Phases = {
  requestFilter: () => ({ status: 204, headers: {} }),
  // @ts-expect-error the response is there already
  responseFilter: () => ({ status: 204, headers: {} })
}

/** Models and prices that are not known have to be handled: there is nothing to read before it was asked. */
export function billed(catalogue: Catalogue, prices: PriceBook, question: CostQuestion): bigint {
  const found = catalogue.model(question.provider, question.model)
  // @ts-expect-error a model that is not known has no bounds
  void found.model.contextTokens
  const cost = prices.cost(question)
  // @ts-expect-error a cost that is not known has no amount
  const amount: bigint = cost.amountNano
  // @ts-expect-error nor can it be taken for nothing
  const nothing: bigint = cost.amountNano ?? 0n
  // @ts-expect-error money is never a number with a point
  const float: number = cost.known ? cost.amountNano : 0
  void [amount, nothing, float]
  return cost.known ? cost.amountNano : question.usage.inputTokens > 0 ? -1n : 0n
}

const COUNT = {
  listener: 'admin',
  method: 'GET',
  path: '/count/{id}',
  role: 'viewer',
  summary: 'Counts.',
  request: Type.Object({ since: Duration() }),
  params: Type.Object({ id: Type.String() }),
  response: Type.Object({ count: Type.Integer() })
} as const

/** Endpoints, typed by their schemas. */
export const counting: Plugin = definePlugin({
  ...NOTHING,
  name: 'counting',
  endpoints: { count: COUNT },
  setup: () => ({
    endpoints: {
      count({ input, params, actor }) {
        const since: number = input.since
        const id: string = params.id
        // @ts-expect-error not in the schema
        void input.until
        // @ts-expect-error no parameter of the path
        void params.name
        void [since, id, actor]
        return { count: 1 }
      }
    }
  })
})

definePlugin({
  ...NOTHING,
  name: 'silent',
  endpoints: { count: COUNT },
  // @ts-expect-error nothing answers the endpoint
  setup: () => ({})
})

definePlugin({
  ...NOTHING,
  name: 'wrong',
  endpoints: { count: COUNT },
  // @ts-expect-error an answer of another form
  setup: () => ({ endpoints: { count: () => ({ count: 'one' }) } })
})
