import t from 'tap'
import { Call } from '../../../plugins/metering/call.ts'

const call = (body: string | Buffer) =>
  new Call({
    format: 'openai-chat',
    path: '/v1/chat/completions',
    provider: undefined,
    model: 'm',
    isStream: false,
    mayUse: true,
    isAskedFor: false,
    body: Buffer.from(body)
  })

const prompt = (content: string) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] })

t.test('counts the texts of a request, and not the words around them', async t => {
  const short = call(prompt('a')).countInput()
  t.equal(call(prompt('a'.repeat(4_001))).countInput(), short + 1_000)
})

t.test('takes a long request by its length, and nothing for what is no JSON', async t => {
  t.equal(call(Buffer.alloc(2 * 1024 * 1024, 'x')).countInput(), (2 * 1024 * 1024) / 4)
  t.equal(call('--form\r\n').countInput(), 0)
  t.equal(call('').countInput(), 0)
})

t.test('is sent unless nobody could be reached, or whoever was said no', async t => {
  const one = call('{}')
  t.ok(one.isSent)
  for (const outcome of ['connect_failed', 'rejected'] as const) {
    one.outcome = outcome
    t.notOk(one.isSent, outcome)
  }
  for (const outcome of ['cancelled', 'timed_out', 'reset', 'committed'] as const) {
    one.outcome = outcome
    t.ok(one.isSent, outcome)
  }
})
