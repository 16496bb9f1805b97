/** Rows that go by way of Redis to the gateway that collects them, while gateways are killed and Redis is away. */
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { KILLS, killUnderLoad, startProcess, writeLedgerGateway } from '../support/killed-gateways.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'

t.setTimeout(900_000)

const AWAY_MS = isFull ? 30_000 : 2_000
const BODY = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Good morning' }] })

/** Makes one call. @returns the id of its row. */
async function ask(url: string): Promise<string> {
  const answer = await send({ url: `${url}/v1/chat/completions`, method: 'POST', body: BODY })
  if (answer.status !== 200) throw new Error(`a call was answered ${answer.status}`)
  return String(answer.headers['x-id'])
}

/** Files of a gateway that sends its rows, and of one that keeps them in `kept`. */
async function files(t: Parameters<typeof recordsFolder>[0], url: string) {
  const directory = await recordsFolder(t)
  const stores = { redis: { url } }
  const records = { masterKey: TEST_MASTER_KEY }
  const sending = { stores, records: { ...records, directory: 'sent', stream: {} } }
  const keeping = { stores, records: { ...records, directory: 'kept', stream: { collect: true } } }
  return {
    sends: await writeLedgerGateway(t, directory, 'sends', sending),
    keeps: await writeLedgerGateway(t, directory, 'keeps', keeping),
    /** Asks until this one is there, which was sent behind all others: nothing tells when rows of another gateway have come. */
    async rowsUpTo(last: string) {
      for (;;) {
        const rows = await keptRows(join(directory, 'kept'), 'ledger.usage')
        if (rows.some(({ id }) => id === last)) return rows
      }
    },
    ownRows: () => keptRows(join(directory, 'sent'), 'ledger.usage')
  }
}

t.test(
  `${KILLS} gateways are killed that send their rows, and each row arrives once`,
  { skip: withoutRedis },
  async t => {
    const { url } = await startRedis(t)
    const { sends, keeps, rowsUpTo, ownRows } = await files(t, url)
    const collector = await startProcess(t, keeps)
    const { all, promised } = await killUnderLoad(t, sends)
    // What the last of them could not send is sent by its successor.
    const successor = await startProcess(t, sends)
    const rows = await rowsUpTo(await ask(successor.url))
    const kept = new Set(rows.map(({ id }) => id))
    t.ok(promised.size >= KILLS * 10, `${all.size} were complete, ${promised.size} of them long enough`)
    t.strictSame(
      [...promised].filter(id => !kept.has(id)),
      [],
      'none is lost'
    )
    t.equal(kept.size, rows.length, 'none is there twice')
    t.strictSame(
      rows.filter(({ fields }) => fields.cost !== 140_000n),
      [],
      'and none is torn'
    )
    t.strictSame(await ownRows(), [], 'who sends keeps none')
    collector.child.kill('SIGTERM')
    t.equal((await collector.exited).code, 0)
  }
)

t.test('with Redis away calls are answered all the same, and no row is lost', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const { sends, keeps, rowsUpTo } = await files(t, redis.url)
  await startProcess(t, keeps)
  const { url } = await startProcess(t, sends)
  const complete = new Set<string>()
  const askUntil = async (untilMs: number) => {
    do complete.add(await ask(url))
    while (performance.now() < untilMs)
  }
  await askUntil(performance.now() + 200)
  redis.pause()
  const awayUntilMs = performance.now() + AWAY_MS
  await Promise.all([askUntil(awayUntilMs), askUntil(awayUntilMs)])
  redis.resume()
  const last = await ask(url)
  const rows = await rowsUpTo(last)
  t.strictSame(rows.map(({ id }) => id).sort(), [...complete, last].sort(), 'each is there, and once')
  t.ok(complete.size > 10, `${complete.size} calls, ${rows.length} rows`)
})
