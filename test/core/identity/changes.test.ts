import t from 'tap'
import { changeText, readChange } from '../../../core/identity/changes.ts'

t.test('reads what it wrote', async t => {
  for (const change of [
    { kind: 'credential', plugin: 'key-auth', digest: 'hmac-sha256:x' },
    { kind: 'consumer', id: 'team' },
    { kind: 'group', id: 'gold' }
  ] as const) {
    t.strictSame(readChange(changeText(change)), change)
  }
})

t.test('reads nothing else', async t => {
  const strange = [
    '',
    'credential',
    'credential a',
    'credential a ',
    'credential a b c',
    'consumer',
    'consumer ',
    'consumer a b',
    'key a',
    7,
    null,
    undefined
  ]
  for (const text of strange) t.equal(readChange(text), undefined, String(text))
})
