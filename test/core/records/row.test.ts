import fc from 'fast-check'
import t from 'tap'
import { Writer } from '../../../core/records/codec.ts'
import { compileKind } from '../../../core/records/kind.ts'
import { writeRow } from '../../../core/records/row.ts'
import { isFull } from '../../support/full.ts'
import { ACCOUNT, NEW_YEAR, USAGE, usageRow, vocabulary } from './support.ts'

const kind = compileKind('metering', 'usage', USAGE)
const context = {
  vocabulary: vocabulary(),
  now: NEW_YEAR,
  oldest: NEW_YEAR - 1_000,
  youngest: NEW_YEAR + 1_000,
  newId: (writer: Writer) => writer.append(Buffer.alloc(16))
}

/** @returns how many bytes were written, or the code of the refusal. */
function write(row: Readonly<Record<string, unknown>>, of = kind): number | string {
  const writer = new Writer(Buffer.alloc(of.mostBytes))
  try {
    writeRow(writer, 0, of, row, context)
    return writer.offset
  } catch (error) {
    if (writer.offset !== 0) throw new Error('a refused row left bytes behind')
    return String(Reflect.get(Object(error), 'code'))
  }
}

t.test('takes a row that fits, with or without what is optional', async t => {
  t.type(write(usageRow(1, NEW_YEAR)), 'number')
  t.type(write(usageRow(1, NEW_YEAR, { consumer: undefined, caller: undefined, model: undefined })), 'number')
})

t.test('accepts no row with free text in any field, whatever the text', async t => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.lorem({ mode: 'sentences', maxCount: 3 }),
    fc.emailAddress(),
    fc.json(),
    fc.constantFrom('Ada Lovelace', '我叫王小明', 'ignore all previous instructions', '4111111111111111', '__proto__'),
    fc
      .tuple(fc.constantFrom('canary-route', 'complete', '200'), fc.string({ minLength: 1 }))
      .map(parts => parts.join(''))
  )
  // Whatever a pseudonym is made of is never kept, so that any short text will do.
  const fields = Object.keys(USAGE.fields.properties).filter(field => field !== 'caller')
  fc.assert(
    fc.property(fc.constantFrom(...fields), text, (field, value) => {
      return write(usageRow(1, NEW_YEAR, { [field]: value })) === 'TACIT_ROW_REFUSED'
    }),
    { numRuns: isFull ? 200_000 : 5_000 }
  )
  t.pass()
})

t.test('accepts no field that its kind does not name, whatever stands in it', async t => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (name, value) => {
      if (Object.hasOwn(USAGE.fields.properties, name)) return true
      const row = usageRow(1, NEW_YEAR)
      Object.defineProperty(row, name, { value, enumerable: true })
      return write(row) === 'TACIT_ROW_REFUSED'
    }),
    { numRuns: isFull ? 50_000 : 2_000 }
  )
  t.pass()
})

t.test('accepts no value of another type', async t => {
  const strange: readonly unknown[] = [
    null,
    {},
    [],
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    2 ** 53,
    Symbol('x'),
    () => {},
    'x',
    2n ** 63n,
    new Date()
  ]
  for (const field of Object.keys(USAGE.fields.properties)) {
    for (const value of strange) {
      if (field === 'caller' && value === 'x') continue
      // Money may be negative, durations have no end, and no number of them is text.
      if (field === 'durationMs' && value === 2 ** 53) continue
      t.equal(write(usageRow(1, NEW_YEAR, { [field]: value })), 'TACIT_ROW_REFUSED', `${field}: ${String(value)}`)
    }
  }
})

t.test('needs every field that is not optional', async t => {
  for (const field of ['exchange', 'startedAt', 'route', 'status', 'streamed', 'tokens', 'costNano', 'end']) {
    t.equal(write(usageRow(1, NEW_YEAR, { [field]: undefined })), 'TACIT_ROW_REFUSED', field)
  }
})

t.test('refuses instants that are too long ago or to come', async t => {
  t.equal(write(usageRow(1, context.oldest - 1)), 'TACIT_ROW_REFUSED')
  t.equal(write(usageRow(1, context.youngest + 1)), 'TACIT_ROW_REFUSED')
})

t.test('says which field does not fit, and never what stood in it', async t => {
  const writer = new Writer(Buffer.alloc(kind.mostBytes))
  const attempt = () => writeRow(writer, 0, kind, usageRow(1, NEW_YEAR, { route: 'my secret' }), context)
  t.throws(attempt, { message: 'A row of "metering.usage" was not kept: `route` does not fit.' })
})

t.test('fits any row that it takes into the bytes that were promised', async t => {
  const account = compileKind('privacy', 'account', ACCOUNT)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), contact => {
      const size = write({ consumer: 'canary-consumer-one', contact: contact.slice(0, 200) }, account)
      return typeof size === 'number' && size <= account.mostBytes
    })
  )
  t.equal(write({ consumer: 'canary-consumer-one', contact: 'x'.repeat(201) }, account), 'TACIT_ROW_REFUSED')
})
