import t from 'tap'
import type { Fields } from '../../../examples/demo-upstream/fields.ts'
import { answerEmbeddings, embed, readEmbeddingsRequest } from '../../../examples/demo-upstream/openai-embeddings.ts'

function ask(body: Fields) {
  return JSON.parse(answerEmbeddings(readEmbeddingsRequest({ model: 'demo-embedding', ...body })).body)
}

const dot = (one: Float32Array, two: Float32Array) =>
  one.reduce((sum, value, index) => sum + value * (two[index] ?? 0), 0)

t.test('answers every input, with usage', async t => {
  const answer = ask({ input: ['good morning', 'good night, moon'], dimensions: 3 })
  t.match(answer, {
    object: 'list',
    model: 'demo-embedding',
    data: [
      { object: 'embedding', index: 0 },
      { object: 'embedding', index: 1 }
    ],
    usage: { prompt_tokens: 5, total_tokens: 5 }
  })
  t.equal(answer.data[0].embedding.length, 3)
  t.equal(ask({ input: 'a' }).data[0].embedding.length, 256)
})

t.test('base64 holds the same numbers', async t => {
  const floats = ask({ input: 'good morning' }).data[0].embedding
  const packed = Buffer.from(ask({ input: 'good morning', encoding_format: 'base64' }).data[0].embedding, 'base64')
  t.strictSame(
    floats,
    floats.map((_: number, index: number) => packed.readFloatLE(index * 4))
  )
})

t.test('vectors have length 1, repeat, and are close for texts that share words', async t => {
  const one = embed(['good', ' morning'], 64)
  t.strictSame(one, embed(['Good', 'morning'], 64))
  t.ok(Math.abs(dot(one, one) - 1) < 1e-6)
  t.ok(dot(one, embed(['good', ' evening'], 64)) > dot(one, embed(['blue', ' whale'], 64)) + 0.2)
  t.strictSame(embed([], 2), new Float32Array([0, 0]))
})

t.test('takes tokens in place of text', async t => {
  t.equal(ask({ input: [1, 2, 3] }).usage.prompt_tokens, 3)
  t.equal(ask({ input: [[1], [2, 3]] }).data.length, 2)
})

t.test('refuses what OpenAI refuses, and names the member', async t => {
  for (const [body, param] of [
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [''] }, 'input'],
    [{ input: [{}] }, 'input'],
    [{}, 'input'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    [{ input: 'a', model: 'demo-large' }, 'model']
  ] as const) {
    t.throws(() => ask(body), { name: 'BadRequest', param }, JSON.stringify(body))
  }
})
