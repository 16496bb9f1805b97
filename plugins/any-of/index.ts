/** Lets one of several ways to authenticate decide: the first that finds something of its own in the request. */
import {
  type Answer,
  CONSUMER,
  type Consumer,
  CREDENTIAL,
  type DownstreamRequest,
  definePlugin,
  type Exchange,
  type MaybePromise,
  PluginUses,
  type Refusal,
  Type
} from 'tacit-gateway/plugin'

type Outcome = Refusal | Answer | undefined

export default definePlugin({
  contract: 1,
  name: 'any-of',
  summary: 'Lets the first of several ways to authenticate decide that applies.',
  guard: true,
  config: Type.Object({
    methods: PluginUses({
      minItems: 2,
      description: 'Plugins that authenticate, in the order in which they are asked.'
    }),
    anonymous: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
        unit: 'id',
        description: 'The consumer that a request is from which presents nothing at all. Refused, if not given.'
      })
    ),
    headers: Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }), {
      default: [
        'authorization',
        'proxy-authorization',
        'x-api-key',
        'x-goog-api-key',
        'signature',
        'signature-input',
        'cookie'
      ],
      description: 'Headers that may carry a credential: a request with one of them is never anonymous.'
    })
  }),
  reasons: {
    unknown_credential: { status: 401, message: 'This credential is of no kind that is known here.', retryable: false },
    anonymous_unknown: {
      status: 403,
      message: 'Requests without a credential are not served at the moment.',
      retryable: false
    }
  },
  provides: [CONSUMER, CREDENTIAL],
  data: { reads: ['credential', 'identity'] },

  setup({ methods, anonymous, headers }, host) {
    const { nested } = host
    if (nested.length !== methods.length) throw new Error('`methods` could not be set up.')
    const names = headers.map(name => name.toLowerCase())

    const admit = (exchange: Exchange, consumer: Consumer | undefined): Outcome => {
      if (consumer === undefined) return host.refuse('anonymous_unknown')
      exchange.set(CONSUMER, consumer)
      exchange.set(CREDENTIAL, { id: `${consumer.id}/any-of`, scopes: [] })
      return undefined
    }

    /** None of them has found anything. */
    const nobody = (exchange: Exchange, request: DownstreamRequest, first: Outcome): MaybePromise<Outcome> => {
      // A credential that nobody could read is a bad one, and not the same as none.
      const presents = names.some(name => request.headers.get(name) !== undefined)
      if (presents) return anonymous === undefined ? first : host.refuse('unknown_credential')
      if (anonymous === undefined) return first
      const consumer = host.consumers.find(anonymous)
      return consumer instanceof Promise ? consumer.then(later => admit(exchange, later)) : admit(exchange, consumer)
    }

    const ask = (
      exchange: Exchange,
      request: DownstreamRequest,
      from: number,
      first: Outcome
    ): MaybePromise<Outcome> => {
      let absence = first
      for (let index = from; index < nested.length; index++) {
        const method = nested[index]
        if (method === undefined) break
        const outcome = method.requestFilter(exchange, request)
        if (outcome instanceof Promise) {
          return outcome.then(later => {
            if (!method.saysAbsent(later)) return decided(exchange, method.instance, later)
            return ask(exchange, request, index + 1, absence ?? later)
          })
        }
        if (!method.saysAbsent(outcome)) return decided(exchange, method.instance, outcome)
        absence ??= outcome
      }
      return nobody(exchange, request, absence)
    }

    return { requestFilter: (exchange, request) => ask(exchange, request, 0, undefined) }
  }
})

function decided(exchange: Exchange, by: string, outcome: Outcome): Outcome {
  exchange.decide('authenticated_by', { plugin: by })
  return outcome
}
