import t from 'tap'
import { nearest } from '../../core/nearest.ts'

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
