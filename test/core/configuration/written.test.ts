import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { entriesOf, entryOf, quote, type Written, wordOf, wordsOf } from '../../../core/configuration/written.ts'

const written = (substitutions = new Substitutions()): Written => ({
  root: {},
  substitutions,
  placeOf: () => 'line 1',
  isWritten: () => true
})

t.test('passes over what does not have the expected form', async t => {
  t.strictSame(entriesOf({ list: [{ id: 'a' }, null, 'x', [1]] }, 'list'), [{ value: { id: 'a' }, path: ['list', 0] }])
  t.strictSame(entriesOf({ list: 'x' }, 'list'), [])
  t.strictSame(entriesOf(null, 'list'), [])
  const entry = { value: { block: { a: 1 }, word: 'x', words: ['x', 1], number: 5 }, path: ['at'] }
  t.strictSame(entryOf(entry, 'block'), { value: { a: 1 }, path: ['at', 'block'] })
  t.strictSame(entryOf(entry, 'word'), undefined)
  t.strictSame(wordOf(entry, 'word'), { text: 'x', path: ['at', 'word'] })
  t.strictSame(wordOf(entry, 'number'), undefined)
  t.strictSame(wordsOf(entry, 'words'), [{ text: 'x', path: ['at', 'words', 0] }])
  t.strictSame(wordsOf(entry, 'number'), [])
})

t.test('takes nothing that objects inherit for a part of the file', async t => {
  t.equal(entryOf({ value: {}, path: [] }, 'constructor'), undefined)
  t.equal(wordOf({ value: {}, path: [] }, 'constructor'), undefined)
})

t.test('quotes what stands in the file, never what came from outside', async t => {
  const substitutions = new Substitutions()
  substitutions.set(['a'], { source: 'x-${NAME}', value: 'x-hunter2', isWhole: false })
  t.equal(quote({ text: 'x-hunter2', path: ['a'] }, written(substitutions)), '"x-${NAME}"')
  t.equal(quote({ text: 'chat', path: ['b'] }, written(substitutions)), '"chat"')
  t.equal(quote({ text: 'sk-live-abcdefghijklmnop', path: ['b'] }, written()), '"[secret]"')
  t.equal(quote({ text: 'ab '.repeat(100), path: ['b'] }, written()).length, 83)
})
