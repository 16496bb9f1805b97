import t from 'tap'
import { EVENT_BYTES, StampReader, stampedEvent } from '../../../benchmarks/load/stamped-events.ts'

t.test('an event has the promised size and is one line of JSON', async t => {
  const event = stampedEvent(123_456_789)
  t.equal(Buffer.byteLength(event), EVENT_BYTES)
  t.match(event, /^data: .*\n\n$/)
  const { choices } = JSON.parse(event.slice('data: '.length))
  t.equal(choices[0].delta.content.trim(), '@0000000123456789')
})

t.test('stamps are found wherever the stream is cut', async t => {
  const stamps = [1, 9_007_199_254_740_991, 42_000_000_001]
  const stream = Buffer.from(stamps.map(stamp => stampedEvent(stamp)).join(''))
  for (let at = 1; at < stream.length; at++) {
    const reader = new StampReader()
    const found: number[] = []
    reader.push(stream.subarray(0, at), stamp => found.push(stamp))
    reader.push(stream.subarray(at), stamp => found.push(stamp))
    if (!t.strictSame(found, stamps, `cut at ${at}`)) return
  }
})

t.test('an event of a server that was asked for usage is as long, and says that there is none yet', async t => {
  const event = stampedEvent(123_456_789, true)
  t.equal(Buffer.byteLength(event), EVENT_BYTES)
  t.equal(JSON.parse(event.slice('data: '.length)).usage, null)
})
