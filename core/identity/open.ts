/** Opens the store of identities that a configuration names, and what remembers its answers. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { RedisClient } from '../store/redis.ts'
import { IdentityCache } from './identity-cache.ts'
import type { IdentityStore } from './identity-store.ts'

/** Where identities are kept: in Redis if it is given, else in the folder. */
export interface IdentityPlaces {
  readonly redis: RedisClient | undefined
  /** Absolute. Made if it is not there, for its owner alone. */
  readonly folder: string | undefined
  /** Answers that are remembered. */
  readonly maxAnswers: number
}

/** Told what goes on, for metrics and the log. */
export interface IdentityEvents {
  looked?(outcome: 'cached' | 'asked' | 'failed'): void
  /** A write has failed, or a thread could not be started. */
  failed?(code: string): void
}

/** A store of identities that somebody has to close. */
export interface OpenIdentities {
  readonly store: IdentityStore
  readonly cache: IdentityCache
}

/**
 * Opens the store. Undefined where there is no place for one.
 * @throws GatewayError `TACIT_IDENTITIES_UNREADABLE` when the folder cannot be used.
 */
export async function openIdentities(
  { redis, folder, maxAnswers }: IdentityPlaces,
  clock: Clock,
  { looked, failed }: IdentityEvents = {}
): Promise<OpenIdentities | undefined> {
  const store = redis !== undefined ? await inRedis(redis, clock) : await inFolder(folder, clock, failed)
  if (store === undefined) return undefined
  return { store, cache: new IdentityCache(store, clock, { maxAnswers, ...(looked !== undefined && { looked }) }) }
}

// What is not used is not loaded.
async function inRedis(redis: RedisClient, clock: Clock): Promise<IdentityStore> {
  const { RedisIdentities } = await import('./redis-identities.ts')
  return new RedisIdentities(redis, clock)
}

async function inFolder(
  folder: string | undefined,
  clock: Clock,
  failed: IdentityEvents['failed']
): Promise<IdentityStore | undefined> {
  if (folder === undefined) return undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch {
    throw new GatewayError(
      'TACIT_IDENTITIES_UNREADABLE',
      `The folder "${folder}" could not be made.`,
      'Check `stores.folder` and its permissions.'
    )
  }
  const { SqliteIdentities } = await import('./sqlite-identities.ts')
  return new SqliteIdentities(join(folder, 'identities.sqlite'), clock, failed)
}
