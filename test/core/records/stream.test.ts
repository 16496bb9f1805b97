import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { Records } from '../../../core/records/records.ts'
import { Shipper, StreamCollector } from '../../../core/records/stream.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { isFull } from '../../support/full.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from '../store/support.ts'
import { folder, masterKey, openTestRecords, USAGE, usageRow } from './support.ts'

// A whole outage takes longer than a test usually may.
t.setTimeout(600_000)

type Tap = Parameters<typeof folder>[0]

async function connect(t: Tap, server: RedisServer, commandTimeout = 500) {
  const redis = new RedisClient(redisConfiguration({ url: [server.url], commandTimeout }), { clock: systemClock })
  t.teardown(() => redis.close())
  await redis.open()
  return redis
}

/** A gateway that sends its rows. */
async function sender(t: Tap, server: RedisServer, directory?: string) {
  const redis = await connect(t, server)
  const records = await openTestRecords(t, systemClock, { directory: directory ?? (await folder(t)), isSending: true })
  const kind = records.kind('metering', 'usage', USAGE)
  const shipper = new Shipper(redis, redis.key('records', 'stream'), records)
  records.onCommitted(() => shipper.ship())
  shipper.ship()
  t.teardown(() => shipper.close())
  let next = 0
  const write = (count: number, at = systemClock.now()) => {
    for (let index = 0; index < count; index++) records.append(kind, usageRow(next++, at + index))
    return records.flush()
  }
  return { records, shipper, write, wrote: () => next }
}

/** A gateway that keeps them. */
async function collector(t: Tap, server: RedisServer, directory?: string) {
  const redis = await connect(t, server)
  const records = await openTestRecords(t, systemClock, { directory: directory ?? (await folder(t)) })
  const failed: unknown[] = []
  const waiting = redis.waiting(1_000)
  const stream = redis.key('records', 'stream')
  const collecting = new StreamCollector(redis, waiting, stream, [masterKey()], records, error => failed.push(error))
  collecting.begin()
  t.teardown(() => collecting.close())
  return { records, collecting, failed }
}

/** Asks until so many rows are there: nothing tells when those of another gateway have come. */
async function tokensIn(records: Records, count: number): Promise<readonly number[]> {
  for (;;) {
    const tokens: number[] = []
    let cursor: string | undefined
    do {
      const page = await records.query('metering.usage', { limit: 1_000, cursor, order: 'oldest' })
      tokens.push(...page.rows.map(({ fields }) => Number(fields.tokens)))
      cursor = page.cursor
    } while (cursor !== undefined)
    if (tokens.length >= count) return tokens.sort((first, second) => first - second)
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

t.test(
  'brings rows of one gateway into the store of another, and leaves none behind',
  { skip: withoutRedis },
  async t => {
    const server = await startRedis(t)
    const { records, write } = await sender(t, server)
    const { records: kept, failed } = await collector(t, server)
    await write(500)
    t.strictSame(await tokensIn(kept, 500), upTo(500))
    while ((await records.spooled(1)).length > 0);
    while ((await server.command('xlen', 'tacit:{records}:stream').catch(() => 0)) !== 0);
    t.strictSame(failed, [])
    t.strictSame((await records.query('metering.usage', {})).rows, [], 'the sender keeps none')
  }
)

t.test('loses nothing while Redis is away, and keeps nothing twice', { skip: withoutRedis }, async t => {
  const server = await startRedis(t)
  const { write, wrote } = await sender(t, server)
  const { records: kept } = await collector(t, server)
  await write(300)
  server.pause()
  const until = systemClock.monotonic() + (isFull ? 30_000 : 1_500)
  // Rows go on coming meanwhile, each a part of a commit that is reported.
  while (systemClock.monotonic() < until) await write(50)
  server.resume()
  await write(100)
  t.strictSame(await tokensIn(kept, wrote()), upTo(wrote()), `${wrote()} rows`)
})

t.test('sends after a restart what it could not send before', { skip: withoutRedis }, async t => {
  const server = await startRedis(t)
  const directory = await folder(t)
  const before = await sender(t, server, directory)
  await server.kill()
  await before.write(200)
  await before.shipper.close()
  await before.records.close()
  await server.restart()
  await sender(t, server, directory)
  const { records: kept } = await collector(t, server)
  t.strictSame(await tokensIn(kept, 200), upTo(200))
})

t.test('passes over what is no parcel of ours', { skip: withoutRedis }, async t => {
  const server = await startRedis(t)
  const redis = await connect(t, server)
  await redis.command('xadd', [redis.key('records', 'stream'), '*', 'p', Buffer.from('something else')])
  await redis.command('xadd', [redis.key('records', 'stream'), '*', 'q', '1', 'r', '2'])
  const { write } = await sender(t, server)
  const { records: kept, failed } = await collector(t, server)
  await write(10)
  t.strictSame(await tokensIn(kept, 10), upTo(10))
  t.equal(failed.length, 2)
})
