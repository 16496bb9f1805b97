/** Opens what the `stores:` block names, and says how it is. Whoever opens it closes it. */
import type { Clock } from '../clock.ts'
import type { StoresConfiguration } from '../configuration/stores-schema.ts'
import type { Health, Store } from '../plugin.ts'
import type { RedisClient, RedisMeasures } from './redis.ts'
import { LocalStore } from './values.ts'

/** What gateways share, or what one has for itself. */
export interface Stores {
  /** The connection to Redis; undefined when none is configured. */
  readonly redis: RedisClient | undefined
  /** What plugins know as `host.store`. */
  readonly values: Store
  /** Those that are not in this process, to be asked how they are. */
  readonly tellers: readonly { readonly name: string; readonly phases: { health(): Promise<Health> } }[]
  close(): void
}

/**
 * Opens the stores. A Redis that does not answer is waited for no longer than its `connectTimeout`: the gateway
 * starts without it, and finds it when it is there.
 * @throws GatewayError `TACIT_REDIS_FILE` when a PEM file cannot be read.
 */
export async function openStores(
  { redis: configuration }: StoresConfiguration,
  clock: Clock,
  measures?: RedisMeasures
): Promise<Stores> {
  if (configuration === undefined) {
    return { redis: undefined, values: new LocalStore(clock), tellers: [], close: () => {} }
  }
  // The code of the client takes 7 MB, which a gateway without Redis does not need.
  const { RedisClient } = await import('./redis.ts')
  const { RedisStore } = await import('./redis-values.ts')
  const redis = new RedisClient(configuration, { clock, ...(measures !== undefined && { measures }) })
  await redis.open()
  return {
    redis,
    values: new RedisStore(redis),
    tellers: [{ name: 'stores.redis', phases: { health: () => redis.health() } }],
    close: () => redis.close()
  }
}
