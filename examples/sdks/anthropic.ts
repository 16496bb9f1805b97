/** The official Anthropic SDK against the gateway: an answer, then a stream. Only the address and the key are the gateway's. */
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({
  baseURL: process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080',
  apiKey: 'tacit-demo-key'
})
const request = {
  model: 'demo-small',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'good morning' }]
}

const answer = await client.messages.create(request)
for (const block of answer.content) if (block.type === 'text') process.stdout.write(`answer: ${block.text}\n`)

process.stdout.write('stream: ')
await client.messages
  .stream(request)
  .on('text', text => process.stdout.write(text))
  .finalMessage()
process.stdout.write('\n')

// What the gateway refuses is an error of the SDK's own.
const unknown = new Anthropic({ baseURL: client.baseURL, apiKey: 'nobody', maxRetries: 0 })
await unknown.messages.create(request).catch((error: unknown) => {
  if (!(error instanceof Anthropic.APIError)) throw error
  process.stdout.write(`refused: ${error.status}\n`)
})
