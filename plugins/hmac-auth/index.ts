/** Knows a consumer by a signature over the request (RFC 9421), each of which is good once. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  CONSUMER,
  CREDENTIAL,
  Digest,
  type DownstreamRequest,
  Duration,
  definePlugin,
  type Exchange,
  type FoundCredential,
  GOOD_FOR_REASONS,
  lacksModelCheck,
  type MaybePromise,
  notGoodFor,
  type Refusal,
  Secret,
  type SecretText,
  Type
} from 'tacit-gateway/plugin'
import { isDigestOf } from './content-digest.ts'
import { coversEnough, type PresentedSignature, presentedSignature, signatureBase } from './signature-base.ts'

const CHALLENGE = { headers: { 'www-authenticate': 'Signature' } }
/** Shortest secret, in characters. */
const MIN_SECRET_LENGTH = 32

export default definePlugin({
  contract: 1,
  name: 'hmac-auth',
  summary: 'Knows a consumer by a signature over the request.',
  guard: true,
  config: Type.Object({
    window: Duration({
      default: '5m',
      description: 'How old a signature may be, and how far clocks may differ; at most 1h.'
    })
  }),
  credential: Type.Object({
    keyHash: Digest({
      description: 'Digest of the `keyid` that the client sends, as `tacit key hash` prints it.'
    }),
    secret: Secret({ description: 'What the client signs with. At least 32 characters.' })
  }),
  reasons: {
    missing_signature: { status: 401, message: 'Sign the request.', retryable: false, isAbsence: true },
    invalid_signature: { status: 401, message: 'This signature is not good here.', retryable: false },
    stale_signature: { status: 401, message: 'This signature is too old, or not good yet.', retryable: false },
    repeated_signature: { status: 401, message: 'This signature was used before.', retryable: false },
    replays_unknown: {
      status: 503,
      message: 'Whether this signature was used before cannot be known at the moment.',
      retryable: true
    },
    ...GOOD_FOR_REASONS
  },
  provides: [CONSUMER, CREDENTIAL],
  data: { reads: ['credential', 'request-body'] },

  setup({ window: windowMs }, host) {
    if (windowMs > 3_600_000 || windowMs < 1_000) throw new Error('`window` is from 1s to 1h.')
    host.credentials.digest('')

    /** Notes that a signature was used. Its nonce counts for as long as it could be good. */
    const isFirst = async (credentialId: string, { nonce, keyId }: PresentedSignature): Promise<boolean> => {
      // A digest, for what a client sends is no name of a key in a store.
      const key = `nonce/${host.credentials.digest(`${credentialId}\n${keyId}\n${nonce}`)}`
      return (await host.store.increment(key, 1, 2 * windowMs)) === 1
    }

    const judge = (
      exchange: Exchange,
      request: DownstreamRequest,
      presented: PresentedSignature,
      found: FoundCredential<{ readonly secret: SecretText }> | undefined
    ): MaybePromise<Refusal | undefined> => {
      const invalid = (why: string): Refusal => {
        exchange.decide('signature_refused', { why })
        return host.refuse('invalid_signature', CHALLENGE)
      }
      if (found === undefined) return invalid('unknown_key')
      const secret = found.credential.secret.reveal()
      if (secret.length < MIN_SECRET_LENGTH) return invalid('short_secret')
      const base = signatureBase(presented, request)
      if (base === undefined) return invalid('missing_component')
      const expected = createHmac('sha256', secret).update(base, 'latin1').digest()
      const { signature, components, created, expires } = presented
      if (expected.length !== signature.length || !timingSafeEqual(expected, signature)) return invalid('bad_signature')
      const body = request.body.bytes()
      if (!coversEnough(components, request.target, body.length > 0)) return invalid('too_little_signed')
      if (components.includes('content-digest') && !isDigestOf(request.headers.get('content-digest'), body)) {
        return invalid('bad_digest')
      }
      const now = host.clock.now()
      if (Math.abs(now - created * 1000) > windowMs || (expires !== undefined && now >= expires * 1000)) {
        return host.refuse('stale_signature', CHALLENGE)
      }
      const fault = notGoodFor(found.proof, exchange, request)
      if (fault !== undefined) return host.refuse(fault)
      const admit = (isUnused: boolean): Refusal | undefined => {
        if (!isUnused) return host.refuse('repeated_signature', CHALLENGE)
        exchange.set(CONSUMER, found.consumer)
        exchange.set(CREDENTIAL, found.proof)
        return undefined
      }
      // Last, so that nobody without the secret fills the store.
      return isFirst(found.credentialId, presented).then(admit, () => host.refuse('replays_unknown'))
    }

    return {
      requestFilter(exchange, request) {
        const presented = presentedSignature(request.headers)
        if (presented === 'missing') return host.refuse('missing_signature', CHALLENGE)
        if (presented === 'malformed') return host.refuse('invalid_signature', CHALLENGE)
        const found = host.credentials.find(host.credentials.digest(presented.keyId))
        return found instanceof Promise
          ? found.then(known => judge(exchange, request, presented, known))
          : judge(exchange, request, presented, found)
      },

      upstreamRequestFilter(exchange, request) {
        // They say nothing to an upstream: the gateway changes what they sign.
        request.headers.delete('signature')
        request.headers.delete('signature-input')
        return lacksModelCheck(exchange) ? host.refuse('models_not_checked') : undefined
      }
    }
  }
})
