/**
 * What `npm start` prints: how to reach the gateway that has just started. Pure.
 */

/** Where things are, once they run. */
export interface Places {
  /** `http://host:port` of the gateway, without a slash at the end. */
  readonly url: string
  /** The same of its admin listener. */
  readonly adminUrl: string
  /** The configuration file, as the operator would write its path. */
  readonly file: string
}

/** The key that config/gateway.yaml knows; it holds only a digest of it. */
export const DEMO_KEY = 'tacit-demo-key'

/** A text for a terminal, with lines that can be copied as they stand. */
export function hints({ url, adminUrl, file }: Places): string {
  return `
Tacit runs at ${url} on ${file}, with a demo upstream behind it.

Try it with curl:

  curl ${url}/v1/chat/completions \\
    -H 'authorization: Bearer ${DEMO_KEY}' -H 'content-type: application/json' \\
    -d '{"model":"demo-large","messages":[{"role":"user","content":"Good morning"}]}'

with OpenAI's SDK, streaming:

  import OpenAI from 'openai'
  const client = new OpenAI({ baseURL: '${url}/v1', apiKey: '${DEMO_KEY}' })
  const stream = await client.chat.completions.create({
    model: 'demo-large', stream: true, messages: [{ role: 'user', content: 'Good morning demo:slow=100ms' }]
  })
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')

with Anthropic's:

  import Anthropic from '@anthropic-ai/sdk'
  const client = new Anthropic({ baseURL: '${url}', apiKey: '${DEMO_KEY}' })
  const message = await client.messages.create({
    model: 'demo-large', max_tokens: 1000, messages: [{ role: 'user', content: 'Good morning' }]
  })

One server of the two fails, and nobody notices:

  curl ${url}/v1/messages \\
    -H 'x-api-key: ${DEMO_KEY}' -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
    -d '{"model":"demo-large","max_tokens":100,"messages":[{"role":"user","content":"demo:error=503 at=north"}]}'

More that the demo upstream does on request: examples/demo-upstream/README.md
Health and metrics: ${adminUrl}/health/ready and ${adminUrl}/metrics
Stop with Ctrl-C.

`
}
