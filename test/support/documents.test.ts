import t from 'tap'
import { blocksOf, matches } from './documents.ts'

t.test('finds every block with its language and its name', async t => {
  const document = 'Text.\n\n```sh\none\ntwo\n```\n\n```ts mine.ts\nthree\n```\n'
  t.strictSame(blocksOf(document), [
    { language: 'sh', name: '', code: 'one\ntwo\n' },
    { language: 'ts', name: 'mine.ts', code: 'three\n' }
  ])
})

t.test('what a document shows is what a program wrote, but for what it leaves out', async t => {
  t.ok(matches('a…z\n', 'a b\nc z'))
  t.ok(matches('(a) [b]\n', '(a) [b]  \r\n'))
  t.notOk(matches('a…z', 'a b'))
  t.notOk(matches('a', 'a b'))
  t.notOk(matches('a.c', 'abc'))
})
