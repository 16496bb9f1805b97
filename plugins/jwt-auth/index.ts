/** Knows a consumer by a JSON Web Token of an issuer that the operator trusts, and keeps the token from the upstream. */
import { LRUCache } from 'lru-cache'
import {
  CONSUMER,
  type Consumer,
  CREDENTIAL,
  type DownstreamRequest,
  Duration,
  definePlugin,
  type Exchange,
  GOOD_FOR_REASONS,
  lacksModelCheck,
  type MaybePromise,
  notGoodFor,
  type Refusal,
  Secret,
  Type
} from 'tacit-gateway/plugin'
import { claimFault, endOf, type Identity, identityOf } from './claims.ts'
import { isSigned, type Jws, parseJws, parseObject } from './jws.ts'
import { KeySource, pick } from './key-source.ts'
import { ALGORITHMS, type Algorithm, isSymmetric, keyOfText, type VerificationKey } from './keys.ts'
import { presentedToken } from './presented.ts'

/** Tokens that were found good, in characters, so that a client's next request costs no signature. */
const REMEMBERED_CHARACTERS = 8_000_000
/** What JWTs call themselves (RFC 7519, 5.1; RFC 9068, 2.1). A token for something else is none for us (RFC 8725, 3.11). */
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt']
/** Names that a consumer of the file or of the store can have. */
const CONSUMER_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
const CHALLENGE = { headers: { 'www-authenticate': 'Bearer' } }
const INVALID = { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
const AMBIGUOUS = { headers: { 'www-authenticate': 'Bearer error="invalid_request"' } }

/** A token that was found good. */
interface Verified {
  readonly identity: Identity
  readonly key: VerificationKey
  /** ms since the epoch. */
  readonly endsAt: number
}

const Claim = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

export default definePlugin({
  contract: 1,
  name: 'jwt-auth',
  summary: 'Knows a consumer by a JSON Web Token.',
  guard: true,
  config: Type.Object({
    issuer: Type.String({ minLength: 1, description: 'Who makes the tokens: their `iss`, to the letter.' }),
    audience: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      orOne: true,
      description: 'Whom the tokens are for: one of these must be in their `aud`.'
    }),
    algorithms: Type.Array(Type.String({ enum: [...ALGORITHMS] }), {
      minItems: 1,
      orOne: true,
      description: 'Algorithms that tokens are signed with. Others are refused, whatever the tokens say.'
    }),
    jwks: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^https?://',
            description: 'Where the issuer publishes its keys (RFC 7517, 5).'
          }),
          refresh: Duration({ default: '10m', description: 'How often they are fetched anew.' }),
          keep: Duration({ default: '24h', description: 'How long they are used where they cannot be fetched.' }),
          pause: Duration({
            default: '30s',
            description: 'Least time between two fetches because of a key that is not known, or after one that failed.'
          })
        },
        { description: 'Keys that the issuer publishes. Addresses that are not public need `egress.allow`.' }
      )
    ),
    keys: Type.Array(
      Type.Object({
        id: Type.Optional(Type.String({ description: 'The `kid` of tokens that are signed with it.' })),
        algorithm: Type.String({ enum: [...ALGORITHMS], description: 'The one algorithm that it is used with.' }),
        key: Secret({
          description: 'A public key or a certificate as PEM, a JWK as JSON, or the secret of an HS algorithm.'
        })
      }),
      { default: [], description: 'Keys that are known beforehand, in place of `jwks`.' }
    ),
    leeway: Duration({ default: '30s', description: 'By how much clocks may differ; at most 60s.' }),
    claims: Type.Object(
      {
        consumer: Type.String({ default: 'sub', description: 'The claim that names the consumer.' }),
        group: Claim('The claim that names the group of a guest.'),
        scopes: Claim('The claim with its scopes: a list, or words in one text.'),
        models: Claim('The claim with the models that it is good for. A token without it is then good for none.'),
        labels: Type.Record(Type.String(), Type.String(), {
          default: {},
          description: 'The claim behind each label of a guest. Values that are no words are left out.'
        })
      },
      { default: {}, description: 'Which claims say what. `a.b` is the member `b` of the claim `a`.' }
    ),
    consumers: Type.String({
      enum: ['known', 'guests'],
      default: 'known',
      description:
        '`known` takes consumers of the file or of the store alone. `guests` takes everybody whom the issuer vouches for, as `guest-…`, with the settings of their group.'
    }),
    header: Type.String({
      default: 'authorization',
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      description: 'Header that carries the token, after `Bearer`.'
    })
  }),
  reasons: {
    missing_token: { status: 401, message: 'Send a token.', retryable: false, isAbsence: true },
    ambiguous_token: { status: 401, message: 'Send one token, in one header.', retryable: false },
    invalid_token: { status: 401, message: 'This token is not good here.', retryable: false },
    expired_token: { status: 401, message: 'This token has expired.', retryable: false },
    unknown_consumer: { status: 403, message: 'Whom this token names may not call here.', retryable: false },
    keys_unavailable: {
      status: 503,
      message: 'The keys that tokens are verified by cannot be had at the moment.',
      retryable: true
    },
    ...GOOD_FOR_REASONS
  },
  provides: [CONSUMER, CREDENTIAL],
  data: { reads: ['credential'], egress: [{ to: 'the key set of the issuer', what: 'metadata' }] },

  setup(config, host) {
    const { issuer, audience, leeway: leewayMs, claims, consumers, jwks } = config
    const algorithms = config.algorithms.filter((word): word is Algorithm => ALGORITHMS.some(known => known === word))
    if (leewayMs > 60_000) throw new Error('`leeway` is at most 60s.')
    if ((jwks === undefined) === (config.keys.length === 0)) throw new Error('Give `jwks`, or `keys`, and not both.')
    if (jwks !== undefined && algorithms.some(isSymmetric)) {
      throw new Error('Algorithms with a secret (HS256 …) need `keys`: what an issuer publishes is no secret.')
    }
    const fixed = config.keys.map(({ id, algorithm, key }) => {
      const pinned = algorithms.find(known => known === algorithm)
      if (pinned === undefined) throw new Error(`A key is for ${algorithm}, which \`algorithms\` does not name.`)
      return keyOfText(key.reveal(), pinned, id)
    })
    // Guests are named by a keyed digest: without a `digestKey` that fails here.
    if (consumers === 'guests') host.credentials.digest('')

    const source =
      jwks &&
      new KeySource({
        url: jwks.url,
        algorithms,
        refreshMs: jwks.refresh,
        keepMs: jwks.keep,
        pauseMs: jwks.pause,
        now: () => host.clock.monotonic(),
        fetch: (url, options) => host.fetch(url, options)
      })
    const rules = { issuer, audience, leewayMs }
    const names = {
      consumer: claims.consumer,
      group: claims.group,
      scopes: claims.scopes,
      models: claims.models,
      labels: claims.labels
    }
    const header = config.header.toLowerCase()
    const verified = new LRUCache<string, Verified>({
      maxSize: REMEMBERED_CHARACTERS,
      sizeCalculation: (_value, token) => token.length
    })

    const refused = (exchange: Exchange, why: string): Refusal => {
      exchange.decide('token_refused', { why })
      return why === 'expired' ? host.refuse('expired_token', INVALID) : host.refuse('invalid_token', INVALID)
    }

    const admit = (
      exchange: Exchange,
      request: DownstreamRequest,
      { scopes, models }: Identity,
      consumer: Consumer | undefined
    ): Refusal | undefined => {
      if (consumer === undefined) return host.refuse('unknown_consumer')
      const proof = {
        id: `${consumer.id}/jwt-auth`,
        scopes,
        ...(models !== undefined && { goodFor: { models } })
      }
      const fault = notGoodFor(proof, exchange, request)
      if (fault !== undefined) return host.refuse(fault)
      exchange.set(CONSUMER, consumer)
      exchange.set(CREDENTIAL, proof)
      return undefined
    }

    const identify = (
      exchange: Exchange,
      request: DownstreamRequest,
      identity: Identity
    ): MaybePromise<Refusal | undefined> => {
      if (consumers === 'guests') {
        const { group, labels } = identity
        const guest = host.consumers.guest(`${issuer}\n${identity.consumer}`, { group, labels })
        return admit(exchange, request, identity, guest)
      }
      if (!CONSUMER_NAME.test(identity.consumer)) return host.refuse('unknown_consumer')
      const known = host.consumers.find(identity.consumer)
      if (known instanceof Promise) return known.then(later => admit(exchange, request, identity, later))
      return admit(exchange, request, identity, known)
    }

    const verify = (
      exchange: Exchange,
      request: DownstreamRequest,
      token: string,
      jws: Jws,
      key: VerificationKey | 'unknown' | 'unavailable'
    ): MaybePromise<Refusal | undefined> => {
      if (key === 'unavailable') return host.refuse('keys_unavailable')
      if (key === 'unknown') return refused(exchange, 'unknown_key')
      const known = verified.get(token)
      const at = host.clock.now()
      // One that was signed with a key which the issuer has taken back since is verified, and refused, like any other.
      if (known !== undefined && known.key === key) {
        if (at < known.endsAt) return identify(exchange, request, known.identity)
        verified.delete(token)
        return refused(exchange, 'expired')
      }
      if (!isSigned(jws, key)) return refused(exchange, 'bad_signature')
      const content = parseObject(jws.payload)
      if (content === undefined) return refused(exchange, 'no_claims')
      const fault = claimFault(content, rules, at)
      if (fault !== undefined) return refused(exchange, fault)
      const identity = identityOf(content, names)
      if (identity === undefined) return refused(exchange, 'no_consumer')
      verified.set(token, { identity, key, endsAt: endOf(content, leewayMs) })
      return identify(exchange, request, identity)
    }

    return {
      requestFilter(exchange, request) {
        const presented = presentedToken(request.headers, header)
        if (presented === 'missing') return host.refuse('missing_token', CHALLENGE)
        if (presented === 'ambiguous') return host.refuse('ambiguous_token', AMBIGUOUS)
        const { token } = presented
        const jws = parseJws(token)
        if (jws === undefined) return refused(exchange, 'no_token')
        const { algorithm, kid, type } = jws.header
        if (!algorithms.some(pinned => pinned === algorithm)) return refused(exchange, 'wrong_algorithm')
        if (!TYPES.includes(type)) return refused(exchange, 'wrong_type')
        const key = source === undefined ? (pick(fixed, kid, algorithm) ?? 'unknown') : source.find(kid, algorithm)
        if (key instanceof Promise) return key.then(found => verify(exchange, request, token, jws, found))
        return verify(exchange, request, token, jws, key)
      },

      upstreamRequestFilter(exchange, request) {
        request.headers.delete(header)
        return lacksModelCheck(exchange) ? host.refuse('models_not_checked') : undefined
      },

      health: () =>
        source?.isFailing === true
          ? { status: 'degraded', detail: 'The keys of the issuer could not be fetched.' }
          : { status: 'ok' }
    }
  }
})
