/** What endpoints of identities say when something cannot be done. */
import { type EndpointReason, endpointRefusal } from '../endpoints/reasons.ts'
import { GatewayError, type Refused } from '../errors.ts'
import type { Identities } from '../identity/identities.ts'
import { RedisError } from '../store/redis-error.ts'
import type { AdminSource } from './source.ts'

const REASONS: Readonly<Record<string, EndpointReason>> = {
  TACIT_IDENTITY_EXISTS: 'identity_exists',
  TACIT_CREDENTIAL_TWICE: 'identity_exists',
  TACIT_IDENTITY_MISSING: 'identity_missing',
  TACIT_CONSUMER_UNKNOWN: 'identity_missing',
  TACIT_GROUP_UNKNOWN: 'identity_missing',
  TACIT_IDENTITY_CHANGED: 'identity_changed',
  TACIT_GROUP_IN_USE: 'identity_in_use',
  TACIT_IDENTITY_READ_ONLY: 'identity_read_only',
  TACIT_IDENTITY_INVALID: 'identity_invalid',
  TACIT_PLUGIN_UNKNOWN: 'identity_invalid',
  TACIT_CREDENTIALS_REFUSED: 'identity_invalid',
  TACIT_SETTINGS_REFUSED: 'identity_invalid',
  TACIT_SETTINGS_SECRET: 'identity_invalid',
  TACIT_SETTINGS_INVALID: 'identity_invalid'
}

/** The status that endpoints answer with for something that failed; 500 for what nobody has foreseen. */
export function statusOf(error: unknown): number {
  return refusalOf(error)?.status ?? 500
}

function refusalOf(error: unknown): Refused | undefined {
  const reason = error instanceof GatewayError ? REASONS[error.code] : undefined
  if (reason !== undefined) return endpointRefusal(reason)
  return error instanceof RedisError ? endpointRefusal('identity_unavailable') : undefined
}

/** What endpoints of identities are put together with. */
export interface IdentityTools {
  /** The store. @throws Refused `identities_not_kept` where the configuration has none. */
  need(): Identities
  /** Does something, and turns what it fails of into a refusal: a store that is away is one, too. */
  run<Value>(work: () => Promise<Value>): Promise<Value>
}

/** The tools for one gateway. */
export function identityTools({ identities }: Pick<AdminSource, 'identities'>): IdentityTools {
  return {
    need() {
      const store = identities()
      if (store === undefined) throw endpointRefusal('identities_not_kept')
      return store
    },
    async run(work) {
      try {
        return await work()
      } catch (error) {
        throw refusalOf(error) ?? error
      }
    }
  }
}
