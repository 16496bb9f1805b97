/** What tests of stores share. */
import type { RedisConfiguration } from '../../../core/configuration/stores-schema.ts'

/** A decoded `redis:` block with the defaults of the schema, but for a deadline that a busy machine keeps. */
export function redisConfiguration(settings: Partial<RedisConfiguration>): RedisConfiguration {
  return {
    url: ['redis://127.0.0.1:6379'],
    cluster: false,
    database: 0,
    keyPrefix: 'tacit',
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    breaker: { failures: 5, pause: 100 },
    ...settings
  }
}
