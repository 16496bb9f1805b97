/** The official OpenAI SDK against the gateway: an answer, then a stream. Only the address and the key are the gateway's. */
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: `${process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080'}/v1`,
  apiKey: 'tacit-demo-key'
})

const answer = await client.chat.completions.create({
  model: 'demo-small',
  messages: [{ role: 'user', content: 'good morning' }]
})
process.stdout.write(`answer: ${answer.choices[0]?.message.content}\n`)

const stream = await client.chat.completions.create({
  model: 'demo-small',
  messages: [{ role: 'user', content: 'good morning' }],
  stream: true
})
process.stdout.write('stream: ')
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
process.stdout.write('\n')

// What the gateway refuses is an error of the SDK's own, with the reason as its code.
const unknown = new OpenAI({ baseURL: client.baseURL, apiKey: 'nobody', maxRetries: 0 })
const asked = unknown.chat.completions.create({ model: 'demo-small', messages: [] })
await asked.catch((error: unknown) => {
  if (!(error instanceof OpenAI.APIError)) throw error
  process.stdout.write(`refused: ${error.status} ${error.code}\n`)
})
