import t from 'tap'
import { Vocabulary } from '../../../core/records/vocabulary.ts'

t.test('knows the names that it was told, each list for itself', async t => {
  const names = new Vocabulary()
  names.add('route', ['chat'])
  names.add('route', ['embeddings'])
  t.ok(names.knows('route', 'chat') && names.knows('route', 'embeddings'))
  t.notOk(names.knows('model', 'chat'))
  t.notOk(names.knows('route', 'toString'))
})

t.test('asks others for names that are not listed, until it is told to stop', async t => {
  const names = new Vocabulary()
  const stop = names.ask('consumer', name => name === 'stored')
  t.ok(names.knows('consumer', 'stored'))
  t.notOk(names.knows('consumer', 'other'))
  stop()
  t.notOk(names.knows('consumer', 'stored'))
})

t.test('learns some lists when they are first asked for, and once', async t => {
  const names = new Vocabulary()
  let learned = 0
  names.later(['model', 'price'], () => t.fail('another one came after'))
  names.later(['model', 'price'], () => {
    learned++
    names.add('model', ['gpt'])
  })
  t.notOk(names.knows('route', 'gpt'))
  t.equal(learned, 0)
  t.ok(names.knows('model', 'gpt'))
  t.notOk(names.knows('price', 'v1'))
  t.equal(learned, 1)
})

t.test('takes no name that is empty or longer than a name', async t => {
  const names = new Vocabulary()
  names.add('route', ['', 'x'.repeat(129)])
  names.ask('route', () => true)
  t.notOk(names.knows('route', ''))
  t.notOk(names.knows('route', 'x'.repeat(129)))
})
