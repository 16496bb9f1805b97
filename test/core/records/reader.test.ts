import { copyFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { Writer } from '../../../core/records/codec.ts'
import { openRootKey } from '../../../core/records/key-store.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { keyFile, partitionFile } from '../../../core/records/partitions.ts'
import { checkQuery } from '../../../core/records/query.ts'
import { RecordReader } from '../../../core/records/reader.ts'
import { writeRow } from '../../../core/records/row.ts'
import {
  CONSUMERS,
  DAY_MS,
  folder,
  masterKey,
  NEW_YEAR,
  openTestWriter,
  USAGE,
  usageRow,
  vocabulary
} from './support.ts'

const kind = compileKind('metering', 'usage', USAGE)
const context = { vocabulary: vocabulary(), now: 0, oldest: 0, youngest: NEW_YEAR * 2, newId: () => {} }
const FILE = (directory: string, day = '2026-01-01') => partitionFile(directory, 'metering.usage', day)

type Tap = Parameters<typeof folder>[0]

/** Some rows on the disk, and a reader of them. */
async function store(t: Tap, rows: readonly Readonly<Record<string, unknown>>[], directory?: string) {
  const place = directory ?? (await folder(t))
  const writer = await openTestWriter(place)
  writer.setKind(0, kind)
  for (let from = 0; from < rows.length; from += 40) {
    const some = rows.slice(from, from + 40)
    const out = new Writer(Buffer.alloc(kind.mostBytes * some.length))
    for (const row of some) writeRow(out, 0, kind, row, context)
    writer.write([out.bytes.subarray(0, out.offset)])
  }
  writer.closePartitions()
  t.teardown(() => writer.close())
  const reader = new RecordReader({
    directory: place,
    root: await openRootKey(keyFile(place), [masterKey()]),
    monotonic: () => 0
  })
  t.teardown(() => reader.close())
  const ask = (query: Parameters<typeof checkQuery>[0]) => reader.query('metering.usage', checkQuery(query))
  return { directory: place, writer, reader, ask }
}

const hundred = Array.from({ length: 100 }, (_, index) =>
  usageRow(index, NEW_YEAR + index * 60_000, {
    status: index % 10 === 0 ? 429 : 200,
    route: index % 4 ? 'canary-route' : 'other-route'
  })
)

t.test('gives back every field as it was written', async t => {
  const { ask } = await store(t, hundred)
  const { rows } = ask({ where: { status: 429 }, order: 'oldest', limit: 1 })
  const [row] = rows
  t.match(row, {
    id: hundred[0]?.exchange,
    at: NEW_YEAR,
    fields: {
      consumer: CONSUMERS[0],
      route: 'other-route',
      status: 429,
      streamed: true,
      model: 'canary-model',
      tokens: 0,
      costNano: 0n,
      durationMs: 0,
      end: 'complete'
    }
  })
  t.match(row?.fields.caller, /^[\w-]{22}$/)
  t.strictSame(Object.keys(ask({ clearOnly: true, limit: 1 }).rows[0]?.fields ?? {}), ['route', 'status', 'streamed'])
})

t.test('finds the same rows as a look at all of them, by any columns, page by page', async t => {
  const { ask } = await store(t, hundred)
  const questions: readonly (readonly [
    Parameters<typeof checkQuery>[0],
    (row: (typeof hundred)[number]) => boolean
  ])[] = [
    [{}, () => true],
    [{ where: { status: 429 } }, row => row.status === 429],
    [{ where: { status: { from: 300, to: 499 } } }, row => Number(row.status) >= 300],
    [{ where: { route: 'other-route', status: 429 } }, row => row.route === 'other-route' && row.status === 429],
    [{ where: { route: ['other-route', 'no-route'] } }, row => row.route === 'other-route'],
    [{ where: { consumer: CONSUMERS[1] as string } }, row => row.consumer === CONSUMERS[1]],
    [
      { where: { consumer: CONSUMERS[1] as string, streamed: true } },
      row => row.consumer === CONSUMERS[1] && row.streamed
    ],
    [{ where: { route: 'no-route' } }, () => false],
    [{ where: { consumer: 'nobody' } }, () => false],
    [
      { from: NEW_YEAR + 600_000, to: NEW_YEAR + 1_200_000 },
      row => row.startedAt >= NEW_YEAR + 600_000 && row.startedAt < NEW_YEAR + 1_200_000
    ]
  ]
  for (const order of ['newest', 'oldest'] as const) {
    for (const [question, fits] of questions) {
      for (const limit of [1, 7, 1_000]) {
        const found: (string | number | bigint | boolean | undefined)[] = []
        let cursor: string | undefined
        do {
          const page = ask({ ...question, order, limit, cursor })
          t.ok(page.rows.length <= limit)
          found.push(...page.rows.map(row => row.fields.tokens))
          cursor = page.cursor
        } while (cursor !== undefined)
        const expected = hundred.filter(fits).map(row => row.tokens)
        t.strictSame(
          found,
          order === 'oldest' ? expected : expected.toReversed(),
          JSON.stringify({ ...question, order, limit })
        )
      }
    }
  }
})

t.test('finds one row by its name, among those that fit', async t => {
  const rows = Array.from({ length: 50 }, (_, index) => usageRow(index, NEW_YEAR + (index % 3) * DAY_MS))
  const { reader } = await store(t, rows)
  const id = '00000000-0000-4000-8000-000000000011'
  const found = (query: object) => reader.query('metering.usage', checkQuery({ id, ...query })).rows.map(row => row.id)
  const pages = (query: object) => {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = reader.query('metering.usage', checkQuery({ id, ...query, cursor }))
      ids.push(...page.rows.map(row => row.id))
      cursor = page.cursor
    } while (cursor !== undefined)
    return ids
  }
  t.strictSame(pages({}), [id])
  t.strictSame(pages({ where: { consumer: CONSUMERS[1] as string } }), [id])
  t.strictSame(pages({ where: { consumer: CONSUMERS[0] as string } }), [], 'the row of somebody else is not there')
  t.strictSame(found({ from: NEW_YEAR + 2 * DAY_MS + 1 }), [])
})

t.test('goes from day to day', async t => {
  const rows = Array.from({ length: 6 }, (_, index) => usageRow(index, NEW_YEAR + index * DAY_MS))
  const { ask } = await store(t, rows)
  const first = ask({ limit: 4 })
  t.strictSame(
    first.rows.map(({ fields }) => fields.tokens),
    [5, 4, 3, 2]
  )
  t.strictSame(
    ask({ limit: 4, cursor: first.cursor }).rows.map(({ fields }) => fields.tokens),
    [1, 0]
  )
  t.strictSame(
    ask({ from: NEW_YEAR + 2 * DAY_MS, to: NEW_YEAR + 3 * DAY_MS }).rows.map(({ fields }) => fields.tokens),
    [2]
  )
  t.strictSame(
    ask({ cursor: ask({ limit: 1, order: 'oldest' }).cursor, order: 'oldest', limit: 2 }).rows.map(
      ({ fields }) => fields.tokens
    ),
    [1, 2]
  )
})

t.test('refuses to compare what is sealed, or with what a column cannot hold', async t => {
  const { ask } = await store(t, hundred)
  for (const where of [
    { tokens: 1 },
    { nothing: 1 },
    { route: { from: 1 } },
    { '"; DROP TABLE rows': 1 },
    { seq: 1 }
  ]) {
    t.throws(() => ask({ where }), { code: 'TACIT_QUERY_INVALID' }, JSON.stringify(where))
  }
  t.strictSame(ask({ where: { status: "200' OR 1" } }).rows, [])
})

t.test('reads nothing of a day or a subject whose key is gone, even from a copy made before', async t => {
  const { directory, writer, reader, ask } = await store(t, hundred)
  copyFileSync(FILE(directory), `${directory}/copy`)
  t.equal(ask({ limit: 1_000 }).rows.length, 100)
  writer.erase(CONSUMERS[0] as string, ['usage'])
  writer.closePartitions()
  copyFileSync(`${directory}/copy`, FILE(directory))
  reader.forget()
  const left = ask({ limit: 1_000 }).rows
  t.equal(left.length, 50)
  t.ok(left.every(({ fields }) => fields.consumer === CONSUMERS[1]))
  writer.expire([{ kind: 'metering.usage', day: '2026-01-01' }])
  copyFileSync(`${directory}/copy`, FILE(directory))
  reader.forget()
  t.strictSame(ask({}).rows, [])
})

t.test('reads no block that was flipped or moved', async t => {
  const changes: readonly string[] = [
    // One bit of a ciphertext.
    "UPDATE blocks SET sealed = CAST(substr(sealed, 1, 20) || x'00' || substr(sealed, 22) AS BLOB) WHERE block = 1",
    // Two blocks of one subject in each other's place.
    'UPDATE blocks SET sealed = (SELECT other.sealed FROM blocks AS other WHERE other.block <> blocks.block AND other.subject = blocks.subject LIMIT 1)',
    'UPDATE blocks SET batch = batch + 1',
    'UPDATE rows SET block = (SELECT max(block) FROM blocks WHERE blocks.subject = rows.subject)',
    'UPDATE rows SET place = place + 1',
    `UPDATE shapes SET text = replace(text, 'durationMs', 'otherMillis')`,
    'UPDATE rows SET id = randomblob(16)',
    'UPDATE subjects SET owner = randomblob(length(owner))'
  ]
  for (const sql of changes) {
    const { directory, reader, ask } = await store(t, hundred)
    const database = new DatabaseSync(FILE(directory))
    database.exec(sql)
    database.close()
    reader.forget()
    t.throws(() => ask({ limit: 1_000 }), sql)
  }
})

t.test('reads no partition in the place of another day', async t => {
  const { directory, reader, ask } = await store(t, [usageRow(1, NEW_YEAR), usageRow(2, NEW_YEAR + DAY_MS)])
  copyFileSync(FILE(directory), FILE(directory, '2026-01-02'))
  reader.forget()
  t.throws(() => ask({ from: NEW_YEAR }), { code: 'TACIT_SEAL_BROKEN' })
})

t.test('finds nothing in a partition that is only just being made', async t => {
  const { directory, ask } = await store(t, [...hundred, usageRow(500, NEW_YEAR + DAY_MS)])
  writeFileSync(FILE(directory, '2026-01-02'), '')
  t.equal(ask({ limit: 1_000 }).rows.length, 100)
})
