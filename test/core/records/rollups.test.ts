import t from 'tap'
import type { RollupFigures } from '../../../core/contract/rollups.ts'
import type { Records } from '../../../core/records/records.ts'
import { readEnvelope } from '../../../core/records/spool.ts'
import { seededRandom } from '../../../core/testing/seeded-random.ts'
import { ManualClock } from '../../support/clock.ts'
import {
  CONSUMERS,
  DAY_MS,
  filesWith,
  folder,
  masterKey,
  NEW_YEAR,
  openTestRecords,
  USAGE,
  usageRow
} from './support.ts'

const HOUR_MS = 3_600_000
const KIND = 'metering.usage'
const [FIRST = '', SECOND = ''] = CONSUMERS

/** The kind, with everything added up that can be. */
const COUNTED = {
  ...USAGE,
  rollup: {
    by: ['consumer', 'route', 'model', 'end'],
    sum: ['tokens', 'costNano'],
    count: { failed: { field: 'status', is: 500 }, known: { field: 'model' } }
  }
} as const

/** Figures as tuples: step in hours of the year, whose, rows, tokens, cost. */
function told(figures: readonly RollupFigures[], ...by: readonly string[]) {
  return figures
    .map(({ at, by: names, rows, sums }) => [
      (at - NEW_YEAR) / HOUR_MS,
      ...by.map(name => names[name] ?? '-'),
      rows,
      sums.tokens,
      sums.costNano
    ])
    .sort((one, other) => (String(one) < String(other) ? -1 : 1))
}

const year = { from: NEW_YEAR, to: NEW_YEAR + 365 * DAY_MS }

async function totals(records: Records) {
  return told(await records.rollup(KIND, year))
}

t.test('adds up every row that was appended, exactly, and tells it apart as asked', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const kind = records.kind('metering', 'usage', COUNTED)
  records.append(kind, usageRow(1, clock.now(), { costNano: 9_000_000_000_000_000_001n }))
  records.append(kind, usageRow(2, clock.now(), { costNano: 9_000_000_000_000_000_001n, status: 500 }))
  records.append(kind, usageRow(3, clock.now(), { costNano: -3n, model: undefined }))
  records.append(kind, usageRow(5, clock.now(), { consumer: undefined, costNano: 1_999_999_999n }))
  const cost = 18_000_000_000_000_000_002n - 3n + 1_999_999_999n
  t.strictSame(await totals(records), [[0, 4, 11, cost]], 'more than 64 bits hold')
  t.strictSame(told(await records.rollup(KIND, { ...year, by: ['consumer', 'model'] }), 'consumer', 'model'), [
    [0, '-', 'canary-model', 1, 5, 1_999_999_999n],
    [0, FIRST, 'canary-model', 1, 2, 9_000_000_000_000_000_001n],
    [0, SECOND, '-', 1, 3, -3n],
    [0, SECOND, 'canary-model', 1, 1, 9_000_000_000_000_000_001n]
  ])
  const [all] = await records.rollup(KIND, { ...year, where: { end: 'complete' } })
  t.match(all?.sums, { failed: 1, known: 3 })
  t.strictSame(told(await records.rollup(KIND, { ...year, where: { consumer: null } })), [[0, 1, 5, 1_999_999_999n]])
  t.strictSame(await records.rollup(KIND, { ...year, where: { consumer: 'nobody-of-that-name' } }), [])
})

t.test('a row that comes again, or comes late, counts once and at its own time', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock)
  const kind = records.kind('metering', 'usage', COUNTED)
  clock.advance(3 * DAY_MS)
  for (const at of [NEW_YEAR + 2 * DAY_MS, NEW_YEAR + DAY_MS + HOUR_MS]) {
    records.append(kind, usageRow(4, at))
    await records.addUp()
    records.append(kind, usageRow(4, at))
  }
  const steps = [NEW_YEAR + DAY_MS, NEW_YEAR + 2 * DAY_MS]
  t.strictSame(told(await records.rollup(KIND, { from: NEW_YEAR, to: NEW_YEAR + 3 * DAY_MS, steps })), [
    [24, 1, 4, 4_000_000_028n],
    [48, 1, 4, 4_000_000_028n]
  ])
})

t.test('figures outlive the rows, and end with the life of bills, day by day', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const records = await openTestRecords(t, clock, { directory })
  const kind = records.kind('metering', 'usage', COUNTED)
  records.append(kind, usageRow(1, NEW_YEAR))
  records.append(kind, usageRow(2, NEW_YEAR + HOUR_MS))
  clock.advance(6 * DAY_MS)
  records.append(kind, usageRow(3, NEW_YEAR + 5 * DAY_MS))
  await records.flush()
  clock.advance(30 * DAY_MS)
  t.equal((await records.expire()).length, 2)
  t.strictSame((await records.query(KIND, {})).rows, [])
  t.strictSame(await totals(records), [[0, 3, 6, 6_000_000_042n]], 'rows that nobody had added up yet are in it')
  clock.advance(364 * DAY_MS)
  await records.expire()
  t.strictSame(await totals(records), [[0, 1, 3, 3_000_000_021n]], 'the month has lost what its first day had')
  clock.advance(10 * DAY_MS)
  await records.expire()
  t.strictSame(await totals(records), [])
})

t.test('figures that have ended do not come back from rows that live longer', async t => {
  const clock = new ManualClock()
  const records = await openTestRecords(t, clock, { lives: { ...LONG, billing: 5 * DAY_MS } })
  const kind = records.kind('metering', 'usage', COUNTED)
  clock.advance(DAY_MS)
  records.append(kind, usageRow(1, NEW_YEAR))
  records.append(kind, usageRow(2, NEW_YEAR + DAY_MS))
  t.strictSame(await totals(records), [[0, 2, 3, 3_000_000_021n]])
  clock.advance(4 * DAY_MS)
  await records.expire()
  await records.erase(FIRST, ['audit'])
  t.strictSame(await totals(records), [[0, 1, 2, 2_000_000_014n]])
})

t.test('erasing a subject leaves its figures to nobody, and no trace of whose they were', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const records = await openTestRecords(t, clock, { directory })
  const kind = records.kind('metering', 'usage', COUNTED)
  for (let index = 1; index <= 6; index++) records.append(kind, usageRow(index, NEW_YEAR, { model: undefined }))
  await records.erase(FIRST, ['usage'])
  const before = [
    [0, FIRST, 3, 12, 12_000_000_084n],
    [0, SECOND, 3, 9, 9_000_000_063n]
  ]
  t.strictSame(
    told(await records.rollup(KIND, { ...year, by: ['consumer'] }), 'consumer'),
    before,
    'rows alone are not bills'
  )
  await records.erase(FIRST)
  t.strictSame(told(await records.rollup(KIND, { ...year, by: ['consumer'] }), 'consumer'), [
    [0, '-', 3, 12, 12_000_000_084n],
    [0, SECOND, 3, 9, 9_000_000_063n]
  ])
  t.strictSame(await totals(records), [[0, 6, 21, 21_000_000_147n]])
  records.append(kind, usageRow(8, NEW_YEAR))
  records.append(kind, usageRow(9, NEW_YEAR))
  t.strictSame(await totals(records), [[0, 8, 38, 38_000_000_266n]], 'rows that come later are counted, too')
  await records.close()
  t.strictSame(filesWith(directory, FIRST), [], 'the name is in no file in clear')
})

t.test('a partition that is made anew is not taken for the one before', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const records = await openTestRecords(t, clock, { directory })
  const kind = records.kind('metering', 'usage', COUNTED)
  for (let index = 1; index <= 3; index++) records.append(kind, usageRow(index, NEW_YEAR))
  await records.flush()
  await records.drop([{ kind: KIND, day: '2026-01-01' }])
  records.append(kind, usageRow(7, NEW_YEAR))
  t.strictSame(await totals(records), [[0, 4, 13, 13_000_000_091n]])
})

t.test('rows of before a crash are added when the next gateway starts, those of its other lanes, too', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const one = await openTestRecords(t, clock, { directory })
  const two = await openTestRecords(t, clock, { directory })
  one.append(one.kind('metering', 'usage', COUNTED), usageRow(1, NEW_YEAR))
  two.append(two.kind('metering', 'usage', COUNTED), usageRow(2, NEW_YEAR))
  await one.addUp()
  await two.flush()
  await two.close()
  await one.close()
  const next = await openTestRecords(t, clock, { directory })
  next.kind('metering', 'usage', COUNTED)
  t.strictSame(await totals(next), [[0, 2, 3, 3_000_000_021n]])
})

t.test('several writers may add up at once: no row is lost or counted twice', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const writers = [await openTestRecords(t, clock, { directory }), await openTestRecords(t, clock, { directory })]
  const kinds = writers.map(records => records.kind('metering', 'usage', COUNTED))
  const work: Promise<unknown>[] = []
  for (let index = 1; index <= 3_000; index++) {
    for (const [lane, records] of writers.entries()) {
      const kind = kinds[lane]
      if (kind !== undefined) records.append(kind, usageRow(index * 2 + lane, NEW_YEAR + index * 1_000))
    }
    if (index % 500 === 0) work.push(...writers.map(records => records.addUp()))
  }
  await Promise.all(work)
  const sum = (6_001 * 6_002) / 2 - 1
  for (const records of writers) await records.addUp()
  for (const records of writers) t.match(await totals(records), [[0, 6_000, sum, BigInt(sum) * 1_000_000_007n]])
})

t.test('rows of other gateways are added up where they are collected, once although a parcel comes twice', async t => {
  const clock = new ManualClock()
  const sender = await openTestRecords(t, clock, { isSending: true })
  const collector = await openTestRecords(t, clock)
  const kind = sender.kind('metering', 'usage', COUNTED)
  for (let index = 1; index <= 10; index++) sender.append(kind, usageRow(index, NEW_YEAR))
  await sender.flush()
  t.strictSame(await totals(sender), [], 'there are none here')
  const parcels = await Promise.all(
    (await sender.spooled(10)).map(async ({ bytes }) => {
      const { wrapped, sealed } = readEnvelope(Buffer.from(bytes))
      return { key: await masterKey().unwrap(wrapped), sealed }
    })
  )
  collector.kind('metering', 'usage', COUNTED)
  await collector.collect(parcels)
  await collector.collect(parcels)
  t.strictSame(await totals(collector), [[0, 10, 55, 55_000_000_385n]])
})

t.test('a field that is told apart by from now on does not lose what was there', async t => {
  const clock = new ManualClock()
  const directory = await folder(t)
  const before = await openTestRecords(t, clock, { directory })
  const { by, sum } = COUNTED.rollup
  const less = { ...COUNTED, rollup: { by: by.slice(0, 2), sum: sum.slice(0, 1) } }
  before.append(before.kind('metering', 'usage', less), usageRow(1, NEW_YEAR))
  t.strictSame(told(await before.rollup(KIND, year)), [[0, 1, 1, undefined]])
  await before.close()
  const after = await openTestRecords(t, clock, { directory })
  after.append(after.kind('metering', 'usage', COUNTED), usageRow(2, NEW_YEAR))
  t.strictSame(told(await after.rollup(KIND, { ...year, by: ['model'] }), 'model'), [
    [0, '-', 1, 1, 0n],
    [0, 'canary-model', 1, 2, 2_000_000_014n]
  ])
})

t.test('what is asked for any stretch of time is what its rows add up to', async t => {
  const clock = new ManualClock()
  const random = seededRandom(8)
  const instants = Array.from({ length: 1_000 }, () => NEW_YEAR - 5 * DAY_MS + Math.floor(random() * 36 * DAY_MS))
  clock.advance(31 * DAY_MS)
  const lives = await openTestRecords(t, clock, { lives: LONG })
  const own = lives.kind('metering', 'usage', COUNTED)
  for (const [index, at] of instants.entries()) lives.append(own, usageRow(index, at))
  for (let round = 0; round < 40; round++) {
    const [from = 0, to = 0] = [random(), random()]
      .map(share => NEW_YEAR - 6 * DAY_MS + Math.floor(share * 38 * 96) * 900_000)
      .sort((one, other) => one - other)
    if (from === to) continue
    const by = round % 2 === 0 ? [] : ['consumer']
    const found = await lives.rollup(KIND, { from, to, by })
    const inside = [...instants.entries()].filter(([, at]) => at >= from && at < to)
    t.equal(
      found.reduce((sum, { rows }) => sum + rows, 0),
      inside.length
    )
    t.equal(
      found.reduce((sum, { sums }) => sum + Number(sums.tokens), 0),
      inside.reduce((sum, [index]) => sum + index, 0)
    )
  }
})

/** Rows of before the first day are kept, too. */
const LONG = {
  access: DAY_MS * 400,
  usage: DAY_MS * 400,
  billing: DAY_MS * 400,
  audit: DAY_MS * 400,
  account: DAY_MS * 400,
  consent: DAY_MS * 400
}

t.test('a question that does not fit is refused', async t => {
  const records = await openTestRecords(t, new ManualClock())
  records.kind('metering', 'usage', COUNTED)
  const wrong = { code: 'TACIT_QUERY_INVALID' }
  await t.rejects(records.rollup('no.kind', year), wrong)
  await t.rejects(records.rollup(KIND, { from: 1, to: DAY_MS }), wrong, 'not on a quarter of an hour')
  await t.rejects(records.rollup(KIND, { from: DAY_MS, to: DAY_MS }), wrong)
  await t.rejects(records.rollup(KIND, { ...year, steps: [NEW_YEAR] }), wrong)
  await t.rejects(records.rollup(KIND, { ...year, by: ['caller'] }), wrong)
  await t.rejects(records.rollup(KIND, { ...year, where: { '1=1; --': 'x' } }), wrong)
  const steps = Array.from({ length: 1_001 }, (_, index) => NEW_YEAR + (index + 1) * 900_000)
  await t.rejects(records.rollup(KIND, { ...year, steps }), wrong)
})
