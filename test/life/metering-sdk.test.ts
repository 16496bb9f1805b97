/** The official SDKs see the same answers, event by event, whether a meter looks on or not. */
import t from 'tap'
import { chat, drain, message, sameOnBothSides, startSides } from '../support/sdk.ts'

const sides = await startSides(t, text => text.replace('  - use: key-auth\n', '  - use: key-auth\n  - use: metering\n'))
const HELLO = chat('Good morning, 世界 🙂')

t.test('a stream whose client does not ask for usage has none, and the upstream was asked all the same', async t => {
  const ids = new Set<string>()
  const result = await sameOnBothSides(t, sides, async ({ openai }) => {
    const { items, error } = await drain(openai.chat.completions.create({ ...HELLO, stream: true }))
    ids.add(items[0]?.id ?? '')
    return { items: items.map(item => ({ ...item, id: 'the same for all of them' })), error }
  })
  t.equal(result.error, undefined)
  t.ok(result.items.length > 5)
  t.notMatch(JSON.stringify(result.items), /usage/)
  // The upstream makes its ids of what it is asked, and nothing else of the two streams differs.
  t.equal(ids.size, 2)
})

t.test('a stream whose client asks for usage shows it', async t => {
  const result = await sameOnBothSides(t, sides, ({ openai }) =>
    drain(openai.chat.completions.create({ ...HELLO, stream: true, stream_options: { include_usage: true } }))
  )
  t.match(result.items.at(-1), { choices: [], usage: { total_tokens: Number } })
})

t.test('whole answers, responses, embeddings and Anthropic’s messages are the same', async t => {
  await sameOnBothSides(t, sides, ({ openai }) => openai.chat.completions.create(HELLO))
  const responses = await sameOnBothSides(t, sides, ({ openai }) =>
    drain(openai.responses.create({ model: 'demo-large', input: 'Good morning', stream: true }))
  )
  t.match(responses.items.at(-1), { type: 'response.completed' })
  await sameOnBothSides(t, sides, ({ openai }) =>
    openai.embeddings.create({ model: 'demo-embedding', input: 'Good morning' })
  )
  const messages = await sameOnBothSides(t, sides, ({ anthropic }) =>
    drain(anthropic.messages.create({ ...message('Good morning'), stream: true }))
  )
  t.match(messages.items.at(-1), { type: 'message_stop' })
})
