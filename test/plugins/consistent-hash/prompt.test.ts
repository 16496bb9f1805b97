import t from 'tap'
import { promptStart } from '../../../plugins/consistent-hash/prompt.ts'

const from = (body: string) => {
  const bytes = Buffer.from(body)
  return bytes.subarray(promptStart(bytes)).toString()
}

t.test('finds the first member of the prompt, whatever stands before it', async t => {
  t.equal(from('{"model":"m","messages":[{"role":"user"}]}'), '[{"role":"user"}]}')
  t.equal(from('{"model":"m" , "system" : "be kind","messages":[]}'), '"be kind","messages":[]}')
  t.equal(from('{"metadata":{"messages":[1]},"input":"hi"}'), '"hi"}', 'no member of another member')
  t.equal(from('{"user":"messages","prompt":"hi"}'), '"hi"}', 'no value')
  t.equal(from('{"a\\"messages\\":":1,"contents":[]}'), '[]}', 'nothing within a text')
  t.equal(from('{"stop":["tools"],"tools":[1]}'), '[1]}')
})

t.test('a body without any is taken from its beginning', async t => {
  for (const body of ['', '{', '{"a":1}', '"messages":', 'plain text', '[{"messages":1}]', '{"messages', '{"x":"\\']) {
    t.equal(from(body), body)
  }
})
