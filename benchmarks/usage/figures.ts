/**
 * Makes the figures of very many rows, by the gateway's own means and without writing the rows themselves: a month of
 * traffic of many consumers, some of whom call far more than others.
 */
import { systemClock } from '../../core/clock.ts'
import { openDatabase } from '../../core/records/database.ts'
import { KeyStore, openRootKey } from '../../core/records/key-store.ts'
import { compileKind } from '../../core/records/kind.ts'
import type { MasterKey } from '../../core/records/master-key.ts'
import { keyFile, rollupFile } from '../../core/records/partitions.ts'
import { RollupFile } from '../../core/records/rollup-file.ts'
import { seededRandom } from '../../core/testing/seeded-random.ts'
import { USAGE } from '../../plugins/ledger/kinds.ts'

/** How much there is. */
export interface Amount {
  readonly rows: number
  readonly consumers: number
  /** Days that rows are of, up to now. */
  readonly days: number
}

/** Rows that are added together: nobody waits meanwhile. */
const SLICE = 50_000
const DAY_MS = 86_400_000
const MODELS = ['small', 'large', 'pages', 'gpt-5', 'gpt-5-mini', 'claude-sonnet-5']

/** The name of a consumer. */
export function consumerName(index: number): string {
  return `consumer-${index}`
}

/** Fills a folder. @returns the instant up to which there are figures. */
export async function fillFigures(directory: string, masters: readonly MasterKey[], amount: Amount): Promise<number> {
  const { rollup } = compileKind('ledger', 'usage', USAGE)
  if (rollup === undefined) throw new TypeError('the ledger adds nothing up')
  const root = await openRootKey(keyFile(directory), masters)
  const keys = new KeyStore(openDatabase(keyFile(directory)), root)
  const file = new RollupFile(rollupFile(directory, 'ledger.usage'), rollup, keys)
  const until = systemClock.now()
  const random = seededRandom(1)
  const perDay = Math.ceil(amount.rows / amount.days)
  try {
    for (let day = 0; day < amount.days; day++) {
      const startsAt = until - (amount.days - day) * DAY_MS
      const source = {
        after(seq: number, limit: number) {
          const last = Math.min(perDay, seq + limit)
          const rows = Array.from({ length: last - seq }, (_, index) =>
            rowAt(startsAt + Math.floor(((seq + index) / perDay) * DAY_MS), amount.consumers, random)
          )
          return { rows, last, isAll: last === perDay }
        }
      }
      // Marks are told apart by partition and key, as those of days are.
      const partition = new Date(startsAt).toISOString().slice(0, 10)
      while (file.add(partition, Buffer.alloc(32, day + 1), source, SLICE));
    }
  } finally {
    file.close()
    keys.close()
  }
  return until
}

/** One call. A consumer of a low number calls far more often than one of a high number. */
function rowAt(at: number, consumers: number, random: () => number) {
  const consumer = Math.floor(random() ** 2 * consumers)
  const model = MODELS[Math.floor(random() ** 2 * 3 + (consumer % 4))] ?? 'small'
  const input = Math.floor(random() * 4_000)
  const output = Math.floor(random() * 800)
  return {
    id: '',
    at,
    fields: {
      consumer: consumerName(consumer),
      credential: `key-${Math.floor(random() * 2)}`,
      route: consumer % 3 === 0 ? 'embeddings' : 'chat',
      model,
      priceVersion: `${model}-1`,
      currency: 'USD',
      end: 'complete',
      source: random() < 0.02 ? 'counted' : 'reported',
      input,
      cacheRead: Math.floor(random() * 2_000),
      output,
      cost: BigInt(input * 1_000 + output * 4_000),
      requestBytes: input * 4,
      responseBytes: output * 4,
      durationMs: Math.floor(random() * 20_000)
    }
  }
}
