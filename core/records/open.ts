/**
 * Opens the records that a configuration asks for, and has days dropped when they
 * are over. Without a plugin that keeps rows, and without a master key, nothing is
 * opened: no thread, no folder.
 */

import { dirname, resolve } from 'node:path'
import type { Clock } from '../clock.ts'
import type { LoadedConfiguration } from '../configuration/load.ts'
import { usesOf } from '../configuration/uses.ts'
import type { SecretText } from '../contract/units.ts'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log/error-code.ts'
import type { Logger } from '../log.ts'
import type { Health, MaybePromise } from '../plugin.ts'
import type { RedisClient } from '../store/redis.ts'
import { LocalMasterKey } from './master-key.ts'
import { knowVouched, learnNames } from './names.ts'
import { Records } from './records.ts'
import { ClosedSink, type RowSink } from './row-sink.ts'
import { BLOCK_MS, Shipper, StreamCollector, type StreamConnection } from './stream.ts'
import { Vocabulary } from './vocabulary.ts'

/** Records at work, or what stands in their place. */
export interface OpenRecords {
  readonly sink: RowSink
  readonly vocabulary: Vocabulary
  /** Undefined when nothing is kept. */
  readonly records: Records | undefined
  /** Tells how the records are. */
  readonly tellers: readonly { readonly name: string; readonly phases: { health(): MaybePromise<Health> } }[]
  close(): Promise<void>
}

/** What records are opened with. */
export interface OpenParts {
  readonly clock: Clock
  readonly logger: Pick<Logger, 'event'>
  /** Where `records.stream` is. */
  readonly redis?: (StreamConnection & Pick<RedisClient, 'key' | 'waiting'>) | undefined
}

/** How often rows are added up although nobody asks for figures, in ms. Longer than the writer waits until it rests. */
const ADD_UP_MS = 10_000
/** How often it is looked whether a day is over, in ms. */
const EXPIRY_MS = 600_000

/**
 * Opens the records of a configuration.
 * @throws GatewayError `TACIT_MASTER_KEY_MISSING` when a plugin keeps rows and there is no key to seal them with; as
 * {@link Records.open} does.
 */
export async function openRecords(
  loaded: LoadedConfiguration,
  { clock, logger, redis }: OpenParts
): Promise<OpenRecords> {
  const vocabulary = new Vocabulary()
  knowVouched(vocabulary)
  learnNames(vocabulary, loaded)
  const masterKeys = masterKeysOf(loaded)
  if (masterKeys.length === 0) {
    return { sink: new ClosedSink(), vocabulary, records: undefined, tellers: [], close: async () => {} }
  }
  const { queue, keep, stream } = loaded.configuration.records
  const records = await Records.open({
    directory: directoryOf(loaded),
    masterKeys,
    clock,
    vocabulary,
    lives: keep,
    queueBytes: queue,
    isSending: stream?.collect === false,
    failed: code => logger.event('records_failed', { code })
  })
  const travel =
    stream === undefined || redis === undefined
      ? undefined
      : beginTravel(records, redis, stream.collect ? masterKeys : undefined, error =>
          logger.event('records_failed', { code: errorCode(error) })
        )
  const expire = async () => {
    try {
      const days = await records.expire()
      if (days.length > 0) logger.event('records_expired', { days: days.length })
    } catch (error) {
      logger.event('records_failed', { code: errorCode(error) })
    }
  }
  const timer = setInterval(expire, EXPIRY_MS)
  timer.unref()
  let isAdding = false
  const adding = setInterval(async () => {
    if (isAdding) return
    isAdding = true
    try {
      await records.addUp()
    } catch (error) {
      logger.event('records_failed', { code: errorCode(error) })
    }
    isAdding = false
  }, ADD_UP_MS)
  adding.unref()
  // Once plugins have made their kinds known: a kind may live shorter than its class.
  const first = setTimeout(expire, 1_000)
  first.unref()
  return {
    sink: records,
    vocabulary,
    records,
    tellers: [{ name: 'records', phases: { health: () => records.health() } }],
    close: async () => {
      await travel?.close()
      clearInterval(timer)
      clearInterval(adding)
      clearTimeout(first)
      await records.close()
    }
  }
}

/** Sends rows by way of Redis, or collects those of others. @param masterKeys given to those who collect. */
function beginTravel(
  records: Records,
  redis: NonNullable<OpenParts['redis']>,
  masterKeys: readonly LocalMasterKey[] | undefined,
  failed: (error: unknown) => void
): { close(): Promise<void> } {
  const key = redis.key('records', 'stream')
  if (masterKeys !== undefined) {
    const collector = new StreamCollector(redis, redis.waiting(BLOCK_MS), key, masterKeys, records, failed)
    collector.begin()
    return collector
  }
  const shipper = new Shipper(redis, key, records)
  records.onCommitted(() => shipper.ship())
  shipper.ship()
  return shipper
}

/** The folder of the records, found from the folder of the configuration. */
export function directoryOf(loaded: LoadedConfiguration): string {
  return resolve(dirname(loaded.file), loaded.configuration.records.directory)
}

/**
 * The master keys, the one to seal with first; none when there is none and nobody needs one.
 * @throws GatewayError `TACIT_MASTER_KEY_MISSING`.
 */
export function masterKeysOf(loaded: LoadedConfiguration): readonly LocalMasterKey[] {
  const { masterKey, oldMasterKeys } = loaded.configuration.records
  if (masterKey !== undefined) return [masterKey, ...oldMasterKeys].map((key: SecretText) => new LocalMasterKey(key))
  if (loaded.configuration.webhooks.length > 0) {
    throw missing('Events for webhooks are kept until they are taken')
  }
  const keeper = usesOf(loaded).find(({ definition }) => Object.keys(definition.records ?? {}).length > 0)
  if (keeper === undefined) return []
  throw missing(`The plugin "${keeper.definition.name}" keeps rows`)
}

function missing(why: string): GatewayError {
  return new GatewayError(
    'TACIT_MASTER_KEY_MISSING',
    `${why}, and there is no key to seal them with.`,
    'Set `records.masterKey`, such as `masterKey: ${TACIT_MASTER_KEY}`, to what `openssl rand -base64 32` prints.'
  )
}
