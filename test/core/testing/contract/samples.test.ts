import t from 'tap'
import { USUAL_EXCHANGES } from '../../../../core/testing/contract/samples.ts'

const responses = Object.values(USUAL_EXCHANGES).map(({ response }) => response ?? {})
const texts = responses.flatMap(({ body }) => (typeof body === 'string' ? [body] : []))

t.test('bodies hold characters of every length, and both ways to end a line', async t => {
  const lengths = new Set(texts.flatMap(text => [...text].map(character => Buffer.byteLength(character))))
  t.strictSame([...lengths].sort(), [1, 2, 3, 4])
  t.ok(texts.some(text => text.includes('\r\n\r\n')) && texts.some(text => text.includes('\n\n')))
})

t.test('there are streams and whole bodies, answers and refusals, something and nothing', async t => {
  const types = new Set(responses.map(({ headers }) => String(headers?.['content-type']).split(';')[0]))
  t.strictSame([...types].sort(), ['application/json', 'application/octet-stream', 'text/event-stream', 'undefined'])
  t.strictSame([...new Set(responses.map(({ status }) => status ?? 200))].sort(), [200, 204, 429])
})
