import t from 'tap'
import { ANSWER_BYTES, answerBody } from '../../../benchmarks/upstreams/answer.ts'

t.test('the answer has the promised size, is JSON, and needs no escaping in single quotes', async t => {
  const body = answerBody()
  t.equal(Buffer.byteLength(body), ANSWER_BYTES)
  t.equal(JSON.parse(body).object, 'chat.completion')
  t.notMatch(body, /['$\\]/)
})
