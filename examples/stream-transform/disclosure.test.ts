/** Tests of the stream transform, without a gateway. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { contract, drive } from 'tacit-gateway/testing'
import disclosure from './disclosure.ts'

const CONFIG = { text: 'Written by a model.' }
const STREAM = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }

const chunk = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta, finish_reason }] })}\n\n`

test('an answer in one piece ends with the sentence, and others stay as they are', async () => {
  const driven = await drive(disclosure, CONFIG)
  const through = async (body: string, status = 200) =>
    (await driven.exchange().responseFilter({ status, headers: JSON_TYPE, body })).body
  equal(
    await through('{"choices":[{"message":{"content":"Hello."}}]}'),
    '{"choices":[{"message":{"content":"Hello.\\n\\nWritten by a model."}}]}'
  )
  for (const other of ['{"choices":[]}', '{"error":{}}', 'no JSON', '']) equal(await through(other), other)
  equal(await through('{"choices":[{"message":{"content":"Hello."}}]}', 500).then(body => body.length), 46)
})

test('a stream gets one more event, and every other leaves with its own bytes', async () => {
  const driven = await drive(disclosure, CONFIG)
  const [first, last, done] = [chunk({ content: 'Hello.' }, null), chunk({}, 'stop'), 'data: [DONE]\n\n']
  const { body } = await driven.exchange().responseFilter({ headers: STREAM, body: first + last + done })
  equal(body, first + chunk({ content: '\n\nWritten by a model.' }, null) + last + done)
})

test('keeps the contract', async () => {
  const response = { headers: STREAM, body: `${chunk({ content: 'Grüße' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n` }
  const { findings } = await contract(disclosure, CONFIG, { exchanges: { 'a stream that ends': { response } } })
  deepEqual(findings, [])
})
