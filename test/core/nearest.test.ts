import t from 'tap'
import { nearest, nearestOf } from '../../core/nearest.ts'

const NAMES = ['key-auth', 'rate-limit', 'pii-redaction', 'least-latency', 'cors']

t.test('finds the word behind a slip of the finger', async t => {
  const slips: readonly [typed: string, meant: string][] = [
    ['pii-redacton', 'pii-redaction'],
    ['pii-redacttion', 'pii-redaction'],
    ['pii-redactiom', 'pii-redaction'],
    ['rate-limti', 'rate-limit'],
    ['keyauth', 'key-auth'],
    ['cros', 'cors'],
    ['cors', 'cors']
  ]
  for (const [typed, meant] of slips) t.equal(nearest(typed, NAMES), meant, typed)
})

t.test('suggests nothing for a word that is like none', async t => {
  for (const word of ['metering', 'x', '', 'key-auth-and-much-more']) t.equal(nearest(word, NAMES), undefined, word)
  t.equal(nearest('cors', []), undefined)
})

t.test('counts two letters that changed places as one slip', async t => {
  t.equal(nearest('abdc', ['abcd', 'abxx']), 'abcd')
  t.equal(nearest('ba', ['ab']), 'ab')
})

t.test('takes the nearer of two, and the first of equals', async t => {
  t.equal(nearest('request', ['requestFilter', 'requests']), 'requests')
  t.equal(nearest('cat', ['bat', 'hat']), 'bat')
})

t.test('names several that may have been meant, the nearest first, then those that begin so', async t => {
  const models = ['gpt-4.1-nano', 'gpt-4.1-mini', 'gpt-4o-mini', 'gpt-4.1', 'claude-haiku-4-5']
  t.strictSame(nearestOf('gpt-4.1-mimi', models, 3), ['gpt-4.1-mini', 'gpt-4o-mini', 'gpt-4.1-nano'])
  t.strictSame(nearestOf('gpt-4.1-mimi', models, 1), ['gpt-4.1-mini'])
  t.strictSame(nearestOf('claude', models, 3), ['claude-haiku-4-5'])
  t.strictSame(nearestOf('c', models, 3), [])
  t.strictSame(nearestOf('llama', models, 3), [])
})
