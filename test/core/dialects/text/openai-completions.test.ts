import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds prompts in each of their four forms', async t => {
  t.strictSame(placesIn('openai-completions', 'request', { prompt: 'a', suffix: 'b' }), [
    'prompt: text user',
    'suffix: text'
  ])
  t.strictSame(placesIn('openai-completions', 'request', { prompt: ['a', 'b'] }), [
    'prompt[0]: text user',
    'prompt[1]: text user'
  ])
  t.strictSame(placesIn('openai-completions', 'request', { prompt: [1, 2] }), [
    'prompt[0]: opaque user tokens',
    'prompt[1]: opaque user tokens'
  ])
  t.strictSame(placesIn('openai-completions', 'request', { prompt: [[1], [2]] }), [
    'prompt[0][0]: opaque user tokens',
    'prompt[1][0]: opaque user tokens'
  ])
})

t.test('finds the text of an answer and its probabilities', async t => {
  const choice = { text: 'Hi', logprobs: { tokens: ['Hi'], token_logprobs: [-1], top_logprobs: [{ Ho: -2 }] } }
  t.strictSame(placesIn('openai-completions', 'response', { choices: [choice] }), [
    'choices[0].text: text assistant',
    'choices[0].logprobs.tokens[0]: text assistant tokens',
    'choices[0].logprobs.top_logprobs[0].Ho: text assistant tokens name'
  ])
})

t.test('finds the pieces of a stream', async t => {
  t.strictSame(placesIn('openai-completions', 'event', { choices: [{ text: 'H' }] }), [
    'choices[0].text: text assistant piece'
  ])
  t.strictSame(placesIn('openai-completions', 'event', { value: 'H' }), ['value: text assistant piece'])
})
