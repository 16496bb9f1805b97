import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { PluginUses } from '../../../core/contract/nested.ts'

t.test('is a list of uses, each with any configuration, and core is told so', t => {
  const uses = PluginUses({ description: 'Some.', minItems: 2 })
  t.equal(uses.items.plugin, 'use')
  t.equal(
    Value.Check(uses, [
      { use: 'a', config: { any: 1 } },
      { use: 'b', config: {} }
    ]),
    true
  )
  t.equal(Value.Check(uses, [{ use: 'a', config: {} }]), false)
  t.equal(
    Value.Check(uses, [
      { use: 'a', config: {}, failureMode: 'allow' },
      { use: 'b', config: {} }
    ]),
    false
  )
  t.end()
})
