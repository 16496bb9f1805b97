/** Knows a consumer by an API key, and keeps that key from the upstream. */
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
import { challengesOf } from './challenges.ts'
import { Digests } from './digests.ts'
import { type KeyHeader, presentedKey } from './presented.ts'

const HeaderName = (options: { readonly default?: string; readonly description?: string }) =>
  Type.String({ ...options, pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" })

export default definePlugin({
  contract: 1,
  name: 'key-auth',
  summary: 'Knows a consumer by an API key.',
  guard: true,
  config: Type.Object({
    header: HeaderName({ default: 'authorization', description: 'Header that carries the key.' }),
    scheme: Type.String({
      default: 'Bearer',
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]*$",
      description: 'Word before the key in `header`. Empty: the whole value is the key.'
    }),
    alsoAccept: Type.Array(HeaderName({}), {
      default: ['x-api-key', 'x-goog-api-key'],
      description: 'Further headers that may carry the key, without a scheme. `[]` for none.'
    })
  }),
  credential: Type.Object({
    keyHash: Digest({
      description: 'Digest of the API key, as `tacit key hash` prints it.'
    })
  }),
  reasons: {
    missing_api_key: { status: 401, message: 'Send an API key.', retryable: false, isAbsence: true },
    unknown_api_key: { status: 401, message: 'This API key is not known here.', retryable: false },
    ambiguous_api_key: { status: 401, message: 'Send one API key, in one header.', retryable: false },
    ...GOOD_FOR_REASONS
  },
  provides: [CONSUMER, CREDENTIAL],
  data: { reads: ['credential'] },

  setup({ header, scheme, alsoAccept }, host) {
    const places: readonly KeyHeader[] = [
      { name: header.toLowerCase(), scheme: scheme.toLowerCase() },
      ...alsoAccept.map(name => ({ name: name.toLowerCase(), scheme: '' }))
    ]
    const twice = places.find(({ name }, index) => places.findIndex(other => other.name === name) !== index)
    if (twice !== undefined) throw new Error(`\`header\` and \`alsoAccept\` name "${twice.name}" twice.`)

    // A gateway without a `digestKey` fails here rather than at its first request.
    host.credentials.digest('')
    const digests = new Digests(key => host.credentials.digest(key))
    const challenges = challengesOf(scheme)

    const judge = (
      exchange: Exchange,
      request: DownstreamRequest,
      key: string,
      digest: string,
      found: FoundCredential | undefined
    ): Refusal | void => {
      digests.note(key, digest, found !== undefined)
      if (found === undefined) return host.refuse('unknown_api_key', challenges.unknown_api_key)
      const { consumer, proof } = found
      const fault = notGoodFor(proof, exchange, request)
      if (fault !== undefined) return host.refuse(fault)
      exchange.set(CONSUMER, consumer)
      exchange.set(CREDENTIAL, proof)
    }

    return {
      requestFilter(exchange, request) {
        const presented = presentedKey(request.headers, places)
        if ('refusal' in presented) return host.refuse(presented.refusal, challenges[presented.refusal])
        const { key } = presented
        const digest = digests.of(key)
        const found = host.credentials.find(digest)
        if (found instanceof Promise) return found.then(later => judge(exchange, request, key, digest, later))
        return judge(exchange, request, key, digest, found)
      },

      upstreamRequestFilter(exchange, request) {
        for (const { name } of places) request.headers.delete(name)
        return lacksModelCheck(exchange) ? host.refuse('models_not_checked') : undefined
      }
    }
  }
})
