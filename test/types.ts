/**
 * What must not type-check in a plugin, does not: the type checker fails where
 * one of these lines has no error. Run by `npm run types`, never at run time.
 */
import {
  CONSUMER,
  definePlugin,
  type Exchange,
  type Peer,
  type Plugin,
  privateKey,
  type Refusal,
  Type
} from 'tacit-gateway/plugin'

const TENANT = privateKey<string>('tenant')
const nothing = { contract: 1, summary: 'Does nothing.', config: Type.Object({}), data: { reads: [] } } as const

/** Everything that follows from one schema and one table of reasons. */
export const inferred = definePlugin({
  ...nothing,
  name: 'inferred',
  config: Type.Object({ limit: Type.Number(), by: Type.Optional(Type.String()) }),
  credential: Type.Object({ keyHash: Type.String(), tier: Type.Integer() }),
  reasons: { too_many: { status: 429, message: 'Too many.', retryable: true } },
  requires: config => (config.by === 'consumer' ? [CONSUMER] : []),
  setup(config, host) {
    const limit: number = config.limit
    // @ts-expect-error not in the schema
    void config.limits
    // @ts-expect-error may be left out
    const by: string = config.by
    return {
      async requestFilter(exchange, request) {
        exchange.set(TENANT, by)
        // @ts-expect-error a value of another type
        exchange.set(TENANT, limit)
        // @ts-expect-error a fact of another type
        const tenant: number | undefined = exchange.get(TENANT)
        // @ts-expect-error the request stays as the client sent it
        request.method = 'GET'
        // @ts-expect-error and so do its headers
        request.headers.set('a', 'b')
        const found = await host.credentials.find('digest')
        const tier: number | undefined = found?.credential.tier
        // @ts-expect-error not in the schema of the credential
        void found?.credential.level
        // @ts-expect-error a reason that the definition does not list
        if (tier === tenant) return host.refuse('too_few')
        return host.refuse('too_many', { retryAfterMs: 1_000 })
      },
      upstreamRequestFilter(_exchange, request) {
        request.headers.set('a', 'b')
        // @ts-expect-error the peer was chosen before
        request.peer = undefined
      }
    }
  }
})

// @ts-expect-error a phase that does not exist
definePlugin({ ...nothing, name: 'misspelt', setup: () => ({ reponseFilter() {} }) })

// @ts-expect-error what is read must be declared
definePlugin({ contract: 1, name: 'silent', summary: '', config: Type.Object({}), setup: () => ({}) })

// @ts-expect-error a field that does not exist
definePlugin({ ...nothing, name: 'unguarded', gaurd: true, setup: () => ({}) })

// @ts-expect-error another version of the contract
definePlugin({ ...nothing, contract: 2, name: 'later', setup: () => ({}) })

definePlugin({
  ...nothing,
  name: 'waiting',
  // @ts-expect-error a peer is chosen without waiting
  setup: () => ({ upstreamPeer: async (_exchange: Exchange, peers: readonly Peer[]) => peers[0] })
})

// @ts-expect-error a refusal is made by the host only
export const refusal: Refusal = { reason: 'too_many' }

// @ts-expect-error a plugin is made by definePlugin only
export const plugin: Plugin = { ...nothing, name: 'bare', setup: () => ({}) }
