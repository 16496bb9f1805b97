import t from 'tap'
import { arrivalsIn, countRows, Pseudonyms, pendingRow } from '../../../core/records/arrivals.ts'
import { Reader, readSection, uuidText, Writer } from '../../../core/records/codec.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { writeRow } from '../../../core/records/row.ts'
import { newKey, token } from '../../../core/records/sealing.ts'
import { NEW_YEAR, USAGE, usageRow, vocabulary } from './support.ts'

const kind = compileKind('metering', 'usage', USAGE)
const context = { vocabulary: vocabulary(), now: 0, oldest: 0, youngest: NEW_YEAR * 2, newId: () => {} }

function piece(rows: readonly Readonly<Record<string, unknown>>[]): Buffer {
  const writer = new Writer(Buffer.alloc(kind.mostBytes * rows.length))
  for (const row of rows) writeRow(writer, 3, kind, row, context)
  return writer.bytes.subarray(0, writer.offset)
}

t.test('reads rows as they were put down', async t => {
  const key = newKey()
  const rows = [usageRow(1, NEW_YEAR), usageRow(2, NEW_YEAR + 5, { consumer: undefined, caller: undefined })]
  const bytes = piece(rows)
  t.equal(countRows(bytes), 2)
  const pseudonyms = new Pseudonyms(key)
  const read = [...arrivalsIn(bytes)].length
  t.equal(read, 2)
  const seen = []
  for (const arrival of arrivalsIn(bytes)) {
    t.equal(arrival.kind, 3)
    const { at, id, subject, clear, source, start, end, pseudonyms: digests } = pendingRow(arrival, kind, pseudonyms)
    const sealed: Record<string, unknown> = {}
    const content = Buffer.concat([source.subarray(start, end), ...digests])
    readSection(new Reader(content), kind.sealed, sealed as Record<string, string>)
    seen.push({ at, id: uuidText(id), subject, clear, sealed })
  }
  t.match(seen, [
    {
      at: NEW_YEAR,
      id: rows[0]?.exchange,
      subject: 'canary-consumer-two',
      clear: ['canary-route', 200, 0],
      sealed: { tokens: 1, caller: token(key, '192.0.2.1').toString('base64url'), consumer: 'canary-consumer-two' }
    },
    { at: NEW_YEAR + 5, subject: '', clear: ['canary-route', 200, 0], sealed: { tokens: 2, costNano: 2_000_000_014n } }
  ])
  t.notOk('caller' in (seen[1]?.sealed ?? {}))
})

t.test('gives the same caller the same pseudonym under one key, and another under another', async t => {
  const key = newKey()
  t.strictSame(new Pseudonyms(key).of('192.0.2.1'), new Pseudonyms(key).of('192.0.2.1'))
  t.notOk(new Pseudonyms(key).of('192.0.2.1').equals(new Pseudonyms(newKey()).of('192.0.2.1')))
})
