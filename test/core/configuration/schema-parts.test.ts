import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { Id, Labels, OneOrMany, PluginUse, Word } from '../../../core/configuration/schema-parts.ts'

t.test('takes short lower-case names for ids', async t => {
  const sound = ['a', '0', 'team-search', 'eu.1', 'a_b', 'a'.repeat(63)]
  const wrong = ['', '-a', '.a', 'A', 'a b', 'ä', 'a/b', 'a'.repeat(64), 'a\n']
  t.ok(sound.every(id => Value.Check(Id(''), id)))
  t.strictSame(
    wrong.filter(id => Value.Check(Id(''), id)),
    []
  )
})

t.test('takes listed words and no others', async t => {
  const schema = Word(['TLSv1.2', 'TLSv1.3'], { description: 'Which.' })
  t.strictSame(
    ['TLSv1.2', 'TLSv1.3', 'TLSv1x3', 'TLSv1.2 ', ''].map(word => Value.Check(schema, word)),
    [true, true, false, false, false]
  )
  t.strictSame(schema.enum, ['TLSv1.2', 'TLSv1.3'], 'editors see the list')
})

t.test('marks lists that a single value may stand for', async t => {
  t.equal(OneOrMany(Type.String(), { description: 'x' }).orOne, true)
})

t.test('leaves the config of a plugin to the plugin', async t => {
  t.ok(Value.Check(PluginUse, { use: 'x', config: { anything: [1] }, failureMode: 'deny' }))
  t.notOk(Value.Check(PluginUse, { use: 'x', config: {}, failureMode: 'deny', other: 1 }))
})

t.test('takes text for labels', async t => {
  t.strictSame(
    [{}, { a: 'b' }, { a: 1 }].map(labels => Value.Check(Labels, labels)),
    [true, true, false]
  )
})
