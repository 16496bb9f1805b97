import t from 'tap'
import { TextReader } from '../../../../core/upstream/sockets/text-reader.ts'

/** Reads one text that comes in pieces. @returns it, and how many bytes of the last piece were not its own. */
function read(pieces: readonly string[], isSection: boolean): { text: string; left: number } | undefined {
  const reader = new TextReader()
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    const end = reader.read(bytes, 0, bytes.length, isSection)
    if (end !== -1) return { text: reader.take(), left: bytes.length - end }
  }
  return undefined
}

const SECTION = 'HTTP/1.1 200 OK\r\nx: \xe9\t\r\n\r\n'

t.test('takes a line, or a section to its empty line', async t => {
  t.strictSame(read(['a b\r\nrest'], false), { text: 'a b', left: 4 })
  t.strictSame(read(['\r\n'], false), { text: '', left: 0 })
  t.strictSame(read([`${SECTION}rest`], true), { text: SECTION.slice(0, -2), left: 4 })
  t.strictSame(read(['\r\nrest'], true), { text: '', left: 4 }, 'no trailers')
})

t.test('it makes no difference where the bytes are cut', async t => {
  for (let cut = 0; cut <= SECTION.length; cut++) {
    t.strictSame(read([SECTION.slice(0, cut), SECTION.slice(cut)], true), { text: SECTION.slice(0, -2), left: 0 })
  }
  t.strictSame(read([...SECTION], true), { text: SECTION.slice(0, -2), left: 0 })
})

t.test('says what has begun, and begins anew afterwards', async t => {
  const reader = new TextReader()
  const bytes = Buffer.from('one\r\ntwo')
  t.equal(reader.read(bytes, 0, 8, false), 5)
  t.equal(reader.take(), 'one')
  t.equal(reader.begun, '')
  t.equal(reader.read(bytes, 5, 8, false), -1)
  t.equal(reader.begun, 'two')
})

t.test('refuses every other end of a line, and control characters', async t => {
  for (const text of ['a\nb\r\n', 'a\rb\r\n', 'a\r\r\n', 'a\0\r\n', 'a\x1f\r\n', 'a\x7f\r\n', '\n', 'x: y\r\n\n']) {
    t.throws(() => read([text], true), { code: 'RESPONSE_HEAD' }, JSON.stringify(text))
    t.throws(() => read([...text], true), { code: 'RESPONSE_HEAD' }, `${JSON.stringify(text)} in pieces`)
  }
})

t.test('has an end, however small the pieces', async t => {
  t.ok(read([`${'a'.repeat(65_534)}\r\n`], false))
  t.throws(() => read([`${'a'.repeat(65_535)}\r\n`], false), { code: 'RESPONSE_HEAD' })
  t.throws(() => read(Array(70).fill('a'.repeat(1_000)), false), { code: 'RESPONSE_HEAD' })
})
