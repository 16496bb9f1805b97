/** Opens what the `stores:` block names, and says how it is. Whoever opens it closes it. */
import { resolve } from 'node:path'
import type { Clock } from '../clock.ts'
import type { RedisConfiguration, StoresConfiguration } from '../configuration/stores-schema.ts'
import { type IdentityEvents, type OpenIdentities, openIdentities } from '../identity/open.ts'
import type { Health, MaybePromise, Store } from '../plugin.ts'
import type { OwnLimits } from './limits.ts'
import type { RedisClient, RedisMeasures, RedisParts } from './redis.ts'
import { LocalStore } from './values.ts'

/** What gateways share, or what one has for itself. */
export interface Stores {
  /** The connection to Redis; undefined when none is configured. */
  readonly redis: RedisClient | undefined
  /** What plugins know as `host.store`. */
  readonly values: Store
  /** What plugins know as `host.limits`, in Redis; undefined when none is configured. */
  readonly limits: OwnLimits | undefined
  /** Absolute folder for what a gateway counts by itself; undefined where none is named, or Redis counts. */
  readonly limitsFolder: string | undefined
  /** Consumers and credentials besides those of the file; undefined where there is no place for any. */
  readonly identities: OpenIdentities | undefined
  /** Those that are not in this process, to be asked how they are. */
  readonly tellers: readonly { readonly name: string; readonly phases: { health(): MaybePromise<Health> } }[]
  close(): Promise<void>
}

/** What stores are opened with. */
export interface StoresParts {
  readonly clock: Clock
  /** Absolute; where relative paths begin. */
  readonly directory: string
  readonly redisMeasures?: RedisMeasures
  readonly identityEvents?: IdentityEvents
}

/**
 * Opens the stores. A Redis that does not answer is waited for no longer than its `connectTimeout`: the gateway
 * starts without it, and finds it when it is there.
 * @throws GatewayError `TACIT_REDIS_FILE` when a PEM file cannot be read, `TACIT_IDENTITIES_UNREADABLE` when the folder
 * cannot be used. Nothing is left open then.
 */
export async function openStores(
  { redis: configuration, folder, identities: { remembered }, limits }: StoresConfiguration,
  { clock, directory, redisMeasures, identityEvents }: StoresParts
): Promise<Stores> {
  const shared =
    configuration === undefined
      ? undefined
      : await openRedis(configuration, limits, {
          clock,
          ...(redisMeasures !== undefined && { measures: redisMeasures })
        })
  const redis = shared?.redis
  const places = {
    redis,
    folder: folder === undefined ? undefined : resolve(directory, folder),
    maxAnswers: remembered
  }
  const identities = await openIdentities(places, clock, identityEvents)
  return {
    redis,
    values: shared?.values ?? new LocalStore(clock),
    limits: shared?.limits,
    limitsFolder: shared === undefined ? places.folder : undefined,
    identities,
    tellers: [
      ...(redis === undefined ? [] : [{ name: 'stores.redis', phases: { health: () => redis.health() } }]),
      ...(identities?.store.look === undefined ? [] : [fileTeller(identities)])
    ],
    async close() {
      await identities?.store.close()
      await shared?.closeLimits()
      redis?.close()
    }
  }
}

/** The code of the client takes 7 MB, which a gateway without Redis does not need. */
async function openRedis(
  configuration: RedisConfiguration,
  { lease, gateways }: StoresConfiguration['limits'],
  parts: RedisParts
) {
  const { RedisClient } = await import('./redis.ts')
  const { RedisStore } = await import('./redis-values.ts')
  const { RedisLimits } = await import('./redis-limits.ts')
  const { LeasedLimits } = await import('./leased-limits.ts')
  const redis = new RedisClient(configuration, parts)
  await redis.open()
  const { commandTimeout } = configuration
  const { clock } = parts
  const exact = new RedisLimits(redis, { clock, deadlineMs: commandTimeout, leaseMs: lease, gateways })
  const limits = new LeasedLimits(exact, clock)
  const closeLimits = async () => {
    limits.close()
    await exact.close()
  }
  return { redis, values: new RedisStore(redis), limits, closeLimits }
}

/** A file that cannot be read keeps out the consumers that stand in it, and nobody else. */
function fileTeller({ store }: OpenIdentities): Stores['tellers'][number] {
  const health = (): Health => {
    try {
      store.look?.()
      return { status: 'ok' }
    } catch {
      return { status: 'degraded', detail: 'The file of identities could not be read.' }
    }
  }
  return { name: 'stores.identities', phases: { health } }
}
