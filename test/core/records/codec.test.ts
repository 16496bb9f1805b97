import fc from 'fast-check'
import t from 'tap'
import { Reader, readValue, uuidText, Writer } from '../../../core/records/codec.ts'

const writer = () => new Writer(Buffer.alloc(20_000))

t.test('reads whole numbers as they were written', async t => {
  fc.assert(
    fc.property(fc.maxSafeNat(), value => {
      const out = writer()
      out.whole(value)
      const back = new Reader(out.bytes)
      return back.whole() === value && back.offset === out.offset
    })
  )
  t.pass()
})

t.test('reads any text as it was written, short or long', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
      const out = writer()
      out.text(text.toWellFormed())
      const back = new Reader(out.bytes)
      return back.text() === text.toWellFormed() && back.offset === out.offset
    })
  )
  t.pass()
})

t.test('takes UUIDs in lower case, and nothing else', async t => {
  fc.assert(
    fc.property(fc.uuid(), uuid => {
      const out = writer()
      return out.uuid(uuid) && out.offset === 16 && uuidText(out.bytes.subarray(0, 16)) === uuid
    })
  )
  const uuid = '89ab23e5-0a9c-448b-91b7-35b98e833a28'
  for (let index = 0; index < uuid.length; index++) {
    for (const strange of ['g', ' ', 'é', '中', uuid[index] === '-' ? 'a' : '-', 'A']) {
      const out = writer()
      t.notOk(out.uuid(uuid.slice(0, index) + strange + uuid.slice(index + 1)), `${strange} at ${index}`)
      t.equal(out.offset, 0)
    }
  }
  for (const text of ['', uuid.slice(1), `${uuid}0`]) t.notOk(writer().uuid(text))
})

t.test('takes digests of 64 digits only', async t => {
  t.ok(writer().sha256('ab'.repeat(32)))
  for (const text of ['AB'.repeat(32), 'ab'.repeat(31), 'my name is Ada', `${'ab'.repeat(31)}\nx`]) {
    t.notOk(writer().sha256(text), text)
  }
})

t.test('throws for what ends too soon or makes no sense, whatever the bytes', async t => {
  const word = { name: 'w', isOptional: false, type: 'word', words: ['one'] } as const
  const text = { name: 't', isOptional: false, type: 'text', maxLength: 9 } as const
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
      for (const field of [word, text]) {
        try {
          readValue(new Reader(Buffer.from(bytes)), field)
        } catch (error) {
          if (!(error instanceof RangeError)) throw error
        }
      }
    })
  )
  t.throws(() => new Reader(Buffer.alloc(0)).byte(), RangeError)
  t.throws(() => new Reader(Buffer.alloc(9, 0xff)).whole(), RangeError)
  t.throws(() => readValue(new Reader(Buffer.of(1)), word), RangeError)
})
