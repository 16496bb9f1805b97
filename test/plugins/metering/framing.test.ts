import t from 'tap'
import { cutterOf, type Framing, framingOf } from '../../../plugins/metering/framing.ts'

t.test('is told by the type of the answer', async t => {
  t.equal(framingOf('ollama', true, 'application/x-ndjson; charset=utf-8'), 'lines')
  t.equal(framingOf('bedrock-converse', true, 'application/vnd.amazon.eventstream'), 'messages')
  t.equal(framingOf('gemini', true, 'application/json; charset=UTF-8'), 'array')
  t.equal(framingOf('gemini', false, 'application/json'), 'whole')
  t.equal(framingOf('openai-chat', false, 'Application/JSON'), 'whole')
  t.equal(framingOf('openai-chat', false, undefined), 'whole')
  t.equal(framingOf('openai-chat', false, 'application/problem+json'), 'whole')
  t.equal(framingOf('openai-audio', false, 'audio/mpeg'), 'opaque')
  t.equal(framingOf('http', false, 'application/json'), 'opaque')
})

const texts = (framing: Framing, body: string, size: number): string[] => {
  const found: string[] = []
  const cutter = cutterOf(framing)
  const bytes = Buffer.from(body)
  for (let at = 0; at < bytes.length; at += size) cutter?.push(bytes.subarray(at, at + size), text => found.push(text))
  cutter?.end(text => found.push(text))
  return found
}

t.test('cuts bodies wherever their pieces end', async t => {
  for (const size of [1, 2, 7, 100]) {
    t.strictSame(texts('lines', '{"a":1}\n{"b":"ä"}', size), ['{"a":1}', '{"b":"ä"}'])
    t.strictSame(texts('array', '[{"a":1},\n{"b":[2]}]', size), ['{"a":1}', '\n{"b":[2]}'])
    t.strictSame(texts('whole', '{"a":"ä"}', size), ['{"a":"ä"}'])
  }
  t.strictSame(texts('whole', '', 1), [])
})

t.test('reads no sound and no pictures', async t => {
  t.equal(cutterOf('opaque'), undefined)
})

t.test('gives up on what is no message of AWS, and does not throw', async t => {
  t.strictSame(texts('messages', 'not a message at all, but long enough to be read as one', 5), [])
})
