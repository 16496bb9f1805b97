import t from 'tap'
import { OLLAMA_READING } from '../../../core/dialects/ollama.ts'

const commits = (line: unknown) => OLLAMA_READING.commits('message', JSON.stringify(line))

t.test('commits to what a line says, and to the last one', async t => {
  t.notOk(commits({ message: { role: 'assistant', content: '' }, done: false }))
  t.ok(commits({ message: { content: 'a' }, done: false }))
  t.ok(commits({ message: { content: '', thinking: 'a' }, done: false }))
  t.ok(commits({ message: { content: '', tool_calls: [{ function: { name: 'f' } }] }, done: false }))
  t.notOk(commits({ response: '', done: false }))
  t.ok(commits({ response: 'a', done: false }))
  t.ok(commits({ message: { content: '' }, done: true }))
  t.ok(commits({ status: 'pulling', done: false }))
  t.ok(OLLAMA_READING.commits('message', '{'))
})

t.test('finds errors in streams and in bodies', async t => {
  t.strictSame(OLLAMA_READING.streamError('message', '{"error":"no"}'), { status: undefined })
  t.equal(OLLAMA_READING.streamError('message', '{"message":{"content":"\\"error\\""}}'), undefined)
  t.strictSame(OLLAMA_READING.bodyError({ error: 'no', status_code: 503 }), { status: 503 })
  t.equal(OLLAMA_READING.bodyError({ message: { content: 'a' }, done: true }), undefined)
})
