import t from 'tap'
import { digest, jsonReply } from '../../../examples/demo-upstream/reply.ts'

t.test('a digest repeats, and tells where one part ends', async t => {
  t.equal(digest('a', 'b'), digest('a', Buffer.from('b')))
  t.not(digest('a', 'b'), digest('ab'))
  t.match(digest('a'), /^[0-9a-f]{64}$/)
})

t.test('a JSON reply says that it is JSON', async t => {
  t.strictSame(jsonReply(201, { a: 1 }, { 'x-b': '2' }), {
    status: 201,
    headers: { 'content-type': 'application/json', 'x-b': '2' },
    body: '{"a":1}'
  })
})
