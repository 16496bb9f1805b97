import t from 'tap'
import { mergedFigures } from '../../../../core/dialects/usage/figures.ts'

t.test('keeps figures, and the words that say what they count', async t => {
  const told = {
    prompt_tokens: 5,
    prompt_tokens_details: { cached_tokens: 2, cache_creation: { ephemeral_5m_input_tokens: 1 } },
    promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 3 }],
    iterations: [
      { type: 'advisor_message', model: 'm', input_tokens: 4, cache_creation: { ephemeral_1h_input_tokens: 6 } }
    ]
  }
  t.strictSame(mergedFigures(undefined, told), told)
})

t.test('keeps nothing of what an answer says beside its figures', async t => {
  const answer = {
    model: 'm',
    message: {
      role: 'assistant',
      content: 'secret',
      tool_calls: [{ function: { name: 'f', arguments: { age: 42 } } }]
    },
    response: 'secret',
    context: [1, 2],
    eval_count: 7,
    type: 'secret'.repeat(100)
  }
  const kept = JSON.stringify(mergedFigures(undefined, answer))
  t.notMatch(kept, /secret|42/)
  t.match(kept, '"eval_count":7')
})

t.test('later figures replace earlier ones, and what is told no more stays', async t => {
  const before = mergedFigures(undefined, { a: 1, b: { c: 2, d: 3 }, e: [1] })
  t.strictSame(mergedFigures(before, { a: null, b: { d: 4 }, e: [5, 6] }), { a: 1, b: { c: 2, d: 4 }, e: [5, 6] })
})

t.test('grows no further than any usage has members', async t => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`n${index}`, index]))
  const first = mergedFigures(undefined, wide)
  t.equal(Object.keys(first).length, 64)
  t.equal(Object.keys(mergedFigures(first, { more: 1, n0: 9 })).length, 64)
  t.equal(mergedFigures(first, { n0: 9 }).n0, 9)
  const list = mergedFigures(undefined, { list: Array.from({ length: 10_000 }, () => 1) }).list
  t.ok(Array.isArray(list) && list.length === 64)
})

t.test('takes no prototype for a member', async t => {
  const kept = mergedFigures(undefined, JSON.parse('{"__proto__":{"prompt_tokens":5},"a":1}'))
  t.strictSame(kept, { a: 1 })
  t.equal(Object.getPrototypeOf(kept), Object.prototype)
})
