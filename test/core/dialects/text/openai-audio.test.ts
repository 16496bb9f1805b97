import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds what is to be spoken, and what was heard', async t => {
  t.strictSame(placesIn('openai-audio', 'request', { input: 'a', instructions: 'b', voice: 'alloy' }), [
    'input: text user',
    'instructions: text user'
  ])
  const heard = {
    text: 'a',
    segments: [{ text: 'b', speaker: 'Ann' }],
    words: [{ word: 'c' }],
    logprobs: [{ token: 'd' }]
  }
  t.strictSame(placesIn('openai-audio', 'response', heard), [
    'text: text assistant',
    'segments[0].text: text assistant',
    'segments[0].speaker: text assistant',
    'words[0].word: text assistant',
    'logprobs[0].token: text assistant tokens'
  ])
})

t.test('finds the pieces of a stream', async t => {
  t.strictSame(placesIn('openai-audio', 'event', { type: 'transcript.text.delta', delta: 'a' }), [
    'delta: text assistant piece'
  ])
  t.strictSame(placesIn('openai-audio', 'event', { type: 'speech.audio.delta', audio: 'AA' }), [
    'audio: opaque assistant audio'
  ])
})
