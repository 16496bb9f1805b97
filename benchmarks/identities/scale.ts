/**
 * What finding a key costs where there are very many: the first time, when it is
 * remembered, and in memory. Against a real store, with the gateway's own cache.
 */
import { systemClock } from '../../core/clock.ts'
import { keyedDigest } from '../../core/identity/digest.ts'
import { IdentityCache } from '../../core/identity/identity-cache.ts'
import type { IdentityStore, Mutation } from '../../core/identity/identity-store.ts'

/** How much is looked up. */
export interface ScaleOptions {
  readonly keys: number
  /** Answers that the cache remembers. */
  readonly cache: number
  /** Look-ups of keys that are not remembered. */
  readonly cold: number
  /** Look-ups of keys that are. */
  readonly warm: number
  /** Told how many keys are written. */
  readonly wrote?: (keys: number) => void
}

/** What it cost: microseconds for each look-up, bytes for each key that was looked up once. */
export interface ScaleFigures {
  readonly coldUs: { readonly p50: number; readonly p99: number; readonly most: number }
  readonly warmUs: { readonly mean: number; readonly p99: number }
  readonly remembered: number
  readonly rssBeforeBytes: number
  readonly rssAfterBytes: number
}

const KEYS_OF_ONE = 100
const BATCH = 1_000
const digestOf = (index: number) => keyedDigest('key of a benchmark', `key ${index}`)

/** Fills a store that is empty. */
export async function fill(store: IdentityStore, { keys, wrote }: Pick<ScaleOptions, 'keys' | 'wrote'>): Promise<void> {
  const stamp = { revision: 1, createdAt: 1, updatedAt: 1 }
  for (let from = 0; from < keys; from += BATCH) {
    const batch: Mutation[] = []
    for (let index = from; index < Math.min(keys, from + BATCH); index++) {
      const consumer = `c${Math.floor(index / KEYS_OF_ONE)}`
      if (index % KEYS_OF_ONE === 0) {
        const row = JSON.stringify({ ...stamp, id: consumer, labels: {}, settings: {}, blocked: false })
        const conflict = await store.write([{ kind: 'consumer', id: consumer, revision: 0, row }])
        if (conflict !== undefined) throw new Error(`a consumer was not written: ${conflict}`)
      }
      const digest = digestOf(index)
      const id = `k${index}`
      const owner = { consumer, plugin: 'key-auth', digest }
      const row = JSON.stringify({ ...stamp, id, ...owner, credential: { keyHash: digest }, blocked: false })
      batch.push({ kind: 'credential', id, revision: 0, row, owner })
    }
    const conflict = await store.write(batch)
    if (conflict !== undefined) throw new Error(`keys were not written: ${conflict}`)
    wrote?.(Math.min(keys, from + BATCH))
  }
}

/** Looks keys up in a store that was filled. */
export async function measure(store: IdentityStore, options: ScaleOptions): Promise<ScaleFigures> {
  const { keys, cache: maxAnswers, cold, warm } = options
  const cache = new IdentityCache(store, systemClock, { maxAnswers })
  const rssBeforeBytes = process.memoryUsage.rss()
  // Far apart, and none twice: a prime that divides no round number.
  const stride = 7_919
  const times: number[] = []
  for (let round = 0; round < cold; round++) {
    const digest = digestOf((round * stride) % keys)
    const startedMs = performance.now()
    const answer = cache.find('key-auth', digest)
    const { rows } = answer instanceof Promise ? await answer : answer
    times.push((performance.now() - startedMs) * 1000)
    if (rows?.consumer === undefined) throw new Error('a key was not found')
  }
  const known = Array.from({ length: Math.min(1_000, maxAnswers, keys) }, (_, index) => digestOf(index))
  for (const digest of known) await cache.find('key-auth', digest)
  const warmTimes: number[] = []
  const startedMs = performance.now()
  for (let round = 0; round < warm; round++) {
    const digest = known[round % known.length] ?? ''
    const beganMs = performance.now()
    const answer = cache.find('key-auth', digest)
    if (answer instanceof Promise) await answer
    warmTimes.push((performance.now() - beganMs) * 1000)
  }
  const mean = ((performance.now() - startedMs) * 1000) / warm
  return {
    coldUs: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), most: quantile(times, 1) },
    warmUs: { mean, p99: quantile(warmTimes, 0.99) },
    remembered: cache.size,
    rssBeforeBytes,
    rssAfterBytes: process.memoryUsage.rss()
  }
}

/** The value that a share of all is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
