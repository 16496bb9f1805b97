import fc from 'fast-check'
import t from 'tap'
import { EventCutter, ParsedEvent, WholeEvents, wholeEventsLength } from '../../../core/pipeline/sse.ts'

/** Where each event of a text ends, by a slow reading of the standard: a line at a time, ended by CRLF, LF or CR. */
function eventEnds(text: string): readonly number[] {
  const ends: number[] = []
  let at = 0
  for (const [line] of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n)/g)) {
    at += line.length
    if (/^[\r\n]/.test(line)) ends.push(at)
  }
  return ends
}

/** The same for a text that may go on: a CR at its end may be half of a line's end. */
function settledEnds(text: string): readonly number[] {
  return eventEnds(text).filter(end => end < text.length || text.at(-1) !== '\r')
}

/** What is cut out of a text that comes in pieces. */
function cut(pieces: readonly string[]): { readonly events: readonly string[]; readonly rest: string } {
  const cutter = new EventCutter()
  const events: string[] = []
  for (const piece of pieces) cutter.push(Buffer.from(piece), event => events.push(latin1(event.raw)))
  const rest = cutter.takeRest()
  return { events, rest: rest === undefined ? '' : latin1(rest.raw) }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** A text in two pieces, for every place at which it may be cut. */
function* splits(text: string): Iterable<readonly [string, string]> {
  for (let at = 0; at <= text.length; at++) yield [text.slice(0, at), text.slice(at)]
}

const lines = fc.constantFrom('\n', '\r', '\r\n', 'a', 'data: x', ':', 'event: e')
const texts = fc.array(lines, { maxLength: 12 }).map(parts => parts.join(''))
const piecesOf = (text: string, cuts: readonly number[]) => {
  const ends = [...cuts.map(cutAt => cutAt % (text.length + 1)), 0, text.length].sort((one, other) => one - other)
  return ends.slice(1).map((end, index) => text.slice(ends[index], end))
}

t.test('the whole part ends with the last empty line, however lines end', async t => {
  const lengths = (texts: readonly string[]) => texts.map(text => wholeEventsLength(Buffer.from(text)))
  t.strictSame(
    lengths(['data: x\n\n', 'data: x\r\n\r\n', 'data: x\r\r\n', 'data: x\n\r\n', 'a\r\ry']),
    [9, 11, 10, 10, 3]
  )
  t.strictSame(lengths(['', 'd', '\n', '\r', '\r\n', 'data: x\n', 'data: x\r\n', 'data: x\n\r', 'data: x\r\r']), [
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0]
  ])
  t.strictSame(lengths(['a\n\nb\n\nc\n', 'a\n\nb', 'a\n\rb', 'a\r\n\r\nb\r\n', 'a\n\n\n']), [6, 3, 3, 5, 4])
})

t.test('the whole part agrees with a slow reading of the standard', async () => {
  fc.assert(
    fc.property(texts, text => {
      const end = settledEnds(text).at(-1) ?? 0
      const isFirstLine = /^(?:\r\n|\r|\n)$/.test(text.slice(0, end))
      return wholeEventsLength(Buffer.from(text)) === (isFirstLine ? 0 : end)
    }),
    { numRuns: 1_000 }
  )
})

t.test('no byte is lost or moved, and whatever is whole is passed on at once', async () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
      const wholes = new WholeEvents()
      let shown = ''
      let come = ''
      for (const piece of piecesOf(text, cuts)) {
        come += piece
        const whole = wholes.push(Buffer.from(piece))
        if (whole === undefined) continue
        shown += latin1(whole)
        if (shown.length !== settledEnds(come).at(-1)) return false
      }
      if (shown.length !== (settledEnds(come).at(-1) ?? 0)) return false
      const held = wholes.heldBytes
      const rest = latin1(wholes.takeHeld() ?? Buffer.alloc(0))
      return rest.length === held && shown + rest === text && wholes.heldBytes === 0
    }),
    { numRuns: 1_000 }
  )
})

t.test('a stream in pieces is cut like the stream in one', async () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
      const ends = eventEnds(text)
      const { events, rest } = cut(piecesOf(text, cuts))
      if (events.join('') + rest !== text) return false
      if (cut([text]).rest !== rest || cut([...text]).rest !== rest) return false
      let at = 0
      return events.every(event => {
        at += event.length
        return ends.includes(at) && eventEnds(event).at(-1) === event.length
      })
    }),
    { numRuns: 1_000 }
  )
})

t.test('events come out as soon as they are whole, at whatever byte the stream is split', async t => {
  for (const end of ['\n', '\r\n']) {
    const events = ['event: a\ndata: 1\n\n', ': hm\n\n', 'data: 2\ndata: 3\n\n'].map(event =>
      event.replaceAll('\n', end)
    )
    for (const pieces of splits(events.join(''))) t.strictSame(cut(pieces), { events, rest: '' })
  }
  const events = ['data: 1\r\r', 'data: 2\r\r']
  for (const pieces of splits(events.join(''))) {
    t.strictSame(cut(pieces), { events: [events[0]], rest: events[1] }, 'the last CR may be half of a CRLF')
  }
})

t.test('an end that begins in what was taken out is seen', async t => {
  for (const [before, after, end] of [
    ['data: x\n', '\ndata: y', 1],
    ['data: x\r\n', '\r\ndata: y', 2],
    ['data: x\n\r', '\ndata: y', 1],
    ['data: x\r\r', 'data: y', 0]
  ] as const) {
    const wholes = new WholeEvents()
    t.equal(wholes.push(Buffer.from(before)), undefined)
    t.equal(latin1(wholes.takeHeld() ?? Buffer.alloc(0)), before)
    t.equal(latin1(wholes.push(Buffer.from(after)) ?? Buffer.from('none')), after.slice(0, end))
    t.equal(latin1(wholes.takeHeld() ?? Buffer.alloc(0)), after.slice(end))
  }
})

t.test('chunks that are whole are not copied', async t => {
  const chunk = Buffer.from('data: 1\n\ndata: 2\n\n')
  t.equal(new WholeEvents().push(chunk), chunk)
  const raws: Uint8Array[] = []
  new EventCutter().push(chunk, event => raws.push(event.raw))
  t.strictSame(
    raws.map(raw => [raw.buffer === chunk.buffer, raw.byteOffset - chunk.byteOffset, raw.length]),
    [
      [true, 0, 9],
      [true, 9, 9]
    ]
  )
})

t.test('a large event in tiny chunks takes time in proportion to its size', async t => {
  const event = Buffer.from(`data: ${'x'.repeat(1_000_000)}\n\n`)
  const cutter = new EventCutter()
  const lengths: number[] = []
  const startedMs = performance.now()
  for (let at = 0; at < event.length; at += 4) {
    cutter.push(event.subarray(at, at + 4), ({ raw }) => lengths.push(raw.length))
  }
  const ms = performance.now() - startedMs
  t.strictSame(lengths, [event.length])
  t.ok(ms < 3_000, `${ms.toFixed(0)} ms`)
})

t.test('says when an event grows too long to be kept', async t => {
  const cutter = new EventCutter(10)
  const events: string[] = []
  const push = (text: string) => cutter.push(Buffer.from(text), event => events.push(event.data))
  t.equal(push('data: a\n\ndata: 1234'), true)
  t.equal(push('\n\ndata: b\n\n'), true)
  t.equal(push('data: 12345'), false)
  t.strictSame(events, ['a', '1234', 'b'])
})

t.test('an event says what the standard says', async t => {
  const read = (raw: string) => {
    const event = new ParsedEvent(Buffer.from(raw))
    return [event.type, event.data]
  }
  t.strictSame(read('data: x\n\n'), ['message', 'x'])
  t.strictSame(read('data:x\n\n'), ['message', 'x'])
  t.strictSame(read('data:  x \n\n'), ['message', ' x '])
  t.strictSame(read('event: a\r\ndata: 1\r\ndata:2\r\ndata\r\n\r\n'), ['a', '1\n2\n'])
  t.strictSame(read('event: a\rdata: 1\r\r'), ['a', '1'])
  t.strictSame(read('event: a\nevent: b\ndata: 1\n\n'), ['b', '1'])
  t.strictSame(read('event: a\nevent:\ndata: 1\n\n'), ['message', '1'], 'a name can be taken back')
  t.strictSame(read(': hello\n\n'), ['message', ''])
  t.strictSame(read('id: 7\nretry: 10\nData: no\n data: no\ndata : no\n\n'), ['message', ''])
  t.strictSame(read('data: a:b: c\n\n'), ['message', 'a:b: c'])
  t.strictSame(read('event\ndata\n\n'), ['message', ''])
  t.strictSame(read('data:\n data\ndata: \n\n'), ['message', '\n'])
  t.strictSame(read('events: a\ndatas: b\ndata:c'), ['message', 'c'])
  t.strictSame(read('data: é😀\n\n'), ['message', 'é😀'])
})

/** The same by the letter of the standard (WHATWG HTML, 9.2.6), a line at a time. */
function slowly(raw: string): readonly [type: string, data: string] {
  let type = ''
  const data: string[] = []
  for (const line of raw.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') data.push(value)
    else if (name === 'event') type = value
  }
  return [type === '' ? 'message' : type, data.join('\n')]
}

t.test('an event is read as by the letter of the standard', async () => {
  const words = fc.constantFrom('data', 'event', 'id', ':', ': ', ' ', 'x', 'é', '\n', '\r', '\r\n', 'data: ', '\ufeff')
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 16 }).map(parts => parts.join('')),
      raw => {
        const event = new ParsedEvent(Buffer.from(raw))
        return JSON.stringify([event.type, event.data]) === JSON.stringify(slowly(raw))
      }
    ),
    { numRuns: 2_000 }
  )
})

t.test('a byte order mark counts at the beginning of a stream only', async t => {
  const stream = Buffer.from('\ufeffdata: 1\n\n\ufeffdata: 2\n\ndata: \ufeff3\n\n')
  const seen: string[] = []
  new EventCutter().push(stream, event => seen.push(event.data))
  t.strictSame(seen, ['1', '', '\ufeff3'])
})

t.test('data is parsed once, and is undefined where it is no JSON', async t => {
  const event = new ParsedEvent(Buffer.from('data: {"a":[1]}\n\n'))
  t.strictSame(event.json(), { a: [1] })
  t.equal(event.json(), event.json())
  for (const data of ['', '[DONE]', '{"a":', 'NaN']) {
    t.equal(new ParsedEvent(Buffer.from(`data: ${data}\n\n`)).json(), undefined, data)
  }
  t.equal(new ParsedEvent(Buffer.from('data: null\n\n')).json(), null)
})

t.test('a copy with other data keeps everything else', async t => {
  const event = new ParsedEvent(Buffer.from(': note\r\nevent: delta\r\nid: 7\r\ndata: 1\r\ndata: 2\r\nretry\r\n\r\n'))
  const copy = event.with('a\nb\r\nc\rd')
  t.equal(latin1(copy.raw), ': note\nevent: delta\nid: 7\nretry\ndata: a\ndata: b\ndata: c\ndata: d\n\n')
  t.strictSame([copy.type, copy.data], ['delta', 'a\nb\nc\nd'])
  t.strictSame([event.type, event.data], ['delta', '1\n2'], 'the event itself is as it was')
})

t.test('whatever data a copy is given comes out of it, and it is one event', async () => {
  fc.assert(
    fc.property(
      texts,
      fc.string({ unit: 'binary' }).map(text => text.toWellFormed()),
      (raw, data) => {
        const copy = new ParsedEvent(Buffer.from(`event: e\n${raw.replace(/[\r\n]+/g, '\n')}\n\n`)).with(data)
        const { events, rest } = cut([Buffer.from(copy.raw).toString('latin1')])
        return copy.data === data.replace(/\r\n?/g, '\n') && events.length === 1 && rest === ''
      }
    ),
    { numRuns: 1_000 }
  )
})
