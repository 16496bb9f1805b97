/** Knows a consumer by a name and a password (RFC 7617), and keeps them from the upstream. */
import {
  CONSUMER,
  CREDENTIAL,
  Digest,
  type DownstreamRequest,
  definePlugin,
  type Exchange,
  type FoundCredential,
  GOOD_FOR_REASONS,
  lacksModelCheck,
  notGoodFor,
  type Refusal,
  Type
} from 'tacit-gateway/plugin'
import { presentedBasic } from './presented.ts'

export default definePlugin({
  contract: 1,
  name: 'basic-auth',
  summary: 'Knows a consumer by a name and a password.',
  guard: true,
  config: Type.Object({
    realm: Type.String({
      default: 'tacit',
      pattern: '^[ !#-[\\]-~]{1,64}$',
      description: 'What browsers show when they ask for a password.'
    })
  }),
  credential: Type.Object({
    passwordHash: Digest({
      description: 'Digest of `name:password`, as `tacit key hash` prints it.'
    })
  }),
  reasons: {
    missing_password: { status: 401, message: 'Send a name and a password.', retryable: false, isAbsence: true },
    unknown_password: { status: 401, message: 'This name and password are not known here.', retryable: false },
    ambiguous_password: { status: 401, message: 'Send one name and one password.', retryable: false },
    ...GOOD_FOR_REASONS
  },
  provides: [CONSUMER, CREDENTIAL],
  data: { reads: ['credential'] },

  setup({ realm }, host) {
    // A gateway without a `digestKey` fails here rather than at its first request.
    host.credentials.digest('')
    const challenge = { headers: { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` } }

    const judge = (
      exchange: Exchange,
      request: DownstreamRequest,
      found: FoundCredential | undefined
    ): Refusal | undefined => {
      if (found === undefined) return host.refuse('unknown_password', challenge)
      const fault = notGoodFor(found.proof, exchange, request)
      if (fault !== undefined) return host.refuse(fault)
      exchange.set(CONSUMER, found.consumer)
      exchange.set(CREDENTIAL, found.proof)
      return undefined
    }

    return {
      requestFilter(exchange, request) {
        const presented = presentedBasic(request.headers, 'authorization')
        if (presented === 'missing') return host.refuse('missing_password', challenge)
        if (presented === 'ambiguous') return host.refuse('ambiguous_password', challenge)
        if (presented === 'malformed') return host.refuse('unknown_password', challenge)
        const { pair } = presented
        // A key that the gateway has made has no name: `curl -u :tacit_…`.
        const secret = pair.startsWith(':') ? pair.slice(1) : pair
        const found = host.credentials.find(host.credentials.digest(secret))
        if (found instanceof Promise) return found.then(later => judge(exchange, request, later))
        return judge(exchange, request, found)
      },

      upstreamRequestFilter(exchange, request) {
        request.headers.delete('authorization')
        return lacksModelCheck(exchange) ? host.refuse('models_not_checked') : undefined
      }
    }
  }
})
